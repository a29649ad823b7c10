"""Summaries: fixed sections, aligned as text, one accessible table as HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from standalone_node.summary import WIDTH, Section, Summary

HARSH = "<script>alert('&')</script>"
SUMMARY = Summary(
    "Result <b>",
    (
        Section("Problem", (("rows", "12"), ("right-hand side", HARSH))),
        Section("Scores", (("cost", "word " * 60), ("parts", "first\nsecond"))),
    ),
)


class Cells(HTMLParser):
    """The elements of a page, and the text in each cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))


def test_all_values_begin_in_one_column() -> None:
    lines = Summary("R", SUMMARY.sections[:1]).text().splitlines()
    assert lines[:3] == ["R", "", "Problem"]
    assert lines[3].index("12") == lines[4].index("<script>") == len("  right-hand side  ")


def test_long_values_go_on_below_themselves() -> None:
    lines = SUMMARY.text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  cost"))
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[first].index("word") == lines[first + 1].index("word")
    assert " ".join(lines).count("word") == 60


def test_line_breaks_of_a_value_are_kept() -> None:
    *_, first, second = SUMMARY.text().splitlines()
    assert first.split() == ["parts", "first"] and second.split() == ["second"]
    assert first.index("first") == second.index("second")


def test_no_text_becomes_markup() -> None:
    page = Cells(SUMMARY.html())
    assert {tag for tag, _ in page.tags} == {"table", "caption", "tbody", "tr", "th", "td"}
    assert ("td", HARSH) in page.texts and ("caption", "Result <b>") in page.texts
    assert page.open == []


def test_every_row_and_every_section_has_a_heading_that_readers_hear() -> None:
    scopes = [attrs["scope"] for tag, attrs in Cells(SUMMARY.html()).tags if tag == "th"]
    assert scopes == ["rowgroup", "row", "row", "rowgroup", "row", "row"]


def test_the_page_keeps_its_own_colours() -> None:
    styles = " ".join(attrs.get("style") or "" for _, attrs in Cells(SUMMARY.html()).tags)
    assert "color:inherit" in styles and "#" not in styles and "rgb" not in styles


def test_a_summary_prints_as_text_and_shows_as_html() -> None:
    assert str(SUMMARY) == repr(SUMMARY) == SUMMARY.text()
    assert SUMMARY._repr_html_() == SUMMARY.html()
