"""Sweeps to a given cost, against the smoothing length of the Sobolev metric.

    python scripts/smoothing_length.py [--seeds 5] [--first 0] [--only WORD] [--threads 1]

Cases: two spirals, circles, iris and digits (random rows of data/*.csv, own channels, alpha 1e-4),
and an inverse problem with a known smooth theta*(t): 200 states in three dimensions, the data from
160 Dormand-Prince steps, with noise of 1 % where named so. "gamma" is the weight of the kinetic
penalty. A seed draws rows, start and theta*. Lengths: 0 (the L2 metric), 0.1, 0.3, 1, 3 and "auto",
120 iterations each; 0.102 as well, which is not among those to be compared with: by how much it
differs from 0.1 shows what chance does.

The given cost lies a tenth, and a hundredth, of the way from the best cost of the fixed lengths up
to the start. Counted are direct, adjoint and sensitivity sweeps, those for choosing a length
included; a run that does not get there counts one and a half times its sweeps. Printed are the
geometric means over the seeds as ratios to the fixed length that is best in that row.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.learn.layout import Layout
from standalone_node.learn.scaling import Scaling

Array = NDArray[Any]
Make = Callable[[int, int], sn.InverseProblem]

DATA = Path(__file__).resolve().parents[1] / "data"
FIXED: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0, 3.0)
#: Next to 0.1: where the two differ, sweeps are a matter of chance.
CONTROL = 0.102
LENGTHS: tuple[float | str, ...] = (*FIXED, CONTROL, "auto")
LEVELS = (0.1, 0.01)
ITERATIONS = 120
#: What a run that misses the cost counts, in its own sweeps.
MISSED = 1.5


def table(name: str, rows: int, *, gamma: float = 0.0, **arguments: Any) -> Make:
    """A classification of so many rows of a bundled file."""

    def make(seed: int, threads: int) -> sn.InverseProblem:
        with (DATA / f"{name}.csv").open(newline="") as file:
            lines = list(csv.reader(file))[1:]
        taken = np.random.default_rng(seed).permutation(len(lines))[:rows]
        features = np.array([lines[k][:-1] for k in taken], dtype=float)
        classes = np.unique([line[-1] for line in lines], return_inverse=True)[1]
        scaled = Scaling.of_features(features, np.ones(len(taken))).apply(features)
        layout = Layout("own", int(classes.max()) + 1, features.shape[1], 0)
        return sn.InverseProblem(
            layout.states(scaled),
            classes[taken],
            outputs=layout.outputs,
            penalty=sn.Penalty(l2=1e-4, h1=gamma),
            threads=threads,
            **{"loss": "cross-entropy", **arguments},
        )

    return make


def known_answer(*, noise: float = 0.0, gamma: float = 0.0, **arguments: Any) -> Make:
    """The inverse problem whose data come from a finer grid and another scheme."""

    def make(seed: int, threads: int) -> sn.InverseProblem:
        rng = np.random.default_rng(1000 + seed)
        inputs = rng.standard_normal((200, 3))
        problem = sn.InverseProblem(inputs, np.zeros_like(inputs), threads=threads, **arguments)
        finer = problem.replaced(steps=160, scheme="dopri5")
        carried = finer.solve_direct(finer.initial_parameters(1000 + seed, scale=1.0))[-1]
        spread = noise * np.sqrt(np.mean((carried - inputs) ** 2))
        data = carried + spread * rng.standard_normal(carried.shape)
        return problem.replaced(targets=data, penalty=sn.Penalty(h1=gamma))

    return make


CASES: dict[str, Make] = {
    "spirals inside T=1": table("spirals", 200, form="inside", horizon=1.0, steps=20),
    "spirals inside T=4": table("spirals", 200, form="inside", horizon=4.0, steps=40),
    "spirals outside T=2": table("spirals", 200, form="outside", horizon=2.0, steps=40),
    "spirals outside T=6": table("spirals", 200, form="outside", horizon=6.0, steps=60),
    "spirals T=1 gamma=1e-2": table("spirals", 200, horizon=1.0, steps=20, gamma=1e-2),
    "spirals outside T=4 gamma=1e-3": table(
        "spirals", 200, form="outside", horizon=4.0, steps=40, gamma=1e-3
    ),
    "circles inside T=1 squared": table(
        "circles", 150, form="inside", horizon=1.0, steps=20, loss="squared"
    ),
    "circles outside T=3 squared": table(
        "circles", 150, form="outside", horizon=3.0, steps=30, loss="squared"
    ),
    "circles T=3 gamma=1e-2": table("circles", 150, horizon=3.0, steps=30, gamma=1e-2),
    "inverse inside T=1": known_answer(form="inside", horizon=1.0, steps=20),
    "inverse inside T=4 noise": known_answer(form="inside", horizon=4.0, steps=40, noise=0.01),
    "inverse outside T=3 noise": known_answer(form="outside", horizon=3.0, steps=30, noise=0.01),
    "inverse T=2 gamma=1e-1": known_answer(horizon=2.0, steps=40, gamma=0.1),
    "iris outside T=3": table("iris", 150, form="outside", horizon=3.0, steps=30),
    "iris T=1 gamma=1e-2": table("iris", 150, form="outside", horizon=1.0, steps=20, gamma=1e-2),
    "digits T=3 euler": table("digits", 200, horizon=3.0, steps=20, scheme="euler"),
}


def course(
    problem: sn.InverseProblem, seed: int, length: float | str
) -> tuple[Array, Array, float]:
    """Sweeps and costs of a run, row by row, and the length it ended with."""
    result = sn.minimize(
        problem,
        problem.initial_parameters(seed),
        metric=sn.Sobolev(length),
        max_iterations=ITERATIONS,
        tolerance=0.0,
        cost_tolerance=0.0,
    )
    history = result.history
    sweeps = history["direct"] + history["adjoint"] + history["sensitivity"]
    return sweeps, history["cost"], result.metric.length


def sweeps_to(level: float, sweeps: Array, costs: Array) -> float:
    """Sweeps until the cost is at the level or below."""
    reached = np.flatnonzero(costs <= level)
    return float(sweeps[reached[0]]) if reached.size else MISSED * float(sweeps[-1])


def ratios(make: Make, seeds: range, threads: int) -> tuple[list[tuple[float, Array]], float]:
    """For each level the sweeps of the best fixed length and all ratios; the median length."""
    logs = np.zeros((len(seeds), len(LEVELS), len(LENGTHS)))
    chosen = []
    for row, seed in enumerate(seeds):
        problem = make(seed, threads)
        runs = [course(problem, seed, length) for length in LENGTHS]
        least = min(costs.min() for _, costs, _ in runs[: len(FIXED)])
        for k, share in enumerate(LEVELS):
            level = least + share * (runs[0][1][0] - least)
            logs[row, k] = [np.log(sweeps_to(level, *run[:2])) for run in runs]
        chosen.append(runs[-1][2])
    means = np.exp(logs.mean(axis=0))
    best = means[:, : len(FIXED)].min(axis=1)
    return [(b, m / b) for b, m in zip(best, means, strict=True)], float(np.median(chosen))


def main() -> None:
    """Print the table, its worst and its mean ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--only", default="", metavar="WORD", help="cases with this in their name")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    seeds, began, rows = range(arguments.first, arguments.first + arguments.seeds), time.time(), []
    names = ["L2", *map(str, LENGTHS[1:])]
    print("sweeps to a cost, ratio to the best fixed length: seeds", *seeds)
    print(f"{'case':<32}{'level':>6}{'sweeps':>8}" + "".join(f"{n:>7}" for n in names) + "  chosen")
    for name, make in CASES.items():
        if arguments.only not in name:
            continue
        found, length = ratios(make, seeds, arguments.threads)
        for share, (best, row) in zip(LEVELS, found, strict=True):
            rows.append(row)
            print(f"{name:<32}{share:>6}{best:>8.0f}", end="")
            print("".join(f"{r:>7.2f}" for r in row) + f"{length:>8.3f}", flush=True)
    if rows:
        print(f"{'worst':<46}" + "".join(f"{r:>7.2f}" for r in np.max(rows, axis=0)))
        mean = np.exp(np.mean(np.log(rows), axis=0))
        print(f"{'geometric mean':<46}" + "".join(f"{r:>7.2f}" for r in mean))
        over = np.mean(np.array(rows) > 1.2, axis=0)
        print(f"{'rows above 1.2':<46}" + "".join(f"{r:>7.0%}" for r in over))
    print(f"{time.time() - began:.0f} seconds")


if __name__ == "__main__":
    main()
