"""How many rows change their class under the given noise, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.plot.axes import grid, shares
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import BLUE, VERMILION, Canvas, picture
from standalone_node.report.sensitivity.words import counted, percent

Array = NDArray[Any]
_LOOKS = (("Monte Carlo", VERMILION, "-"), ("first order", BLUE, (0, (4, 1.5))))


def figure(flips: Array, stays: Array | None = None) -> Figure:
    """Shares of noisy copies (B,) of another class; probabilities (B,) of the same, first order."""
    flips = np.asarray(flips, dtype=float)
    table = pd.DataFrame(
        {
            "share of rows": np.arange(1, len(flips) + 1) / len(flips),
            "Monte Carlo": np.sort(flips)[::-1],
        }
    )
    if stays is not None and len(stays) == len(flips):
        table["first order"] = np.sort(1.0 - np.asarray(stays, dtype=float))[::-1]
    return picture(
        "flips",
        "How often noise changes the class",
        caption(flips, stays),
        f"Rows sorted by how often noise changes their class; on average it does in "
        f"{percent(float(flips.mean()))} of the cases.",
        table,
        lambda canvas: _draw(canvas, table),
    )


def caption(flips: Array, stays: Array | None) -> str:
    """What is seen: how many rows never change, and how many do more often than not."""
    never, often = int((flips <= 0.0).sum()), int((flips > 0.5).sum())
    seen = (
        "The rows, sorted: how often noise of the given size gives a row another class than it has "
        f"without. On average it does in {percent(float(flips.mean()))} of the cases; "
        f"{counted(never, 'row')} of {len(flips):,} never {'changes' if never == 1 else 'change'}"
    )
    seen += f", and {often:,} more often than not." if often else "."
    if stays is None or len(stays) != len(flips):
        return seen
    told = float(np.mean(1.0 - np.asarray(stays)))
    return f"{seen} The first order expects {percent(told)} on average."


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    for name, colour, dashes in _LOOKS:
        if name in table:
            one = len(table) == 1
            axes.plot(
                table["share of rows"], table[name], color=colour, ls=dashes, lw=1.8, label=name,
                marker="o" if one else None,
            )  # fmt: skip
    shares(axes.xaxis)
    shares(axes.yaxis)
    top = float(table.drop(columns="share of rows").to_numpy().max())
    if 0.0 < top < 0.2:
        axes.set_yticks([0.0, 0.05, 0.1, 0.15, 0.2])
        axes.set_ylim(-0.005, 0.205)
    grid(axes)
    if "first order" in table:
        axes.legend(loc="upper right", fontsize=9)
    axes.set_xlabel("share of the rows, the least stable first")
    axes.set_ylabel("how often the class changes")
