"""The interactive page: its numbers are the package's, and its sliders move what they say."""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import open_browser

import standalone_node as sn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
make: Any = importlib.import_module("make_interactive")

STUDY = make.Study(rows=24, held_out=40, iterations=8)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(make.page(STUDY), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    browser.set_window_size(1200, 1000)
    browser.get("about:blank")
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what was logged before
    browser.get(page.as_uri())
    return browser


def moved(browser: Any, name: str, value: float) -> None:
    """Move a slider as a person does."""
    browser.execute_script(
        "const input = document.getElementById(arguments[0]); input.value = arguments[1];"
        "for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind));",
        name,
        value,
    )


def drawn(browser: Any, name: str) -> str:
    picture: str = browser.execute_script(
        "return document.getElementById(arguments[0]).toDataURL();", name
    )
    return picture


def said(browser: Any, name: str) -> str:
    words: str = browser.execute_script(
        "return document.getElementById(arguments[0]).textContent;", name
    )
    return words


def test_positions_are_those_of_the_direct_problem() -> None:
    stop = make.solved(0.3, 0.2, STUDY)
    points, classes = make.moons(STUDY.rows, 0.2, make.SEED)
    weights = np.array(stop["weights"]).T
    times = np.linspace(0.0, make.HORIZON, make.STEPS + 1)
    p = sn.Parameters(times, weights[:, :4].reshape(-1, 2, 2), weights[:, 4:])
    states = make.posed(points, classes).solve_direct(p)[:: make.EVERY]
    whole = np.frombuffer(base64.b64decode(stop["states"]), "<i2") / make.UNITS
    kept = whole.reshape(len(states), -1, 2)[:, : STUDY.rows]
    np.testing.assert_allclose(kept, states, atol=2e-3)


def test_the_page_says_what_the_package_found(opened: Any) -> None:
    content = json.loads(said(opened, "content"))
    moved(opened, "smoothing", 2)
    moved(opened, "noise", 3)
    stop = content["stops"][2 * len(make.NOISE) + 3]
    fresh = make.solved(make.SMOOTHING[2], make.NOISE[3], STUDY)
    assert stop == json.loads(json.dumps(fresh))
    numbers = said(opened, "numbers")
    for text in (f"{stop['cost']:.3g}", f"{100 * stop['held_out']:.1f} %", stop["reason"]):
        assert text in numbers


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(opened: Any, page: Path) -> None:
    moved(opened, "depth", 2.0)
    messages = [json.loads(row["message"])["message"] for row in opened.get_log("performance")]
    asked = [
        row["params"]["request"]["url"]
        for row in messages
        if row["method"] == "Network.requestWillBeSent"
    ]
    assert [url.partition("#")[0] for url in asked] == [page.as_uri()]
    assert not opened.get_log("browser")


def test_the_depth_moves_the_points_and_the_line_in_the_weights(opened: Any) -> None:
    before = drawn(opened, "plane"), drawn(opened, "weights")
    moved(opened, "depth", 2.0)
    assert drawn(opened, "plane") != before[0]
    assert drawn(opened, "weights") != before[1]
    assert said(opened, "depth-value") == "2.00"
    moved(opened, "depth", 0.0)
    assert (drawn(opened, "plane"), drawn(opened, "weights")) == before


@pytest.mark.parametrize("name, stops", [("smoothing", make.SMOOTHING), ("noise", make.NOISE)])
def test_every_stop_has_a_flow_weights_and_numbers_of_its_own(
    opened: Any, name: str, stops: tuple[float, ...]
) -> None:
    moved(opened, "depth", make.HORIZON)
    shown = []
    for place, value in enumerate(stops):
        moved(opened, name, place)
        assert said(opened, f"{name}-value") == f"{value:g}"
        shown.append((drawn(opened, "plane"), drawn(opened, "weights"), said(opened, "numbers")))
    for kind in zip(*shown, strict=True):
        assert len(set(kind)) == len(stops)


def test_grid_and_trails_can_be_switched(opened: Any) -> None:
    moved(opened, "depth", 3.0)
    for name in ("grid", "trails"):
        before = drawn(opened, "plane")
        opened.find_element("id", name).click()
        assert drawn(opened, "plane") != before


def test_the_address_keeps_where_the_sliders_stand(opened: Any, page: Path) -> None:
    moved(opened, "depth", 1.25)
    moved(opened, "smoothing", 4)
    moved(opened, "noise", 2)
    address, picture = opened.current_url, drawn(opened, "plane")
    assert address.endswith("#depth=1.25&smoothing=4&noise=2")
    opened.get("about:blank")
    opened.get(address)
    assert drawn(opened, "plane") == picture
    opened.get("about:blank")
    opened.get(f"{page.as_uri()}#depth=1e9&smoothing=nonsense&noise=-7")
    assert said(opened, "depth-value") == "4.00" and said(opened, "noise-value") == "0"


def test_play_runs_to_the_end_and_stops(opened: Any) -> None:
    moved(opened, "depth", make.HORIZON - 0.3)
    button = opened.find_element("id", "play")
    button.click()
    opened.set_script_timeout(20)
    opened.execute_async_script(
        "const done = arguments[0], look = () => document.getElementById('play').textContent"
        " === 'Play' ? done() : setTimeout(look, 50); look();"
    )
    assert said(opened, "depth-value") == "4.00"


@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_is_wider_than_the_window(opened: Any, width: int) -> None:
    opened.set_window_size(width, 900)
    beyond = opened.execute_script(
        "const page = document.documentElement; return page.scrollWidth - page.clientWidth;"
    )
    assert beyond <= 0


def test_in_a_frame_it_says_how_high_it_has_to_be(browser: Any, page: Path) -> None:
    outer = page.with_name("outer.html")
    outer.write_text(
        "<script>addEventListener('message', (event) => { window.told = event.data; });</script>"
        f'<iframe src="{page.name}" width="900" height="50"></iframe>',
        encoding="utf-8",
    )
    browser.get(outer.as_uri())
    browser.set_script_timeout(20)
    height = browser.execute_async_script(
        "const done = arguments[0], look = () => window.told ? done(window.told.height)"
        " : setTimeout(look, 50); look();"
    )
    browser.switch_to.frame(0)
    assert height == browser.execute_script("return document.body.offsetHeight;") > 500
