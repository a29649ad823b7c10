"""Metrics on functions of depth: a metric turns a derivative into a gradient.

The derivative of a cost is a functional. Its Riesz representative g in a metric H, the function
with <g, v>_H = dE.v for every v, is the gradient in that metric. A metric is one small class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.depth import mass, stiffness
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.parametrisation import BandedGram
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.smoothing_length import chosen_length, shortest_length

Array = NDArray[Any]

#: The longest smoothing length: its square is far from the end of floating-point numbers.
LONGEST = 1e100

#: Which nodes a choice of ends holds fixed.
ENDS: dict[str, tuple[int, ...]] = {
    "natural": (),
    "fixed": (0, -1),
    "fixed-start": (0,),
    "fixed-end": (-1,),
}


class Metric(Protocol):
    """What `minimize` asks of a metric."""

    @property
    def fixed(self) -> tuple[int, ...]:
        """The nodes at which gradients vanish."""
        ...

    def matrix(self, times: Array) -> Array:
        """The banded matrix (2, K + 1) of the metric on nodal values."""
        ...

    def inner(self, u: Parameters, v: Parameters) -> float:
        """<u, v>."""
        ...

    def gradient(self, derivative: Derivative) -> Parameters:
        """The Riesz representative of a derivative."""
        ...

    def resolved(self, objective: Objective, u: Array) -> Metric:
        """The metric itself, or what it chooses for an objective and a start."""
        ...


class _Banded:
    """What all metrics with a tridiagonal matrix share."""

    @property
    def fixed(self) -> tuple[int, ...]:
        """The nodes at which gradients vanish."""
        return ()

    def matrix(self, times: Array) -> Array:
        """The banded matrix (2, K + 1) on nodal values."""
        raise NotImplementedError

    def inner(self, u: Parameters, v: Parameters) -> float:
        """The inner product of two functions on one depth grid."""
        if not u.matches(v):
            raise ArgumentError("u and v have to share one depth grid")
        functional = BandedGram(self.matrix(u.times)).apply(u.values.ravel())
        return inner(functional, v.values)

    def gradient(self, derivative: Derivative) -> Parameters:
        """The Riesz representative: <gradient, v> = derivative.apply(v) for every v.

        With fixed ends, for every v that vanishes there, as the gradient does itself.
        """
        gram = BandedGram(self.matrix(derivative.times), self.fixed)
        values = gram.solve(derivative.values.ravel()).reshape(derivative.values.shape)
        return Parameters.from_values(np.array(derivative.times), values, derivative.blocks)

    def resolved(self, objective: Objective, u: Array) -> Metric:
        """The metric itself: it leaves nothing to choose."""
        return self


@dataclass(frozen=True)
class Sobolev(_Banded):
    """The metric of H1 in depth, <u, v> = integral of u v + length**2 u' v'.

    Parameters
    ----------
    length : float or "auto"
        Over which depth a gradient is smoothed, in units of t; 0 is the L2 metric. "auto" is
        chosen by `minimize` for its problem and start, with at most one sweep: a fiftieth of
        the horizon, and more where a kinetic penalty asks for it. Without a problem it is the
        fiftieth.
    ends : {"natural", "fixed", "fixed-start", "fixed-end"}
        Natural (Neumann) ends, or ends at which gradients vanish and theta therefore stays.

    Raises
    ------
    ArgumentError
        If the length is negative or the ends unknown.

    References
    ----------
    J. W. Neuberger, Sobolev Gradients and Differential Equations, 2nd ed., Springer 2010.

    Examples
    --------
    >>> import numpy as np
    >>> p = Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.zeros((2, 1)))
    >>> round(Sobolev(length=0.5).inner(p, p), 12)
    1.0
    """

    length: float | str = 1.0
    ends: str = "natural"

    def __post_init__(self) -> None:
        if isinstance(self.length, str):
            if self.length != "auto":
                raise ArgumentError(f"smoothing length {self.length!r} is no number, nor 'auto'")
        elif not 0.0 <= self.length <= LONGEST:
            raise ArgumentError(
                f"smoothing length {self.length!r} has to be 0 or larger, and at most {LONGEST:g}"
            )
        if self.ends not in ENDS:
            raise ArgumentError(f"unknown ends {self.ends!r}: choose one of {', '.join(ENDS)}")

    @property
    def fixed(self) -> tuple[int, ...]:
        """The nodes at which gradients vanish."""
        return ENDS[self.ends]

    def matrix(self, times: Array) -> Array:
        """M + length**2 S, banded (2, K + 1)."""
        length = shortest_length(times) if isinstance(self.length, str) else self.length
        return mass(times) + length**2 * stiffness(times)

    def resolved(self, objective: Objective, u: Array) -> Sobolev:
        """The metric with a number for its length, see `smoothing_length.chosen_length`."""
        if not isinstance(self.length, str):
            return self
        return replace(self, length=chosen_length(objective, u, self.fixed))


@dataclass(frozen=True)
class L2(_Banded):
    """The metric of square-integrable functions of depth, <u, v> = integral of u v."""

    def matrix(self, times: Array) -> Array:
        """The mass matrix, banded (2, K + 1)."""
        return mass(times)


@dataclass(frozen=True)
class Euclidean(_Banded):
    """The dot product of nodal values, which depends on the depth grid: for comparison."""

    def matrix(self, times: Array) -> Array:
        """The identity, banded (2, K + 1)."""
        identity = np.zeros((2, times.size))
        identity[1] = 1.0
        return identity
