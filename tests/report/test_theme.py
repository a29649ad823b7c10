"""Figures can be read on white and on dark paper."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from small_documents import figure_of

from standalone_node.plot.inks import FAINT, INK, ON_SHADE, PAPER, SOFT
from standalone_node.plot.style import OKABE_ITO, colours, shortened
from standalone_node.report.figures.rendering import Rendered, rendered
from standalone_node.report.figures.theme import DARK, LEAST_CONTRAST, contrast, dark_svg, on_dark

COLOUR = re.compile(r": (#[0-9a-f]{6})")


@pytest.fixture(scope="module")
def drawn() -> Rendered:
    return rendered(figure_of())


def test_text_has_enough_contrast_on_both_papers() -> None:
    for ink, least in ((INK, 7.0), (SOFT, 4.5), (FAINT, 3.0)):
        assert contrast(ink, PAPER) >= least
        assert contrast(DARK[ink], DARK[PAPER]) >= least
    assert contrast(ON_SHADE, OKABE_ITO[0]) >= 4.5


@pytest.mark.parametrize("count", [8, 10, 26])
def test_colours_of_data_can_be_seen_on_dark_paper(count: int) -> None:
    for colour in colours(count):
        name = "#" + "".join(f"{round(255 * value):02x}" for value in colour)
        assert contrast(on_dark(name), DARK[PAPER]) >= LEAST_CONTRAST


def test_colours_that_can_be_seen_stay_as_they_are() -> None:
    assert [on_dark(colour) for colour in OKABE_ITO[:-1]] == [c.lower() for c in OKABE_ITO[:-1]]
    assert on_dark(ON_SHADE) == ON_SHADE


def test_the_dark_figure_is_the_light_one_in_other_colours(drawn: Rendered) -> None:
    assert COLOUR.sub(": #", drawn.dark) == COLOUR.sub(": #", drawn.light)
    light, dark = set(COLOUR.findall(drawn.light)), set(COLOUR.findall(drawn.dark))
    assert {INK, PAPER, "#0072b2", "#000000"} <= light
    assert {DARK[INK], DARK[PAPER], "#0072b2"} <= dark
    assert not dark & {INK, PAPER, "#000000"}


def test_what_has_no_colour_of_its_own_is_not_black_on_dark_paper(drawn: Rendered) -> None:
    for svg, ink in ((drawn.light, INK), (drawn.dark, DARK[INK])):
        assert ElementTree.fromstring(svg).get("style") == f"fill: {ink};"


def test_names_that_look_like_colours_are_left_alone() -> None:
    svg = '<use xlink:href="#ffffff"/><g clip-path="url(#1b1f24)" style="fill: #1b1f24"/>'
    assert dark_svg(svg) == svg.replace("fill: #1b1f24", f"fill: {DARK[INK]}")


def test_a_figure_is_drawn_in_the_size_asked_for(drawn: Rendered) -> None:
    root = ElementTree.fromstring(drawn.light)
    assert (root.get("width"), root.get("height")) == ("360pt", "216pt")
    width, height = (int.from_bytes(drawn.png[i : i + 4], "big") for i in (16, 20))
    assert (width, height) == (750, 450)


def test_long_names_are_cut_and_lines_joined() -> None:
    assert shortened("a\n b") == "a b"
    assert len(shortened("x" * 100)) == 24
