"""The Jacobians of a network at given rows: how far a small change at the input reaches.

The columns of the Jacobian are solutions of the sensitivity problem from the unit vectors, its rows
are solutions of the adjoint problem from those of the output. Both are exact for the discrete map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.matrices import (
    check_finite,
    singular_directions,
    singular_values,
)
from standalone_node.sensitivity.derivatives.parts import parts_of
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Jacobians:
    """The derivatives of x(T) and of the outputs at B rows, and what they say.

    Attributes
    ----------
    network : Network
    rows : ndarray, shape (B, p)
        The features, in their own units.
    states : ndarray, shape (B, d, d)
        dx(T)/dx(0) in the components of the state, whose features are centred and scaled.
    along : ndarray, shape (N + 1, B, d, d), or None
        The fundamental matrices dx_n/dx_0 on the way, if they were asked for.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(
    ...     [[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity", form="inside"
    ... )
    >>> p = Parameters([0.0, 1.0], [[[2.0]], [[2.0]]], [[0.0], [0.0]])
    >>> jacobians(problem, [[1.0]], parameters=p).states  # 1 + h W
    array([[[3.]]])
    """

    network: Network
    rows: Array
    states: Array
    along: Array | None = None

    @property
    def times(self) -> Array:
        """The time grid (N + 1,)."""
        return self.network.times

    @cached_property
    def outputs(self) -> Array:
        """The outputs with respect to the features, both in their own units, (B, m, p)."""
        network = self.network
        inner = self.states[:, : network.outputs, network.features]
        found: Array = network.output_scale[:, None] * inner / network.scale
        return found

    @cached_property
    def singular_values(self) -> Array:
        """Those of `states`, descending, (B, d)."""
        return singular_values(self.states)

    @cached_property
    def _directions(self) -> tuple[Array, Array]:
        left, _, right = singular_directions(self.states)
        return left, right

    @property
    def left(self) -> Array:
        """left[b, i] is the direction of x(T) into which right[b, i] is carried, (B, d, d)."""
        return self._directions[0]

    @property
    def right(self) -> Array:
        """right[b, i] is the direction of x(0) stretched by singular_values[b, i], (B, d, d)."""
        return self._directions[1]

    @cached_property
    def by_features(self) -> Array:
        """x(T) with respect to the features in their own units, (B, d, p)."""
        network = self.network
        found: Array = self.states[:, :, network.features] / network.scale
        return found

    @cached_property
    def _of_features(self) -> tuple[Array, Array]:
        scale = self.network.scale
        _, values, right = singular_directions(self.states[:, :, self.network.features])
        return values, right * scale

    @property
    def feature_singular_values(self) -> Array:
        """How far x(T) moves for a change of the features by each of `feature_directions`, (B, k).

        Descending, k = min(d, p); to first order.
        """
        return self._of_features[0]

    @property
    def feature_directions(self) -> Array:
        """The changes that stretch most and least, in units of the features, (B, k, p).

        Other than `right` they leave the components of x(0) alone that are no features. Divided by
        `network.scale` each has length 1.
        """
        return self._of_features[1]

    @cached_property
    def condition(self) -> Array:
        """The largest over the smallest singular value of `states`, (B,); inf where it is 0."""
        largest, smallest = self.singular_values[:, 0], self.singular_values[:, -1]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(smallest > 0.0, largest / smallest, np.inf)

    @cached_property
    def lyapunov(self) -> Array:
        """log(singular values) / T, the rates of growth over the finite depth T, (B, d)."""
        with np.errstate(divide="ignore"):
            found: Array = np.log(self.singular_values) / self.times[-1]
        return found

    @cached_property
    def _of_outputs(self) -> tuple[Array, Array]:
        scale = self.network.scale
        _, values, right = singular_directions(self.outputs * scale)
        return values, right * scale

    @property
    def output_singular_values(self) -> Array:
        """Those of `outputs` where features are measured in `network.scale`, (B, k).

        k = min(m, p). Each is how far the outputs move for a change of the features by the
        direction that belongs to it, to first order.
        """
        return self._of_outputs[0]

    @property
    def output_directions(self) -> Array:
        """The directions that belong to them, in units of the features, (B, k, p).

        Divided by `network.scale` each has length 1.
        """
        return self._of_outputs[1]


def jacobians(
    model: Any, X: ArrayLike, *, parameters: Parameters | None = None, along: bool = False
) -> Jacobians:
    """The Jacobians of a model at rows X, by d sweeps of the sensitivity problem.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.
    along : bool
        Whether the fundamental matrices of all times are kept, (N + 1) B d^2 numbers.

    Raises
    ------
    ArgumentError
        If the rows do not fit the model.
    StateOverflow
        If the state or its derivative overflows at a row, which is named.
    """
    network, rows = subject(model, X, parameters)
    shape = (len(rows), network.width, network.width)
    steps = network.times.size
    found = np.empty((steps if along else 1, *shape))
    for part in parts_of(network, rows, 4 * steps * network.width):
        trajectory = network.trajectory(rows[part])
        fundamental_matrices(network, trajectory, found[:, part])
        check_finite(found[-1, part], part.start)
    return Jacobians(network, rows, found[-1], found if along else None)


def fundamental_matrices(network: Network, trajectory: Any, out: Array) -> Array:
    """`out`, filled with dx_n/dx_0 of all times (N + 1, B, d, d), or of the last (1, B, d, d).

    A column a sweep: xi(0) is a unit vector, the parameters do not change.
    """
    final = len(out) == 1
    change = np.zeros(trajectory.final.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for j in range(network.width):
            change[:, j] = 1.0
            xi = network.dynamics.sensitivity(trajectory, network.no_change, change, final=final)
            out[:, :, :, j] = xi
            change[:, j] = 0.0
    return out


def output_jacobians(network: Network, X: Array) -> Array:
    """The outputs with respect to the features, in their own units, (B, m, p).

    By m sweeps of the adjoint or p of the sensitivity problem, whichever are fewer.

    Parameters
    ----------
    network : Network
    X : ndarray, shape (B, p)

    Raises
    ------
    StateOverflow
        If the state or its derivative overflows at a row, which is named.
    """
    found = np.empty((len(X), network.outputs, network.inputs))
    for part in parts_of(network, X, 4 * network.times.size * network.width):
        found[part] = _outputs_by_features(network, network.trajectory(X[part]))
        check_finite(found[part], part.start)
    return found


def _outputs_by_features(network: Network, trajectory: Any) -> Array:
    m, p = network.outputs, network.inputs
    samples = len(trajectory.final)
    found = np.empty((samples, m, p))
    with np.errstate(over="ignore", invalid="ignore"):
        if m <= p:
            for i, unit in enumerate(np.eye(m)):
                functional = np.broadcast_to(unit, (samples, m))
                found[:, i] = network.pull_back(trajectory, functional)
        else:
            for j, unit in enumerate(np.eye(p)):
                found[:, :, j] = network.push_forward(trajectory, unit)
    return found
