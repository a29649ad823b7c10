"""Predicted against true quantities, with the line on which they agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.plot.axes import ends, grid
from standalone_node.plot.inks import FAINT
from standalone_node.plot.style import MANY
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, Canvas, picture
from standalone_node.report.sensitivity.words import brief, percent, shortened

Array = NDArray[Any]


def figure(truth: Array, predicted: Array, place: int, context: Context) -> Figure:
    """The values of output `place`, (B,) each."""
    name = context.output_name(place)
    table = pd.DataFrame({"true": np.asarray(truth), "predicted": np.asarray(predicted)})
    error = float(np.sqrt(np.mean(np.square(table["predicted"] - table["true"]))))
    return picture(
        f"predicted-{place + 1}" if place else "predicted",
        f"Predicted against true {shortened(name, 40)}",
        caption(table, shortened(name, 40)),
        f"Predicted against true values of {len(table):,} rows; they are apart by {brief(error)} "
        "in the root mean square.",
        table,
        lambda canvas: _draw(canvas, table, shortened(name, 30)),
        height=4.4,
    )


def caption(table: pd.DataFrame, name: str) -> str:
    """What is seen: how far the points are from the line, and on which side of it."""
    error = (table["predicted"] - table["true"]).to_numpy()
    size, bias = float(np.sqrt(np.mean(np.square(error)))), float(np.mean(error))
    spread = float(table["true"].std(ddof=0))
    seen = (
        "A point a row; on the line the prediction is the true value. In the root mean square they "
        f"are apart by {brief(size)}"
    )
    if spread > 0.0:
        seen += f", which is {percent(size / spread)} of the spread of {name} itself"
    # Of the mean of so many errors, twice its standard error.
    if abs(bias) > 2.0 * float(error.std()) / np.sqrt(len(error)) and abs(bias) > 1e-12 * size:
        side = "too high" if bias > 0 else "too low"
        return f"{seen}. On average the predictions are {side} by {brief(abs(bias))}."
    return f"{seen}. On average they are neither too high nor too low, as far as can be told."


def _draw(canvas: Canvas, table: pd.DataFrame, name: str) -> None:
    axes = canvas.add_subplot()
    limits = ends(table.to_numpy())
    axes.plot(limits, limits, "-", color=FAINT, lw=1.0)
    axes.plot(
        table["true"],
        table["predicted"],
        "o",
        color=BLUE,
        ms=4.0 if len(table) <= MANY else 2.5,
        alpha=0.6,
        mew=0.0,
        rasterized=len(table) > MANY,
    )
    axes.set_xlim(*limits)
    axes.set_ylim(*limits)
    axes.set_aspect("equal")
    grid(axes)
    axes.set_xlabel(f"true {name}")
    axes.set_ylabel(f"predicted {name}")
