"""Register tiles: the innermost loops of the matrix products, written for the vector unit.

What a compiler makes of a plain triple loop reaches a fifth of what the processor can do, and BLAS
does little better on matrices as narrow as ours. A tile holds rows x vectors registers of results
and runs through the index of the sum once, so that every number it loads is used many times. numba
has no vector types; hence the tiles are given to it as intermediate code of LLVM, from which it
compiles for AVX-512, AVX2 or NEON alike.

All matrices are C-contiguous and given by the address of their first entry. A row of states holds a
multiple of `lanes` numbers, so that there are no remainders. Sums are taken in the same order
whatever the size of the tile.

References
----------
F. G. Van Zee and R. A. van de Geijn, BLIS: a framework for rapidly instantiating BLAS
functionality, ACM Trans. Math. Softw. 41 (2015), for the idea of a micro-kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.registry import cpu_target
from numba.extending import intrinsic

#: What the results of a tile start from: nothing, one number a row, or what is there already.
FROM_ZERO, FROM_START, FROM_RESULT = 0, 1, 2

Tile = Callable[..., Any]


def _vector_bytes() -> int:
    *_, features = cpu_target.target_context.codegen().magic_tuple()
    return 64 if "+avx512f" in features else 32


#: Bytes of a vector: a register where there is AVX-512, otherwise one of AVX2 or two of NEON.
VECTOR_BYTES = _vector_bytes()
#: Rows of the tiles of a product: three vectors for each row of the largest fill the registers.
HEIGHTS = (8, 4, 2, 1) if VECTOR_BYTES == 64 else (4, 2, 1)
#: Rows and columns of the tile of an outer product.
OUTER = 4


def lanes(dtype: Any) -> int:
    """Numbers in a vector."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


