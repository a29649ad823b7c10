"""Right-hand sides that a user gives: f(t, x, p) with its derivatives, p by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, FieldError, NodeError
from standalone_node.model.nodal import Blocks, block_slices

Array = NDArray[Any]
#: The states that a user's function is shown, and has to leave alone.
_INPUTS = {"f": "x or p", "jvp": "x, p, dx or dp", "vjp": "x, p or kappa"}
#: The parameters at one time, by name, or what a field says about each of them.
Named = Mapping[str, Array]


class Field:
    """A right-hand side x' = f(t, x, p) with its derivatives, in batched NumPy.

    In all three functions t is a number, `x`, `dx` and `kappa` are (B, d), `p` and `dp` map each
    name to an array of the shape of that parameter, which is p at time t. Inputs are not to be
    changed, and no row of the batch may depend on another.

    Parameters
    ----------
    f : callable
        ``f(t, x, p)``, the velocity (B, d).
    jvp : callable
        ``jvp(t, x, p, dx, dp)``, the change of f along (dx, dp): f_x dx + f_p dp, (B, d).
    vjp : callable
        ``vjp(t, x, p, kappa)``, the transpose: f_x^T kappa (B, d), and a mapping from every name
        to f_p^T kappa in the shape of that parameter, summed over the batch.
    varying, constant : mapping from str to tuple of int, optional
        Names and shapes of the parameters that are functions of t, and of those that are constants;
        () is a number.
    scale : mapping from str to float, optional
        The typical size of a parameter, 1 where a name is missing: gradients are taken in these
        units, which matters where the sizes differ.

    Raises
    ------
    ArgumentError
        If one of the functions cannot be called, a name occurs twice or there is none at all.

    Examples
    --------
    Growth at a rate that varies:

    >>> growth = Field(
    ...     lambda t, x, p: p["rate"] * x,
    ...     jvp=lambda t, x, p, dx, dp: p["rate"] * dx + dp["rate"] * x,
    ...     vjp=lambda t, x, p, kappa: (p["rate"] * kappa, {"rate": np.sum(kappa * x)}),
    ...     varying={"rate": ()},
    ... )
    >>> growth.f(0.0, np.ones((1, 2)), {"rate": np.array(0.5)})
    array([[0.5, 0.5]])
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        jvp: Callable[..., Any],
        vjp: Callable[..., Any],
        varying: Mapping[str, tuple[int, ...]] | None = None,
        constant: Mapping[str, tuple[int, ...]] | None = None,
        scale: Mapping[str, float] | None = None,
    ) -> None:
        self.f, self.jvp, self.vjp = f, jvp, vjp
        self.varying, self.constant = _shapes("varying", varying), _shapes("constant", constant)
        self.scale = dict(scale or {})
        field_blocks(self)


def field_blocks(field: Any) -> Blocks:
    """Names and shapes of the parameters of a field, the varying ones first.

    `field` is a `Field` or any object with f, jvp, vjp, varying and, if it likes, constant and
    scale; ArgumentError if it is not.
    """
    for name in ("f", "jvp", "vjp"):
        if not callable(getattr(field, name, None)):
            raise ArgumentError(
                f"the field {type(field).__name__} has no function {name}: it needs f(t, x, p), "
                "jvp(t, x, p, dx, dp) and vjp(t, x, p, kappa)"
            )
    blocks: list[tuple[str, tuple[int, ...]]] = []
    for group in ("varying", "constant"):
        shapes = _shapes(group, getattr(field, group, None))
        blocks += [(name, _shape(name, shape)) for name, shape in shapes.items()]
    names = [name for name, _ in blocks]
    for name in names:
        if not isinstance(name, str) or names.count(name) > 1:
            raise ArgumentError(f"parameter {name!r} has to be a string that is given once")
    if not names:
        raise ArgumentError("the field has no parameters: name them in varying or constant")
    for name in getattr(field, "scale", None) or {}:
        if name not in names:
            raise ArgumentError(f"scale names {name!r}, but the field has {', '.join(names)}")
    return tuple(blocks)


def _shapes(group: str, given: Any) -> dict[str, Any]:
    if not isinstance(given or {}, Mapping):
        raise ArgumentError(f"{group} has to map names to shapes, as {{'rate': ()}}")
    return dict(given or {})


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    lengths = (shape,) if isinstance(shape, int) else shape
    if not isinstance(lengths, tuple | list) or not all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in lengths
    ):
        raise ArgumentError(f"the shape of {name!r} is {shape!r}: give a tuple, () for a number")
    return tuple(int(n) for n in lengths)


