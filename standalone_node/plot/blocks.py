"""The weights as functions of the depth: the size of each block, or single entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Derivative, Parameters, block_slices
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES
from standalone_node.plot.subjects import parameters_of

Array = NDArray[np.float64]
#: How many entries are drawn if nothing else is said.
ENTRIES = 6
#: Up to how many depth points they are marked.
_MARKED = 40


def weights(
    model: Any,
    block: str | Sequence[str] | None = None,
    *,
    entries: int = ENTRIES,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights over the depth, piecewise linear between the depth points.

    Parameters
    ----------
    model : Parameters, Derivative, Result or fitted estimator
    block : str or sequence of str, optional
        Blocks as "W" and "b", of whose entries those are drawn that vary most over the depth. None
        draws the size of each block, the root mean square of its entries.
    entries : int
        How many entries are drawn at most.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If there are no parameters, or no such block.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> p = Parameters([0.0, 1.0], [[[3.0]], [[-4.0]]], [[0.0], [0.0]])
    >>> axes = weights(p, ax=Figure().add_subplot())
    >>> axes.get_lines()[0].get_ydata()
    array([3., 4.])
    """
    p = parameters_of(model)
    if entries < 1:
        raise ArgumentError(f"entries = {entries} has to be at least 1")
    lines = block_sizes(p) if block is None else varying_entries(p, block, entries)
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        for place, line in enumerate(lines.values()):
            axes.plot(
                p.times,
                line,
                marker="o" if len(p.times) <= _MARKED else "",
                ms=3.5,
                lw=1.6,
                color=LINES[place % len(LINES)],
            )
        axes.grid(visible=True, axis="y")
        if block is None:
            axes.set_ylim(bottom=0.0)
            named(axes, "depth t", "root mean square of entries", "Size of each block")
        else:
            named(axes, "depth t", "value", "Entries that vary most")
        canvas.key(zip(lines, axes.get_lines()[-len(lines) :], strict=True))
    return axes


def block_sizes(p: Parameters | Derivative) -> dict[str, Array]:
    """The root mean square of the entries of each block, (K + 1,)."""
    return {
        name: np.sqrt(np.mean(np.square(p.block(name).reshape(len(p.times), -1)), axis=1))
        for name, _ in p.blocks
    }


def varying_entries(
    p: Parameters | Derivative, block: str | Sequence[str], most: int = ENTRIES
) -> dict[str, Array]:
    """The entries of some blocks that vary most over the depth, (K + 1,) each, in their order.

    Examples
    --------
    >>> p = Parameters([0.0, 1.0], np.eye(2)[None] * [[[1.0]], [[3.0]]], [[0.0, 0.5], [0.0, 0.0]])
    >>> list(varying_entries(p, ["W", "b"], 3))
    ['W[1, 1]', 'W[2, 2]', 'b[2]']
    """
    slices = block_slices(p.blocks)
    names: list[str] = []
    columns: list[Array] = []
    for name in [block] if isinstance(block, str) else block:
        p.block(name)  # or an error that lists them
        shape = dict(p.blocks)[name]
        for place in np.ndindex(*shape):
            where = ", ".join(str(i + 1) for i in place)
            names.append(f"{name}[{where}]" if where else name)
        columns.extend(p.values[:, slices[name]].T)
    if not columns:
        raise ArgumentError("there is nothing to draw: name at least one block")
    chosen = np.sort(np.argsort([-np.ptp(column) for column in columns], kind="stable")[:most])
    return {names[i]: columns[i] for i in chosen}
