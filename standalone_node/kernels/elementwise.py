"""Activations by themselves, outside of a sweep."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import kernel, named


@cache
def elementwise(activation: str) -> Callable[..., None]:
    """``(z, value, slope)`` over flat arrays; compiled when it is first called.

    What stands in `ACTIVATIONS` does the same without being compiled, a hundred times as slowly.
    """
    activate = ACTIVATIONS[activation]

    @kernel
    @named("elementwise", activation)
    def activated(z, value, slope):  # type: ignore[no-untyped-def]
        activate(z, value, slope)

    return activated
