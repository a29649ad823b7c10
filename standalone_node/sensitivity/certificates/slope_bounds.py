"""How much the slope of an activation can vary: one row of a table for each activation.

Between z and z + d an activation has the mean slope s~ = (sigma(z + d) - sigma(z)) / d. How far it
is from s = sigma'(z), and how fast it leaves it, ratio = (s~ - s) / d, are bounded here for all
|d| <= reach. With these bounds what a first-order prediction leaves out is bounded too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError

Array = NDArray[Any]


@dataclass(frozen=True)
class SlopeBounds:
    """Bounds for one activation; every one holds for all z.

    Attributes
    ----------
    low, high : float
        The range of sigma'.
    ratios : callable
        (z, reach) to bounds (low, high) of (s~ - s) / d for 0 < |d| <= reach. Since
        (s~ - s) / d is the mean of sigma''(z + t d) with the weight 1 - t, 0 < t < 1, half the
        range of sigma'' bounds it where there is one.
    """

    low: float
    high: float
    ratios: Callable[[Array, Array], tuple[Array, Array]]


def _flat(z: Array, reach: Array) -> tuple[Array, Array]:
    zero = np.zeros(np.broadcast_shapes(z.shape, reach.shape))
    return zero, zero


def _smooth(
    second: Callable[[Array], Array], low: float, high: float, third: float
) -> Callable[[Array, Array], tuple[Array, Array]]:
    """From sigma'', its range and sup |sigma'''|: |ratio - sigma''(z) / 2| <= third reach / 6."""

    def ratios(z: Array, reach: Array) -> tuple[Array, Array]:
        centre, off = 0.5 * second(z), third / 6.0 * reach
        return np.maximum(centre - off, 0.5 * low), np.minimum(centre + off, 0.5 * high)

    return ratios


def _kinked(jump: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    """A slope that jumps up at 0 and is constant elsewhere.

    Beyond the kink (s~ - s) d = jump (|d| - |z|), and (|d| - |z|) / d^2 is largest at |d| = 2 |z|.
    """

    def ratios(z: Array, reach: Array) -> tuple[Array, Array]:
        size = np.abs(z)
        at = np.minimum(reach, 2.0 * size)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = jump * np.maximum(at - size, 0.0) / (at * at)
        # At the kink itself the ratio has no bound.
        found = np.where(size > 0.0, found, np.where(reach > 0.0, np.inf, 0.0))
        return np.zeros_like(found), found

    return ratios


def _elu_ratios(z: Array, reach: Array) -> tuple[Array, Array]:
    """sigma'' is exp(z) below 0 and nothing above."""
    below = z <= 0.0
    low = np.where(z + reach <= 0.0, 0.5 * np.exp(np.minimum(z - reach, 0.0)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.where(reach > z, 1.0 - z / reach, 0.0)  # the share of d on the curved side
    high = np.where(below, 0.5 * np.exp(np.minimum(z + reach, 0.0)), 0.5 * beyond * beyond)
    return low, high


def _tanh_second(z: Array) -> Array:
    value = np.tanh(z)
    return -2.0 * value * (1.0 - value * value)


def _sigmoid_second(z: Array) -> Array:
    value = scipy.special.expit(z)
    found: Array = value * scipy.special.expit(-z) * (1.0 - 2.0 * value)
    return found


def _softplus_second(z: Array) -> Array:
    found: Array = scipy.special.expit(z) * scipy.special.expit(-z)
    return found


def _silu_second(z: Array) -> Array:
    found: Array = 2.0 * _softplus_second(z) + z * _sigmoid_second(z)
    return found


def _minus_sine(z: Array) -> Array:
    return -np.sin(z)


_TANH = 4.0 / (3.0 * np.sqrt(3.0))
_SIGMOID = 1.0 / (6.0 * np.sqrt(3.0))

#: The table: an activation and its bounds, rounded outwards where there is no closed form.
SLOPE_BOUNDS: dict[str, SlopeBounds] = {
    "identity": SlopeBounds(1.0, 1.0, _flat),
    "tanh": SlopeBounds(0.0, 1.0, _smooth(_tanh_second, -_TANH, _TANH, 2.0)),
    "sigmoid": SlopeBounds(0.0, 0.25, _smooth(_sigmoid_second, -_SIGMOID, _SIGMOID, 0.125)),
    "relu": SlopeBounds(0.0, 1.0, _kinked(1.0)),
    "leaky-relu": SlopeBounds(0.01, 1.0, _kinked(0.99)),
    "elu": SlopeBounds(0.0, 1.0, _elu_ratios),
    "softplus": SlopeBounds(0.0, 1.0, _smooth(_softplus_second, 0.0, 0.25, _SIGMOID)),
    "silu": SlopeBounds(-0.09984, 1.09984, _smooth(_silu_second, -0.037, 0.5, 0.3083)),
    "sine": SlopeBounds(-1.0, 1.0, _smooth(_minus_sine, -1.0, 1.0, 1.0)),
}


def slope_bounds(activation: str) -> SlopeBounds:
    """The row of an activation; ArgumentError if it has none."""
    if activation not in SLOPE_BOUNDS:
        raise ArgumentError(
            f"no certificate for the activation {activation!r}: bounds of its slope are missing, "
            "give it a row in sensitivity/certificates/slope_bounds.py"
        )
    return SLOPE_BOUNDS[activation]


@dataclass(frozen=True, eq=False)
class Deviation:
    """By how much mean slopes deviate within a reach, arrays of one shape.

    Attributes
    ----------
    low, high : ndarray
        Bounds of (s~ - s) / d.
    largest : ndarray
        A bound of |s~ - s|.
    """

    low: Array
    high: Array
    largest: Array


def deviation(activation: str, z: Array, slope: Array, reach: Array) -> Deviation:
    """The bounds at arguments z with slopes sigma'(z), for changes up to `reach`, of one shape.

    Examples
    --------
    >>> deviation("sine", np.zeros(1), np.ones(1), np.full(1, 0.3)).largest.round(6)
    array([0.015])
    """
    row = slope_bounds(activation)
    low, high = row.ratios(z, reach)
    # An infinite ratio is cut to the range of the slopes; nothing times infinity must not come up.
    range_of = np.maximum(row.high - slope, slope - row.low)
    with np.errstate(invalid="ignore"):
        steep = np.where(reach > 0.0, np.maximum(high, -low) * reach, 0.0)
    return Deviation(low, high, np.minimum(steep, range_of))
