"""How strongly the outputs react to the features, direction by direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray

from standalone_node.plot.axes import bands, grid, log_scale, positive
from standalone_node.plot.inks import INK
from standalone_node.plot.style import MANY
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import BLUE, Canvas, picture
from standalone_node.report.sensitivity.words import brief, counted, median

Array = NDArray[Any]


def figure(singular_values: Array) -> Figure:
    """The singular values (B, k) of the Jacobians of the outputs, features in spreads."""
    values = np.asarray(singular_values, dtype=np.float64)
    table = pd.DataFrame({"row": np.repeat(np.arange(1, len(values) + 1), values.shape[1])})
    table["direction"] = np.tile(np.arange(1, values.shape[1] + 1), len(values))
    table["singular value"] = values.ravel()
    first = median(values[:, 0])
    return picture(
        "output-stretch",
        "How strongly the outputs react, direction by direction",
        caption(values),
        f"Singular values of the derivative of the outputs for {counted(len(values), 'row')}; the "
        f"largest is {brief(first)} in the median row.",
        table,
        lambda canvas: _draw(canvas, values),
    )


def caption(values: Array) -> str:
    """What is seen: how strong the strongest direction is, and how many directions matter."""
    largest = values[:, 0]
    low, high = (brief(float(v)) for v in (largest.min(), largest.max()))
    seen = (
        "Each point is a row: by how much the outputs change, to first order, for a change of the "
        "features of length one spread in the 1st, 2nd, … most effective direction (singular "
        f"values). In the most effective one it is {brief(median(largest))} in the median row, "
    )
    seen += f"from {low} to {high} over the rows."
    if values.shape[1] == 1 or not largest.max() > 0.0:
        return seen
    typical = np.array([median(column) for column in values.T])
    matter = int((typical > 0.1 * typical[0]).sum())
    if matter == len(typical):
        return f"{seen} All {matter} directions have more than a tenth of the effect of the first."
    return (
        f"{seen} {counted(matter, 'direction')} of {values.shape[1]} "
        f"{'has' if matter == 1 else 'have'} more than a tenth of the effect of the first: changes "
        "in the others are hardly noticed."
    )


def _draw(canvas: Canvas, values: Array) -> None:
    axes = canvas.add_subplot()
    index = np.arange(1, values.shape[1] + 1)
    # Moved sideways by a fixed pattern, so that points do not hide each other.
    shift = 0.5 * (((np.arange(len(values)) * 0.618034) % 1.0) - 0.5)
    many = values.size > MANY
    # What is zero to rounding has no place on a logarithmic axis.
    log_scale(axes.yaxis, values[values > 1e-12 * values.max()])
    form = positive if axes.get_yscale() == "log" else np.asarray
    for k, column in enumerate(values.T):
        axes.plot(
            index[k] + (shift if len(values) > 1 else 0.0 * shift),
            form(column),
            "o",
            color=BLUE,
            ms=2.0 if many else 3.5,
            alpha=0.35,
            mew=0.0,
            rasterized=many,
        )
    middle = form(bands(values.T)["median"])
    axes.plot(index, middle, "_", color=INK, ms=18.0 if len(index) < 12 else 9.0, mew=2.0)
    axes.set_xlim(0.4, len(index) + 0.6)
    if len(index) < 12:
        axes.xaxis.set_major_locator(FixedLocator(list(index)))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    grid(axes, "y")
    axes.set_xlabel("direction, the most effective first")
    axes.set_ylabel("outputs per spread")
