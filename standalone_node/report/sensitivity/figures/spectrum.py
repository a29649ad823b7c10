"""What the data say about the parameters, direction by direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.plot.axes import grid, log_scale, positive
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import BLUE, GREY, Canvas, picture
from standalone_node.report.sensitivity.words import brief, counted

Array = NDArray[Any]


def figure(eigenvalues: Array) -> Figure:
    """The eigenvalues (k,) of the Gauss-Newton Hessian relative to the penalty, descending."""
    values = np.asarray(eigenvalues, dtype=float)
    table = pd.DataFrame({"direction": np.arange(1, len(values) + 1), "eigenvalue": values})
    return picture(
        "spectrum",
        "What the data know about the parameters",
        caption(values),
        f"Eigenvalues of the data's information relative to the penalty's: "
        f"{int((values > 1.0).sum())} of {len(values)} computed lie above 1.",
        table,
        lambda canvas: _draw(canvas, table),
    )


def caption(values: Array) -> str:
    """What is seen: how many directions the data determine."""
    above = int((values > 1.0).sum())
    seen = (
        "How much more the data say than the penalty about the best known combinations of "
        "parameters, in order (eigenvalues of the Gauss-Newton Hessian relative to the penalty). "
        "Above 1 the data decide, below 1 the penalty does. "
    )
    if values.size == 0 or above == 0:
        return f"{seen}The data decide in no direction."
    if above == values.size:
        return f"{seen}All {values.size} computed lie above 1: there are at least as many."
    return (
        f"{seen}The data decide in {counted(above, 'direction')}; along all others the parameters "
        f"are what the penalty makes of them. The largest value is {brief(float(values.max()))}."
    )


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    values = table["eigenvalue"].to_numpy()
    log_scale(
        axes.yaxis, np.append(values[values > 1e-12 * max(values.max(initial=0.0), 1e-300)], 1.0)
    )
    form = positive if axes.get_yscale() == "log" else np.asarray
    axes.plot(table["direction"], form(values), "o-", color=BLUE, ms=3.5, lw=0.9)
    axes.axhline(1.0, color=GREY, lw=1.0, ls="--")
    falling = values.max(initial=0.0) > 1.0 > values.min(initial=1.0)  # room below, at left
    axes.annotate(
        "1: data and penalty say as much",
        (0.01, 1.0), (0, -3 if falling else 3), xycoords=axes.get_yaxis_transform(),
        textcoords="offset points", va="top" if falling else "bottom", color=GREY, size=9,
    )  # fmt: skip
    axes.set_xlim(0.3, max(len(table), 1) + 0.7)
    axes.locator_params(axis="x", integer=True)
    grid(axes)
    axes.set_xlabel("direction, the best known first")
    axes.set_ylabel("eigenvalue")
