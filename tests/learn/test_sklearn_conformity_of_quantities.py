"""scikit-learn's own suite, for quantities; nothing is expected to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import standalone_node as sn


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([sn.NodeRegressor()])
def test_scikit_learns_own_checks(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], Any]
) -> None:
    check(estimator)
