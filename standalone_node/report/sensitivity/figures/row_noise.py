"""For each row: the standard deviation of the output to first order, and by Monte Carlo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import ends, grid, log_scale, positive
from standalone_node.plot.inks import FAINT
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, Canvas, picture
from standalone_node.report.sensitivity.words import brief, counted, median, percent

#: More rows than this have no error bars: they would hide each other.
_WITH_BARS = 300


def figure(propagation: Any, monte_carlo: Any, context: Context) -> Figure:
    """The output of each row that varies most, to first order."""
    table = frame(propagation, monte_carlo, context)
    return picture(
        "row-noise",
        "The spread of each row's output",
        caption(table, context),
        f"First-order against Monte Carlo standard deviation of {counted(len(table), 'row')}; the "
        f"medians are {brief(median(table['first order']))} and "
        f"{brief(median(table['Monte Carlo']))}.",
        table,
        lambda canvas: _draw(canvas, table),
        height=4.2,
    )


def frame(propagation: Any, monte_carlo: Any, context: Context) -> pd.DataFrame:
    """A row each: its output that varies most, both standard deviations, and 95 % intervals."""
    deviation = np.asarray(propagation.standard_deviation, dtype=float)
    output = deviation.argmax(axis=1)
    rows = np.arange(len(deviation))
    variance = np.asarray(monte_carlo.covariance, dtype=float)[rows, output, output]
    error = np.asarray(monte_carlo.covariance_error, dtype=float)[rows, output, output]
    return pd.DataFrame(
        {
            "row": context.numbers_of("noise", len(rows)),
            "output": [context.output_name(int(j)) for j in output],
            "first order": deviation[rows, output],
            "Monte Carlo": np.sqrt(np.maximum(variance, 0.0)),
            "Monte Carlo low": np.sqrt(np.maximum(variance - 1.96 * error, 0.0)),
            "Monte Carlo high": np.sqrt(np.maximum(variance + 1.96 * error, 0.0)),
        }
    )


def caption(table: pd.DataFrame, context: Context) -> str:
    """What is seen: in how many rows both agree, and on which side the others are."""
    slack = 1e-9 * table["first order"]
    inside = (table["Monte Carlo low"] - slack <= table["first order"]) & (
        table["first order"] <= table["Monte Carlo high"] + slack
    )
    what = "logit" if context.decides else "output"
    seen = (
        f"A point a row, for the {what} of it that varies most: the standard deviation under the "
        "given noise to first order, and by Monte Carlo with its 95 % interval"
    )
    seen += "." if len(table) <= _WITH_BARS else " (not drawn, for there are too many)."
    share = float(inside.mean())
    seen += f" In {percent(share)} of the rows the first order lies within the interval"
    if share >= 0.9:
        return f"{seen}, as often as chance alone allows."
    high = float((table["first order"] > table["Monte Carlo"])[~inside].mean())
    side = (
        "mostly too high" if high > 0.65 else "mostly too low" if high < 0.35 else "off both ways"
    )
    return f"{seen}; where it does not it is {side}: there the output bends within the noise."


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    both = table[["first order", "Monte Carlo"]].to_numpy()
    limits = ends(both)
    seen = both[both > 0.0]
    log = bool(seen.size) and seen.max() > 10.0 * seen.min()
    if log:
        log_scale(axes.xaxis, seen)
        log_scale(axes.yaxis, seen)
        limits = axes.get_xlim()
    else:
        axes.set_xlim(*limits)
        axes.set_ylim(*limits)
    axes.plot(limits, limits, "-", color=FAINT, lw=1.0)
    form = positive if log else np.asarray
    bars = np.maximum(
        [
            table["Monte Carlo"] - table["Monte Carlo low"],
            table["Monte Carlo high"] - table["Monte Carlo"],
        ],
        0.0,
    )
    many = len(table) > _WITH_BARS
    container = axes.errorbar(
        form(table["first order"]), form(table["Monte Carlo"]), None if many else bars,
        ls="", marker="o", ms=2.5 if many else 4.0, color=BLUE, alpha=0.6, mew=0.0, elinewidth=0.8,
    )  # fmt: skip
    container.lines[0].set_rasterized(many)
    axes.set_aspect("equal")
    grid(axes)
    axes.set_xlabel("standard deviation, first order")
    axes.set_ylabel("Monte Carlo")
