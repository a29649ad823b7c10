"""The forms of the right-hand side: which blocks of parameters each has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from standalone_node.errors import ArgumentError

if TYPE_CHECKING:
    from standalone_node.model.nodal import Blocks


def _affine(width: int) -> Blocks:
    return (("W", (width, width)), ("b", (width,)))


#: The table: a form and the blocks of its parameters at one depth, for a state of given width.
FORM_BLOCKS: dict[str, Callable[[int], Blocks]] = {
    "inside": _affine,  # f = sigma(W x + b)
    "outside": _affine,  # f = W sigma(x) + b
}


def form_blocks(form: str, width: int) -> Blocks:
    """The blocks of that form; ArgumentError lists the forms if there is none."""
    if form not in FORM_BLOCKS:
        raise ArgumentError(f"unknown form {form!r}: choose one of {', '.join(FORM_BLOCKS)}")
    return FORM_BLOCKS[form](width)
