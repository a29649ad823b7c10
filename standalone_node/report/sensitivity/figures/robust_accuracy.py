"""How many rows stay right under attacks, and under random noise, of growing size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import grid, shares
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREEN,
    VERMILION,
    Canvas,
    end_labels,
    picture,
)
from standalone_node.report.sensitivity.words import brief, percent

#: Columns, their labels and looks: from the strongest attack to none.
_LINES = (
    ("attacked", "worst\ncase found", VERMILION, "-", "o"),
    ("one step", "one\nstep", BLUE, (0, (4, 1.5)), "s"),
    ("random noise", "random\nnoise", GREEN, (0, (1, 1.2)), "^"),
)
NORMS = {"l2": "length of the change", "linf": "largest change of any feature"}


def figure(curve: Any, context: Context) -> Figure:
    """One norm: accuracy under the strong attack, the one-step attack and random noise."""
    table = pd.DataFrame(
        {
            "size": np.asarray(curve.epsilons, dtype=float),
            "attacked": np.asarray(curve.accuracy, dtype=float),
            "one step": np.asarray(curve.fgsm, dtype=float),
            "random noise": np.asarray(curve.noise, dtype=float),
        }
    )
    last = table.iloc[-1]
    return picture(
        f"robust-accuracy-{curve.norm}",
        f"Answers under attack, by the {NORMS[curve.norm]}",
        caption(table, context),
        f"Accuracy against the size of the change in {curve.norm}: from "
        f"{percent(table['attacked'].iloc[0])} to {percent(last['attacked'])} under the attack and "
        f"{percent(last['random noise'])} under noise at {brief(last['size'])}.",
        table,
        lambda canvas: _draw(canvas, table, str(curve.norm), context),
    )


def caption(table: pd.DataFrame, context: Context) -> str:
    """What is seen: where half of the right rows are lost, and what noise of that size does."""
    kept = "stay right" if context.judged else "keep their answer"
    seen = (
        f"The share of the rows that {kept} if each may be changed by at most that much: in the "
        "worst way found (projected gradient descent), by one step along the gradient, and at "
        "random. "
    )
    start = float(table["attacked"].iloc[0])
    if start <= 0.0:
        return f"{seen}No row is right to begin with."
    lost = np.flatnonzero(table["attacked"].to_numpy() <= 0.5 * start)
    place = int(lost[0]) if lost.size else len(table) - 1
    row = table.iloc[place]
    size = context.amount(float(row["size"]))
    if lost.size:
        seen += f"At {size} fewer than half of those at first {kept} under attack, "
        seen += f"{percent(row['attacked'])}; "
    else:
        seen += (
            f"At {size}, the largest looked at, {percent(row['attacked'])} {kept} under attack; "
        )
    return f"{seen}random noise of that size leaves {percent(row['random noise'])}."


def _draw(canvas: Canvas, table: pd.DataFrame, norm: str, context: Context) -> None:
    axes = canvas.add_subplot()
    for name, _, colour, dashes, marker in _LINES:
        axes.plot(
            table["size"], table[name], color=colour, ls=dashes, marker=marker, ms=4.5, lw=1.7,
            clip_on=False,
        )  # fmt: skip
    shares(axes.yaxis)
    top = float(table["size"].max())
    axes.set_xlim(0.0, top if top > 0.0 else 1.0)
    last = table.iloc[-1]
    end_labels(axes, [(float(last[name]), label, colour) for name, label, colour, *_ in _LINES])
    grid(axes)
    axes.set_xlabel(f"{NORMS[norm]} ({context.units})")
    axes.set_ylabel("rows that stay right" if context.judged else "rows that keep their answer")
