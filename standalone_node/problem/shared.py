"""What every inverse problem has: counts of its sweeps, threads that take turns, one kind of p."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Blocks, Parameters

Array = NDArray[Any]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass
class SweepCounts:
    """How many direct, adjoint and sensitivity sweeps a problem has been asked for so far.

    A direct sweep that is repeated because its trajectory was not kept does not count.
    """

    direct: int = 0
    adjoint: int = 0
    sensitivity: int = 0


class Batched:
    """A problem of B initial states `inputs` (B, d) on a time grid `times` (N + 1,)."""

    inputs: Array
    times: Array

    @property
    def samples(self) -> int:
        """B."""
        return int(self.inputs.shape[0])

    @property
    def width(self) -> int:
        """d."""
        return int(self.inputs.shape[1])

    @property
    def horizon(self) -> float:
        """T."""
        return float(self.times[-1])


def one_at_a_time(method: Method) -> Method:
    """A method that waits for those of other threads: they share one trajectory."""

    @wraps(method)
    def waiting(self: Any, *args: Any, **options: Any) -> Any:
        with self._lock:
            return method(self, *args, **options)

    return cast(Method, waiting)


class Solving(Batched):
    """A problem that keeps its last direct solve, and what is asked in the same way of each kind.

    `_last` is the trajectory of the last direct solve, or None; `_lock` is taken by whoever asks.
    """

    _last: Any
    _lock: Any

    def _trajectory(self, p: Parameters) -> Any:
        """The direct solve of p, the last one or a new one."""
        raise NotImplementedError

    def _cost(self, trajectory: Any) -> float:
        """E of a direct solve."""
        raise NotImplementedError

    def _sensitivity(
        self, p: Parameters, change: Parameters | None, initial: Array | None = None
    ) -> Array:
        """xi_n (N + 1, B, d) along changes that are not yet checked, of inputs that are."""
        raise NotImplementedError

    @one_at_a_time
    def solve_sensitivity(
        self,
        p: Parameters,
        direction: Parameters | None = None,
        initial: ArrayLike | None = None,
    ) -> Array:
        """The change xi_n of the states to first order, (N + 1, B, d).

        Parameters
        ----------
        p : Parameters
        direction : Parameters, optional
            The change of the parameters, on the grid of p; none if not given.
        initial : array_like, shape (B, d) or (d,), optional
            The change of the initial states; none if not given.
        """
        return self._sensitivity(p, direction, checked_change(initial, self.inputs.shape))

    @one_at_a_time
    def cost(self, p: Parameters) -> float:
        """E(p); infinite if the state overflows."""
        return self._cost(self._trajectory(p))

    def is_solved(self, p: Parameters) -> bool:
        """Whether the direct problem of p is the last one solved, so that asking costs nothing."""
        # Parameters are read-only, so that the object itself may serve as the key.
        return self._last is not None and self._last.parameters is p


def check_parameters(p: Parameters, blocks: Blocks, horizon: float, fit: Callable[[], str]) -> None:
    """ArgumentError unless p has these blocks, those of `fit()`, and ends at the horizon."""
    if not isinstance(p, Parameters):
        raise ArgumentError(f"expected Parameters, not {type(p).__name__}")
    if p.blocks is not blocks and p.blocks != blocks:
        raise ArgumentError(f"parameters {p!r} do not fit {fit()}")
    if p.horizon != horizon:
        raise ArgumentError(
            f"the parameters end at {p.horizon:g}, the horizon is {horizon:g}: "
            "times[-1] has to be the horizon"
        )


def checked_direction(p: Parameters, direction: Parameters | None) -> Parameters:
    """The direction, zero if there is none; ArgumentError unless it is on the grid of p."""
    if direction is None:
        return 0.0 * p
    if not isinstance(direction, Parameters) or not direction.matches(p):
        raise ArgumentError("the direction has to be Parameters on the depth grid of p")
    return direction


def checked_change(initial: ArrayLike | None, shape: tuple[int, ...]) -> Array | None:
    """A change of the initial states, broadcast to their shape (B, d)."""
    if initial is None:
        return None
    given = np.asarray(initial, dtype=np.float64)
    if given.shape not in (shape, shape[1:]):
        raise ArgumentError(
            f"initial has shape {given.shape}: it has to be {shape} or {shape[1:]}, as the inputs"
        )
    return np.broadcast_to(given, shape)


def checked_functional(functional: ArrayLike, shape: tuple[int, ...]) -> Array:
    """A functional of x(T), (B, d)."""
    given = np.asarray(functional, dtype=np.float64)
    if given.shape != shape:
        raise ArgumentError(f"the functional has shape {given.shape}: it has to be {shape}")
    return given
