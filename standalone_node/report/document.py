"""What a report says, apart from how it is written: sections, figures, tables, verdicts.

These are plain values. `standalone_node.report.folder.write_report` turns a `Document` into a page
and files; whoever has something to report makes the values and knows nothing of HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import matplotlib.figure
import pandas

from standalone_node.errors import ArgumentError

#: A cell of a `Table`; None is an empty cell.
Cell = str | float | int | None
#: How a verdict is meant: "neutral" says how it is, without saying whether that is good.
Grade = Literal["good", "fair", "poor", "neutral"]
GRADES: tuple[Grade, ...] = get_args(Grade)

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure, its numbers, and what it says in words.

    Attributes
    ----------
    name : str
        The stem of its files, of the letters a-z, digits and hyphens.
    title : str
    caption : str
        What is seen and what it means, as plain text.
    alt : str
        A sentence with the main numbers, for whoever does not see the figure.
    table : pandas.DataFrame
        Every number behind the figure; becomes ``data/NAME.csv``, without the index.
    draw : callable
        Draws on an empty figure of `size`; called inside `standalone_node.report.figures.style`.
    size : tuple of float
        Width and height in inches.
    """

    name: str
    title: str
    caption: str
    alt: str
    table: pandas.DataFrame
    draw: Callable[[matplotlib.figure.Figure], None]
    size: tuple[float, float] = (7.2, 4.2)

    def __post_init__(self) -> None:
        _check_name("figure", self.name)


@dataclass(frozen=True, eq=False)
class Table:
    """A table of text and numbers.

    Attributes
    ----------
    name : str
        The stem of its CSV file, as for a `Figure`.
    title : str
    columns : tuple of str
    rows : tuple of tuple
        As many cells a row as there are columns.
    caption : str
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        _check_name("table", self.name)
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ArgumentError(
                    f"table {self.name!r}: a row has {len(row)} cells where there are "
                    f"{len(self.columns)} columns; give every row a cell for each column."
                )


@dataclass(frozen=True, eq=False)
class Section:
    """A question and its answer.

    Attributes
    ----------
    id : str
        The target of links to it, as a figure's name.
    question : str
        The heading.
    answer : str
        One or two plain sentences.
    figures, tables : tuple
    notes : tuple of str
        Limits that bit, caveats, sources.
    details : str
        For whoever wants to check: formulas in words, references. Empty lines part paragraphs.
    """

    id: str
    question: str
    answer: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    details: str = ""

    def __post_init__(self) -> None:
        _check_name("section", self.id)


@dataclass(frozen=True, eq=False)
class Verdict:
    """One line of the summary at the top.

    Attributes
    ----------
    label : str
        What is judged.
    value : str
        The number or word that is set large.
    detail : str
        What it is compared with.
    grade : {"good", "fair", "poor", "neutral"}
    """

    label: str
    value: str
    detail: str
    grade: Grade

    def __post_init__(self) -> None:
        if self.grade not in GRADES:
            raise ArgumentError(
                f"grade = {self.grade!r} of a verdict has to be one of {', '.join(GRADES)}"
            )


@dataclass(frozen=True, eq=False)
class Document:
    """A whole report.

    Attributes
    ----------
    title, subtitle : str
    answer : str
        The opening paragraph.
    verdicts : tuple of Verdict
    sections : tuple of Section
    provenance : tuple of (str, str)
        Names and values: what the report was made from and by.
    facts : dict
        Plain values, for ``report.json``.
    warnings : tuple of str
    """

    title: str
    subtitle: str
    answer: str
    verdicts: tuple[Verdict, ...]
    sections: tuple[Section, ...]
    provenance: tuple[tuple[str, str], ...]
    facts: dict[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_once("section", (section.id for section in self.sections))
        names = [figure.name for figure in self.figures] + [table.name for table in self.tables]
        _check_once("figure or table", names)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures of all sections, in their order."""
        return tuple(figure for section in self.sections for figure in section.figures)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all sections, in their order."""
        return tuple(table for section in self.sections for table in section.tables)


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            f"{name!r} cannot name a {what}: use the letters a to z, digits and single hyphens."
        )


def _check_once(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ArgumentError(
                f"{count} parts of a document are called {name!r}: a {what} needs "
                "a name of its own."
            )
