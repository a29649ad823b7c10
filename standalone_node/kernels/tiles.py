"""Register tiles: the innermost loops of the matrix products, written for the vector unit.

What a compiler makes of a plain triple loop reaches a fifth of what the processor can do, and BLAS
does little better on matrices as narrow as ours. A tile holds rows x vectors registers of results
and runs through the index of the sum once, so that every number it loads is used many times. numba
has no vector types; hence the tiles are given to it as intermediate code of LLVM, from which it
compiles for AVX-512, AVX2 or NEON alike.

All matrices are C-contiguous, and a row of states holds a multiple of `lanes` numbers, so that
there are no remainders. Sums are taken in the same order whatever the size of the tile.

References
----------
F. G. Van Zee and R. A. van de Geijn, BLIS: a framework for rapidly instantiating BLAS
functionality, ACM Trans. Math. Softw. 41 (2015), for the idea of a micro-kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

#: What the results of a tile start from: nothing, one number a row, or what is there already.
FROM_ZERO, FROM_START, FROM_RESULT = 0, 1, 2

Tile = Callable[..., Any]


def _vector_bytes() -> int:
    features = numba.config.CPU_FEATURES
    if features is None:
        features = llvmlite.binding.get_host_cpu_features().flatten()
    return 64 if "+avx512f" in features else 32


#: Bytes of a vector: a register where there is AVX-512, otherwise one of AVX2 or two of NEON.
VECTOR_BYTES = _vector_bytes()
#: Rows of the largest tile: with three vectors a row it fills the registers and not more.
TILE_ROWS = 8 if VECTOR_BYTES == 64 else 4


def lanes(dtype: Any) -> int:
    """Numbers in a vector."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


class _Vectors:
    """Emits vector instructions on one kind of numbers."""

    def __init__(self, context: Any, builder: Any, number: Any) -> None:
        self._context, self._builder = context, builder
        self._number = context.get_value_type(number)
        self._bytes = number.bitwidth // 8
        self.lanes = VECTOR_BYTES // self._bytes
        self._vector = ir.VectorType(self._number, self.lanes)
        self._undefined = ir.Constant(self._vector, ir.Undefined)
        self._fma = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self._vector, [self._vector] * 3),
            f"llvm.fma.v{self.lanes}f{number.bitwidth}",
        )

    def matrix(self, kind: Any, value: Any) -> tuple[Any, Any, Any]:
        """Its address, rows and columns."""
        array = self._context.make_array(kind)(self._context, self._builder, value=value)
        return (array.data, *cgutils.unpack_tuple(self._builder, array.shape))

    def variable(self) -> Any:
        """A vector of zeros that changes; the optimiser puts it into a register."""
        zero = ir.Constant(self._vector, [0.0] * self.lanes)
        place = cgutils.alloca_once(self._builder, self._vector)
        self._builder.store(zero, place)
        return place

    def address(self, base: Any, index: Any) -> Any:
        """Of the vector that starts at entry `index`."""
        return self._builder.bitcast(self._builder.gep(base, [index]), self._vector.as_pointer())

    def load(self, base: Any, index: Any) -> Any:
        """The vector that starts at entry `index`."""
        return self._builder.load(self.address(base, index), align=self._bytes)

    def store(self, value: Any, base: Any, index: Any) -> None:
        """The opposite."""
        self._builder.store(value, self.address(base, index), align=self._bytes)

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


@cache
def product_tile(rows: int, vectors: int, transposed: bool) -> Tile:
    """The tile of matrix @ states, or of matrix.T @ states.

    Returns
    -------
    callable
        ``(matrix, states, out, begin, start, i, s)`` for kernels: rows i… of `out`, numbers s… of
        each. `begin` is FROM_ZERO, FROM_START (``start[i]``, which is read then only) or
        FROM_RESULT.
    """

    @intrinsic
    def tile(typing, matrix, states, out, begin, start, i, s):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            kinds = signature.args
            code = _Vectors(context, builder, kinds[1].dtype)
            weight, _, columns = code.matrix(kinds[0], args[0])
            state, count, length = code.matrix(kinds[1], args[1])
            result, _, _ = code.matrix(kinds[2], args[2])
            begin, i, s = args[3], args[5], args[6]
            first = context.make_array(kinds[4])(context, builder, value=args[4]).data
            across = range(rows)
            along = range(vectors)

            def at(row: Any, vector: int) -> Any:
                return builder.add(
                    builder.mul(row, length), builder.add(s, s.type(vector * code.lanes))
                )

            row = [builder.add(i, i.type(r)) for r in across]
            sums = [[code.variable() for _ in along] for _ in across]
            with builder.if_then(builder.icmp_signed("==", begin, begin.type(FROM_START))):
                for r in across:
                    value = code.spread(first, row[r])
                    for v in along:
                        builder.store(value, sums[r][v])
            with builder.if_then(builder.icmp_signed("==", begin, begin.type(FROM_RESULT))):
                for r in across:
                    for v in along:
                        builder.store(code.load(result, at(row[r], v)), sums[r][v])
            with cgutils.for_range(builder, count) as loop:
                k = loop.index
                x = [code.load(state, at(k, v)) for v in along]
                for r in across:
                    pair = (k, row[r]) if transposed else (row[r], k)
                    w = code.spread(weight, builder.add(builder.mul(pair[0], columns), pair[1]))
                    for v in along:
                        code.accumulate(sums[r][v], w, x[v])
            for r in across:
                for v in along:
                    code.store(builder.load(sums[r][v]), result, at(row[r], v))
            return context.get_dummy_value()

        return types.void(matrix, states, out, begin, start, i, s), emit

    return tile


@cache
def outer_tile(rows: int, columns: int) -> Tile:
    """The tile of out += left @ right.T.

    Returns
    -------
    callable
        ``(left, right, out, i, j)`` for kernels: rows i… and columns j… of `out`.
    """

    @intrinsic
    def tile(typing, left, right, out, i, j):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            kinds = signature.args
            code = _Vectors(context, builder, kinds[0].dtype)
            a, _, length = code.matrix(kinds[0], args[0])
            b, _, _ = code.matrix(kinds[1], args[1])
            result, _, width = code.matrix(kinds[2], args[2])
            i, j = args[3], args[4]
            row = [builder.add(i, i.type(r)) for r in range(rows)]
            column = [builder.add(j, j.type(c)) for c in range(columns)]
            sums = [[code.variable() for _ in column] for _ in row]
            step = length.type(code.lanes)
            with cgutils.for_range_slice(builder, length.type(0), length, step) as (s, _):
                x = [code.load(a, builder.add(builder.mul(r, length), s)) for r in row]
                y = [code.load(b, builder.add(builder.mul(c, length), s)) for c in column]
                for r in range(rows):
                    for c in range(columns):
                        code.accumulate(sums[r][c], x[r], y[c])
            for r in range(rows):
                for c in range(columns):
                    entry = builder.add(builder.mul(row[r], width), column[c])
                    place = builder.gep(result, [entry])
                    total = code.total(builder.load(sums[r][c]))
                    builder.store(builder.fadd(builder.load(place), total), place)
            return context.get_dummy_value()

        return types.void(left, right, out, i, j), emit

    return tile
