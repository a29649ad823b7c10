"""The formulas of conjugate gradients, with and without Powell's restart.

    python scripts/beta_formulas.py [--seeds 3]

Each formula with and without the test that restarts where successive gradients are far from
orthogonal, on the classifier's problems of iris, spirals, circles and 600 digits, the regressor's
of diabetes (l2 = 0.01), the inverse problem of scripts/mesh_independence.py (40 midpoint steps, no
penalty), and spirals in the form "inside"; starts 0, 1, ...; 500 sweeps. Counted are the sweeps
until the cost has come within 10, 1 and 0.3 % of the way from the start to the best cost of all
runs (800 where it does not), over the least count of all runs; geometric means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from mesh_independence import known_answer
from reproduction.page import arguments, table

import standalone_node as sn
from standalone_node.learn.bundled import data_set
from standalone_node.optimize import betas
from standalone_node.optimize.betas import BETAS, powell

SWEEPS, NEVER, SHARES = 500, 800.0, (0.1, 0.01, 0.003)
#: The formulas themselves, without the test that two of them have in the table.
FORMULAS = {
    "FR": betas.fletcher_reeves,
    "PR+": betas.polak_ribiere_plus,
    "FR-PR": betas.fr_pr,
    "HS+": betas.hestenes_stiefel_plus,
    "DY": betas.dai_yuan,
    "HS-DY": betas.hs_dy,
    "HZ": betas.hager_zhang,
}
Case = Callable[[int], tuple[sn.InverseProblem, sn.Parameters]]


def data(name: str, rows: int | None = None, **network: Any) -> Case:
    """The problem of an estimator on the first rows of a data set."""
    found = data_set(name)
    X = pd.read_csv(found.path)
    y = X.pop(found.target).to_numpy()
    estimator = sn.NodeRegressor if name == "diabetes" else sn.NodeClassifier

    def case(seed: int) -> tuple[sn.InverseProblem, sn.Parameters]:
        model = estimator(random_state=seed, **network)
        problem, start = model.inverse_problem(X.to_numpy(float)[:rows], y[:rows])
        return problem, start

    return case


def inverse(seed: int) -> tuple[sn.InverseProblem, sn.Parameters]:
    """A known answer, without penalty."""
    problem = known_answer(41).replaced(steps=40, scheme="midpoint", penalty=None)
    return problem, problem.initial_parameters(seed)


CASES: dict[str, Case] = {
    "iris": data("iris"),
    "spirals": data("spirals"),
    "circles": data("circles"),
    "digits": data("digits", 600),
    "diabetes": data("diabetes", l2=0.01),
    "inverse problem": inverse,
    "spirals, inside": data(
        "spirals", form="inside", activation="tanh", scheme="rk4", steps=10, horizon=8.0, h1=1e-3
    ),
}


def history(problem: sn.InverseProblem, start: sn.Parameters, beta: str) -> tuple[Any, Any]:
    """Costs and sweeps of a run."""

    def spent(row: Any) -> None:
        if row.direct + row.adjoint + row.sensitivity >= SWEEPS:
            raise StopIteration

    found = sn.minimize(
        problem,
        start,
        beta=beta,
        max_iterations=SWEEPS,
        tolerance=0.0,
        cost_tolerance=0.0,
        callback=spent,
    ).history
    return found["cost"], found["direct"] + found["adjoint"] + found["sensitivity"]


def ratios(case: Case, seed: int, names: list[str]) -> dict[str, list[float]]:
    """For each formula the counts over the least one, at every level."""
    runs = {name: history(*case(seed), name) for name in names}
    best = min(float(cost.min()) for cost, _ in runs.values())
    first = float(runs[names[0]][0][0])
    found: dict[str, list[float]] = {name: [] for name in names}
    for share in SHARES:
        level = best + share * (first - best)
        counts = {
            name: float(sweeps[np.argmax(cost <= level)]) if (cost <= level).any() else NEVER
            for name, (cost, sweeps) in runs.items()
        }
        for name in names:
            found[name].append(counts[name] / min(counts.values()))
    return found


def main() -> None:
    """Print a row a formula, a column a problem."""
    given = arguments(__doc__, seeds=3).parse_args()
    for name, formula in FORMULAS.items():
        BETAS[f"{name} without"], BETAS[f"{name} with"] = formula, powell(formula)
    labels = [f"{name} {how}" for name in FORMULAS for how in ("with", "without")]
    logs: dict[str, list[float]] = {label: [] for label in labels}
    for case in CASES.values():
        found = [ratios(case, seed, labels) for seed in range(given.seeds)]
        for label in labels:
            logs[label].append(float(np.mean(np.log([run[label] for run in found]))))
    rows = [
        [label, *(f"{np.exp(value):.2f}" for value in [*row, float(np.mean(row))])]
        for label, row in logs.items()
    ]
    print(table(["β, Powell's test", *CASES, "all"], rows))


if __name__ == "__main__":
    main()
