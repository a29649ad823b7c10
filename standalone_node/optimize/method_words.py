"""How a problem was minimised, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standalone_node.model.blockwise import Blockwise
from standalone_node.model.weights import Constant, Evolving, Free, Galerkin, Weights
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.metrics import Sobolev
from standalone_node.summary import counted

Rows = tuple[tuple[str, str], ...]

#: What is said of the arguments that a method reads.
ARGUMENTS = {
    "beta": "beta {}",
    "line_search": 'line search "{}"',
    "restart": "restarted every {} iterations",
    "rate": "rate {}",
}


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
    rows = [("method", method_words(asked)), ("learnt", learnt_words(learnt))]
    if batches is not None:
        rows.append(("batches", batches_words(batches)))
    return (*rows, ("ends", end_words(asked, max_iterations)))


def method_words(asked: Mapping[str, Any]) -> str:
    """The method and the arguments that it reads.

    Examples
    --------
    >>> method_words({"method": "ncg", "beta": "PR+", "line_search": "sensitivity"})
    'ncg, beta PR+, line search "sensitivity"'
    """
    names = ("beta", "line_search", "restart") if asked["method"] == "ncg" else ("rate",)
    told = (ARGUMENTS[name].format(asked[name]) for name in names if asked.get(name) is not None)
    return ", ".join([str(asked["method"]), *told])


def metric_words(metric: Any) -> str:
    """The metric of gradients.

    Examples
    --------
    >>> metric_words(Sobolev(0.08)), metric_words(None)
    ('Sobolev, length 0.08', 'none: the partials as they are')
    """
    if metric is None:
        return "none: the partials as they are"
    if not isinstance(metric, Sobolev):
        return type(metric).__name__
    length = metric.length if isinstance(metric.length, str) else f"{metric.length:.4g}"
    ends = "" if metric.ends == "natural" else f", ends {metric.ends}"
    return f"Sobolev, length {length}{ends}"


def learnt_words(learnt: Weights) -> str:
    """What is learnt of the parameters.

    Examples
    --------
    >>> learnt_words(Free()), learnt_words(Galerkin("fourier", 5))
    ('theta at every node of the depth grid', '5 coefficients of a fourier series in depth')
    """
    if isinstance(learnt, Free):
        return "theta at every node of the depth grid"
    if isinstance(learnt, Constant):
        return "one theta for all depths"
    if isinstance(learnt, Galerkin):
        modes = "the" if learnt.modes is None else f"{learnt.modes}"
        return f"{modes} coefficients of a {learnt.basis} series in depth"
    if isinstance(learnt, Evolving):
        units = counted(learnt.width, "hidden unit")
        return f"a differential equation of theta, with {units}, by {learnt.scheme}"
    if isinstance(learnt, Blockwise):
        constant = ", ".join(learnt.constant)
        scaled = ", ".join(f"{name} in units of {size:g}" for name, size in learnt.scale.items())
        words = ["functions of t" + (f", but constants {constant}" if constant else ""), scaled]
        return "; ".join(word for word in words if word)
    return type(learnt).__name__


def batches_words(batches: Batches) -> str:
    """How the rows are gone through.

    Examples
    --------
    >>> batches_words(Batches(50, epochs=3, iterations=2, proximal=0.1))
    '50 rows each, 3 epochs, 2 iterations on each, proximal term 0.1'
    """
    words = [f"{counted(batches.size, 'row')} each", counted(batches.epochs, "epoch")]
    if batches.iterations is not None:
        words.append(f"{counted(batches.iterations, 'iteration')} on each")
    if batches.proximal:
        words.append(f"proximal term {batches.proximal:g}")
    return ", ".join(words)


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
