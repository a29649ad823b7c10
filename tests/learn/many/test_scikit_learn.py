"""scikit-learn's own tools over the same cluster, by joblib's backend: the same scores."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import standalone_node as sn
from standalone_node.errors import ArgumentError

RNG = np.random.default_rng(1)
X = RNG.normal(size=(36, 2))
Y = (X[:, 0] * X[:, 1] > 0.0).astype(int)
NETWORK = sn.NodeClassifier(max_iterations=4, steps=2)


@pytest.fixture
def cluster(client: Any) -> Iterator[Any]:
    with warnings.catch_warnings(), client.as_current():
        warnings.simplefilter("ignore")
        yield joblib.parallel_config(backend="dask")


def test_cross_val_score_is_the_same(cluster: Any) -> None:
    here = cross_val_score(NETWORK, X, Y, cv=3)
    with cluster:
        assert np.array_equal(cross_val_score(NETWORK, X, Y, cv=3), here)


def test_a_fit_in_a_task_does_not_wait_for_the_thread_that_it_has(cluster: Any) -> None:
    within = sn.NodeClassifier(max_iterations=4, steps=2, engine="dask")
    with cluster, pytest.raises(ArgumentError, match=r"in a task .* leave it at 'local'"):
        cross_val_score(within, X, Y, cv=2, error_score="raise")


def test_a_grid_search_is_the_same(cluster: Any) -> None:
    grid = {"l2": [1e-3, 1e-1], "activation": ["tanh", "sine"]}

    def search() -> Any:
        return GridSearchCV(NETWORK, grid, cv=2).fit(X, Y)

    here = search()
    with cluster:
        there = search()
    assert there.best_params_ == here.best_params_
    for column in ("mean_test_score", "std_test_score", "rank_test_score"):
        assert np.array_equal(there.cv_results_[column], here.cv_results_[column])
    best = here.best_estimator_.parameters_.values
    assert np.array_equal(there.best_estimator_.parameters_.values, best)
