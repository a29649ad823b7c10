"""Matrix products of one block: states are (d, S), samples along the fast axis.

Below `SMALL` columns a loop over the entries of the matrix, each an axpy over the samples, beats a
call of BLAS; above it BLAS wins. Both add in a fixed order, so a block gives the same bits always.
"""

from __future__ import annotations

import numpy as np

from standalone_node.kernels.jit import inlined

#: Matrices with fewer columns than this are multiplied by our own loops.
SMALL = 24
#: The same for outer products, which sum over the samples.
SMALL_OUTER = 6


@inlined
def multiply(matrix, states, out):  # type: ignore[no-untyped-def]
    """out = matrix @ states, shapes (p, q), (q, S), (p, S)."""
    rows, columns = matrix.shape
    if columns >= SMALL:
        np.dot(matrix, states, out)
        return
    samples = states.shape[1]
    for i in range(rows):
        for s in range(samples):
            out[i, s] = matrix[i, 0] * states[0, s]
        for j in range(1, columns):
            w = matrix[i, j]
            for s in range(samples):
                out[i, s] += w * states[j, s]


@inlined
def multiply_transposed(matrix, states, out):  # type: ignore[no-untyped-def]
    """out = matrix.T @ states, shapes (p, q), (p, S), (q, S)."""
    rows, columns = matrix.shape
    if rows >= SMALL:
        np.dot(matrix.T, states, out)
        return
    samples = states.shape[1]
    for j in range(columns):
        for s in range(samples):
            out[j, s] = matrix[0, j] * states[0, s]
        for i in range(1, rows):
            w = matrix[i, j]
            for s in range(samples):
                out[j, s] += w * states[i, s]


@inlined
def add_outer(left, right, work, out):  # type: ignore[no-untyped-def]
    """out += left @ right.T, shapes (p, S), (q, S), (p, q); `work` is a (p, q) scratch array."""
    if right.shape[0] >= SMALL_OUTER:
        np.dot(left, right.T, work)
        add(work, out)
        return
    for i in range(left.shape[0]):
        for j in range(right.shape[0]):
            out[i, j] += _dot(left[i], right[j])


@inlined
def _dot(x, y):  # type: ignore[no-untyped-def]
    # Eight sums side by side, so that the loop vectorises without permission to reorder a sum.
    zero = x[0] - x[0]
    p0, p1, p2, p3, p4, p5, p6, p7 = zero, zero, zero, zero, zero, zero, zero, zero
    whole = x.size - x.size % 8
    for s in range(0, whole, 8):
        p0 += x[s] * y[s]
        p1 += x[s + 1] * y[s + 1]
        p2 += x[s + 2] * y[s + 2]
        p3 += x[s + 3] * y[s + 3]
        p4 += x[s + 4] * y[s + 4]
        p5 += x[s + 5] * y[s + 5]
        p6 += x[s + 6] * y[s + 6]
        p7 += x[s + 7] * y[s + 7]
    for s in range(whole, x.size):
        p0 += x[s] * y[s]
    return ((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7))


@inlined
def copy(states, out):  # type: ignore[no-untyped-def]
    """out = states."""
    for i in range(out.shape[0]):
        for s in range(out.shape[1]):
            out[i, s] = states[i, s]


@inlined
def add(states, out):  # type: ignore[no-untyped-def]
    """out += states, by loops: array expressions take numba several times as long to compile."""
    for i in range(out.shape[0]):
        for s in range(out.shape[1]):
            out[i, s] += states[i, s]


@inlined
def add_to_rows(vector, out):  # type: ignore[no-untyped-def]
    """out[i, :] += vector[i]."""
    for i in range(out.shape[0]):
        b = vector[i]
        for s in range(out.shape[1]):
            out[i, s] += b


@inlined
def add_row_sums(states, out):  # type: ignore[no-untyped-def]
    """out[i] += sum of states[i, :]."""
    for i in range(states.shape[0]):
        total = states[i, 0] - states[i, 0]
        for s in range(states.shape[1]):
            total += states[i, s]
        out[i] += total


@inlined
def scale(factor, states):  # type: ignore[no-untyped-def]
    """states *= factor, entry by entry."""
    for i in range(states.shape[0]):
        for s in range(states.shape[1]):
            states[i, s] *= factor[i, s]


@inlined
def combine(base, h, coefficients, count, increments, out):  # type: ignore[no-untyped-def]
    """out = base + h * sum of coefficients[j] * increments[j] over j < count; zeros are skipped."""
    for i in range(base.shape[0]):
        for s in range(base.shape[1]):
            out[i, s] = base[i, s]
    for j in range(count):
        c = h * coefficients[j]
        if c != 0.0:
            for i in range(base.shape[0]):
                for s in range(base.shape[1]):
                    out[i, s] += c * increments[j, i, s]
