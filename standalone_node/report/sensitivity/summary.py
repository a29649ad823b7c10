"""The verdicts of a report, as a table for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from standalone_node.report.document import Document
from standalone_node.report.numbers import seconds
from standalone_node.report.text import key_values

_STYLES = {"good": "green", "fair": "yellow", "poor": "red", "neutral": ""}


def summary_table(document: Document, page: str, files: int, took: float) -> RenderableType:
    """The answer, a line a verdict, and where the report is.

    Parameters
    ----------
    document : Document
    page : str
        The path of the page.
    files : int
        How many files were written.
    took : float
        Seconds of computing, without those of drawing and writing.
    """
    rows: list[tuple[str, Any]] = [
        (
            verdict.label,
            Text.assemble((verdict.value, f"bold {_STYLES[verdict.grade]}"), f"  {verdict.detail}"),
        )
        for verdict in document.verdicts
    ]
    rows += [
        ("seconds of computing", seconds(took)),
        ("report", f"{page} and {files - 1} files beside it"),
    ]
    return Group(Text(document.answer), Text(), key_values(document.title, rows))
