"""How much small changes are stretched until each depth: the singular values of dx(t)/dx(0)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.plot.axes import bands, draw_band, log_scale
from standalone_node.plot.following import asked, even
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES
from standalone_node.sensitivity.derivatives.jacobians import jacobians
from standalone_node.sensitivity.derivatives.matrices import singular_values

Array = NDArray[Any]

_ROWS = 60


def spectrum(
    model: Any,
    X: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    values: int | None = None,
    rows: int = _ROWS,
    ax: Axes | None = None,
) -> Axes:
    """Draw the singular values of dx(t)/dx(0) over the depth.

    The largest is the factor by which the worst of all small changes of x(0) has grown until t, the
    smallest that of the best. Lines are medians over the rows, shades 5 to 95 % of them.

    Parameters
    ----------
    model : fitted estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p), optional
        The rows; those of a problem if not given.
    parameters : Parameters, optional
        Of a problem.
    values : int, optional
        How many are drawn, from the largest; if not given, all of them, up to eight.
    rows : int
        Of more rows than these, so many are drawn by chance, always the same.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If the estimator is not fitted, or rows or parameters are missing or do not fit.
    StateOverflow
        If the state or its derivative overflows at a row.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from standalone_node import InverseProblem
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], [[[2.0]], [[2.0]]], [[0.0], [0.0]])
    >>> axes = spectrum(problem, parameters=p, ax=Figure().add_subplot())
    >>> axes.get_lines()[1].get_ydata()  # 1 + h W, behind the line at 1
    array([1., 3.])
    """
    network, inputs = asked(model, X, parameters)
    count = min(network.width, 8) if values is None else values
    if not 1 <= count <= network.width:
        raise ArgumentError(
            f"values = {count} has to be from 1 to {network.width}, the components of the state"
        )
    if rows < 1:
        raise ArgumentError(f"rows = {rows} has to be at least 1")
    chosen = even(np.zeros(len(inputs)), rows)
    found = spectra(network, inputs[chosen])[..., :count]
    table = pd.DataFrame({"depth": network.times})
    for i in range(count):
        for end, line in bands(found[..., i]).items():
            table[f"{i + 1} {end}"] = line
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        log_scale(axes.yaxis, table.drop(columns="depth").to_numpy())
        axes.axhline(1.0, color=FAINT, lw=0.8, ls=":")
        log = axes.get_yscale() == "log"
        for i in range(count):
            draw_band(axes, table, f"{i + 1} ", LINES[i % len(LINES)], log=log)
        axes.margins(x=0.0)
        axes.grid(visible=True, axis="y")
        number = f"{len(chosen)} row{'s' * (len(chosen) != 1)}"
        named(axes, "depth t", "singular value", f"Stretching of small changes, {number}")
        canvas.key(
            (f"σ{_small(i + 1)}", Line2D([], [], color=LINES[i % len(LINES)], lw=1.8))
            for i in range(count)
        )
    return axes


def spectra(network: Any, rows: Array) -> Array:
    """The singular values of dx_n/dx_0, descending, (N + 1, B, d)."""
    along = jacobians(network, rows, along=True).along
    assert along is not None
    return np.stack([singular_values(matrices) for matrices in along])


def _small(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
