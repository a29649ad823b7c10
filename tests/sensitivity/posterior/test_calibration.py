"""Calibration of probabilities and coverage of intervals, against numbers found by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.posterior.calibration import calibration, coverage, wilson

#: Confidences 0.9, 0.8, 0.6, 0.55 of classes 0, 1, 0, 2; the second and the last are wrong.
BY_HAND = [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.3, 0.15, 0.55]]
TRUTH = [0, 2, 0, 0]


def test_the_numbers_are_those_found_by_hand() -> None:
    found = calibration(BY_HAND, TRUTH, bins=5)
    assert found.low == pytest.approx([0.4, 0.6, 0.8])
    assert found.high == pytest.approx([0.6, 0.8, 1.0])
    assert found.count.tolist() == [2, 1, 1]
    assert found.confidence == pytest.approx([0.575, 0.8, 0.9])
    assert found.accuracy == pytest.approx([0.5, 0.0, 1.0])
    assert found.ece == pytest.approx((2 * 0.075 + 0.8 + 0.1) / 4)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.1, 0.6, 0.3]).mean())
    squares = [0.015, 0.01 + 0.64 + 0.81, 0.16 + 0.09 + 0.01, 0.49 + 0.0225 + 0.3025]
    assert found.brier == pytest.approx(np.mean(squares))


def test_they_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([0.5, 0.5, 0.5], size=400)
    truth = rng.integers(3, size=400)
    found = calibration(shares, truth)
    right = shares.argmax(axis=1) == truth
    accuracy, confidence = calibration_curve(right, shares.max(axis=1), n_bins=10)
    assert found.accuracy == pytest.approx(accuracy, rel=1e-12)
    assert found.confidence == pytest.approx(confidence, rel=1e-12)
    assert found.log_loss == pytest.approx(log_loss(truth, shares), rel=1e-12)
    two = shares[:, :2] / shares[:, :2].sum(axis=1, keepdims=True)
    binary = (truth == 1).astype(int)
    assert calibration(two, binary).brier == pytest.approx(
        2.0 * brier_score_loss(binary, two[:, 1]), rel=1e-12
    )


def test_probabilities_that_mean_what_they_say_have_a_small_error_and_bins_that_show_it() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.ones(4), size=20_000)
    truth = (rng.uniform(size=(20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    found = calibration(shares, truth)
    assert found.ece <= 0.015
    inside = (found.accuracy_low <= found.confidence) & (found.confidence <= found.accuracy_high)
    assert np.mean(inside) >= 0.8
    sure = calibration(np.eye(4)[shares.argmax(axis=1)], truth)
    assert sure.ece == pytest.approx(1.0 - np.mean(shares.argmax(axis=1) == truth))
    assert np.isfinite(sure.log_loss)


def test_a_wilson_interval_is_where_the_score_test_does_not_reject() -> None:
    q = scipy.stats.norm.ppf(0.975)
    for hits, count in ((3, 10), (9, 10), (50, 400)):
        for end in wilson(hits, count):
            score = (hits / count - end) / np.sqrt(end * (1.0 - end) / count)
            assert abs(score) == pytest.approx(q, rel=1e-9)
    assert wilson(0, 5)[0] == 0.0 and wilson(5, 5)[1] == 1.0


def test_normal_errors_are_covered_as_often_as_claimed() -> None:
    rng = np.random.default_rng(2)
    spread = rng.uniform(0.5, 2.0, size=(3000, 2))
    outputs = rng.normal(size=(3000, 2))
    found = coverage(outputs, spread, outputs + spread * rng.normal(size=(3000, 2)))
    assert found.count == 6000
    assert np.abs(found.observed - found.levels).max() <= 3.0 * 0.5 / np.sqrt(6000)
    assert (found.low <= found.observed).all() and (found.observed <= found.high).all()
    narrow = coverage(outputs, 0.5 * spread, outputs + spread * rng.normal(size=(3000, 2)), [0.9])
    assert narrow.observed[0] == pytest.approx(2 * scipy.stats.norm.cdf(1.645 / 2) - 1, abs=0.03)


@pytest.mark.parametrize(
    ("shares", "truth", "message"),
    [
        ([[0.5, 0.6]], [0], "sum up to 1"),
        ([[1.5, -0.5]], [0], "at least 0"),
        ([[0.5, 0.5]], [2], "by position"),
        ([[0.5, 0.5]], [0.0], "position"),
        ([[0.5, 0.5]], [0, 1], "one class a row"),
        ([0.5, 0.5], [0], "shape"),
    ],
)
def test_what_is_no_forecast_is_refused(
    shares: list[list[float]], truth: list[int], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        calibration(shares, truth)


def test_intervals_that_are_none_are_refused() -> None:
    with pytest.raises(ArgumentError, match="one shape"):
        coverage([0.0, 1.0], [1.0], [0.0, 1.0])
    with pytest.raises(ArgumentError, match="deviations"):
        coverage([0.0], [-1.0], [0.0])
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        coverage([0.0], [1.0], [0.0], [1.0])
