"""Gram operators of few coordinates: small dense matrices, scaled identities, and both in a row."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.parametrisation import Gram

Array = NDArray[np.float64]


class DenseGram:
    """A metric on coefficients (m, P), the same dense (m, m) matrix for every entry of theta.

    Parameters
    ----------
    matrix : ndarray, shape (m, m)
        Symmetric and positive definite.

    Raises
    ------
    ArgumentError
        If the matrix is not positive definite in double precision.
    """

    def __init__(self, matrix: Array) -> None:
        self._matrix = matrix
        try:
            self._upper: Array = scipy.linalg.cholesky(matrix)
        except np.linalg.LinAlgError as error:
            raise ArgumentError(
                f"the {len(matrix)} modes are linearly dependent at the depth nodes, to rounding: "
                "take fewer modes or more depth points"
            ) from error

    def apply(self, u: Array) -> Array:
        """The functional <u, .>, flat (m P,)."""
        return (self._matrix @ self._rows(u)).ravel()

    def solve(self, functional: Array) -> Array:
        """The Riesz representative, flat (m P,)."""
        return self.unwhiten(self.whiten_functional(functional))

    def whiten(self, u: Array) -> Array:
        """R u, R^T R the metric: coordinates in which it is the dot product."""
        return (self._upper @ self._rows(u)).ravel()

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v."""
        solution: Array = scipy.linalg.solve_triangular(self._upper, self._rows(v))
        return solution.ravel()

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f: the functional in those coordinates."""
        solution: Array = scipy.linalg.solve_triangular(
            self._upper, self._rows(functional), trans="T"
        )
        return solution.ravel()

    def _rows(self, flat: Array) -> Array:
        return flat.reshape(len(self._matrix), -1)


class DiagonalGram:
    """A metric that scales each coordinate by itself.

    Parameters
    ----------
    diagonal : ndarray, shape (n,)
        Positive.
    """

    def __init__(self, diagonal: Array) -> None:
        self._diagonal, self._root = diagonal, np.sqrt(diagonal)

    def apply(self, u: Array) -> Array:
        """The functional <u, .>."""
        return self._diagonal * u

    def solve(self, functional: Array) -> Array:
        """The Riesz representative."""
        return functional / self._diagonal

    def whiten(self, u: Array) -> Array:
        """R u, R^T R the metric."""
        return self._root * u

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v."""
        return v / self._root

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f."""
        return functional / self._root


class JoinedGram:
    """Two metrics side by side: one for the first `size` coordinates, another for the rest."""

    def __init__(self, first: Gram, size: int, rest: Gram) -> None:
        self._first, self._size, self._rest = first, size, rest

    def apply(self, u: Array) -> Array:
        """The functional <u, .>."""
        return self._joined("apply", u)

    def solve(self, functional: Array) -> Array:
        """The Riesz representative."""
        return self._joined("solve", functional)

    def whiten(self, u: Array) -> Array:
        """R u, R^T R the metric."""
        return self._joined("whiten", u)

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v."""
        return self._joined("unwhiten", v)

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f."""
        return self._joined("whiten_functional", functional)

    def _joined(self, name: str, flat: Array) -> Array:
        parts = (self._first, flat[: self._size]), (self._rest, flat[self._size :])
        return np.concatenate([getattr(gram, name)(part) for gram, part in parts])
