"""scikit-learn's own suite of what an estimator has to do, with nothing that is expected to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import standalone_node as sn

#: Both as they are made, and what a few options change most.
ESTIMATORS = [
    sn.NodeClassifier(),
    sn.NodeRegressor(),
    sn.NodeClassifier(loss="logistic", class_weight="balanced"),
    sn.NodeClassifier(
        weights="galerkin", modes=3, batch_size=20, epochs=4, validation_share=0.3, patience=3
    ),
    sn.NodeRegressor(l2=1e-3, loss="huber", continuation=(1, 2), channels="shared", rtol=1e-2),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_own_checks(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], Any]
) -> None:
    check(estimator)
