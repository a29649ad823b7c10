"""Sobolev NCG against other metrics, steepest descent, SGD and Adam: sweeps to a given cost.

    python scripts/reproduce_bejjmu.py [--seeds 5] [--sweeps 600] [--figure FILE]

Two spirals and circles (200 rows of data/*.csv): x' = tanh(W x + b) as the papers have it, T = 3,
150 Euler steps, x(0) = [0, 0 | features], squared loss against +1 and -1, so that the answer zero
costs 1. The inverse problem is that of reproduce_bejjmu_inverse.py without noise: T = 1, 40 steps
of the midpoint rule, d = 3, 200 samples. Each of them as the papers' prototype has it, without any
penalty, and well-posed, with the kinetic penalty gamma / 2 times the integral of |theta'|^2. There
are as many depth points as steps + 1, and a seed is that of the smooth start, the same for all
methods (of theta*, the inputs and the order of the batches as well).

Counted are direct, adjoint and sensitivity sweeps, those over a batch by their share of the rows.
Given are two or three costs for each problem; a run ends at the lowest, or after --sweeps sweeps.
SGD and Adam go by batches of 20 rows, with the rates below that get there first (or nearest) from
the start of seed 10, which is none of those counted. Batch NCG does two iterations on each of such
batches. Each cell is a median over the seeds, and in brackets the smallest and the largest; "never"
is beyond all numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from reproduction.courses import Course, Shown, counted, course, drawn_courses, drawn_paths
from reproduction.known_answer import known_answer
from reproduction.page import arguments, save, spread, table

import standalone_node as sn

DATA = Path(__file__).resolve().parents[1] / "data"
ROWS, BATCH, PILOT = 200, 20, 10

LENGTHS = (0.1, 0.3, 1.0, 3.0)
NCG: dict[str, dict[str, Any]] = {
    "Sobolev(1) NCG": {"metric": sn.Sobolev(1.0)},
    "Sobolev(auto) NCG": {"metric": sn.Sobolev("auto")},
    "L² NCG": {"metric": sn.L2()},
    "Euclidean NCG": {"metric": sn.Euclidean()},
    "Sobolev(1) steepest descent": {"metric": sn.Sobolev(1.0), "beta": "SD"},
    "Euclidean steepest descent": {"metric": sn.Euclidean(), "beta": "SD"},
}
OTHERS = {f"Sobolev({x:g}) NCG": {"metric": sn.Sobolev(x)} for x in LENGTHS if x != 1.0}
#: NCG by batches of as many rows as SGD and Adam have, two iterations on each.
BATCHED = {"Sobolev(1) batch NCG": sn.Sobolev(1.0), "L² batch NCG": sn.L2()}
RATES: dict[str, tuple[float, ...]] = {
    "sgd": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
    "adam": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}


def classes(name: str, gamma: float, seed: int) -> sn.InverseProblem:
    """Spirals or circles with output channels of their own; the rows do not depend on the seed."""
    with (DATA / f"{name}.csv").open(newline="") as file:
        lines = list(csv.reader(file))[1:]
    taken = [lines[k] for k in np.random.default_rng(0).permutation(len(lines))[:ROWS]]
    features = np.array([line[:-1] for line in taken], dtype=float)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    answers = np.unique([line[-1] for line in taken], return_inverse=True)[1]
    return sn.InverseProblem(
        np.hstack([np.zeros((ROWS, 2)), features]),
        2.0 * np.eye(2)[answers] - 1.0,
        horizon=3.0,
        steps=150,
        scheme="euler",
        penalty=sn.Penalty(h1=gamma),
        threads=1,
    )


def inverse(gamma: float, seed: int) -> sn.InverseProblem:
    """The inverse problem with a known answer, without noise."""
    problem: sn.InverseProblem = known_answer(seed, penalty=sn.Penalty(h1=gamma)).problem
    return problem


@dataclass(frozen=True)
class Case:
    """A problem and the costs to be reached, the lowest last."""

    make: Callable[[float, int], sn.InverseProblem]
    gamma: float
    levels: tuple[float, ...]


def _class(name: str) -> Callable[[float, int], sn.InverseProblem]:
    return lambda gamma, seed: classes(name, gamma, seed)


CASES = {
    "spirals": Case(_class("spirals"), 0.0, (0.3, 0.1)),
    "spirals, γ = 0.03": Case(_class("spirals"), 0.03, (0.5, 0.3)),
    "inverse": Case(inverse, 0.0, (1e-2, 1e-3, 1e-4)),
    "inverse, γ = 0.001": Case(inverse, 1e-3, (1e-2, 3e-3)),
    "circles": Case(_class("circles"), 0.0, (0.3, 0.1)),
    "circles, γ = 0.03": Case(_class("circles"), 0.03, (0.5, 0.3)),
}


def stepwise(method: str, rate: float, seed: int, budget: float) -> dict[str, Any]:
    """The arguments of `minimize` for SGD or Adam with enough epochs."""
    epochs = int(budget) // 2 + 1
    return {
        "method": method,
        "rate": rate,
        "batches": sn.Batches(size=BATCH, epochs=epochs, seed=seed),
    }


def batched(metric: Any, seed: int, budget: float) -> dict[str, Any]:
    """The arguments of `minimize` for NCG by batches."""
    epochs = int(budget) // 2 + 1
    return {
        "metric": metric,
        "batches": sn.Batches(size=BATCH, iterations=2, epochs=epochs, seed=seed),
    }


def best_rate(case: Case, method: str, budget: float) -> float:
    """The rate of the sweep that reaches the lowest cost first, or gets nearest to it."""
    problem = case.make(case.gamma, PILOT)

    def score(rate: float) -> tuple[float, float]:
        options = stepwise(method, rate, PILOT, budget)
        run = course(problem, PILOT, case.levels, budget, **options)
        return float(np.nan_to_num(run.sweeps_to(case.levels[-1]), nan=np.inf)), min(run.costs)

    return min(RATES[method], key=score)


def runs(case: Case, seeds: range, budget: float) -> dict[str, list[Course]]:
    """The courses of all methods, from all starts."""
    problems = [case.make(case.gamma, seed) for seed in seeds]

    def each(options: Callable[[int], Mapping[str, Any]]) -> list[Course]:
        return [
            course(problem, seed, case.levels, budget, **options(seed))
            for problem, seed in zip(problems, seeds, strict=True)
        ]

    found = {name: each(lambda _, o=options: o) for name, options in (NCG | OTHERS).items()}  # type: ignore[misc]
    for name, metric in BATCHED.items():
        found[name] = each(lambda seed, m=metric: batched(m, seed, budget))  # type: ignore[misc]
    for method, name in (("sgd", "SGD"), ("adam", "Adam")):
        rate = best_rate(case, method, budget)
        found[f"{name}, rate {rate:g}"] = each(
            lambda seed, m=method, r=rate: stepwise(m, r, seed, budget)  # type: ignore[misc]
        )
    return found


def sweeps_table(found: dict[str, list[Course]], case: Case) -> str:
    """Sweeps to the given costs, method by method."""
    rows = [
        (name, *(counted(c.sweeps_to(v) for c in courses) for v in case.levels))
        for name, courses in found.items()
        if name not in OTHERS
    ]
    return table(("method", *(f"sweeps to cost {v:g}" for v in case.levels)), rows)


def inner_roughness(p: sn.Parameters) -> float:
    """The integral of |theta'|^2 without the first and the last interval of the depth grid."""
    jumps = np.square(np.diff(p.values, axis=0)).sum(axis=1) / np.diff(p.times)
    return float(jumps[1:-1].sum())


