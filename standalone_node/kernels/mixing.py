"""Linear combinations of long rows, such as parameters between two nodes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from standalone_node.kernels.jit import kernel


def _mix(starts, columns, weights, values, out, first, last):  # type: ignore[no-untyped-def]
    for q in range(first, last):
        begin = starts[q]
        for j in range(out.shape[1]):
            out[q, j] = 0.0
        for n in range(begin, starts[q + 1]):
            k, w = columns[n], weights[n]
            for j in range(out.shape[1]):
                out[q, j] += w * values[k, j]


@cache
def row_mixer() -> Callable[..., None]:
    """Rows first… < last of a sparse matrix, (starts, columns, weights) by rows, times `values`.

    ``(starts, columns, weights, values, out, first, last)``; compiled when it is first called.
    """
    return kernel(_mix)
