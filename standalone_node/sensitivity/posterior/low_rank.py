"""The inverse of the identity plus a matrix of low rank, known by its products alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[Any]
Product = Callable[[Array], Array]

#: Up to so many coordinates the matrix is assembled, column by column: Lanczos' method would need
#: as many products.
DENSE = 256
#: The share of an eigenvalue that Lanczos' method may leave as the residual of its vector.
ACCURACY = 1e-4


@dataclass(frozen=True, eq=False)
class LowRank:
    """I + H with H = V diag(lambda) V^T, symmetric and positive semidefinite, on n coordinates.

    Attributes
    ----------
    values : ndarray, shape (k,)
        lambda, descending.
    vectors : ndarray, shape (n, k)
        V, orthonormal columns.
    next_value : float
        The largest eigenvalue that was left out, 0 if there is none.

    Notes
    -----
    What is left out of a matrix of full rank makes the inverse too large, by at most
    next_value / (1 + next_value) times the identity.
    """

    values: Array
    vectors: Array
    next_value: float

    @property
    def trace(self) -> float:
        """Of H (I + H)^-1, the sum of lambda / (1 + lambda)."""
        return float(np.sum(self.values / (1.0 + self.values)))

    def divided(self, factor: float) -> LowRank:
        """I + H / factor."""
        return LowRank(self.values / factor, self.vectors, self.next_value / factor)

    def parts(self, columns: Array) -> tuple[Array, Array]:
        """V^T W (k, m) of W (n, m), and the products (m, m) of what is left of W across V.

        In two parts, as there would be a difference of nearly equal numbers where lambda is large.
        """
        along = self.vectors.T @ columns
        across = columns - self.vectors @ along
        return along, across.T @ across

    def inverse_form(self, along: Array, across: Array) -> Array:
        """W^T (I + H)^-1 W of the parts of W: (m, m), symmetric and positive semidefinite.

        Of many W at once, (B, m, m), if their parts are stacked.
        """
        shrunk = along / np.sqrt(1.0 + self.values)[:, None]
        found: Array = shrunk.swapaxes(-1, -2) @ shrunk + across
        return found

    def inverse_root(self, xi: Array) -> Array:
        """(I + H)^-1/2 xi of xi (n,)."""
        shares = 1.0 / np.sqrt(1.0 + self.values) - 1.0
        found: Array = xi + self.vectors @ (shares * (self.vectors.T @ xi))
        return found


def low_rank(
    product: Product, size: int, rank: int, *, negligible: float = 0.0, seed: int = 0
) -> LowRank:
    """The leading eigenpairs of a symmetric, positive semidefinite matrix.

    Parameters
    ----------
    product : callable
        The matrix times a vector (n,).
    size : int
        n.
    rank : int
        At most so many pairs.
    negligible : float
        Eigenvalues below are left out.
    seed : int
        Of the vector that Lanczos' method starts from.

    Examples
    --------
    >>> H = np.diag([3.0, 0.0, 1.0])
    >>> found = low_rank(lambda v: H @ v, 3, 1)
    >>> found.values, found.next_value
    (array([3.]), 1.0)
    """
    wanted = min(rank, size) + 1  # one more says what is left out
    if size <= max(DENSE, 2 * wanted):
        values, vectors = _dense(product, size)
    else:
        values, vectors = _lanczos(product, size, wanted, seed)
    values = np.maximum(values, 0.0)
    kept = min(rank, int(np.sum(values >= negligible)))
    left = float(values[kept]) if kept < values.size else 0.0
    return LowRank(values[:kept], np.ascontiguousarray(vectors[:, :kept]), left)


def _dense(product: Product, size: int) -> tuple[Array, Array]:
    """All pairs, by descending values."""
    matrix = np.column_stack([product(column) for column in np.eye(size)])
    values, vectors = scipy.linalg.eigh(0.5 * (matrix + matrix.T))
    return values[::-1], vectors[:, ::-1]


def _lanczos(product: Product, size: int, count: int, seed: int) -> tuple[Array, Array]:
    """The leading pairs, by descending values."""
    from scipy.sparse.linalg import LinearOperator, eigsh
    from threadpoolctl import threadpool_limits

    start = product(np.random.default_rng(seed).normal(size=size))
    if not start.any():  # nothing but zeros, which ARPACK takes for an error
        return np.zeros(1), np.zeros((size, 1))
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    # The products are threads of their own, and the vectors too short for those of BLAS.
    with threadpool_limits(1, "blas"):
        values, vectors = eigsh(operator, k=count, v0=start, tol=ACCURACY)
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order]
