"""Matrix products of one block: states are (d, S), samples along the fast axis.

S is a multiple of the numbers in a vector (`tiles.lanes`). A product is cut into register tiles, as
large as they fit; what is left over below and at the right falls to smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from standalone_node.kernels.jit import inlined, named
from standalone_node.kernels.tiles import (
    FROM_RESULT,
    FROM_START,
    FROM_ZERO,
    TILE_ROWS,
    VECTOR_BYTES,
    outer_tile,
    product_tile,
)

Body = Callable[..., Any]

#: Rows and columns of the tile of an outer product.
OUTER = 4


def _strip(rows: int, transposed: bool) -> Body:
    """Some rows of a product, across all samples."""
    three, two, one = (product_tile(rows, vectors, transposed) for vectors in (3, 2, 1))

    @inlined
    @named("strip", rows, "transposed" if transposed else "plain")
    def strip(matrix, states, out, begin, start, i):  # type: ignore[no-untyped-def]
        step = VECTOR_BYTES // out.itemsize
        s, length = 0, out.shape[1]
        while s < length:
            left = (length - s) // step
            if left == 1:
                one(matrix, states, out, begin, start, i, s)
                s += step
            elif left == 2 or left == 4:
                two(matrix, states, out, begin, start, i, s)
                s += 2 * step
            else:
                three(matrix, states, out, begin, start, i, s)
                s += 3 * step

    return strip


def _product(transposed: bool) -> Body:
    heights = (TILE_ROWS, TILE_ROWS // 2, TILE_ROWS // 4, 1)
    full, half, quarter, single = (_strip(height, transposed) for height in heights)

    @inlined
    @named("product", "transposed" if transposed else "plain")
    def product(matrix, states, out, begin, start):  # type: ignore[no-untyped-def]
        i, rows = 0, out.shape[0]
        while rows - i >= TILE_ROWS:
            full(matrix, states, out, begin, start, i)
            i += TILE_ROWS
        if rows - i >= TILE_ROWS // 2:
            half(matrix, states, out, begin, start, i)
            i += TILE_ROWS // 2
        if rows - i >= TILE_ROWS // 4:
            quarter(matrix, states, out, begin, start, i)
            i += TILE_ROWS // 4
        if rows - i >= 1:
            single(matrix, states, out, begin, start, i)

    return product


_plain, _transposed = _product(False), _product(True)


@inlined
def multiply(matrix, states, start, out):  # type: ignore[no-untyped-def]
    """out = matrix @ states + start[:, None], shapes (p, q), (q, S), (p,), (p, S)."""
    _plain(matrix, states, out, FROM_START, start)


@inlined
def add_product(matrix, states, out):  # type: ignore[no-untyped-def]
    """out += matrix @ states, shapes (p, q), (q, S), (p, S)."""
    _plain(matrix, states, out, FROM_RESULT, states[0])


@inlined
def multiply_transposed(matrix, states, out):  # type: ignore[no-untyped-def]
    """out = matrix.T @ states, shapes (p, q), (p, S), (q, S)."""
    _transposed(matrix, states, out, FROM_ZERO, states[0])


_square, _flat = outer_tile(OUTER, OUTER), outer_tile(1, OUTER)
_tall, _point = outer_tile(OUTER, 1), outer_tile(1, 1)


@inlined
def add_outer(left, right, out):  # type: ignore[no-untyped-def]
    """out += left @ right.T, shapes (p, S), (q, S), (p, q)."""
    rows, columns = out.shape
    whole_rows, whole_columns = rows - rows % OUTER, columns - columns % OUTER
    for i in range(0, whole_rows, OUTER):
        for j in range(0, whole_columns, OUTER):
            _square(left, right, out, i, j)
        for j in range(whole_columns, columns):
            _tall(left, right, out, i, j)
    for i in range(whole_rows, rows):
        for j in range(0, whole_columns, OUTER):
            _flat(left, right, out, i, j)
        for j in range(whole_columns, columns):
            _point(left, right, out, i, j)


@inlined
def add_row_sums(states, ones, out):  # type: ignore[no-untyped-def]
    """out[i] += sum of states[i, :]; `ones` is (1, S)."""
    add_outer(states, ones, out.reshape((out.size, 1)))


@inlined
def copy(states, out):  # type: ignore[no-untyped-def]
    """out = states."""
    for i in range(out.shape[0]):
        for s in range(out.shape[1]):
            out[i, s] = states[i, s]


@inlined
def scale(factor, states):  # type: ignore[no-untyped-def]
    """states *= factor, entry by entry."""
    for i in range(states.shape[0]):
        for s in range(states.shape[1]):
            states[i, s] *= factor[i, s]


@inlined
def combine(factor, base, h, coefficients, count, increments, out):  # type: ignore[no-untyped-def]
    """out = factor * base + h * sum of coefficients[j] * increments[j] over j < count.

    Increments whose coefficient is zero are not read. `base` may be `out`.
    """
    pending = True  # the base, which is taken along with the first increment
    for j in range(count):
        c = h * coefficients[j]
        if c != 0.0 and pending:
            for i in range(out.shape[0]):
                for s in range(out.shape[1]):
                    out[i, s] = factor * base[i, s] + c * increments[j, i, s]
            pending = False
        elif c != 0.0:
            for i in range(out.shape[0]):
                for s in range(out.shape[1]):
                    out[i, s] += c * increments[j, i, s]
    if pending:
        for i in range(out.shape[0]):
            for s in range(out.shape[1]):
                out[i, s] = factor * base[i, s]