class FlatField:
    """A user's field as the sweeps take it, with the parameters at one time in one row (P,).

    What the user's functions return is brought to arrays of float64 here, and a shape that does not
    fit is a FieldError that names the function and the part.
    """

    def __init__(self, field: Any) -> None:
        self.field, self.blocks = field, field_blocks(field)
        self._slices = block_slices(self.blocks)
        self._whole = {name: math.prod(shape) for name, shape in self.blocks}

    def named(self, p: Array) -> dict[str, Array]:
        """The row (P,) taken apart by name."""
        return {name: p[self._slices[name]].reshape(shape) for name, shape in self.blocks}

    def shown(self, array: Array) -> Array:
        """A view that cannot be written to: a field that changes a state spoils the sweep."""
        view = array.view()
        view.setflags(write=False)
        return view

    def f(self, t: float, x: Array, p: Array) -> Array:
        """x'(t), (B, d)."""
        found = self._told("f", t, self.shown(x), self.named(p))
        return _state_like("f", found, x)

    def jvp(self, t: float, x: Array, p: Array, dx: Array, dp: Array) -> Array:
        """f_x dx + f_p dp, (B, d)."""
        changes = self.shown(dx), self.named(dp)
        found = self._told("jvp", t, self.shown(x), self.named(p), *changes)
        return _state_like("jvp", found, x)

    def vjp(self, t: float, x: Array, p: Array, kappa: Array) -> tuple[Array, Array]:
        """f_x^T kappa, (B, d), and f_p^T kappa, (P,)."""
        found = self._told("vjp", t, self.shown(x), self.named(p), self.shown(kappa))
        if not isinstance(found, tuple) or len(found) != 2:
            raise FieldError("vjp has to return two things: the part of x and those of p by name")
        by_state, by_name = found
        # A dict is looked for first: whether something is a Mapping takes longer to find out.
        named = isinstance(by_name, dict | Mapping)
        if not named or by_name.keys() != self._whole.keys():
            has = ", ".join(map(str, by_name)) if isinstance(by_name, Mapping) else type(by_name)
            raise FieldError(
                f"vjp has to return parts of {', '.join(self._whole)} by name, and returns {has}"
            )
        parts = [self._part(name, shape, by_name[name], len(x)) for name, shape in self.blocks]
        return _state_like("vjp: the part of x", by_state, x), np.concatenate(parts)

    def _told(self, function: str, t: float, *given: Any) -> Any:
        """What a function of the user's returns; FieldError in the place of what it raises."""
        try:
            return getattr(self.field, function)(t, *given)
        except (NodeError, MemoryError):
            raise
        except Exception as error:
            raise _explained(function, t, error) from error

    def _part(self, name: str, shape: tuple[int, ...], part: Any, samples: int) -> Array:
        array = _real(f"vjp: the part of {name!r}", part)
        if array.shape == (samples, *shape) != shape:
            raise FieldError(
                f"vjp: the part of {name!r} has shape {array.shape} instead of {shape}: "
                "sum it over the batch"
            )
        if array.shape != shape:
            raise FieldError(
                f"vjp: the part of {name!r} has shape {array.shape} instead of {shape}"
            )
        return array.ravel()


def _explained(function: str, t: float, error: Exception) -> FieldError:
    """What is wrong with a function that raises."""
    if isinstance(error, ValueError) and "read-only" in str(error):
        return FieldError(
            f"{function} changes its input {_INPUTS[function]}: it has to leave it as it is"
        )
    return FieldError(
        f"{function} raises {type(error).__name__} at t = {t:g} ({error}): return NaN where it "
        "is not defined, and the step that led there is taken back"
    )


def _real(what: str, found: Any) -> Array:
    try:
        array = np.asarray(found)
    except ValueError:
        raise FieldError(f"{what} has rows of different lengths: return one array") from None
    if array.dtype.kind not in "biuf":
        raise FieldError(f"{what} has the type {array.dtype}: return real numbers")
    return array.astype(np.float64, copy=False)


def _state_like(what: str, found: Any, x: Array) -> Array:
    array = _real(what, found)
    if array.shape != x.shape:
        raise FieldError(
            f"{what} has shape {array.shape} instead of {x.shape}: one row a sample, one column a "
            "component of the state"
        )
    return array
