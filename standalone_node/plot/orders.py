"""Errors against the step size, and the order that a scheme promises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from standalone_node.errors import ArgumentError
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.plot.axes import log_ticks, positive
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES, MARKERS
from standalone_node.problem.verification import ConvergenceStudy

#: How many step sizes have a number of their own.
_TICKS = 8


def order(
    *studies: ConvergenceStudy,
    quantity: str = "states",
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the errors of convergence studies against the step size.

    Dashed lines have the slope that the scheme's tableau promises.

    Parameters
    ----------
    *studies : ConvergenceStudy
        Of `standalone_node.convergence_study`.
    quantity : {"states", "sensitivities", "adjoints", "derivatives"}
    labels : sequence of str, optional
        What the studies are called, if not by their schemes.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If there is no study, or no such quantity in one.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> study = ConvergenceStudy(
    ...     "euler", np.array([10, 20]), {"states": np.array([0.1, 0.05])}, {"states": 1.0}
    ... )
    >>> axes = order(study, ax=Figure().add_subplot())
    >>> axes.get_lines()[0].get_xdata()
    array([0.1 , 0.05])
    """
    _check(studies, quantity, labels)
    names = [study.scheme for study in studies] if labels is None else [str(one) for one in labels]
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        axes.set_xscale("log")
        axes.set_yscale("log")
        entries = []
        for place, (study, name) in enumerate(zip(studies, names, strict=True)):
            steps, errors = 1.0 / study.steps, positive(study.errors[quantity])
            (line,) = axes.plot(
                steps,
                errors,
                marker=MARKERS[place % len(MARKERS)],
                ms=5.0,
                lw=1.6,
                color=LINES[place % len(LINES)],
            )
            found = study.orders.get(quantity, np.nan)
            entries.append((f"{name}: {seen_order(found)}", line))
            scheme = TABLEAUX.get(study.scheme)
            if scheme is not None and np.isfinite(errors[0]):
                promised = errors[0] * (steps / steps[0]) ** scheme.order
                promised[promised < 0.1 * np.nanmin(errors)] = np.nan
                axes.plot(steps, promised, ls="--", color=FAINT, lw=1.0, zorder=1)
        _ticks(axes, studies)
        entries.append(("as promised", Line2D([], [], ls="--", color=FAINT, lw=1.0)))
        log_ticks(axes.yaxis)
        axes.grid(visible=True, which="major")
        named(axes, "step size h / T", f"relative error of the {quantity}", "Order of convergence")
        canvas.key(entries)
    return axes


def seen_order(found: float) -> str:
    """An observed order in words.

    Examples
    --------
    >>> seen_order(1.998), seen_order(float("inf"))
    ('order 2.00', 'nothing but rounding')
    """
    return f"order {found:.2f}" if np.isfinite(found) else "nothing but rounding"


def _ticks(axes: Axes, studies: tuple[ConvergenceStudy, ...]) -> None:
    """The step sizes that there are, as fractions; of many, the powers of ten."""
    steps = np.unique(np.concatenate([study.steps for study in studies]))
    if len(steps) > _TICKS:
        log_ticks(axes.xaxis)
        return
    axes.xaxis.set_major_locator(FixedLocator(list(1.0 / steps)))
    axes.xaxis.set_major_formatter(FixedFormatter([f"1/{number}" for number in steps]))
    axes.xaxis.set_minor_locator(NullLocator())


def _check(
    studies: tuple[ConvergenceStudy, ...], quantity: str, labels: Sequence[str] | None
) -> None:
    if not studies:
        raise ArgumentError("there is nothing to draw: give at least one convergence study")
    for study in studies:
        if not isinstance(study, ConvergenceStudy):
            raise ArgumentError(
                "expected what sn.convergence_study(problem, p) returns, not "
                f"{type(study).__name__}"
            )
        if quantity not in study.errors:
            raise ArgumentError(
                f"quantity = {quantity!r} has to be one of {', '.join(study.errors)}"
            )
    if labels is not None and len(labels) != len(studies):
        raise ArgumentError(f"labels has to name the {len(studies)} studies, one each")
