"""How a run went: cost, gradient norm and what else its history holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.optimize.result import Result
from standalone_node.plot.axes import plain_log
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import LINES, OKABE_ITO
from standalone_node.plot.subjects import by_name, history_of, is_history

Array = NDArray[Any]

#: What the columns of a history are called, and whether a logarithmic axis suits them.
_NAMES = {
    "cost": ("cost E", True),
    "gradient_norm": ("gradient norm ‖g‖", True),
    "step": ("step length", True),
    "beta": ("β", False),
    "score": ("score", False),
}
_SWEEPS = ("direct", "adjoint", "sensitivity")
#: The table: what a run is drawn against, the name of the axis, and its numbers.
_AGAINST = {
    "iteration": ("iteration", lambda history: np.arange(history["cost"].size)),
    "seconds": ("seconds", lambda history: history["seconds"]),
    "sweeps": (
        "sweeps (direct, adjoint and sensitivity)",
        lambda history: sum(history[name] for name in _SWEEPS),
    ),
}
_DASHES = ("-", "--", ":", "-.")
_PAIR = (OKABE_ITO[0], OKABE_ITO[5])


def convergence(
    run: Any,
    quantity: str | Sequence[str] = ("cost", "gradient_norm"),
    *,
    against: str = "iteration",
    relative: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a run went, or several runs in one picture.

    Parameters
    ----------
    run : Result, fitted estimator, history, or mapping of names to them
        A history is the `Result.history` of a run, or a data frame of MODEL.history.csv. Of several
        runs each has a colour, and each quantity dashes of its own.
    quantity : str or sequence of str
        Columns of the history: "cost", "gradient_norm", "step", "beta", "score".
    against : {"iteration", "seconds", "sweeps"}
    relative : bool, optional
        Whether lines are relative to their start; if None, where there are several quantities,
        which have no unit in common. A line that starts at zero is then left out.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If there is no history, or no such column in it.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> history = {"cost": np.array([4.0, 1.0, 0.5])}
    >>> axes = convergence(history, "cost", ax=Figure().add_subplot())
    >>> axes.get_lines()[0].get_ydata()
    array([4. , 1. , 0.5])
    """
    single = isinstance(run, Result) or is_history(run) or not hasattr(run, "items")
    runs = {name: history_of(one) for name, one in by_name(run, single).items()}
    quantities = [quantity] if isinstance(quantity, str) else list(quantity)
    _check(runs, quantities, against)
    shared = len(quantities) > 1 if relative is None else relative
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        for place, (name, history) in enumerate(runs.items()):
            for number, column in enumerate(quantities):
                label, _ = _NAMES.get(column, (column, False))
                values = _shown(history[column], column, shared)
                if values is None:
                    continue
                axes.plot(
                    _AGAINST[against][1](history),
                    values,
                    ls=_DASHES[number % len(_DASHES)],
                    lw=1.6,
                    color=_colour(place, number, len(runs), len(quantities)),
                    label=", ".join(filter(None, (name, label if len(quantities) > 1 else ""))),
                )
        _scales(axes, quantities, against)
        alone = _NAMES.get(quantities[0], (quantities[0], False))[0]
        label = "relative to the start" if shared else alone
        label = f"{alone}, relative to the start" if shared and len(quantities) == 1 else label
        named(axes, _AGAINST[against][0], label if shared or len(quantities) == 1 else "value")
        axes.set_title(_title(run, next(iter(runs.values()))) if single else "Convergence")
        if len(axes.get_lines()) > 1:
            axes.legend(loc="best")
    return axes


def _check(runs: dict[str, dict[str, Array]], quantities: list[str], against: str) -> None:
    if against not in _AGAINST:
        raise ArgumentError(f"against = {against!r} has to be one of {', '.join(_AGAINST)}")
    if not quantities:
        raise ArgumentError("there is nothing to draw: name at least one quantity")
    needed = {"iteration": (), "seconds": ("seconds",), "sweeps": _SWEEPS}[against]
    for name, history in runs.items():
        for column in (*quantities, *needed):
            if column not in history:
                which = f" of {name!r}" if name else ""
                raise ArgumentError(
                    f"the history{which} has no column {column!r}: choose of {', '.join(history)}"
                )


def _shown(values: Array, column: str, relative: bool) -> Array | None:
    """The values as they are drawn; None if nothing can be."""
    found = values
    if relative:
        if not values[0] > 0.0:
            return None
        found = values / values[0]
    # Zero has no place on a logarithmic axis.
    return np.where(found > 0.0, found, np.nan) if _logarithmic(column) else found


def _logarithmic(column: str) -> bool:
    return _NAMES.get(column, ("", False))[1]


def _colour(place: int, number: int, runs: int, quantities: int) -> str:
    if runs > 1:
        return LINES[place % len(LINES)]
    return _PAIR[number] if quantities <= len(_PAIR) else LINES[number % len(LINES)]


def _scales(axes: Axes, quantities: list[str], against: str) -> None:
    if all(map(_logarithmic, quantities)):
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    if against == "iteration":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y", which="major")


def _title(run: Any, history: dict[str, Array]) -> str:
    result = getattr(run, "result_", run)
    if not isinstance(result, Result):
        return f"Convergence: {history['cost'].size - 1} iterations"
    return f"Convergence: {result.nit} iterations, end state “{result.reason}”"
