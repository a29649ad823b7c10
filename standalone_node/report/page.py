"""A document as one page of HTML that needs no other file, no network and no script.

Everything that comes from a document is text: jinja2 escapes it. Figures are images in data URIs,
so that nothing inside them can reach the page, and a content security policy forbids all else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from standalone_node.report.cells import Grid, grid_of, head_of
from standalone_node.report.document import Document, Figure, Table
from standalone_node.report.figures.rendering import Rendered

#: How much of the numbers of a figure is shown on the page.
MOST_ROWS, MOST_COLUMNS = 20, 10
#: A table of more rows than this is shown by its first `MOST_ROWS`.
LONGEST_TABLE = 30

#: What the colour of a verdict says, in words and by a mark.
GRADE_WORDS = {
    "good": ("●", "good"),
    "fair": ("◐", "fair"),
    "poor": ("○", "poor"),
    "neutral": ("–", "for information"),
}


def page(document: Document, images: Mapping[str, Rendered]) -> str:
    """The page.

    Parameters
    ----------
    document : Document
    images : mapping
        The figures drawn, by their names.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    css = _environment().get_template("report.css").render()
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            document=document,
            css=css,
            policy=_policy(css),
            grades=GRADE_WORDS,
            size_of=lambda figure: tuple(round(96 * inches) for inches in figure.size),
            uri_of=lambda figure, dark: _uri(images[figure.name], dark=dark),
            numbers_of=_numbers,
            grid_of=_grid,
            paragraphs=_paragraphs,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("standalone_node.report", "templates"),
        autoescape=lambda name: name is not None and not name.endswith(".css"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _policy(css: str) -> str:
    """What the browser may load and run: this style sheet, and images that are in the page."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _uri(image: Rendered, *, dark: bool) -> str:
    svg = image.dark if dark else image.light
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _numbers(figure: Figure) -> Grid:
    return head_of(figure.table, MOST_ROWS, MOST_COLUMNS)


def _grid(table: Table) -> Grid:
    """The table; of a long one the first rows, and how many more there are."""
    rows = table.rows if len(table.rows) <= LONGEST_TABLE else table.rows[:MOST_ROWS]
    return replace(grid_of(table.columns, rows), left_out=len(table.rows) - len(rows))


def _paragraphs(text: str) -> list[str]:
    """What empty lines part."""
    return [part for part in (part.strip() for part in text.split("\n\n")) if part]


def summary(document: Document) -> dict[str, Any]:
    """What ``report.json`` holds: the texts, where the numbers lie, and the facts."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "answer": document.answer,
        "verdicts": [vars(verdict) for verdict in document.verdicts],
        "sections": [
            {
                "id": section.id,
                "question": section.question,
                "answer": section.answer,
                "figures": [
                    {"name": part.name, "title": part.title, "caption": part.caption}
                    | {"alt": part.alt, "data": f"data/{part.name}.csv"}
                    for part in section.figures
                ],
                "tables": [
                    {"name": part.name, "title": part.title, "data": f"data/{part.name}.csv"}
                    for part in section.tables
                ],
                "notes": list(section.notes),
                "details": section.details,
            }
            for section in document.sections
        ],
        "warnings": list(document.warnings),
        "provenance": dict(document.provenance),
        "facts": document.facts,
    }
