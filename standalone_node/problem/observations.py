"""What is observed of a state: when, which components or combinations, and how surely."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.arguments import numbers

Array = NDArray[Any]


class Observations:
    """Values y_m of C x(t_m) at M times.

    Parameters
    ----------
    times : array_like, shape (M,)
        Not negative, increasing. A value at t = 0 adds a constant to the cost.
    values : array_like, shape (M, B, m)
        Axes of length one may be left out, so (M, m) for one sample. NaN is a value that was not
        observed.
    operator : array_like, optional
        C: a matrix (m, d), or a sequence of m different component numbers; the whole state (m = d)
        if not given.
    weights : array_like, optional
        Of the squares: a number, (M,) for the times, (M, m), (M, 1) or (1, m) for times and
        components, or what broadcasts to (M, B, m) in three dimensions; not negative. 1 / variance
        of the noise makes the cost a log-likelihood up to factor and constant.

    Raises
    ------
    ArgumentError
        If something does not fit; shapes that depend on the state are checked by the problem.

    Examples
    --------
    The second component of one sample, three times, once missing:

    >>> import numpy as np
    >>> seen = Observations([0.5, 1.0, 2.0], [0.3, np.nan, 0.1], operator=[1])
    >>> seen.times.size
    3
    """

    def __init__(
        self,
        times: ArrayLike,
        values: ArrayLike,
        operator: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        self.times = _numbers("the times of observations", times)
        if self.times.ndim != 1 or self.times.size == 0 or not np.isfinite(self.times).all():
            raise ArgumentError("the times of observations have to be finite, (M,), not empty")
        if self.times[0] < 0.0 or (np.diff(self.times) <= 0.0).any():
            raise ArgumentError("the times of observations have to be 0 or later and to increase")
        self.values = _numbers("the values of observations", values)
        if self.values.ndim < 1 or len(self.values) != self.times.size:
            raise ArgumentError(
                f"there are {self.times.size} times, but values of shape {self.values.shape}: "
                "the first length has to be the number of times"
            )
        if np.isinf(self.values).any() or np.isnan(self.values).all():
            raise ArgumentError("the values have to be finite, or NaN where not observed")
        self.operator = None if operator is None else np.array(operator)
        self.weights = np.array(1.0) if weights is None else _numbers("weights", weights)
        if not np.isfinite(self.weights).all() or (self.weights < 0.0).any():
            raise ArgumentError("the weights of observations have to be finite and not negative")

    def of(self, samples: int, width: int) -> Observed:
        """The arrays of a problem with B states of d components; ArgumentError if they misfit."""
        operator = self._matrix(width)
        shape = (self.times.size, samples, len(operator))
        if _long(self.values.shape) != _long(shape):
            raise ArgumentError(
                f"values of shape {self.values.shape} are not {shape}: times, samples, components"
            )
        values = self.values.reshape(shape)
        weights = np.where(np.isnan(values), 0.0, self._weights(shape))
        if not weights.any():
            raise ArgumentError("all weights of observed values are zero: nothing is left to fit")
        return Observed(operator, np.nan_to_num(values, nan=0.0), weights)

    def _matrix(self, width: int) -> Array:
        """C as a matrix (m, d)."""
        given = self.operator
        if given is None:
            return np.eye(width)
        if given.ndim == 1 and given.dtype.kind in "iu":
            if given.size == 0 or given.min() < 0 or given.max() >= width:
                raise ArgumentError(f"operator names components outside 0…{width - 1}")
            if np.unique(given).size < given.size:
                raise ArgumentError("operator names a component twice")
            return np.eye(width)[given]
        if given.ndim != 2 or given.shape[1] != width or given.dtype.kind not in "iuf":
            raise ArgumentError(
                f"operator has shape {given.shape} and type {given.dtype}: it has to be a matrix "
                f"(m, {width}) or a list of component numbers"
            )
        if not np.isfinite(given).all():
            raise ArgumentError("operator has to be finite")
        return given.astype(np.float64)

    def _weights(self, shape: tuple[int, int, int]) -> Array:
        given = self.weights
        if given.ndim == 1:
            given = given[:, None, None]
        elif given.ndim == 2:
            given = given[:, None, :]
        try:
            return np.broadcast_to(given, shape)
        except ValueError:
            raise ArgumentError(
                f"weights of shape {self.weights.shape} do not fit values {shape} (times, "
                "samples, components): give (M,), (M, m) or three dimensions"
            ) from None


class Observed(NamedTuple):
    """Operator (m, d), values and weights (M, B, m); the weight of what is missing is 0."""

    operator: Array
    values: Array
    weights: Array


def _numbers(name: str, given: ArrayLike) -> Array:
    array = numbers(name, given)
    array.setflags(write=False)
    return array


def _long(shape: tuple[int, ...]) -> list[int]:
    """The lengths that are not one, but the first in any case."""
    return [shape[0], *(n for n in shape[1:] if n != 1)]
