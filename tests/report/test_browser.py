"""The page in a browser: Chromium opens it from the disk, without a display."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsers import open_browser
from sklearn.exceptions import ConvergenceWarning
from small_documents import HOSTILE, document_of, figure_of

from standalone_node.learn.estimators import NodeClassifier
from standalone_node.learn.tabular import Fitted
from standalone_node.report.document import Section
from standalone_node.report.facts import fit_facts
from standalone_node.report.folder import write_report
from standalone_node.report.sensitivity.from_python import sensitivity_report
from standalone_node.report.training import training_document

PAGES = ("fit", "sensitivity", "plain", "hostile", "wide")
WIDTHS = (1280, 390)

#: What is asked of an open page.
QUESTIONS = """
const shown = (node) => node.getClientRects().length > 0;
return {
  hacked: window.hacked === undefined ? null : window.hacked,
  images: [...document.images].map((image) => [image.complete, image.naturalWidth, image.alt]),
  current: [...document.images].map((image) => image.currentSrc.slice(0, 26)),
  dark: [...document.images].map((image) => image.currentSrc !== image.src),
  beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  wider: [...document.querySelectorAll("main *, nav *, footer *")].filter(
    (node) => !node.closest(".scroll") && shown(node)
      && node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.tagName),
  headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map(
    (node) => Number(node.tagName[1])),
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  scripts: document.scripts.length,
};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def pages(fits: dict[str, Fitted], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of a fit and of an analysis, a plain one, one of hostile names, one of long words."""
    long = "w" * 300
    wide = Section(
        "wide", f"{long}?", long, (figure_of("wide", long, size=(14.0, 3.0)),), (), (long,), long
    )
    documents = {
        "fit": training_document(fits["plane"], fit_facts(fits["plane"], [], {})),
        "plain": document_of(),
        "hostile": document_of((" ".join(HOSTILE),)),
        "wide": document_of(sections=(wide,), title=long, provenance=((long, long),)),
    }
    return {
        name: write_report(document, tmp_path_factory.mktemp(name))[0]
        for name, document in documents.items()
    } | {"sensitivity": sensitivity_page(tmp_path_factory.mktemp("sensitivity"))}


def sensitivity_page(folder: Path) -> Path:
    """The whole report on a small model whose columns and classes are called as attacks are."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(40, 3)), columns=list(HOSTILE[:3]))
    labels = np.where(table.iloc[:, 0] > 0.0, HOSTILE[0], HOSTILE[3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = NodeClassifier(steps=2, max_iterations=15).fit(table, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return sensitivity_report(model, table, labels, folder, samples=100)


def opened(
    browser: Any, page: Path, *, width: int = 1280, scheme: str = "light", media: str = "screen"
) -> dict[str, Any]:
    """What is found on a page, shown in this width, colour scheme and medium."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what was logged before
    browser.get(page.as_uri())
    browser.execute_script(
        "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
    )
    found = browser.execute_script(QUESTIONS)
    return {**found, "console": browser.get_log("browser"), "requests": requests(browser)}


def requests(browser: Any) -> list[str]:
    """The addresses that were asked for."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_without_errors_requests_or_sideways_scrolling(
    browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    found = opened(browser, pages[name], width=width, scheme=scheme)
    assert found["console"] == []
    outside = {url for url in found["requests"] if not url.startswith("data:image/svg+xml")}
    assert outside == {pages[name].as_uri()}
    assert found["images"] and all(done and size > 0 for done, size, _ in found["images"])
    assert all(alt for _, _, alt in found["images"])
    assert found["beyond"] <= 0 and found["wider"] == []
    assert found["headings"][0] == 1 and found["headings"].count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(found["headings"]))


def test_dark_mode_has_dark_paper_and_dark_figures(browser: Any, pages: dict[str, Path]) -> None:
    light = opened(browser, pages["fit"])
    dark = opened(browser, pages["fit"], scheme="dark")
    assert light["paper"] == "rgb(255, 255, 255)" and not any(light["dark"])
    assert dark["paper"] == "rgb(21, 24, 28)" and all(dark["dark"])
    assert light["ink"] != dark["ink"]


def test_print_is_light_whatever_the_screen_is(browser: Any, pages: dict[str, Path]) -> None:
    found = opened(browser, pages["fit"], scheme="dark", media="print")
    assert found["paper"] == "rgb(255, 255, 255)" and not any(found["dark"])
    assert all(done and size > 0 for done, size, _ in found["images"])
    opened(browser, pages["fit"], scheme="dark")
    options = {"printBackground": True, "preferCSSPageSize": True}
    printed = browser.execute_cdp_cmd("Page.printToPDF", options)["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")


def test_names_out_of_data_files_run_no_script(browser: Any, pages: dict[str, Path]) -> None:
    from selenium.common.exceptions import NoAlertPresentException

    for name in ("hostile", "sensitivity"):
        found = opened(browser, pages[name])
        assert found["hacked"] is None and found["scripts"] == 0
    opened(browser, pages["hostile"])
    with pytest.raises(NoAlertPresentException):
        _ = browser.switch_to.alert.text
    text = browser.execute_script("return document.body.textContent")
    assert all(name.split("\x01")[0] in text for name in HOSTILE)


def test_the_policy_of_the_page_stops_what_is_put_into_it(
    browser: Any, pages: dict[str, Path]
) -> None:
    opened(browser, pages["plain"])
    browser.execute_script(
        "document.body.insertAdjacentHTML('beforeend', "
        '\'<img src="http://example.invalid/a.png" onerror="window.hacked = 1">'
        '<p style="color: red" id="late">late</p>\');'
    )
    colour = browser.execute_script("return getComputedStyle(document.all.late).color")
    assert colour != "rgb(255, 0, 0)"
    assert browser.execute_script("return window.hacked === undefined")
    assert any(
        "Content Security Policy" in entry["message"] for entry in browser.get_log("browser")
    )


def test_the_first_key_leads_past_the_contents(browser: Any, pages: dict[str, Path]) -> None:
    from selenium.webdriver import ActionChains, Keys

    opened(browser, pages["plain"])
    ActionChains(browser).send_keys(Keys.TAB).perform()
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    assert browser.switch_to.active_element.location["x"] >= 0
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert browser.switch_to.active_element.get_attribute("id") == "main"
