"""Many fits: each is what it would be alone, wherever it runs, and none is lost by another."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from other_engine import Reversed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

import standalone_node as sn
from standalone_node.errors import ArgumentError, FitsFailed

RNG = np.random.default_rng(3)
X = RNG.normal(size=(40, 2))
Y = (X[:, 0] > 0.2).astype(int)
QUICK: dict[str, Any] = {"max_iterations": 4, "steps": 2}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def same(one: Any, other: Any) -> bool:
    """The same parameters, bit for bit, and the same arguments."""
    equal = np.array_equal(one.parameters_.values, other.parameters_.values)
    return equal and repr(one) == repr(other)


def test_each_is_what_it_would_be_alone() -> None:
    weights = RNG.random(40)
    table = {"random_state": [0, 1], "l2": [0.1, 0.01]}
    found = sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, table, sample_weight=weights)
    order = [(0, 0.1), (0, 0.01), (1, 0.1), (1, 0.01)]
    assert [(model.random_state, model.l2) for model in found] == order
    for model, (seed, l2) in zip(found, order, strict=True):
        alone = sn.NodeClassifier(**QUICK, random_state=seed, l2=l2)
        assert same(model, alone.fit(X, Y, sample_weight=weights))


def test_a_list_of_mappings_is_a_fit_each() -> None:
    rows = [{"steps": 3}, {}, {"l2": 0.5, "activation": "tanh"}]
    found = sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, rows)
    for model, row in zip(found, rows, strict=True):
        assert same(model, sn.NodeClassifier(**{**QUICK, **row}).fit(X, Y))


def test_the_estimator_stays_as_it_is() -> None:
    estimator = sn.NodeClassifier(**QUICK, warm_start=True).fit(X, Y)
    before = estimator.parameters_.values.copy()
    first, again = sn.fit_many(estimator, X, Y, {"random_state": [5, 0]})
    assert np.array_equal(estimator.parameters_.values, before) and estimator.random_state == 0
    assert np.array_equal(again.parameters_.values, before)  # from the beginning, not warm
    assert not np.array_equal(first.parameters_.values, before)


def test_a_generator_gives_the_same_seeds_wherever_fits_run() -> None:
    def fits(engine: Any) -> list[Any]:
        states = [np.random.RandomState(7)] * 2
        return sn.fit_many(
            sn.NodeClassifier(**QUICK), X, Y, {"random_state": states}, engine=engine
        )

    for one, other in zip(fits("local"), fits(Reversed()), strict=True):
        assert np.array_equal(one.parameters_.values, other.parameters_.values)


def test_workers_give_the_same_bits_and_send_no_rows_back(client: Any) -> None:
    table = {"random_state": [0, 1, 2]}
    here = sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, table)
    there = sn.fit_many(
        sn.NodeClassifier(**QUICK, threads=3), X, Y, table, engine="dask", client=client
    )
    for one, other in zip(here, there, strict=True):
        assert np.array_equal(one.parameters_.values, other.parameters_.values)
        assert one._excerpt is None and other._excerpt is None
        assert (one.threads, other.threads) == (None, 3)  # as it was asked for, not as it was
        assert np.array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("where", ["local", "dask"])
def test_one_that_fails_is_named_and_the_others_are_not_lost(where: str, client: Any) -> None:
    place = {"engine": where, "client": client if where == "dask" else None}
    estimator = sn.NodeClassifier(**QUICK, activation="relu", form="inside")
    rows = [{"random_state": 0}, {"random_state": 1, "horizon": 1e99}, {"random_state": 2}]
    with pytest.raises(FitsFailed, match=r"1 of 3 fits failed: that of random_state = 1, ") as told:
        sn.fit_many(estimator, X, Y, rows, **place)
    assert "horizon = 1e+99 (StateOverflow: " in str(told.value)
    first, failed, last = told.value.fits
    assert failed is None and list(told.value.failures) == [1]
    assert isinstance(told.value.failures[1], sn.errors.StateOverflow)
    assert same(first, sn.NodeClassifier(**estimator.get_params() | rows[0]).fit(X, Y))
    assert same(last, sn.NodeClassifier(**estimator.get_params() | rows[2]).fit(X, Y))


def test_of_many_that_fail_the_first_three_are_named() -> None:
    with pytest.raises(FitsFailed, match=r"5 of 5 fits failed: .*steps = -2 and 2 more \(the fir"):
        sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, {"steps": [0, -1, -2, -3, -4]})


def test_an_error_that_cannot_be_sent_is_told_in_words() -> None:
    class Odd(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(f"{one} {two}")

    from standalone_node.learn.many.attempts import _sendable

    assert str(_sendable(Odd("a", "b"))) == "Odd: a b"
    kept = ValueError("c")
    assert _sendable(kept) is kept


@pytest.mark.parametrize("engine", ["local", "reversed"])
def test_those_that_did_not_converge_are_told_of_once(engine: str) -> None:
    table = {"max_iterations": [1, 1000]}
    place: Any = Reversed() if engine == "reversed" else engine
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        sn.fit_many(sn.NodeClassifier(tolerance=0.1), X, Y, table, engine=place)
    (said,) = [str(one.message) for one in seen if one.category is ConvergenceWarning]
    assert said.startswith("1 of 2 fits did not converge: max_iterations = 1; ")
    assert seen[0].filename == __file__


@pytest.mark.parametrize(
    "over, said",
    [
        ({}, None),
        ([], "has nothing to fit"),
        ({"steps": []}, "has nothing to fit"),
        ({"step": [1]}, "has 'step', and NodeClassifier has no such argument: it has .*steps"),
        ({"steps": 3}, r"has steps = 3, which is no list of values: give \{'steps': \[3\]\}"),
        ({"scheme": "rk4"}, "has scheme = 'rk4', which is no list of values"),
        ([{"steps": 2}, 3], "has 3, which is no mapping"),
        (3, "has 3, which is no mapping"),
        ({"engine": ["dask"]}, "has 'engine', which says where fits run"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(over: Any, said: str | None) -> None:
    if said is None:  # one combination of nothing: the estimator as it is
        assert len(sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, over)) == 1
        return
    with pytest.raises(ArgumentError, match=said):
        sn.fit_many(sn.NodeClassifier(**QUICK), X, Y, over)


def test_other_estimators_are_sent_to_scikit_learns_own_tools() -> None:
    with pytest.raises(ArgumentError, match=r"is Ridge\(\): .* scikit-learn's own tools"):
        sn.fit_many(Ridge(), X, Y, {"alpha": [1.0]})
