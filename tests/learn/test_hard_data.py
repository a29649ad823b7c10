"""Data and settings that go wrong: a sentence, or a named end with a model that predicts."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.errors import NodeError
from standalone_node.optimize.stopping import END_STATES

Array = NDArray[Any]
ROWS = 24
RNG = np.random.default_rng(5)
X = RNG.normal(size=(ROWS, 3))
CLASSES = (X[:, 0] > 0.0).astype(int)
VALUES = X[:, 0] + np.sin(X[:, 1])
ORDER = np.argsort(CLASSES)
FIRST = np.arange(ROWS) < 5
ONE = np.arange(ROWS) == 4


class Case(NamedTuple):
    """Rows, targets, and what is set."""

    X: Array
    y: Array
    settings: dict[str, Any] = {}  # noqa: RUF012
    weights: Array | None = None


def _shared(**settings: Any) -> dict[str, Any]:
    return {"channels": "shared", **settings}


#: What can be learnt from, however little there is to learn.
USABLE = {
    "identical rows": Case(np.ones((ROWS, 3)), CLASSES),
    "identical rows and targets": Case(np.ones((ROWS, 3)), np.ones(ROWS)),
    "identical rows, weight chosen": Case(np.ones((ROWS, 3)), VALUES, {"l2": "auto"}),
    "a constant column": Case(X * [1.0, 0.0, 1.0] + [0.0, 7.0, 0.0], CLASSES),
    "one row": Case(X[:1], VALUES[:1]),
    "one row, weight chosen": Case(X[:1], VALUES[:1], {"l2": "auto"}),
    "two rows": Case(X[:2], np.array([0, 1])),
    "d = 1": Case(X[:, :1], VALUES, _shared()),
    "d = 1, linear in theta": Case(X[:, :1], VALUES, _shared(form="outside")),
    "d = 1, logistic": Case(X[:, :1], CLASSES, _shared(loss="logistic")),
    "all targets equal": Case(X, np.full(ROWS, 5.0)),
    "all targets zero": Case(X, np.zeros(ROWS), {"method": "gauss-newton"}),
    "targets that differ by rounding": Case(X, 1.0 + 1e-16 * VALUES),
    "batches of one class": Case(X[ORDER], CLASSES[ORDER], {"batch_size": 6, "epochs": 1}),
    "batches of one row": Case(X[:6], CLASSES[:6], {"batch_size": 1, "epochs": 1}),
    "batches of one row, adam": Case(X, CLASSES, {"batch_size": 1, "epochs": 1, "method": "adam"}),
    "few rows with a weight": Case(X, CLASSES, weights=FIRST * 1.0),
    "batches without a weight": Case(X, CLASSES, {"batch_size": 6, "epochs": 1}, FIRST * 1.0),
    "huge weights": Case(X, CLASSES, weights=np.full(ROWS, 1e300)),
    "tiny weights": Case(X, CLASSES, weights=np.full(ROWS, 1e-300)),
    "huge inputs": Case(X * 1e300, CLASSES),
    "huge inputs, single precision": Case(X * 1e300, CLASSES, {"dtype": "float32"}),
    "one huge column": Case(X * [1e300, 1.0, 1.0], VALUES),
    "one huge cell": Case(np.where(ONE[:, None], 1e300, X), CLASSES),
    "huge targets": Case(X, VALUES * 1e300),
    "one huge target": Case(X, np.where(ONE, 1e300, VALUES)),
    "tiny inputs": Case(X * 1e-300, CLASSES),
    "subnormal inputs": Case(X * 1e-310, CLASSES),
    "tiny targets": Case(X, VALUES * 1e-300),
    "subnormal targets": Case(X, VALUES * 1e-310),
    "integers beyond 2**53": Case(RNG.integers(0, 9, size=X.shape) + 2**60, CLASSES),
    "classes beyond 2**53": Case(X, CLASSES + 2**60),
    "unsigned classes": Case(X, CLASSES.astype(np.uint64) + np.uint64(2**63)),
    "a saturated activation": Case(X, CLASSES, {"horizon": 1e6}),
    "the same by gauss-newton": Case(X, CLASSES, {"horizon": 1e6, "method": "gauss-newton"}),
    "the same by adam": Case(X, CLASSES, {"horizon": 1e6, "method": "adam"}),
    "the same, reversible": Case(X, CLASSES, {"horizon": 1e6, "reversible": True}),
    "the same, evolving": Case(X, CLASSES, {"horizon": 1e6, "weights": "evolving"}),
    "a short horizon": Case(X, VALUES, {"horizon": 1e-6}),
    "an unbounded activation": Case(
        X, CLASSES, {"horizon": 1e3, "activation": "relu", "form": "outside"}
    ),
    "a penalty beyond all measure": Case(X, CLASSES, {"l2": 1e100}),
    "a class a row": Case(X, np.arange(ROWS)),
}

#: What cannot be used, and words of the sentence that says why.
REFUSED = {
    "one class without a weight": (Case(X, CLASSES, weights=CLASSES * 1.0), "one class only"),
    "one class beyond reach": (
        Case(X, CLASSES, weights=np.where(CLASSES, 1e300, 1e-300)),
        "one class only",
    ),
    "NaN": (Case(np.where(ONE[:, None], np.nan, X), CLASSES), "NaN"),
    "infinity": (Case(np.where(ONE[:, None], np.inf, X), CLASSES), "infinity"),
    "NaN targets": (Case(X, np.where(ONE, np.nan, VALUES)), "NaN"),
    "infinite targets": (Case(X, np.where(ONE, np.inf, VALUES)), "infinity"),
    "one row of a class": (Case(X[:1], CLASSES[:1]), "one class only"),
    "weights of zero": (Case(X, CLASSES, weights=np.zeros(ROWS)), "non-zero|at least one row"),
    "negative weights": (Case(X, CLASSES, weights=-np.ones(ROWS)), "Negative"),
    "NaN weights": (Case(X, CLASSES, weights=np.full(ROWS, np.nan)), "NaN"),
    "the largest numbers": (
        Case(np.where(X > 0.0, 1.7e308, -1.7e308), CLASSES),
        r"row \d+ .* leave the row out",
    ),
    "a horizon near zero": (Case(X, CLASSES, {"horizon": 1e-300}), "horizon = 1e-300 is out"),
    "a horizon near infinity": (Case(X, CLASSES, {"horizon": 1e300}), "horizon = 1e.300 is out"),
    "steps too long to be single": (
        Case(X, VALUES, {"horizon": 1e60, "form": "outside", "dtype": "float32"}),
        "overflows already at the start",
    ),
    "no columns": (Case(np.zeros((ROWS, 0)), CLASSES), "0 feature"),
    "no rows": (Case(X[:0], CLASSES[:0]), "0 sample"),
    "threads without number": (Case(X, CLASSES, {"threads": 10**6}), "threads = 1000000 are more"),
}


def fitted(case: Case) -> Any:
    """A few iterations of the estimator that the targets are for."""
    kind = sn.NodeClassifier if case.y.dtype.kind in "iu" else sn.NodeRegressor
    usual = {"steps": 2, "max_iterations": 8, "l2": 1e-3, "threads": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(**{**usual, **case.settings}).fit(case.X, case.y, sample_weight=case.weights)


@pytest.mark.parametrize("name", USABLE)
def test_hard_data_end_by_name_in_a_model_that_predicts(name: str) -> None:
    case = USABLE[name]
    estimator = fitted(case)
    result = estimator.result_
    assert result.reason in END_STATES and np.isfinite(result.cost)
    assert np.isfinite(estimator.parameters_.values).all()
    predicted = estimator.predict(case.X)
    assert predicted.shape == case.y.shape
    if case.y.dtype.kind in "iu":
        assert set(predicted.tolist()) <= set(case.y.tolist())
        assert np.isfinite(estimator.predict_proba(case.X)).all()
    else:
        assert np.isfinite(predicted).all()


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_data_are_refused_in_words(name: str) -> None:
    case, words = REFUSED[name]
    with pytest.raises((ValueError, NodeError), match=words):
        fitted(case)


def test_equal_targets_are_learnt_as_what_they_are() -> None:
    for name in ("identical rows and targets", "all targets equal", "all targets zero"):
        case = USABLE[name]
        assert np.allclose(fitted(case).predict(case.X), case.y, atol=0.01)


def test_scales_out_of_range_change_nothing_but_the_units() -> None:
    plain = fitted(Case(X, VALUES)).predict(X)
    for unit in (1e300, 1e-300):
        scaled = fitted(Case(X * unit, VALUES * unit)).predict(X * unit)
        assert np.allclose(scaled / unit, plain, rtol=1e-6)
