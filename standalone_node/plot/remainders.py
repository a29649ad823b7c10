"""The Taylor test: how the remainder falls with the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.plot.axes import log_ticks, positive
from standalone_node.plot.inks import FAINT
from standalone_node.plot.orders import seen_order
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES, MARKERS
from standalone_node.plot.subjects import by_name
from standalone_node.problem.verification import TaylorTest

Array = NDArray[Any]


def taylor(test: TaylorTest | Mapping[str, TaylorTest], *, ax: Axes | None = None) -> Axes:
    """Draw the remainders of a Taylor test against the step, with slopes 1 and 2 beside them.

    A right derivative takes the remainder down with slope 2 until rounding stops it; a wrong one
    leaves it at slope 1, that of the cost itself, which is drawn in grey.

    Parameters
    ----------
    test : TaylorTest, or mapping of names to them
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
    >>> from standalone_node import InverseProblem, taylor_test
    >>> problem = InverseProblem(np.ones((2, 2)), np.zeros(2), steps=3)
    >>> p, v = (problem.initial_parameters(seed=seed) for seed in (0, 1))
    >>> taylor(taylor_test(problem, p, v), ax=Figure().add_subplot()).get_title()
    'Taylor test: order 2.00'
    """
    single = not isinstance(test, Mapping)
    tests: dict[str, TaylorTest] = by_name(test, single)
    for one in tests.values():
        if not isinstance(one, TaylorTest):
            raise ArgumentError(
                f"expected what sn.taylor_test(problem, p, direction) returns, not "
                f"{type(one).__name__}"
            )
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        axes.set_xscale("log")
        axes.set_yscale("log")
        for place, (name, one) in enumerate(tests.items()):
            _draw(axes, one, name, place)
        _slopes(axes, list(tests.values()))
        log_ticks(axes.xaxis)
        log_ticks(axes.yaxis)
        axes.grid(visible=True, which="major")
        order = f"Taylor test: {seen_order(float(next(iter(tests.values()))))}"
        named(axes, "step ε", "remainder", order if single else "Taylor tests")
        canvas.key((str(line.get_label()), line) for line in axes.get_lines())
    return axes


def _draw(axes: Axes, test: TaylorTest, name: str, place: int) -> None:
    colour = LINES[place % len(LINES)]
    label = f"{name}: {seen_order(float(test))}" if name else "|E(p + εv) − E(p) − ε dE·v|"
    axes.plot(
        test.steps,
        positive(test.remainders),
        marker=MARKERS[place % len(MARKERS)],
        ms=4.5,
        lw=1.2,
        color=colour,
        # Filled are the steps that the order was fitted to.
        mfc="none",
        label=label,
    )
    axes.scatter(
        test.steps[test.used],
        test.remainders[test.used],
        s=26.0,
        color=colour,
        marker=MARKERS[place % len(MARKERS)],
        zorder=3,
    )


def _slopes(axes: Axes, tests: list[TaylorTest]) -> None:
    """The change of the cost, and lines of slope 1 and 2 through its and the remainders' start."""
    first = tests[0]
    axes.plot(first.steps, positive(first.changes), color=FAINT, lw=1.2, label="|E(p + εv) − E(p)|")
    every = np.concatenate([t.remainders for t in tests])
    bottom = float(every[every > 0.0].min(initial=np.inf))  # infinite: nothing is to be seen
    least = min(float(t.remainders[0]) for t in tests)
    for slope, dashes, start in ((1, ":", first.changes[0]), (2, "--", least)):
        line = start * (first.steps / first.steps[0]) ** slope
        shown = np.where(line >= 0.3 * bottom, line, np.nan)
        axes.plot(first.steps, shown, ls=dashes, color=FAINT, lw=1.0, label=f"slope {slope}")
