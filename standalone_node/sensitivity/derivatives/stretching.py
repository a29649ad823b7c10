"""How much the flow stretches and shrinks small changes of the input, followed along the depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.sensitivity.derivatives.jacobians import fundamental_matrices
from standalone_node.sensitivity.derivatives.matrices import check_finite, singular_values
from standalone_node.sensitivity.derivatives.parts import parts_of
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Stretching:
    """The extreme singular values of dx_n/dx_0 at B rows.

    Attributes
    ----------
    times : ndarray, shape (N + 1,)
    largest, smallest : ndarray, shape (N + 1, B)
        By how much the worst and the best direction of x(0) have been stretched until then; 1 at
        the start.
    """

    times: Array
    largest: Array
    smallest: Array


def stretching(model: Any, X: ArrayLike, *, parameters: Parameters | None = None) -> Stretching:
    """The stretching of a model at rows X, by d sweeps of the sensitivity problem.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.

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
    >>> p = Parameters([0.0, 1.0], [[[2.0]], [[2.0]]], [[0.0], [0.0]])
    >>> stretching(problem, [[1.0]], parameters=p).largest.ravel()  # 1 + h W
    array([1., 3.])
    """
    network, rows = subject(model, X, parameters)
    times, d = network.times, network.width
    largest, smallest = np.ones((2, times.size, len(rows)))
    for part in parts_of(network, rows, times.size * d * d):
        trajectory = network.trajectory(rows[part])
        matrices = np.empty((times.size, part.stop - part.start, d, d))
        fundamental_matrices(network, trajectory, matrices)
        for n in range(1, times.size):
            values = singular_values(check_finite(matrices[n], part.start))
            largest[n, part], smallest[n, part] = values[:, 0], values[:, -1]
    return Stretching(times, largest, smallest)
