"""Small problems to minimise, and a run that remembers its iterates."""

from __future__ import annotations

from typing import Any

import numpy as np

from standalone_node import InverseProblem, Parameters, Penalty, Result, minimize


def run(problem: Any, start: Parameters, **options: Any) -> tuple[Result, list[Any]]:
    """The result and all iterates, the start first."""
    rows: list[Any] = []
    return minimize(problem, start, callback=rows.append, **options), rows


def classification() -> InverseProblem:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 2))
    classes = (np.hypot(*x.T) > 1.1).astype(int)
    inputs = np.column_stack([np.zeros((60, 2)), x])
    return InverseProblem(
        inputs, classes, loss="cross-entropy", horizon=3.0, steps=10, penalty=Penalty(l2=1e-3)
    )


def regression(form: str = "outside", activation: str = "tanh") -> InverseProblem:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1.0, 1.0, size=(50, 1))
    inputs = np.column_stack([np.zeros(50), x, np.zeros(50)])
    return InverseProblem(
        inputs,
        np.sin(3.0 * x),
        horizon=1.5,
        steps=8,
        form=form,
        activation=activation,
        scheme="heun",
        penalty=Penalty(h1=1e-3),
    )


PROBLEMS = {
    "classification": classification,
    "regression": regression,
    "a kinked field": lambda: regression("inside", "leaky-relu"),
}
