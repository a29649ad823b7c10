"""Iterations of NCG against the number of depth points, for three metrics.

    python scripts/mesh_independence.py [--seeds 5] [--points 21 41 81 161 321] [--beta PR+]

An inverse problem with a known answer: 100 random states in three dimensions, and where a smooth
theta*(t) carries them by depth 2; squared loss, gamma = 1e-2. One time grid of 320 Euler steps
contains every depth grid, and the start is the same smooth function on each. Counted are the
iterations until the gradient norm in the metric is 1e-2 of its start, at most 400.
"""

from __future__ import annotations

import argparse

import numpy as np

import standalone_node as sn
from standalone_node.optimize.metrics import Metric

METRICS: dict[str, Metric] = {
    "Sobolev(1)": sn.Sobolev(1.0),
    "L2": sn.L2(),
    "Euclidean": sn.Euclidean(),
}
LIMIT = 400
STEPS = 320


def known_answer(points: int) -> sn.InverseProblem:
    """The inverse problem on a depth grid of that many points."""
    inputs = np.random.default_rng(1000).standard_normal((100, 3))
    problem = sn.InverseProblem(
        inputs,
        np.zeros_like(inputs),
        horizon=2.0,
        steps=STEPS,
        scheme="euler",
        penalty=sn.Penalty(h1=1e-2),
    )
    truth = problem.initial_parameters(seed=77, scale=1.0)
    return problem.replaced(targets=problem.solve_direct(truth)[-1], depth_points=points)


def iterations(points: int, metric: Metric, seed: int, beta: str) -> int:
    """Iterations to a relative gradient norm of 1e-2, LIMIT if they do not suffice."""
    problem = known_answer(points)
    result = sn.minimize(
        problem,
        problem.initial_parameters(seed=seed),
        metric=metric,
        beta=beta,
        tolerance=1e-2,
        cost_tolerance=0.0,
        max_iterations=LIMIT,
    )
    return int(result.nit)


def main() -> None:
    """Print the medians over the seeds, with the smallest and largest count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="starts 0, 1, … (default 5)")
    parser.add_argument("--points", type=int, nargs="+", default=[21, 41, 81, 161, 321])
    parser.add_argument("--beta", default="PR+")
    arguments = parser.parse_args()
    print("iterations to a relative gradient norm of 1e-2: median (smallest-largest)")
    print(f"{'depth points':>12}" + "".join(f"{points:>16}" for points in arguments.points))
    for name, metric in METRICS.items():
        print(f"{name:>12}", end="", flush=True)
        for points in arguments.points:
            counts = [iterations(points, metric, s, arguments.beta) for s in range(arguments.seeds)]
            spread = f"({min(counts)}-{max(counts)})"
            print(f"{np.median(counts):>7.0f} {spread:<8}", end="", flush=True)
        print()


if __name__ == "__main__":
    main()