def smoothness(found: dict[str, dict[str, list[Course]]]) -> str:
    """By how much Sobolev NCG is smoother than Euclidean and L2 NCG where costs are equal."""
    rows = []
    for name, courses in found.items():
        for level in CASES[name].levels:
            smooth = courses["Sobolev(1) NCG"]
            cells: list[str] = []
            for other in ("Euclidean NCG", "L² NCG"):
                pairs = [
                    (a.reached[level][1], b.reached[level][1])
                    for a, b in zip(smooth, courses[other], strict=True)
                    if level in a.reached and level in b.reached
                ]
                cells.append(_ratios(b.roughness / a.roughness for a, b in pairs))
                cells.append(_ratios(inner_roughness(b) / inner_roughness(a) for a, b in pairs))
            reached = [c.reached[level][1].roughness for c in smooth if level in c.reached]
            rows.append((name, f"{level:g}", _ratios(reached), *cells))
    heads = (
        "problem",
        "cost",
        "Sobolev(1)",
        "Euclidean",
        "without its ends",
        "L²",
        "without its ends",
    )
    return table(heads, rows)


def _ratios(values: Any) -> str:
    listed = list(values)
    return f"{spread(listed)}, n = {len(listed)}" if listed else "none"


def lengths_table(found: dict[str, dict[str, list[Course]]], budget: float) -> str:
    """Sweeps to the given costs for each smoothing length, as ratios to the best fixed one."""
    names = ["L² NCG", *(f"Sobolev({x:g}) NCG" for x in LENGTHS), "Sobolev(auto) NCG"]
    rows = []
    for case, courses in found.items():
        for level in CASES[case].levels:
            sweeps = [[c.sweeps_to(level) for c in courses[name]] for name in names]
            counted = np.nan_to_num(np.array(sweeps), nan=1.5 * budget)
            means = np.exp(np.log(counted).mean(axis=1))
            best = means[:-1].min()
            rows.append((case, f"{level:g}", f"{best:.0f}", *(f"{m / best:.2f}" for m in means)))
    heads = ("problem", "cost", "best", "L²", *(f"ℓ = {x:g}" for x in LENGTHS), "auto")
    return table(heads, rows)


