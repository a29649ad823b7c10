"""Where along the depth the outputs depend on the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.contrasts import contrasts
from standalone_node.sensitivity.derivatives.matrices import check_finite
from standalone_node.sensitivity.sampling import drawn
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class DepthProfile:
    """How much the outputs of B' rows change with theta at each node of the depth grid.

    Attributes
    ----------
    times : ndarray, shape (K + 1,)
        The depth grid.
    rows : ndarray, shape (B', p)
        The features of the rows that were looked at.
    index : ndarray of int, shape (B',)
        Where they are among those given.
    sensitivity : ndarray, shape (B', K + 1)
        The change of the outputs for an error of theta that acts over a unit of depth near a node:
        the root of the sum over the outputs of |d output / d theta_k|^2, divided by the integral of
        the hat function of the node, so that the depth grid does not matter. Of classes the outputs
        are the centred logits.
    size : ndarray, shape (K + 1,)
        |theta(t_k)|, all entries together.
    """

    times: Array
    rows: Array
    index: Array
    sensitivity: Array
    size: Array

    @property
    def relative(self) -> Array:
        """The same for an error as large as theta there, sensitivity times size, (B', K + 1)."""
        found: Array = self.sensitivity * self.size
        return found


def depth_profile(
    model: Any,
    X: ArrayLike,
    *,
    parameters: Parameters | None = None,
    most_rows: int = 100,
    seed: int = 0,
) -> DepthProfile:
    """The profile of a model at rows X, by an adjoint sweep for each row and output.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.
    most_rows : int
        Of more rows than these, so many are drawn.
    seed : int
        Of that draw.

    Raises
    ------
    ArgumentError
        If the rows do not fit the model.
    StateOverflow
        If the state or its derivative overflows at a row, which is named.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 1, 1)), np.zeros((2, 1)))
    >>> depth_profile(problem, [[0.0]], parameters=p).sensitivity  # one step, from the left
    array([[2., 0.]])
    """
    network, rows = subject(model, X, parameters)
    index = drawn(len(rows), most_rows, seed)
    network.final(rows)
    p, functionals = network.parameters, contrasts(network)
    found = np.empty((index.size, p.times.size))
    for place, b in enumerate(index):
        found[place] = _norms(network, rows[b : b + 1], functionals)
        check_finite(found[place : place + 1], int(b))
    return DepthProfile(
        times=p.times,
        rows=rows[index],
        index=index,
        sensitivity=found / _hat_integrals(p.times),
        size=np.linalg.norm(p.values, axis=1),
    )


def _norms(network: Network, row: Array, functionals: Array) -> Array:
    """The root of the sum over functionals (q, m) of |d functional / d theta_k|^2, (K + 1,).

    The derivative is summed over the rows of a trajectory: hence one row, and one functional.
    """
    trajectory = network.trajectory(row)
    total = np.zeros(network.parameters.times.size)
    with np.errstate(over="ignore", invalid="ignore"):
        for functional in functionals:
            partials = network.parameter_derivative(trajectory, functional[None]).values
            total += np.einsum("kp,kp->k", partials, partials)
    return np.sqrt(total)


def _hat_integrals(nodes: Array) -> Array:
    """The integrals of the hat functions, (K + 1,)."""
    h = np.diff(nodes)
    return 0.5 * (np.append(h, 0.0) + np.insert(h, 0, 0.0))
