"""Whether intervals hold as many true values as they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import grid, shares
from standalone_node.plot.inks import FAINT
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import BLUE, VERMILION, Canvas, picture
from standalone_node.report.sensitivity.words import listed, percent

_LOOKS = ((BLUE, "-", "o"), (VERMILION, (0, (4, 1.5)), "s"))


def figure(coverages: Mapping[str, Any], name: str = "coverage") -> Figure:
    """One or two coverages under the names of their intervals; one name may be ""."""
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "intervals": key,
                    "level": found.levels,
                    "observed": found.observed,
                    "observed low": found.low,
                    "observed high": found.high,
                }
            )
            for key, found in coverages.items()
        ],
        ignore_index=True,
    )
    parts = [f"{percent(level)} intervals hold {percent(seen)}" for level, seen in _last(table)]
    return picture(
        name,
        "Intervals and the true values in them",
        caption(coverages),
        f"Observed against nominal coverage: {listed(parts)} of the true values.",
        table,
        lambda canvas: _draw(canvas, table),
        height=3.8,
    )


def _last(table: pd.DataFrame) -> list[tuple[float, float]]:
    last = table.groupby("intervals", sort=False).tail(1)
    return list(zip(last["level"], last["observed"], strict=True))


def caption(coverages: Mapping[str, Any]) -> str:
    """What is seen, and for each whether its intervals are too narrow or too wide."""
    seen = (
        "How many of the true values lie inside the intervals, against how many should; the bars "
        "are 95 % intervals of the count. On the diagonal an interval keeps its word."
    )
    return " ".join([seen, *(width(value, key) for key, value in coverages.items())])


def width(found: Any, key: str = "") -> str:
    """Whether intervals are too narrow or too wide, in a sentence."""
    levels, low, high = (np.asarray(v, dtype=float) for v in (found.levels, found.low, found.high))
    narrow, wide = int((high < levels).sum()), int((low > levels).sum())
    what = f"The {key} intervals" if key else "The intervals"
    if not narrow and not wide:
        return f"{what} are as wide as they should be, at all {levels.size} levels looked at."
    word, count = ("narrow", narrow) if narrow >= wide else ("wide", wide)
    return f"{what} are too {word} at {count} of the {levels.size} levels looked at."


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    axes.plot([0.0, 1.0], [0.0, 1.0], "-", color=FAINT, lw=1.0)
    for (key, part), look in zip(table.groupby("intervals", sort=False), _LOOKS, strict=False):
        error = np.maximum(
            [part["observed"] - part["observed low"], part["observed high"] - part["observed"]], 0.0
        )
        axes.errorbar(
            part["level"],
            part["observed"],
            error,
            color=look[0],
            ls=look[1],
            marker=look[2],
            ms=5.0,
            lw=1.4,
            elinewidth=1.0,
            capsize=2.0,
            label=str(key) or "intervals",
        )
    shares(axes.xaxis)
    shares(axes.yaxis)
    grid(axes)
    axes.set_xlabel("level of the interval")
    axes.set_ylabel("share of true values inside")
    if table["intervals"].nunique() > 1:
        axes.legend(loc="best", fontsize=9)