def crossover(seeds: range, budget: float) -> str:
    """Where smoothing begins to pay: the kinetic penalty and the depth grid of the inverse problem.

    Sweeps to a cost a thousandth of the way from the lowest found, from that seed, to the start.
    """
    names = ["Sobolev(1) NCG", "Sobolev(auto) NCG", "L² NCG", "Euclidean NCG"]
    rows = []
    for steps, gamma in product((40, 160), (0.0, 1e-4, 1e-3, 1e-2)):
        sweeps: dict[str, list[float]] = {name: [] for name in names}
        for seed in seeds:
            problem = known_answer(seed, steps=steps, penalty=sn.Penalty(h1=gamma)).problem
            found = [course(problem, seed, (0.0,), budget, **NCG[name]) for name in names]
            least = min(min(run.costs) for run in found)
            level = least + 1e-3 * (found[0].costs[0] - least)
            for name, run in zip(names, found, strict=True):
                sweeps[name].append(run.first(level))
        rows.append((steps, f"{gamma:g}", *(counted(sweeps[name]) for name in names)))
    return table(("steps", "γ", *names), rows)


def shown(found: dict[str, dict[str, list[Course]]]) -> dict[str, Shown]:
    """What the figures show: the first seed, without the other lengths."""
    return {
        name: Shown(
            {
                method.split(",")[0]: run[0]
                for method, run in courses.items()
                if method not in OTHERS
            },
            CASES[name].levels,
        )
        for name, courses in found.items()
    }


def main() -> None:
    """Print the tables, and draw the figures."""
    parser = arguments(__doc__)
    parser.add_argument("--sweeps", type=float, default=600, help="of a run, at most")
    parser.add_argument("--paths", metavar="FILE", help="where a figure of the weights goes")
    given = parser.parse_args()
    found = {}
    for name, case in CASES.items():
        found[name] = runs(case, range(given.seeds), given.sweeps)
        print(f"### {name}", sweeps_table(found[name], case), sep="\n\n", end="\n\n", flush=True)
    heading = (
        "### Roughness ∫\\|θ'\\|² of Sobolev(1) NCG, and how many times rougher the others are"
    )
    print(heading, smoothness(found), sep="\n\n", end="\n\n")
    lengths = lengths_table(found, given.sweeps)
    print("### Smoothing lengths", lengths, sep="\n\n", end="\n\n", flush=True)
    heading = "### Where smoothing begins to pay: the inverse problem"
    print(heading, crossover(range(given.seeds), given.sweeps), sep="\n\n")
    if given.figure:
        save(drawn_courses(shown(found)), given.figure)
    if given.paths:
        save(drawn_paths(shown(found)), given.paths)


if __name__ == "__main__":
    main()
