"""Small models of every kind, made once, and a screen on which nothing is shown."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from fields import Epidemic
from matplotlib import pyplot

import standalone_node as sn


@dataclass(frozen=True, eq=False)
class Models:
    """A classifier of two named features, a regressor of three, a problem and a user's field."""

    X: pd.DataFrame
    y: np.ndarray
    classifier: sn.NodeClassifier
    rows: np.ndarray
    values: np.ndarray
    regressor: sn.NodeRegressor
    problem: sn.InverseProblem
    parameters: sn.Parameters
    field: sn.FieldProblem
    rates: sn.Parameters


def _problem() -> tuple[sn.InverseProblem, sn.Parameters]:
    rng = np.random.default_rng(5)
    inputs = rng.normal(size=(9, 2))
    targets = (inputs[:, 0] > 0.0).astype(int)
    problem = sn.InverseProblem(
        inputs, targets, loss="cross-entropy", steps=4, scheme="heun", activation="sine"
    )
    return problem, problem.initial_parameters(seed=1, scale=1.0)


def _field() -> tuple[sn.FieldProblem, sn.Parameters]:
    times = np.linspace(0.0, 8.0, 5)
    observed = sn.Observations(times[1:], np.zeros((4, 1, 3)))
    problem = sn.FieldProblem(Epidemic(), [[0.9, 0.1, 0.0]], observed, horizon=8.0, steps=8)
    return problem, problem.initial_parameters({"beta": 0.5, "gamma": 0.2})


@pytest.fixture(scope="session")
def models() -> Models:
    """Fits of a few iterations."""
    rng = np.random.default_rng(4)
    X = pd.DataFrame(rng.normal(3.0, 2.0, (40, 2)), columns=["weight $_kg$", "height"])
    y = np.where(X["height"] > 3.0, "tall", "small")
    rows = rng.normal(size=(30, 3))
    values = 100.0 + 20.0 * rows[:, 0]
    arguments: dict[str, Any] = {"max_iterations": 4, "steps": 3, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier = sn.NodeClassifier(**arguments).fit(X, y)
        regressor = sn.NodeRegressor(l2=0.01, augment=1, **arguments).fit(rows, values)
    return Models(X, y, classifier, rows, values, regressor, *_problem(), *_field())


@pytest.fixture(autouse=True)
def screen() -> Iterator[None]:
    """Pyplot without a window, and nothing of it left over."""
    matplotlib.use("agg")
    yield
    pyplot.close("all")
