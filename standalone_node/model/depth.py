"""Hat functions on a depth grid: grids, interpolation, mass and stiffness matrices.

theta(t) = sum of theta_k phi_k(t), with phi_k the hat function of node tau_k. Tridiagonal matrices
are kept as SciPy's upper banded form: row 0 holds the superdiagonal (its first entry unused), row 1
the diagonal.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.mixing import row_mixer
from standalone_node.kernels.views import writable
from standalone_node.kernels.workers import Workers

Array = NDArray[np.float64]


def uniform_grid(horizon: float, points: int) -> Array:
    """`points` equidistant nodes from 0 to `horizon`, (points,)."""
    return np.linspace(0.0, horizon, points)


def checked_grid(times: ArrayLike, name: str = "times") -> Array:
    """`times` (K + 1,) as float64, if they start at 0 and increase; ArgumentError otherwise."""
    grid = np.array(times, dtype=np.float64)
    if grid.ndim != 1 or grid.size < 2:
        raise ArgumentError(f"{name} has to be a one-dimensional array of at least two nodes")
    if grid[0] != 0.0 or not np.isfinite(grid).all() or (np.diff(grid) <= 0.0).any():
        raise ArgumentError(f"{name} has to be finite, to start at 0 and to increase strictly")
    return grid


def interpolation(nodes: Array, times: ArrayLike) -> scipy.sparse.csr_array:
    """The sparse matrix (Q, K + 1) of hat functions at `times`: row q holds phi_k(times[q])."""
    at = np.asarray(times, dtype=np.float64)
    right = np.clip(np.searchsorted(nodes, at, side="left"), 1, nodes.size - 1)
    left = right - 1
    share = np.clip((at - nodes[left]) / (nodes[right] - nodes[left]), 0.0, 1.0)
    rows = np.repeat(np.arange(at.size), 2)
    columns = np.column_stack([left, right]).ravel()
    entries = np.column_stack([1.0 - share, share]).ravel()
    kept = entries != 0.0
    return scipy.sparse.csr_array(
        (entries[kept], (rows[kept], columns[kept])), shape=(at.size, nodes.size)
    )


#: From so many parameters a node on, rows are combined by a kernel, on several threads.
LONG_ROW = 1024
#: Rows that a thread takes at once.
AT_ONCE = 8
ALONE = Workers(1)


class Interpolation:
    """From nodal values (K + 1, P) to values at given times (Q, P), and its transpose.

    Parameters
    ----------
    nodes : ndarray, shape (K + 1,)
    times : ndarray, shape (Q,)

    Attributes
    ----------
    run : slice or None
        The rows of the nodal values that are the values at the times, where all times are
        consecutive nodes, so that nothing has to be computed.

    Examples
    --------
    >>> halfway = Interpolation(np.array([0.0, 1.0]), np.array([0.5]))
    >>> halfway.apply(np.array([[1.0], [3.0]]), np.empty((1, 1)))
    array([[2.]])
    """

    def __init__(self, nodes: Array, times: Array) -> None:
        self._nodes = nodes
        self._matrix = interpolation(nodes, times)
        self._transposed = self._matrix.T.tocsr()
        self.run = _run(self._matrix)

    def is_on(self, nodes: Array) -> bool:
        """Whether these are its nodes."""
        return nodes is self._nodes or np.array_equal(nodes, self._nodes)

    def apply(self, nodal: Array, out: Array, workers: Workers = ALONE) -> Array:
        """`out` (Q, P), filled with the values at the times."""
        return _product(self._matrix, nodal, out, workers)

    def transpose(self, partials: Array, out: Array, workers: Workers = ALONE) -> Array:
        """`out` (K + 1, P), filled with what partials at the times (Q, P) are at the nodes."""
        return _product(self._transposed, partials, out, workers)


def _run(matrix: scipy.sparse.csr_array) -> slice | None:
    """The columns of a matrix that picks consecutive ones, as where stage times are nodes."""
    columns = matrix.indices
    picks = columns.size == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all()
    if not picks or (matrix.data != 1.0).any() or (np.diff(columns) != 1).any():
        return None
    return slice(int(columns[0]), int(columns[-1]) + 1)


def _product(matrix: scipy.sparse.csr_array, values: Array, out: Array, workers: Workers) -> Array:
    if values.shape[1] < LONG_ROW:
        out[:] = matrix @ values
        return out
    mixed, values = row_mixer(), writable(values)
    starts, columns, weights = matrix.indptr, matrix.indices, matrix.data

    def work(k: int) -> None:
        rows = slice(k * AT_ONCE, min((k + 1) * AT_ONCE, len(out)))
        mixed(starts, columns, weights, values, out, rows.start, rows.stop)

    workers.each(work, -(-len(out) // AT_ONCE))
    return out


def mass(nodes: Array) -> Array:
    """The banded mass matrix of the hat functions, (2, K + 1)."""
    h = np.diff(nodes)
    banded = np.zeros((2, nodes.size))
    banded[0, 1:] = h / 6.0
    banded[1, :-1] += h / 3.0
    banded[1, 1:] += h / 3.0
    return banded


def stiffness(nodes: Array) -> Array:
    """The banded stiffness matrix of the hat functions, (2, K + 1)."""
    h = np.diff(nodes)
    banded = np.zeros((2, nodes.size))
    banded[0, 1:] = -1.0 / h
    banded[1, :-1] += 1.0 / h
    banded[1, 1:] += 1.0 / h
    return banded


def banded_product(banded: Array, values: Array) -> Array:
    """The product of a banded symmetric (K + 1, K + 1) matrix with `values` (K + 1, P)."""
    product = banded[1, :, None] * values
    product[:-1] += banded[0, 1:, None] * values[1:]
    product[1:] += banded[0, 1:, None] * values[:-1]
    return product
