"""Checks of the arguments of an inverse problem; the messages name the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.memory import Need, require
from standalone_node.model.depth import uniform_grid

Array = NDArray[Any]

#: No whole number is larger: what is counted so far is never done, and no array is as long.
LARGEST_WHOLE = 2**53


#: Between these, steps and their squares are normal numbers, and so are one over them.
SHORTEST, LONGEST = 1e-100, 1e100


def time_grid(horizon: float, steps: int) -> Array:
    """The uniform time grid (N + 1,); ArgumentError for an impossible horizon or step number."""
    points, end = whole_number("steps", steps, 1) + 1, read_horizon(horizon)
    require([Need(f"steps = {steps}", "the time grid", 2 * 8 * points, "lower steps")])
    if end / steps < SHORTEST:
        raise ArgumentError(f"steps = {steps} cut horizon = {end:g} too finely: lower steps")
    return uniform_grid(end, points)


def read_horizon(horizon: object) -> float:
    """T, if arithmetic with it stays within the range of floating-point numbers."""
    end = positive_number("horizon", horizon)
    if not SHORTEST <= end <= LONGEST:
        raise ArgumentError(
            f"horizon = {end:g} is out of range: take one from {SHORTEST:g} to {LONGEST:g}, and "
            "scale the parameters instead"
        )
    return end


def positive_number(name: str, value: object) -> float:
    """A finite number above 0."""
    if not isinstance(value, int | float | np.number) or not 0.0 < float(value) < np.inf:
        raise ArgumentError(f"{name} = {value!r} has to be a positive number")
    return float(value)


def numbers(name: str, given: ArrayLike) -> Array:
    """A copy as an array of float64; ArgumentError if it is none."""
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} have to be an array of numbers") from None


def whole_number(name: str, value: object, least: int) -> int:
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ArgumentError(f"{name} = {value!r} has to be a whole number of at least {least}")
    if value >= LARGEST_WHOLE:
        raise ArgumentError(f"{name} = {value!r} has to be less than {LARGEST_WHOLE}")
    return int(value)


def read_inputs(inputs: ArrayLike) -> Array:
    """The inputs (B, d), finite, and read-only from now on."""
    array = numbers("inputs", inputs)
    if array.ndim != 2 or array.size == 0:
        raise ArgumentError(f"inputs have shape {array.shape}, but have to be (B, d), not empty")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ArgumentError(
            f"inputs have to be finite, but row {bad + 1} holds a value that is NaN or infinite, "
            "or so once it is scaled: correct it or leave the row out"
        )
    array.setflags(write=False)  # trajectories are computed again from them
    return array


def read_index(index: ArrayLike, samples: int) -> Array:
    """Row numbers (n,) from row numbers or a boolean (B,)."""
    rows = np.asarray(index)
    if rows.dtype == bool and rows.shape == (samples,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or rows.size == 0 or rows.dtype.kind not in "iu":
        raise ArgumentError("rows are chosen by at least one row number, or by a boolean (B,)")
    if rows.min() < 0 or rows.max() >= samples:
        raise ArgumentError(f"the problem has the rows 0…{samples - 1}, and no others")
    return rows


def read_weights(sample_weight: ArrayLike | None, samples: int, *, some: bool = True) -> Array:
    """The sample weights (B,), ones if there are none; at least one positive if `some`."""
    if sample_weight is None:
        return np.ones(samples)
    weights = np.array(sample_weight, dtype=np.float64)
    if weights.shape != (samples,):
        raise ArgumentError(f"sample_weight has shape {weights.shape} instead of ({samples},)")
    useless = some and not weights.any()
    if not np.isfinite(weights).all() or (weights < 0.0).any() or useless:
        raise ArgumentError("sample_weight has to be finite, not negative, and not all zero")
    return weights
