"""Matrix products of one block: states are (d, S), samples along the fast axis.

S is a multiple of the numbers in a vector (`tiles.lanes`). The products are routines of their own,
one for each precision, which the kernels call by name.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import config, from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic

from standalone_node.errors import NodeError
from standalone_node.kernels.jit import inlined, routine
from standalone_node.kernels.tiles import (
    FROM_RESULT,
    FROM_START,
    FROM_ZERO,
    outer_code,
    product_code,
)


@cache
def prepare(dtype: Any) -> None:
    """Make the products of a precision ready for the kernels, before the first one is called."""
    if config.DISABLE_JIT:
        raise NodeError("NUMBA_DISABLE_JIT is set, and there is nothing to run then: unset it")
    number, size = types.CPointer(from_dtype(dtype)), types.intp
    plain, transposed, outer = product_code(False), product_code(True), outer_code()

    def multiply(matrix, columns, states, count, length, out, rows, begin, start):  # type: ignore[no-untyped-def]
        plain(matrix, columns, states, count, length, out, rows, begin, start)

    def multiply_transposed(matrix, columns, states, count, length, out, rows, begin, start):  # type: ignore[no-untyped-def]
        transposed(matrix, columns, states, count, length, out, rows, begin, start)

    def add_outer(left, right, length, out, rows, columns):  # type: ignore[no-untyped-def]
        outer(left, right, length, out, rows, columns)

    factors = [number, size, number, size, size, number, size, size, number]
    routine(_symbol("multiply", number.dtype), factors, multiply)
    routine(_symbol("multiply_transposed", number.dtype), factors, multiply_transposed)
    routine(
        _symbol("add_outer", number.dtype), [number, number, size, number, size, size], add_outer
    )


def _symbol(name: str, number: Any) -> str:
    return f"standalone_node_{name}_{number.name}"


def _call(name: str, context: Any, builder: Any, number: Any, arguments: list[Any]) -> Any:
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, _symbol(name, number))
    builder.call(function, arguments)
    return context.get_dummy_value()


def _matrix(context: Any, builder: Any, kind: Any, value: Any) -> tuple[Any, ...]:
    array = context.make_array(kind)(context, builder, value=value)
    return (array.data, *cgutils.unpack_tuple(builder, array.shape))


def _product_call(name: str) -> Any:
    """The call of a product, for arrays: (matrix, states, out, begin, start)."""

    @intrinsic
    def call(typing, matrix, states, out, begin, start):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            kinds = signature.args
            weight, _, columns = _matrix(context, builder, kinds[0], args[0])
            state, count, length = _matrix(context, builder, kinds[1], args[1])
            result, rows, _ = _matrix(context, builder, kinds[2], args[2])
            first, _ = _matrix(context, builder, kinds[4], args[4])
            arguments = [weight, columns, state, count, length, result, rows, args[3], first]
            return _call(name, context, builder, kinds[1].dtype, arguments)

        return types.void(matrix, states, out, types.intp, start), emit

    return call


@intrinsic
def _outer_call(typing, left, right, out):  # type: ignore[no-untyped-def]
    """The call of an outer product, for arrays."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        kinds = signature.args
        first, _, length = _matrix(context, builder, kinds[0], args[0])
        second, _, _ = _matrix(context, builder, kinds[1], args[1])
        result, rows, columns = _matrix(context, builder, kinds[2], args[2])
        arguments = [first, second, length, result, rows, columns]
        return _call("add_outer", context, builder, kinds[0].dtype, arguments)

    return types.void(left, right, out), emit


_plain, _transposed = _product_call("multiply"), _product_call("multiply_transposed")


@inlined
def multiply(matrix, states, start, out):  # type: ignore[no-untyped-def]
    """out = matrix @ states + start[:, None], shapes (p, q), (q, S), (p,), (p, S)."""
    _plain(matrix, states, out, FROM_START, start)


@inlined
def product(matrix, states, out):  # type: ignore[no-untyped-def]
    """out = matrix @ states, shapes (p, q), (q, S), (p, S)."""
    _plain(matrix, states, out, FROM_ZERO, states[0])


@inlined
def add_product(matrix, states, out):  # type: ignore[no-untyped-def]
    """out += matrix @ states, shapes (p, q), (q, S), (p, S)."""
    _plain(matrix, states, out, FROM_RESULT, states[0])


@inlined
def multiply_transposed(matrix, states, out):  # type: ignore[no-untyped-def]
    """out = matrix.T @ states, shapes (p, q), (p, S), (q, S)."""
    _transposed(matrix, states, out, FROM_ZERO, states[0])


@inlined
def add_outer(left, right, out):  # type: ignore[no-untyped-def]
    """out += left @ right.T, shapes (p, S), (q, S), (p, q)."""
    _outer_call(left, right, out)


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
def scaled(factor, states, out):  # type: ignore[no-untyped-def]
    """out = factor * states, entry by entry."""
    for i in range(states.shape[0]):
        for s in range(states.shape[1]):
            out[i, s] = factor[i, s] * states[i, s]


@inlined
def scale(factor, states):  # type: ignore[no-untyped-def]
    """states *= factor, entry by entry."""
    for i in range(states.shape[0]):
        for s in range(states.shape[1]):
            states[i, s] *= factor[i, s]


@inlined
def divide(states, count):  # type: ignore[no-untyped-def]
    """states /= count, a whole number, in the precision of the states."""
    share = states.dtype.type(1.0 / count)
    for i in range(states.shape[0]):
        for s in range(states.shape[1]):
            states[i, s] *= share


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
