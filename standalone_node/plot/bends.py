"""An L-curve: what a penalty trades for what, and where it turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.learn.many.corner import beaten
from standalone_node.learn.many.curve import SEMINORMS, LCurve
from standalone_node.plot.axes import log_scale, positive
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES
from standalone_node.summary import digits

Array = NDArray[Any]

#: Shares of the axes that a value beside its point takes.
_ROOM = np.array([0.13, 0.07])


def l_curve(curve: LCurve, *, ax: Axes | None = None) -> Axes:
    """Draw an L-curve: the seminorm of each fit against its misfit, and the corner.

    Fits that are no minimisers, as another one has less of both, stand beside the line.

    Parameters
    ----------
    curve : LCurve
        What `standalone_node.l_curve` returns.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> curve = LCurve("l2", np.array([0.01, 0.1, 1.0]), np.array([0.1, 0.1, 1.0]),
    ...                np.array([10.0, 1.0, 1.0]), (None, None, None))
    >>> l_curve(curve, ax=Figure().add_subplot()).get_title()
    'L-curve, corner at l2 = 0.1'
    """
    if not isinstance(curve, LCurve):
        raise ArgumentError(
            f"expected what sn.l_curve(estimator, X, y) returns, not {type(curve).__name__}"
        )
    misfit, seminorm = positive(curve.misfit), positive(curve.seminorm)
    off = beaten(curve.misfit, curve.seminorm)
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        (line,) = axes.plot(
            misfit[~off], seminorm[~off], marker="o", ms=4.5, lw=1.4, color=LINES[0]
        )
        entries = [(f"one fit a value of {curve.penalty}", line)]
        if off.any():
            looks = {"ls": "none", "marker": "x", "ms": 6.0, "color": FAINT}
            (beside,) = axes.plot(misfit[off], seminorm[off], **looks)  # type: ignore[arg-type]
            entries.append(("no minimisers: another fit has less of both", beside))
        title, place = "L-curve", curve.place
        if place is not None:
            looks = {"ls": "none", "marker": "o", "ms": 12.0, "mfc": "none", "mew": 2.0}
            at = misfit[[place]], seminorm[[place]]
            (ring,) = axes.plot(*at, color=LINES[4], **looks)  # type: ignore[arg-type]
            title = f"L-curve, corner at {curve.penalty} = {digits(float(curve.values[place]))}"
            entries.append(("the largest curvature", ring))
        for axis, values in ((axes.xaxis, misfit), (axes.yaxis, seminorm)):
            log_scale(axis, values)
            axis.set_minor_locator(NullLocator())
        _write_values(axes, curve)
        axes.grid(visible=True, which="major")
        words = SEMINORMS[curve.penalty].words
        named(axes, "misfit: mean loss without penalty", f"seminorm {words}", title)
        canvas.key(entries)
    return axes


def _write_values(axes: Axes, curve: LCurve) -> None:
    """Values beside their points on the curve: that of the corner, and others where there is room.

    Written when the scales are set.
    """
    written: list[Array] = []
    first = [] if curve.place is None else [curve.place]
    for i in (*first, *np.flatnonzero(~beaten(curve.misfit, curve.seminorm)).tolist()):
        point = float(curve.misfit[i]), float(curve.seminorm[i])
        place = axes.transAxes.inverted().transform(axes.transData.transform(point))
        if all((np.abs(place - other) > _ROOM).any() for other in written):
            written.append(place)
            axes.annotate(
                digits(float(curve.values[i])),
                point,
                xytext=(8.0, 5.0),
                textcoords="offset points",
                fontsize="small",
            )
