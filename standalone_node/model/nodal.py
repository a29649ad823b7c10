"""Parameters, functions of depth given by nodal values, and Derivative, their dual.

Both hold one contiguous read-only array (K + 1, P) with named blocks. They are types of their own:
a derivative is a functional on directions, and becomes a function again only through a metric.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.depth import checked_grid, interpolation

Array = NDArray[np.float64]
Blocks = tuple[tuple[str, tuple[int, ...]], ...]


def block_slices(blocks: Blocks) -> dict[str, slice]:
    """Where each named block stands in a row of nodal values."""
    slices, first = {}, 0
    for name, shape in blocks:
        slices[name] = slice(first, first + math.prod(shape))
        first += math.prod(shape)
    return slices


class _Nodal:
    """Nodal values on a depth grid, with the arithmetic of a vector space."""

    __slots__ = ("blocks", "times", "values")
    times: Array
    values: Array
    blocks: Blocks
    # Without this, `array * parameters` would be taken apart by NumPy, entry by entry.
    __array_ufunc__ = None

    def __init__(self, times: ArrayLike, weights: ArrayLike, biases: ArrayLike) -> None:
        made = self.from_blocks(times, {"W": weights, "b": biases})
        shape = dict(made.blocks)["W"]
        if len(shape) != 2 or shape[0] != shape[1] or dict(made.blocks)["b"] != shape[:1]:
            raise ArgumentError(
                "weights have to be (K + 1, d, d) and biases (K + 1, d), but a node holds "
                f"{shape} and {dict(made.blocks)['b']}"
            )
        self._set(made.times, made.values, made.blocks)

    def _set(self, times: Array, values: Array, blocks: Blocks) -> None:
        times.setflags(write=False)
        values.setflags(write=False)
        _set_times(self, times)
        _set_values(self, values)
        _set_blocks(self, blocks)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only: make a new one instead")

    @classmethod
    def from_blocks(cls, times: ArrayLike, blocks: Mapping[str, ArrayLike]) -> Self:
        """Nodal values from named arrays, each (K + 1, ...)."""
        grid = checked_grid(times)
        arrays = {name: np.asarray(block, dtype=np.float64) for name, block in blocks.items()}
        for name, array in arrays.items():
            if array.ndim < 1 or array.shape[0] != grid.size:
                raise ArgumentError(
                    f"block {name!r} has shape {array.shape}, but the depth grid has "
                    f"{grid.size} nodes: its first length has to be {grid.size}"
                )
        layout = tuple((name, array.shape[1:]) for name, array in arrays.items())
        values = np.concatenate([a.reshape(grid.size, -1) for a in arrays.values()], axis=1)
        return cls.from_values(grid, values, layout)

    @classmethod
    def from_values(cls, times: Array, values: Array, blocks: Blocks) -> Self:
        """Nodal values from a whole array (K + 1, P), which must not be written to again."""
        made = object.__new__(cls)
        made._set(times, np.ascontiguousarray(values), blocks)
        return made

    def block(self, name: str) -> Array:
        """The nodal values (K + 1, ...) of one named block, a read-only view."""
        shape = dict(self.blocks).get(name)
        if shape is None:
            names = ", ".join(known for known, _ in self.blocks)
            raise ArgumentError(f"there is no block {name!r}: the blocks are {names}")
        return self.values[:, block_slices(self.blocks)[name]].reshape(self.times.size, *shape)

    @property
    def weights(self) -> Array:
        """The block W, (K + 1, d, d); ArgumentError if the form has other blocks."""
        return self._affine("W", "weights")

    @property
    def biases(self) -> Array:
        """The block b, (K + 1, d), that stands beside W; ArgumentError if there is no W."""
        return self._affine("b", "biases")

    def _affine(self, name: str, asked: str) -> Array:
        names = [known for known, _ in self.blocks]
        if "W" not in names or "b" not in names:
            raise ArgumentError(
                f"{asked} are those of W x + b, and there is no W and b here: ask for a block by "
                f"its name, as block({names[0]!r}); the blocks are {', '.join(names)}"
            )
        return self.block(name)

    @property
    def horizon(self) -> float:
        """The last node of the depth grid."""
        return float(self.times[-1])

    def like(self, values: Array) -> Self:
        """Other values (K + 1, P) on the same grid, with the same blocks."""
        return self.from_values(self.times, values.reshape(self.values.shape), self.blocks)

    def matches(self, other: _Nodal) -> bool:
        """Whether the other has the same depth grid and the same blocks."""
        if self.blocks is not other.blocks and self.blocks != other.blocks:
            return False
        return self.times is other.times or np.array_equal(self.times, other.times)

    def _partner(self, other: object) -> Array | None:
        if type(other) is not type(self):
            return None
        if not self.matches(other):
            raise ArgumentError(
                "the two have different depth grids or blocks: bring them to one grid by refined()"
            )
        return other.values

    def __add__(self, other: object) -> Self:
        values = self._partner(other)
        return NotImplemented if values is None else self.like(self.values + values)

    def __sub__(self, other: object) -> Self:
        values = self._partner(other)
        return NotImplemented if values is None else self.like(self.values - values)

    def __mul__(self, factor: object) -> Self:
        if not isinstance(factor, int | float | np.number):
            return NotImplemented
        return self.like(self.values * float(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Self:
        if not isinstance(divisor, int | float | np.number):
            return NotImplemented
        return self.like(self.values / float(divisor))

    def __neg__(self) -> Self:
        return self.like(-self.values)

    def __repr__(self) -> str:
        blocks = ", ".join(f"{name} {shape}" for name, shape in self.blocks)
        return f"{type(self).__name__}({self.times.size} nodes on [0, {self.horizon:g}]; {blocks})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_values, (np.array(self.times), np.array(self.values), self.blocks)


# They write to what is read-only to everybody else.
_set_times, _set_values, _set_blocks = (
    vars(_Nodal)[name].__set__ for name in ("times", "values", "blocks")
)


class Parameters(_Nodal):
    """The depth-varying parameters theta(t) = (W(t), b(t)), piecewise linear on a depth grid.

    Parameters
    ----------
    times : array_like, shape (K + 1,)
        The depth grid, 0 = times[0] < ... < times[K] = horizon.
    weights : array_like, shape (K + 1, d, d)
        W at the nodes.
    biases : array_like, shape (K + 1, d)
        b at the nodes.

    Raises
    ------
    ArgumentError
        If the shapes do not fit, or the grid does not start at 0 and increase.

    Notes
    -----
    Read-only, float64, one contiguous array `values` (K + 1, P). Parameters on one grid add,
    subtract and scale. Other blocks than W and b come in by ``Parameters.from_blocks``.

    Examples
    --------
    >>> import numpy as np
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 1, 1)), [[0.0], [2.0]])
    >>> float(p.at(0.25)[1][0])
    0.5
    """

    __slots__ = ()

    def at(self, t: float) -> tuple[Array, ...]:
        """The blocks at depth t, as (W (d, d), b (d,)); ArgumentError outside [0, horizon]."""
        if not 0.0 <= t <= self.horizon:
            raise ArgumentError(f"t = {t} lies outside the depth [0, {self.horizon:g}]")
        row = (interpolation(self.times, [t]) @ self.values)[0]
        slices = block_slices(self.blocks)
        return tuple(row[slices[name]].reshape(shape) for name, shape in self.blocks)

    @property
    def roughness(self) -> float:
        """The integral of |theta'|^2 over the depth, all entries together; exact."""
        steps = np.diff(self.times)[:, None]
        return float(np.sum(np.square(np.diff(self.values, axis=0)) / steps))

    def refined(self, times: ArrayLike) -> Self:
        """The same function on another grid of the same horizon.

        It is the same everywhere if the new grid contains the old one, else at the new nodes.
        """
        grid = checked_grid(times)
        if grid[-1] != self.horizon:
            raise ArgumentError(
                f"the new grid ends at {grid[-1]:g}, the parameters at {self.horizon:g}: "
                "both have to have the same horizon"
            )
        return self.from_values(grid, interpolation(self.times, grid) @ self.values, self.blocks)


class Derivative(_Nodal):
    """The partials dE/dtheta_k of a cost, a functional on directions.

    The same blocks as Parameters: `weights` (K + 1, d, d) and `biases` (K + 1, d). It pairs with a
    direction, ``derivative.apply(direction)``, and is no direction itself: a metric turns it into
    one, ``sn.Sobolev(1.0).gradient(derivative)``.
    """

    __slots__ = ()

    def apply(self, direction: Parameters) -> float:
        """The directional derivative dE.v, the sum of the partials times the nodal values of v."""
        if not isinstance(direction, Parameters) or not self.matches(direction):
            raise ArgumentError("a derivative applies to Parameters on its own depth grid")
        return inner(self.values, direction.values)
