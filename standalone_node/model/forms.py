"""The forms of the right-hand side: which blocks of parameters each has.

References
----------
Isobe, Okumura 2024, arXiv 2303.05924, for the mean-field form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError

if TYPE_CHECKING:
    from standalone_node.model.nodal import Blocks

_NONE: Mapping[str, float] = MappingProxyType({})


class Form(NamedTuple):
    """What the parameters of a form look like.

    Attributes
    ----------
    blocks : callable
        (d, inner) to the names and shapes of the blocks of a node, in the order in which the
        kernels find them. `inner` is 0 for a form without an inner layer.
    inner : callable, optional
        d to the inner width that is taken if none is given; None if the form has no inner layer.
    outermost : tuple of str
        The blocks of the outermost layer, if that layer is linear: f is linear in them.
    spreads : callable
        (d, inner) to the spread of the start values of some blocks, relative to the others.
    formula : str
        The right-hand side for people to read.
    """

    blocks: Callable[[int, int], Blocks]
    inner: Callable[[int], int] | None = None
    outermost: tuple[str, ...] = ()
    spreads: Callable[[int, int], Mapping[str, float]] = lambda width, inner: _NONE
    formula: str = ""


def _affine(width: int, inner: int) -> Blocks:
    return (("W", (width, width)), ("b", (width,)))


def _bottleneck(width: int, inner: int) -> Blocks:
    first = ("W1", (inner, width)), ("b", (inner,))
    return (*first, ("W2", (width, inner)), ("c", (width,)))


def _mean_field(width: int, inner: int) -> Blocks:
    return (("w", (inner, width)), ("b", (inner,)), ("A", (width, inner)))


def _twice(width: int) -> int:
    """Neurons enough to carry every component with both signs, x = relu(x) - relu(-x)."""
    return 2 * width


#: The table: a form and its parameters at one depth.
FORM_BLOCKS: dict[str, Form] = {
    "inside": Form(_affine, formula="σ(W x + b)"),
    "outside": Form(_affine, outermost=("W", "b"), formula="W σ(x) + b"),
    "bottleneck": Form(
        _bottleneck,
        formula="W₂ σ(W₁ x + b) + c",
        inner=_twice,
        outermost=("W2", "c"),
        spreads=lambda width, inner: {"W2": np.sqrt(width / inner)},  # by the fan-in
    ),
    "mean-field": Form(  # the sum of a_m sigma(w_m . x + b_m) / M, the a_m are the columns of A
        _mean_field,
        formula="A σ(w x + b) / M",
        inner=_twice,
        outermost=("A",),
        spreads=lambda width, inner: {"A": np.sqrt(width)},  # no share of M: f has the factor
    ),
}


#: What they look like.
FORMULAS = {name: form.formula for name, form in FORM_BLOCKS.items()}


def _row(form: str) -> Form:
    if form not in FORM_BLOCKS:
        raise ArgumentError(f"unknown form {form!r}: choose one of {', '.join(FORM_BLOCKS)}")
    return FORM_BLOCKS[form]


def inner_width(form: str, width: int, inner: int | None = None) -> int:
    """The inner width of a form for a state of given width; 0 for a form without an inner layer.

    Parameters
    ----------
    form : str
    width : int
        d.
    inner : int, optional
        What was asked for; 2 d if not given.

    Raises
    ------
    ArgumentError
        If there is no such form, if it has no inner layer and `inner` is given, or if `inner` is
        no whole number of at least 1.

    Examples
    --------
    >>> inner_width("bottleneck", 3), inner_width("bottleneck", 3, 5), inner_width("inside", 3)
    (6, 5, 0)
    """
    default = _row(form).inner
    if inner is None:
        return default(width) if default else 0
    if default is None:
        having = ", ".join(name for name, row in FORM_BLOCKS.items() if row.inner)
        raise ArgumentError(
            f"inner = {inner!r} means nothing to the form {form!r}, which has no inner layer: "
            f"leave it out, or choose one of the forms {having}"
        )
    if isinstance(inner, bool) or not isinstance(inner, int | np.integer) or inner < 1:
        raise ArgumentError(f"inner = {inner!r} has to be a whole number of at least 1")
    return int(inner)


def form_blocks(form: str, width: int, inner: int | None = None) -> Blocks:
    """The blocks of that form, for a state and, where there is one, an inner layer of that width.

    ArgumentError lists the forms if there is none of that name; see also `inner_width`.

    Examples
    --------
    >>> form_blocks("mean-field", 2, 5)
    (('w', (5, 2)), ('b', (5,)), ('A', (2, 5)))
    """
    return _row(form).blocks(width, inner_width(form, width, inner))


def start_spreads(form: str, width: int, inner: int | None = None) -> NDArray[np.float64]:
    """The spread of each entry of a node's start values, (P,), 1 for those next to the state.

    The sum over an inner layer of many neurons has to start no larger than one over few; that of
    "mean-field" has the factor 1 / M for it, and its columns a_m do not depend on M.
    """
    spreads = _row(form).spreads(width, inner_width(form, width, inner))
    blocks = form_blocks(form, width, inner)
    return np.concatenate([np.full(prod(shape), spreads.get(name, 1.0)) for name, shape in blocks])
