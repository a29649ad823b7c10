"""Folds, and the choice of l2, over an engine: those of this process, to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from other_engine import Reversed

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn.checkpoint_runs import Runs
from standalone_node.learn.cross_validation import CrossValidation, Fold, cross_validate
from standalone_node.learn.penalty_choice import cross_validated_l2
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Prepared, prepare
from standalone_node.learn.terms import Terms

QUICK: dict[str, Any] = {"max_iterations": 3, "steps": 2, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2)).round(3)
Y = X @ [1.0, -2.0]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def prepared(kind: str) -> Prepared:
    target = np.where(X[:, 0] > 0.0, "up", "down") if kind == "class" else Y
    return prepare(Table.from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": target})), "y")


def crossed(
    kind: str, engine: Any = "local", checkpoint: Any = None, folds: int = 3, **more: Any
) -> CrossValidation:
    quick = QUICK if kind == "class" else {**QUICK, "max_iterations": 1}
    arguments = {**quick, "engine": engine} if engine != "local" else quick
    return cross_validate(prepared(kind), arguments, folds, Terms(checkpoint=checkpoint), **more)


@pytest.mark.parametrize("kind", ["class", "quantity"])
def test_folds_over_an_engine_are_those_one_after_the_other(kind: str) -> None:
    assert crossed(kind, Reversed()).folds == crossed(kind).folds


def test_folds_on_workers_are_those_one_after_the_other(client: Any) -> None:
    from standalone_node.engines.cluster import Dask

    assert crossed("class", Dask(client)).folds == crossed("class").folds


def test_folds_are_told_of_in_their_order_when_they_end_in_another() -> None:
    told: list[Fold] = []
    stages: list[str] = []
    found = crossed("class", Reversed(), done=told.append, stage=stages.append)
    assert tuple(told) == found.folds
    here: list[str] = []
    crossed("class", stage=here.append)
    assert stages == ["3 folds, each on a worker", *here] and here[0].startswith("Fold 1 of 3")


def test_a_choice_of_l2_over_an_engine_is_the_one_of_this_process() -> None:
    estimator = sn.NodeRegressor(**QUICK).fit(X, Y)
    rows = X, Y[:, None], np.ones(40)
    there = Reversed()
    found = cross_validated_l2(estimator, *rows, Terms(engine=there))
    assert found == cross_validated_l2(estimator, *rows, Terms())
    assert there.asked == 5 * len(found[1])  # the folds of each candidate


def test_what_a_fold_says_is_said_here() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        crossed("class", Reversed())
    here = [str(one.message) for one in seen]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        crossed("class")
    assert here == [str(one.message) for one in seen]


def test_of_the_time_that_is_left_each_fold_has_a_share() -> None:
    limits = {"max_iterations": 10**6, "tolerance": 0.0, "l2": 0.1, "engine": Reversed()}
    terms = Terms.starting_now(None, None, 1.5)
    found = cross_validate(prepared("class"), {**QUICK, **limits}, 3, terms, runs_after=1)
    assert all(fold.iterations > 0 for fold in found.folds)
    assert terms.left is not None and terms.left > 0.0


def test_the_folds_of_a_choice_of_l2_have_no_more_time_than_there_is_for_it() -> None:
    class Timed(Reversed):
        def over(self, function: Any, items: Any, *shared: Any, done: Any = None) -> list[Any]:
            given.append(len(items) * shared[-1])
            return super().over(function, items, *shared, done=done)

    given: list[float] = []
    terms = Terms.starting_now(None, None, 100.0)
    estimator = sn.NodeRegressor(**QUICK).fit(X, Y)
    rows = X, Y[:, None], np.ones(40)
    cross_validated_l2(estimator, *rows, replace(terms, engine=Timed()))
    assert given and all(0.0 < seconds <= 100.0 for seconds in given)


# Checkpoints.


class Stop(Exception):
    pass


def interrupted(kind: str, folder: Path, engine: Any, after: int) -> None:
    """A cross-validation that stops when so many folds are done."""
    done: list[Fold] = []

    def count(fold: Fold) -> None:
        done.append(fold)
        if len(done) == after:
            raise Stop

    with pytest.raises(Stop), sn.Checkpoint(folder, every=1, tell=print) as checkpoint:
        crossed(kind, engine, checkpoint, done=count)


class Forwards(Reversed):
    """From the first item to the last, so that folds are known one by one."""

    def over(self, function: Any, items: Any, *shared: Any, done: Any = None) -> list[Any]:
        told = None if done is None else lambda place, result: done(len(items) - 1 - place, result)
        return super().over(function, items[::-1], *shared, done=told)[::-1]


# Of quantities a fold has a choice of l2, with runs of its own.
@pytest.mark.parametrize(
    "kind, before, after",
    [
        ("class", "elsewhere", "elsewhere"),
        ("class", "elsewhere", "local"),
        ("class", "local", "elsewhere"),
        ("quantity", "local", "elsewhere"),
    ],
)
def test_folds_that_are_known_are_not_fitted_again_wherever_they_were(
    kind: str, before: str, after: str, tmp_path: Path
) -> None:
    whole = crossed(kind)
    interrupted(kind, tmp_path / "kept", Forwards() if before == "elsewhere" else "local", 2)
    engine = Forwards()
    told: list[str] = []
    with sn.Checkpoint(tmp_path / "kept", resume=True, tell=told.append) as again:
        found = crossed(kind, engine if after == "elsewhere" else "local", again)
    assert found.folds == whole.folds and told
    if (before, after) == ("elsewhere", "elsewhere"):
        assert engine.asked == 1


def test_folds_of_other_rows_are_refused(tmp_path: Path) -> None:
    with sn.Checkpoint(tmp_path / "kept", every=1, tell=print) as first:
        crossed("class", Forwards(), first)
    with (
        sn.Checkpoint(tmp_path / "kept", resume=True, tell=print) as again,
        pytest.raises(ArgumentError, match=r"is of another fit: .*cv = 3 there, cv = 4 here"),
    ):
        crossed("class", Forwards(), again, folds=4)


def test_a_run_that_was_begun_here_is_forgotten_when_its_worth_is_learnt_elsewhere() -> None:
    runs = Runs([], print)
    which: dict[str, Any] = {"settings": {"fold": 1}, "limits": {}}

    def compute() -> float:
        runs.opened({"settings": {"steps": 2}, "limits": {}})
        raise Stop

    with pytest.raises(Stop):
        runs.worth(which, compute)
    assert len(runs.entries) == 1 and runs.known(which) is None
    runs.learnt(which, 0.5)
    assert [entry["value"] for entry in runs.entries] == [0.5]
    again = Runs(runs.entries, print)
    assert again.known(which) == 0.5 and again.known(which) is None