class _Vectors:
    """Emits vector instructions on one kind of numbers, addressed by pointer and index."""

    def __init__(self, builder: Any, number: Any) -> None:
        self._builder = builder
        self._bytes = number.bitwidth // 8
        self.lanes = VECTOR_BYTES // self._bytes
        real = ir.DoubleType() if number.bitwidth == 64 else ir.FloatType()
        self._vector = ir.VectorType(real, self.lanes)
        self._undefined = ir.Constant(self._vector, ir.Undefined)
        self._fma = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self._vector, [self._vector] * 3),
            f"llvm.fma.v{self.lanes}f{number.bitwidth}",
        )

    def variable(self) -> Any:
        """A vector of zeros that changes; the optimiser puts it into a register."""
        place = cgutils.alloca_once(self._builder, self._vector)
        self._builder.store(ir.Constant(self._vector, [0.0] * self.lanes), place)
        return place

    def _address(self, base: Any, index: Any) -> Any:
        return self._builder.bitcast(self._builder.gep(base, [index]), self._vector.as_pointer())

    def load(self, base: Any, index: Any) -> Any:
        """The vector that starts at entry `index`."""
        return self._builder.load(self._address(base, index), align=self._bytes)

    def store(self, value: Any, base: Any, index: Any) -> None:
        """The opposite."""
        self._builder.store(value, self._address(base, index), align=self._bytes)

    def spread(self, base: Any, index: Any) -> Any:
        """A vector of copies of entry `index`."""
        number = self._builder.load(self._builder.gep(base, [index]))
        first = self._builder.insert_element(self._undefined, number, ir.IntType(32)(0))
        return self._shuffled(first, [0] * self.lanes)

    def accumulate(self, variable: Any, x: Any, y: Any) -> None:
        """variable += x * y, rounded once."""
        builder = self._builder
        builder.store(builder.call(self._fma, [x, y, builder.load(variable)]), variable)

    def total(self, vector: Any) -> Any:
        """The sum of its numbers, halves first."""
        width = self.lanes // 2
        while width:
            partner = self._shuffled(vector, [i ^ width for i in range(self.lanes)])
            vector, width = self._builder.fadd(vector, partner), width // 2
        return self._builder.extract_element(vector, ir.IntType(32)(0))

    def _shuffled(self, vector: Any, places: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
        return self._builder.shuffle_vector(vector, self._undefined, mask)


def _share_out(builder: Any, total: Any, sizes: tuple[int, ...]) -> list[tuple[int, Any, Any]]:
    """Cut `total` rows into tiles of these sizes, the largest first: (size, first row, tiles)."""
    first, parts = total.type(0), []
    for size in sizes:
        count = builder.sdiv(builder.sub(total, first), total.type(size))
        parts.append((size, first, count))
        first = builder.add(first, builder.mul(count, total.type(size)))
    return parts


def _share_out_vectors(builder: Any, total: Any) -> list[tuple[int, Any, Any]]:
    """Cut `total` vectors into threes and at most two twos; into a single one if it is alone."""
    alone = builder.icmp_signed("==", total, total.type(1))
    twos = builder.srem(builder.mul(total, total.type(2)), total.type(3))
    twos = builder.select(alone, total.type(0), twos)
    others = builder.mul(twos, total.type(2))
    threes = builder.sdiv(builder.sub(total, others), total.type(3))
    after = builder.mul(threes, total.type(3))
    one = builder.select(alone, total.type(1), total.type(0))
    return [(3, total.type(0), threes), (2, after, twos), (1, total.type(0), one)]


@contextmanager
def _tiles(builder: Any, size: int, first: Any, count: Any) -> Iterator[Any]:
    """A loop over `count` tiles from `first` on: where each of them begins."""
    with cgutils.for_range(builder, count) as loop:
        yield builder.add(first, builder.mul(loop.index, first.type(size)))


def product_code(transposed: bool) -> Tile:
    """matrix @ states, or matrix.T @ states, for compiled code.

    Returns
    -------
    callable
        ``(matrix, columns, states, count, length, out, rows, begin, start)``: the matrix has
        `columns` columns, the sums `count` terms; `out` has `rows` rows of `length` numbers, as
        many as a row of the states. `begin` is FROM_ZERO, FROM_START (``start[i]`` in row i, read
        then only) or FROM_RESULT.
    """

    @intrinsic
    def product(typing, matrix, columns, states, count, length, out, rows, begin, start):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            length, rows = args[4], args[6]
            code = _Vectors(builder, signature.args[0].dtype)
            lanes = length.type(code.lanes)
            across = _share_out_vectors(builder, builder.sdiv(length, lanes))
            for height, top, bands in _share_out(builder, rows, HEIGHTS):
                with _tiles(builder, height, top, bands) as i:
                    for vectors, left, tiles in across:
                        with _tiles(builder, vectors, left, tiles) as v:
                            s = builder.mul(v, lanes)
                            _product_tile(code, builder, (height, vectors), transposed, args, i, s)
            return context.get_dummy_value()

        return types.void(matrix, columns, states, count, length, out, rows, begin, start), emit

    return product


def _product_tile(
    code: _Vectors,
    builder: Any,
    shape: tuple[int, int],
    transposed: bool,
    args: Any,
    i: Any,
    s: Any,
) -> None:
    """Rows i… and numbers s… of the result, all in registers."""
    matrix, columns, states, count, length, out, _, begin, start = args
    rows, vectors = shape
    row = [builder.add(i, i.type(r)) for r in range(rows)]
    first = [builder.add(s, s.type(v * code.lanes)) for v in range(vectors)]
    tile = [(r, v) for r in range(rows) for v in range(vectors)]
    sums = {place: code.variable() for place in tile}

    def at(line: Any, v: int) -> Any:
        return builder.add(builder.mul(line, length), first[v])

    with builder.if_then(builder.icmp_signed("==", begin, begin.type(FROM_START))):
        for r, v in tile:
            builder.store(code.spread(start, row[r]), sums[r, v])
    with builder.if_then(builder.icmp_signed("==", begin, begin.type(FROM_RESULT))):
        for r, v in tile:
            builder.store(code.load(out, at(row[r], v)), sums[r, v])
    with cgutils.for_range(builder, count) as loop:
        k = loop.index
        x = [code.load(states, at(k, v)) for v in range(vectors)]
        for r in range(rows):
            line, column = (k, row[r]) if transposed else (row[r], k)
            w = code.spread(matrix, builder.add(builder.mul(line, columns), column))
            for v in range(vectors):
                code.accumulate(sums[r, v], w, x[v])
    for r, v in tile:
        code.store(builder.load(sums[r, v]), out, at(row[r], v))


def outer_code() -> Tile:
    """out += left @ right.T, for compiled code.

    Returns
    -------
    callable
        ``(left, right, length, out, rows, columns)``: `out` has `rows` rows and `columns` columns,
        rows of the others hold `length` numbers.
    """

    @intrinsic
    def outer(typing, left, right, length, out, rows, columns):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            code = _Vectors(builder, signature.args[0].dtype)
            across = _share_out(builder, args[5], (OUTER, 1))
            for height, top, bands in _share_out(builder, args[4], (OUTER, 1)):
                with _tiles(builder, height, top, bands) as i:
                    for width, first, tiles in across:
                        with _tiles(builder, width, first, tiles) as j:
                            _outer_tile(code, builder, (height, width), args, i, j)
            return context.get_dummy_value()

        return types.void(left, right, length, out, rows, columns), emit

    return outer


def _outer_tile(
    code: _Vectors, builder: Any, shape: tuple[int, int], args: Any, i: Any, j: Any
) -> None:
    """Rows i… and columns j… of the result, each the sum of one register in the end."""
    left, right, length, out, _, columns = args
    row = [builder.add(i, i.type(r)) for r in range(shape[0])]
    column = [builder.add(j, j.type(c)) for c in range(shape[1])]
    tile = [(r, c) for r in range(shape[0]) for c in range(shape[1])]
    sums = {place: code.variable() for place in tile}
    step = length.type(code.lanes)
    with cgutils.for_range_slice(builder, length.type(0), length, step) as (s, _):
        x = [code.load(left, builder.add(builder.mul(r, length), s)) for r in row]
        y = [code.load(right, builder.add(builder.mul(c, length), s)) for c in column]
        for r, c in tile:
            code.accumulate(sums[r, c], x[r], y[c])
    for r, c in tile:
        place = builder.gep(out, [builder.add(builder.mul(row[r], columns), column[c])])
        total = code.total(builder.load(sums[r, c]))
        builder.store(builder.fadd(builder.load(place), total), place)
