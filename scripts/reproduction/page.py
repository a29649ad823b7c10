"""A page of results: a heading, tables in Markdown, a figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FIGURES = Path(__file__).resolve().parents[2] / "docs" / "figures"


def arguments(doc: str | None, *, seeds: int = 5) -> argparse.ArgumentParser:
    """The options that all of the scripts have."""
    parser = argparse.ArgumentParser(
        description=(doc or "").strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds", type=int, default=seeds, help=f"seeds 0, 1, … (default {seeds})"
    )
    parser.add_argument("--figure", metavar="FILE", help="where the figure goes; none if not given")
    return parser


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table, the first column to the left and the others to the right."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]

    def line(cells: Iterable[str]) -> str:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(map(line, [heads, rule, *lines]))


def spread(values: Iterable[float], shown: Callable[[float], str] = "{:.3g}".format) -> str:
    """The median of some runs, and in brackets the smallest and the largest."""
    found = np.asarray(list(values), dtype=np.float64)
    if np.isnan(found).all():
        return "never"
    missed = int(np.isnan(found).sum())
    low, middle, high = np.nanmin(found), np.nanmedian(found), np.nanmax(found)
    within = f"{shown(float(middle))} ({shown(float(low))}–{shown(float(high))})"
    return f"{within}, {missed} never" if missed else within


def save(figure: Any, path: str | Path) -> None:
    """Write a figure, and make the folder it goes to."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})
