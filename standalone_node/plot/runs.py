"""How a run went: cost, gradient norm and what else its history holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.optimize.result import Result
from standalone_node.plot.axes import log_ticks, positive
from standalone_node.plot.panels import ink, named, panels
from standalone_node.plot.style import OKABE_ITO, line_colours, shortened
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
        which have no unit in common. A line that starts at zero is then left out; if none is left
        the values are drawn as they are.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If there is no history, no such column in it, or no number of it that can be drawn.

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
    curves = _curves(runs, quantities, shared)
    if not curves and shared and relative is None:
        shared = False
        curves = _curves(runs, quantities, shared)
    if not curves:
        raise ArgumentError(_nothing(quantities, shared))
    looks = _looks(list(runs), quantities)
    with panels(ax) as canvas:
        (axes,) = canvas.axes
        log = _scales(axes, curves, quantities, against)
        for (name, column), values in curves.items():
            shown = positive(values) if log else values
            alone = np.isfinite(shown).sum() == 1  # which is no line
            axes.plot(
                _AGAINST[against][1](runs[name]),
                shown,
                lw=1.6,
                marker="o" if alone else "",
                **looks[name, column],
            )
        if log:
            log_ticks(axes.yaxis)
        title = _title(run, next(iter(runs.values()))) if single else "Convergence"
        named(axes, _AGAINST[against][0], _values_are(quantities, shared), title)
        entries = _key(list(runs), quantities, looks)
        if len(entries) > 1:
            canvas.key(entries)
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


def _curves(
    runs: dict[str, dict[str, Array]], quantities: list[str], relative: bool
) -> dict[tuple[str, str], Array]:
    """The values of each run and quantity, without those of which nothing can be drawn."""
    found = {}
    for name, history in runs.items():
        for column in quantities:
            values = history[column]
            if relative:
                if not (np.isfinite(values[0]) and values[0] > 0.0):
                    continue
                values = values / values[0]
            if np.isfinite(values).any():
                found[name, column] = values
    return found


def _nothing(quantities: list[str], relative: bool) -> str:
    columns = " and ".join(quantities)
    if relative:
        return (
            f"{columns} cannot be drawn relative to a start that is not above zero: relative=False"
        )
    return f"there is nothing to draw: no number of {columns} in the history is finite"


def _called(column: str) -> str:
    return _NAMES.get(column, (column, False))[0]


def _values_are(quantities: list[str], relative: bool) -> str:
    """What the upright axis is called."""
    alone = [_called(quantities[0])] if len(quantities) == 1 else []
    return ", ".join([*alone, "relative to the start"]) if relative else (*alone, "value")[0]


def _looks(names: list[str], quantities: list[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Of several runs a colour each, and dashes a quantity; of one, both a quantity."""
    several = len(names) > 1
    shades = line_colours(len(names if several else quantities))
    if not several and len(quantities) <= len(_PAIR):
        shades = list(_PAIR)
    return {
        (name, column): {
            "color": shades[place if several else number],
            "ls": _DASHES[number % len(_DASHES)],
        }
        for place, name in enumerate(names)
        for number, column in enumerate(quantities)
    }


def _key(
    names: list[str], quantities: list[str], looks: dict[tuple[str, str], dict[str, Any]]
) -> list[tuple[str, Artist]]:
    """The runs by their colours, and the quantities by their dashes."""
    first, start = quantities[0], names[0]
    entries: list[tuple[str, Artist]] = []
    if len(names) > 1:
        for name in names:
            colour = looks[name, first]["color"]
            entries.append((shortened(name), Line2D([], [], color=colour, lw=1.6)))
    if len(quantities) > 1:
        for column in quantities:
            own = looks[start, column] if len(names) == 1 else {
                "color": ink(), "ls": looks[start, column]["ls"]
            }  # fmt: skip
            entries.append((_called(column), Line2D([], [], lw=1.6, **own)))
    return entries


def _scales(
    axes: Axes, curves: dict[tuple[str, str], Array], quantities: list[str], against: str
) -> bool:
    """Scales that suit the numbers; whether the upright one is logarithmic."""
    log = all(_NAMES.get(column, ("", False))[1] for column in quantities)
    # Zeros alone have no place on a logarithmic axis.
    log = log and any(np.isfinite(positive(values)).any() for values in curves.values())
    if log:
        axes.set_yscale("log")
    if against == "iteration":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(visible=True, axis="y", which="major")
    return log


def _title(run: Any, history: dict[str, Array]) -> str:
    result = getattr(run, "result_", run)
    if not isinstance(result, Result):
        return f"Convergence: {history['cost'].size - 1} iterations"
    return f"Convergence: {result.nit} iterations, end state “{result.reason}”"
