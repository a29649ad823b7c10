"""What is asked of many small matrices at once: singular values, directions, logarithmic norms."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from standalone_node.errors import StateOverflow

Array = NDArray[Any]


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all libraries of the process


def one_blas_thread() -> AbstractContextManager[Any]:
    """BLAS and LAPACK on one thread meanwhile.

    Matrices this small are not worth a second one, and threads that wait for each other take many
    times as long as one when something else uses a processor.
    """
    limited: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limited


def singular_values(matrices: Array) -> Array:
    """The singular values of matrices (..., q, d), descending, (..., min(q, d))."""
    with one_blas_thread():
        return np.linalg.svd(matrices, compute_uv=False)


def singular_directions(matrices: Array) -> tuple[Array, Array, Array]:
    """Left directions (..., k, q), singular values (..., k), right directions (..., k, d).

    A direction is a row: matrix @ right[i] = values[i] * left[i].

    Examples
    --------
    >>> left, values, right = singular_directions(np.diag([1.0, 3.0]))
    >>> values, np.abs(right[0])
    (array([3., 1.]), array([0., 1.]))
    """
    with one_blas_thread():
        u, values, right = np.linalg.svd(matrices, full_matrices=False)
    return np.swapaxes(u, -1, -2), values, right


def logarithmic_norm(matrices: Array) -> Array:
    """The largest eigenvalue of the symmetric part of matrices (..., d, d), (...).

    The logarithmic norm of the Euclidean norm: solutions of x' = A x grow at most at this rate.

    References
    ----------
    G. Söderlind, The logarithmic norm. History and modern theory, BIT 46 (2006).

    Examples
    --------
    >>> float(logarithmic_norm(np.array([[0.0, 5.0], [-5.0, 0.0]])))  # a rotation
    0.0
    """
    symmetric = matrices + np.swapaxes(matrices, -1, -2)
    symmetric *= 0.5
    with one_blas_thread():
        found: Array = np.linalg.eigvalsh(symmetric)[..., -1]
    return found


def check_finite(derivatives: Array, first: int = 0) -> Array:
    """The derivatives (B, ...) themselves; StateOverflow names a row of them that overflows.

    Parameters
    ----------
    derivatives : ndarray, shape (B, ...)
    first : int
        The position of the first of these rows among all.
    """
    fine = np.isfinite(derivatives).reshape(len(derivatives), -1).all(axis=1)
    if not fine.all():
        raise StateOverflow(
            f"the derivative at row {first + int(np.argmin(fine)) + 1} overflows on its way "
            "through the depth: the horizon is too long, or the parameters are too large"
        )
    return derivatives
