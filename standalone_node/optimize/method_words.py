"""How a problem was minimised, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standalone_node.model.weights import Weights
from standalone_node.optimize.batches import Batches
from standalone_node.summary import counted

Rows = tuple[tuple[str, str], ...]


def method_rows(
    asked: Mapping[str, Any], max_iterations: int, learnt: Weights, batches: Batches | None
) -> Rows:
    """The method, what it looked for, and when it would have ended.

    Parameters
    ----------
    asked : mapping
        The arguments of `minimize`.
    max_iterations : int
    learnt : Weights
    batches : Batches, optional
    """
    rows = [("method", method_words(asked)), ("learnt", repr(learnt))]
    if batches is not None:
        rows.append(("batches", repr(batches)))
    return (*rows, ("ends", end_words(asked, max_iterations)))


def method_words(asked: Mapping[str, Any]) -> str:
    """The method and the arguments that it reads.

    Examples
    --------
    >>> method_words({"method": "ncg", "beta": "PR+", "line_search": "sensitivity"})
    'ncg, beta = PR+, line_search = sensitivity'
    """
    names = ("beta", "line_search", "restart") if asked["method"] == "ncg" else ("rate",)
    told = (f"{name} = {asked[name]}" for name in names if asked.get(name) is not None)
    return ", ".join([str(asked["method"]), *told])


def end_words(asked: Mapping[str, Any], max_iterations: int) -> str:
    """At what a run ends.

    Examples
    --------
    >>> end_words({"tolerance": 1e-6, "cost_tolerance": 1e-10}, 200)
    'at 1e-06 of the gradient, at 1e-10 of the cost in 5 iterations, or after 200 iterations'
    """
    ends = [f"at {asked['tolerance']:g} of the gradient"]
    ends.append(f"at {asked['cost_tolerance']:g} of the cost in 5 iterations")
    if asked.get("noise_level") is not None:
        ends.append(f"at a residual of {asked['tau'] * asked['noise_level']:.3g}")
    if asked.get("patience") is not None:
        ends.append(f"after {counted(asked['patience'], 'iteration')} without a better score")
    return f"{', '.join(ends)}, or after {counted(max_iterations, 'iteration')}"
