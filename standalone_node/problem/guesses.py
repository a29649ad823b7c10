"""Parameters from what is known of them: numbers, functions of t, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.blockwise import Blockwise
from standalone_node.model.nodal import Blocks, Parameters
from standalone_node.problem.start import smooth_start

Array = NDArray[Any]
#: A number (or array of the shape of the parameter) for all t, or a function of t.
Guess = ArrayLike | Callable[[float], ArrayLike]


def random_start(
    times: Array, blocks: Blocks, choice: Blockwise, spread: float, seed: int
) -> Parameters:
    """The smooth random start, its constants taken for all t, in the scales of the choice."""
    drawn = smooth_start(times, blocks, spread, seed)
    control = Blockwise(choice.constant).on(drawn).coordinates(drawn)
    return choice.on(drawn).apply(control)


def guessed(
    times: Array, blocks: Blocks, constant: tuple[str, ...], values: Mapping[str, Guess]
) -> Parameters:
    """Parameters on the grid `times` with these values; ArgumentError where one does not fit."""
    names = [name for name, _ in blocks]
    if set(values) != set(names):
        raise ArgumentError(
            f"values are given for {', '.join(map(str, values)) or 'nothing'}, but the parameters "
            f"are {', '.join(names)}"
        )
    for name in constant:
        if callable(values[name]):
            raise ArgumentError(f"{name!r} is a constant: give a number, not a function of t")
    return Parameters.from_blocks(
        times, {name: _rows(times, name, shape, values[name]) for name, shape in blocks}
    )


def _rows(times: Array, name: str, shape: tuple[int, ...], guess: Guess) -> Array:
    given = [guess(float(t)) for t in times] if callable(guess) else [guess] * times.size
    try:
        rows = np.array([np.broadcast_to(np.asarray(row, np.float64), shape) for row in given])
    except (TypeError, ValueError):
        raise ArgumentError(f"the value of {name!r} does not have the shape {shape}") from None
    if not np.isfinite(rows).all():
        raise ArgumentError(f"the value of {name!r} has to be finite")
    return rows
