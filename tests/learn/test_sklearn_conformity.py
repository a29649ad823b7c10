"""scikit-learn's own suite of what an estimator has to do; nothing is expected to fail.

Quantities have a file of their own, `test_sklearn_conformity_of_quantities.py`: each file has a
process of its own, and together they take longer than any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import standalone_node as sn


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [sn.NodeClassifier(), sn.NodeClassifier(loss="logistic", max_iterations=40)]
)
def test_scikit_learns_own_checks(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], Any]
) -> None:
    check(estimator)
