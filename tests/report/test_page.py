"""The page is whole, accessible HTML, and nothing of a document can become markup."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from small_documents import HOSTILE, document_of

from standalone_node.report.document import Document
from standalone_node.report.figures.rendering import rendered
from standalone_node.report.page import MOST_ROWS, page

VOID = {"meta", "img", "source", "br", "link", "hr"}


class Reader(HTMLParser):
    """What is on a page: its tags in order, and the text outside of style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def written(document: Document) -> str:
    return page(document, {figure.name: rendered(figure) for figure in document.figures})


@pytest.fixture(scope="module")
def html() -> str:
    return written(document_of(("depth", "width")))


@pytest.fixture(scope="module")
def plain(html: str) -> Reader:
    return Reader(html)


@pytest.fixture(scope="module")
def attacked() -> Reader:
    return Reader(written(document_of(HOSTILE)))


def test_every_tag_is_closed_in_its_order(plain: Reader, attacked: Reader) -> None:
    assert plain.open == [] and attacked.open == []


def test_headings_come_in_order_below_one_title(plain: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in plain.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_has_a_language_landmarks_and_a_link_that_skips_to_the_content(
    plain: Reader,
) -> None:
    assert plain.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(plain.all(landmark)) == 1
    assert plain.all("a")[0]["href"] == "#main"


def test_links_stay_on_the_page_and_lead_to_something(plain: Reader) -> None:
    places = [str(attributes["id"]) for _, attributes in plain.tags if "id" in attributes]
    assert len(places) == len(set(places))
    links = [str(attributes["href"]) for attributes in plain.all("a")]
    assert len(links) == 5 and {link[0] for link in links} == {"#"}
    assert {link[1:] for link in links} <= set(places)
    assert "section-part-1" in [link[1:] for link in links]


def test_every_figure_has_a_text_that_takes_its_place(plain: Reader) -> None:
    texts = [str(image["alt"]) for image in plain.all("img")]
    assert texts == [f"Two waves between -1 and 1 over {name}." for name in ("depth", "width")]


def test_figures_are_images_in_the_page_light_and_dark(plain: Reader) -> None:
    kept = [str(image["src"]) for image in plain.all("img")]
    dark = [str(source["srcset"]) for source in plain.all("source")]
    assert {source["media"] for source in plain.all("source")} == {
        "screen and (prefers-color-scheme: dark)"
    }
    for uri in kept + dark:
        kind, _, data = uri.partition(",")
        assert kind == "data:image/svg+xml;base64"
        ElementTree.fromstring(base64.b64decode(data))
    assert kept[0] != dark[0]


def test_a_verdict_says_its_grade_in_words(plain: Reader) -> None:
    assert [a["class"] for a in plain.all("li") if "class" in a] == [
        "good",
        "fair",
        "poor",
        "neutral",
    ]
    text = " ".join(" ".join(plain.text).split())
    for words in ("● good", "◐ fair", "○ poor", "– for information"):
        assert words in text


def test_the_first_rows_of_the_numbers_are_shown_and_the_file_is_named(plain: Reader) -> None:
    text = " ".join(" ".join(plain.text).split())
    assert f"{MOST_ROWS} of 30 rows. All of them are in data/waves-0.csv ." in text
    assert "Also in data/numbers-1.csv ." in text


def test_only_the_style_sheet_and_images_in_the_page_are_allowed(plain: Reader, html: str) -> None:
    (policy,) = (
        str(m["content"])
        for m in plain.all("meta")
        if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy and "img-src data:;" in policy
    assert "unsafe" not in policy and "script-src" not in policy
    assert not any("style" in attributes for _, attributes in plain.tags)
    assert "url(" not in html.split("<style>")[1].split("</style>")[0]


def test_names_out_of_data_files_never_become_markup(plain: Reader, attacked: Reader) -> None:
    usual = {tag for tag, _ in plain.tags}
    assert {tag for tag, _ in attacked.tags} == usual and "script" not in usual
    known = {name for _, attributes in plain.tags for name in attributes}
    assert {name for _, attributes in attacked.tags for name in attributes} == known
    for image in (*attacked.all("img"), *attacked.all("source")):
        uri = str(image.get("src") or image.get("srcset"))
        assert uri.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_out_of_data_files_are_read_as_they_are(attacked: Reader, name: str) -> None:
    text = "".join(attacked.text)
    assert f"What about {name}?" in text and f"Mind {' '.join(HOSTILE)}." in text


def test_no_text_of_a_figure_is_left_in_its_file(attacked: Reader) -> None:
    for image in (*attacked.all("img"), *attacked.all("source")):
        uri = str(image.get("src") or image.get("srcset"))
        svg = base64.b64decode(uri.partition(",")[2]).decode()
        assert "hacked" not in svg and "HYPERLINK" not in svg and "<!--" not in svg
        tags = {node.tag.split("}")[1] for node in ElementTree.fromstring(svg).iter()}
        assert not tags & {"script", "text", "title", "foreignObject", "a"}


def test_the_same_document_gives_the_same_page(html: str) -> None:
    assert written(document_of(("depth", "width"))) == html


def test_a_document_of_nothing_is_a_page() -> None:
    empty = document_of(verdicts=(), sections=(), warnings=(), provenance=())
    reader = Reader(written(empty))
    assert reader.open == [] and len(reader.all("h1")) == 1
    assert "Warnings" not in reader.text
