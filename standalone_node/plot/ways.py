"""The ways of rows through the depth: components over t, and the plane of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.plot.colouring import Colouring
from standalone_node.plot.following import ROWS, Ways, ways_of
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import shortened
from standalone_node.plot.subjects import two_of

Array = NDArray[Any]
Component = int | str

#: How many components have a panel if none are named.
_PANELS = 4


def components(
    model: Any,
    X: ArrayLike | None = None,
    components: Component | Sequence[Component] | None = None,
    *,
    classes: ArrayLike | None = None,
    parameters: Parameters | None = None,
    rows: int = ROWS,
    ax: Axes | Sequence[Axes] | None = None,
) -> Any:
    """Draw components of the state over the depth, a panel each and a line a row.

    Parameters
    ----------
    model : fitted estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p), optional
        The rows; those of a problem if not given.
    components : int, str, or sequence of them, optional
        Their numbers, or their names: those of features as in the data. If not given, the outputs,
        or the first four components of a problem.
    classes : array_like, shape (B,), optional
        Classes, or quantities, by which rows are coloured. If not given, the classes of a problem
        of its own rows, or what the model predicts.
    parameters : Parameters, optional
        Of a problem.
    rows : int
        Of more rows than these, so many are drawn, evenly over the classes.
    ax : Axes or sequence of Axes, optional
        As many as components; a figure of its own if not given.

    Returns
    -------
    Axes, or an array of Axes if there are several components

    Raises
    ------
    ArgumentError
        If the estimator is not fitted, rows or parameters are missing or do not fit, or there is no
        such component.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from standalone_node import InverseProblem
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], [[[2.0]], [[2.0]]], [[0.0], [0.0]])
    >>> axes = components(problem, parameters=p, ax=Figure().add_subplot())
    >>> axes.collections[0].get_segments()[0].tolist()  # from 1 to 1 + h W
    [[0.0, 1.0], [1.0, 3.0]]
    """
    ways = ways_of(model, X, parameters, classes, rows)
    shown = _chosen(ways, components)
    across = min(len(shown), 2) if len(shown) > 3 else len(shown)
    size = (3.4 * across + 3.0 * (across == 1), 3.2 * -(-len(shown) // across) + 0.8)
    with panels(ax, len(shown), size) as canvas:
        times = np.broadcast_to(ways.times[:, None], ways.states.shape[:2])
        for axes, component in zip(canvas.axes, shown, strict=True):
            draw_ways(axes, ways.looks, times, ways.values[..., component])
            axes.grid(visible=True, axis="y")
            named(axes, "depth t", shortened(ways.names[component], 40))
            axes.margins(x=0.0)
        ways.looks.key(canvas, lines=True, shapes=False)
    return canvas.axes[0] if len(shown) == 1 else np.array(canvas.axes, dtype=object)


def phase_plane(
    model: Any,
    X: ArrayLike | None = None,
    components: tuple[Component, Component] | None = None,
    classes: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    rows: int = ROWS,
    ax: Axes | None = None,
) -> Axes:
    """Draw the ways of rows in the plane of two components, each to its end, a marker.

    Parameters
    ----------
    model, X, classes, parameters, rows
        As for `components`.
    components : (int or str, int or str), optional
        If not given, the first two features of an estimator, or the first two components of a
        problem.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        As for `components`, or if the state has one component only.
    """
    ways = ways_of(model, X, parameters, classes, rows)
    first, second = plane_of(ways, components)
    values = ways.values
    with panels(ax, size=(6.0, 5.2)) as canvas:
        (axes,) = canvas.axes
        draw_ways(axes, ways.looks, values[..., first], values[..., second], ends=True)
        axes.grid(visible=True)
        named(axes, shortened(ways.names[first], 60), shortened(ways.names[second], 40))
        ways.looks.key(canvas, lines=True)
    return axes


def _chosen(ways: Ways, given: Any) -> list[int]:
    if given is None:
        m = ways.network.outputs
        return list(range(min(m, _PANELS)))
    several: list[Any] = [given] if isinstance(given, int | str | np.integer) else list(given)
    if not several:
        raise ArgumentError("there is nothing to draw: name at least one component")
    return [ways.component(which) for which in several]


def plane_of(ways: Ways, given: Sequence[Component] | None) -> tuple[int, int]:
    """The two components of a plane; of an estimator the first features if none are named."""
    network = ways.network
    if network.width < 2:
        raise ArgumentError(
            "the state has one component, which makes no plane: draw it with components()"
        )
    if given is None:
        first = min(network.first, network.width - 2)
        return (first, first + 1) if network.inputs > 1 else (first - 1 if first else 0, first or 1)
    return two_of(given, "components", ways.component)


def draw_ways(axes: Axes, looks: Colouring, x: Array, y: Array, *, ends: bool = False) -> None:
    """A line a row from x and y (N + 1, rows), in its colour; with its end as a marker."""
    lines = np.stack([x.T, y.T], axis=-1)
    drawn = LineCollection(list(lines), colors=looks.colours, linewidths=0.9, alpha=0.75)
    axes.add_collection(drawn)
    if ends:
        for group, marker, shades in looks.shapes():
            goal = x[-1][group], y[-1][group]
            axes.scatter(*goal, s=18.0, c=shades, marker=marker, linewidths=0.0, zorder=3)
    axes.autoscale_view()
