"""[HXL] 1: do evolving weights converge faster than constant ones?"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from reproduction.classes import classification, start_of
from reproduction.followed import Course, follow
from reproduction.page import plain_decades, spread, table

#: Seeds 0 to 4 of both data sets served to choose two constants of the evolving weights' metric.
FIRST_SEED = 10
WEIGHTS: dict[str, Any] = {
    "constant": sn.Constant(),
    "evolving": sn.Evolving(width=8),
    "free": sn.Free(),
}
CASES = {
    f"{name}, {form}": (name, {"form": form, "horizon": 4.0})
    for name in ("digits", "spirals")
    for form in ("inside", "outside")
}
#: What is common: fixed before the first run.
COMMON: dict[str, Any] = {
    "steps": 20,
    "scheme": "midpoint",
    "activation": "tanh",
    "penalty": sn.Penalty(l2=1e-4, h1=1e-3),
}
Runs = dict[tuple[str, str], list[Course]]


def runs(seeds: int, rows: int, iterations: int) -> Runs:
    """Every case with every choice of weights, from the same start for each seed."""
    found: Runs = {(case, name): [] for case in CASES for name in WEIGHTS}
    for case, (data, options) in CASES.items():
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            problem = classification(data, rows, seed, **COMMON, **options)
            # One value for all depths, which all of the choices can begin with.
            p = constant(start_of(problem, seed))
            for weights in WEIGHTS.values() if seed == FIRST_SEED else ():
                trained(problem, p, weights, 2)  # loads and compiles
            for name, weights in WEIGHTS.items():
                found[case, name].append(trained(problem, p, weights, iterations))
                print(f"{case}, {name}, seed {seed}", file=sys.stderr, flush=True)
    return found


def constant(p: sn.Parameters) -> sn.Parameters:
    """The mean over depth."""
    weights = sn.Constant().on(p)
    return weights.apply(weights.coordinates(p))


def trained(
    problem: sn.InverseProblem, start: sn.Parameters, weights: Any, iterations: int
) -> Course:
    """Conjugate gradients with the defaults of `minimize`, for so many iterations."""

    def run(callback: Any) -> Any:
        return sn.minimize(
            problem,
            start,
            weights=weights,
            max_iterations=iterations,
            tolerance=0.0,
            cost_tolerance=0.0,
            callback=callback,
        )

    return follow(run)[0]


def marks(iterations: int) -> list[int]:
    """The iterations that are shown: a tenth, a third, all."""
    return [max(1, iterations // 10), max(1, iterations // 3), iterations]


def costs_table(found: Runs, iterations: int) -> str:
    """The cost after so many iterations, and what an iteration takes."""
    shown = marks(iterations)
    rows = []
    for (case, name), courses in found.items():
        after = (spread(c.costs[min(k, len(c.costs) - 1)] for c in courses) for k in shown)
        each = spread(1e3 * c.seconds[-1] / max(1, len(c.costs) - 1) for c in courses)
        rows.append((case, name, *after, each))
    heads = ("data, form", "weights", *(f"cost after {k}" for k in shown), "ms an iteration")
    return table(heads, rows)


def ratios_table(found: Runs, iterations: int) -> str:
    """Iterations and seconds to the cost that constant weights have reached, as ratios to theirs.

    Below 1: faster than constant weights.
    """
    rows = []
    for case in CASES:
        for name in list(WEIGHTS)[1:]:
            cells: list[str] = []
            for k in marks(iterations):
                pairs = list(zip(found[case, "constant"], found[case, name], strict=True))
                cells += [spread(ratio(a, b, k, what) for a, b in pairs) for what in WHAT]
            rows.append((case, name, *cells))
    heads = [f"{what}, {k}" for k in marks(iterations) for what in WHAT]
    return table(("data, form", "weights", *heads), rows)


WHAT = ("iterations", "seconds")


def ratio(constant: Course, other: Course, k: int, what: str) -> float:
    """How long `other` takes to the cost that constant weights have after k iterations."""
    level = constant.costs[min(k, len(constant.costs) - 1)]
    if what == "iterations":
        return other.iterations_to(level) / max(1.0, constant.iterations_to(level))
    return other.when("seconds", level) / constant.when("seconds", level)


def drawn(found: Runs) -> Any:
    """Cost against iterations and against seconds: the medians, and what lies between the runs."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import OKABE_ITO, style

    with style():
        figure, axes = plt.subplots(2, len(CASES), figsize=(12.0, 5.4), layout="constrained")
        for column, case in zip(axes.T, CASES, strict=True):
            for colour, name in zip(OKABE_ITO, WEIGHTS, strict=False):
                courses = found[case, name]
                length = min(len(c.costs) for c in courses)
                costs = np.array([c.costs[:length] for c in courses])
                seconds = np.median([c.seconds[:length] for c in courses], axis=0)
                for place, x in zip(column, (np.arange(length), seconds), strict=True):
                    _band(place, x, costs, colour, name)
            column[0].set_title(case)
            column[0].set_xlabel("iterations")
            column[1].set_xlabel("seconds, one thread")
        for place in axes[:, 0]:
            place.set_ylabel("cost")
        axes[0, 0].legend()
    return figure


def _band(place: Any, x: NDArray[Any], costs: NDArray[Any], colour: str, label: str) -> None:
    place.semilogy(x, np.median(costs, axis=0), color=colour, label=label)
    plain_decades(place.yaxis, 1.0, 2.0, 5.0)
    place.fill_between(x, costs.min(axis=0), costs.max(axis=0), color=colour, alpha=0.15, lw=0.0)
