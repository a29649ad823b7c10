"""Cross-validated scores: those of fits that know nothing of what they are scored on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn.cross_validation import CrossValidation, Fold
from standalone_node.learn.folds import folds_of
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, Prepared, fit, prepare
from standalone_node.optimize.iteration import Iteration

QUICK = {"max_iterations": 3, "steps": 2}


def rows(kind: str, count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 2)).round(3)
    target = np.where(x[:, 0] > 0.0, "up", "down") if kind == "class" else x @ [1.0, -2.0]
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": target})


def crossed(
    prepared: Prepared, checkpoint: sn.Checkpoint | None = None, folds: int = 3, **arguments: Any
) -> Fitted:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(prepared, {**QUICK, **arguments}, folds=folds, checkpoint=checkpoint)


def validated(found: Fitted) -> CrossValidation:
    assert found.cross_validation is not None
    return found.cross_validation


@pytest.mark.parametrize("kind", ["class", "quantity"])
def test_a_fold_is_scored_as_a_fit_to_the_other_rows_by_hand(kind: str) -> None:
    table = Table.from_frame(rows(kind))
    prepared = prepare(table, "y", seed=2)
    found = validated(crossed(prepared, l2=0.01))
    part, fold = prepared.train, found.folds[1]
    train, test = folds_of(prepared.schema, part.table, 3, 2, prepared.parting)[1]
    estimator: Any = {"class": sn.NodeClassifier, "quantity": sn.NodeRegressor}[kind](
        **QUICK, l2=0.01, random_state=2
    )
    y = part.table.frame["y"].to_numpy()
    y = y.astype(str) if kind == "class" else y.astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(part.inputs[train], y[train])
    name = {"class": "accuracy", "quantity": "r2"}[kind]
    assert fold.scores[name] == pytest.approx(estimator.score(part.inputs[test], y[test]))
    assert (fold.train_rows, fold.test_rows, fold.iterations) == (len(train), len(test), 3)
    values, counts = np.unique(y[train], return_counts=True)
    always = np.mean(y[test] == values[counts.argmax()]) if kind == "class" else None
    if always is not None:
        assert fold.baseline["accuracy"] == always


def test_held_out_rows_are_in_no_fold_and_all_rows_are_without_them() -> None:
    table = Table.from_frame(rows("class"))
    assert validated(crossed(prepare(table, "y"))).rows == 32
    assert validated(crossed(prepare(table, "y", test_share=0.0))).rows == 40


def test_the_model_is_the_one_without_folds() -> None:
    prepared = prepare(Table.from_frame(rows("class")), "y")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = fit(prepared, QUICK)
    found = crossed(prepared)
    assert np.array_equal(alone.estimator.parameters_.values, found.estimator.parameters_.values)
    facts = found.estimator.summary_
    mean, spread = validated(found).spread()["accuracy"]
    assert (facts["cv_folds"], facts["cv_accuracy"]) == (3, mean)
    assert facts["cv_accuracy_spread"] == spread


def test_gaps_are_filled_from_the_rows_a_fold_trains_on() -> None:
    frame = rows("quantity")
    frame.loc[::4, "a"] = np.nan
    frame.loc[1, "a"] = 1e3  # a median moves as little by it as by any other value
    prepared = prepare(Table.from_frame(frame), "y", missing="impute", test_share=0.0)
    fold = validated(crossed(prepared, l2=0.01)).folds[2]
    train, test = folds_of(prepared.schema, prepared.train.table, 3, 0, prepared.parting)[2]
    medians = frame["a"].iloc[train].median(), frame["a"].median()
    assert medians[0] != medians[1]
    X, y = frame[["a", "b"]].fillna({"a": medians[0]}).to_numpy(), frame["y"].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_hand = sn.NodeRegressor(**QUICK, l2=0.01).fit(X[train], y[train])
    assert fold.scores["r2"] == pytest.approx(by_hand.score(X[test], y[test]), rel=1e-9)


def test_mean_and_spread_are_those_of_numpy_and_none_where_a_fold_has_no_score() -> None:
    each = [0.3, 0.5, 0.9]
    folds = tuple(Fold(8, 2, {"r2": r2, "mae": 1.0}, {"r2": -r2}, 5, True) for r2 in each)
    found = CrossValidation(folds, 10, "at random", 0.0)
    assert found.spread()["r2"] == (
        pytest.approx(np.mean(each)),
        pytest.approx(np.std(each, ddof=1)),
    )
    assert found.spread(baseline=True)["r2"][0] == pytest.approx(-np.mean(each))
    without = (*folds, Fold(9, 1, {"r2": None, "mae": 1.0}, {"r2": None}, 5, True))
    spread = CrossValidation(without, 10, "at random", 0.0).spread()
    assert spread["r2"] == (None, None) and spread["mae"] == (1.0, 0.0)


def test_a_fold_of_a_constant_target_is_named_with_the_score_it_lacks() -> None:
    data = rows("quantity").assign(fold=np.repeat([0, 1, 2, 3], 10))
    data.loc[data["fold"] == 2, "y"] = 1.5
    prepared = prepare(Table.from_frame(data), "y", group="fold", test_share=0.0)
    with pytest.warns(UserWarning, match=r"^fold \d has no R², as the target is constant") as told:
        found = fit(prepared, {**QUICK, "l2": 0.01}, folds=4).cross_validation
    assert found is not None and found.spread()["r2"] == (None, None)
    without = next(i for i, fold in enumerate(found.folds, 1) if fold.scores["r2"] is None)
    assert any(f"fold {without} has no R²" in str(warning.message) for warning in told)


def test_folds_that_did_not_converge_are_told_of_once() -> None:
    prepared = prepare(Table.from_frame(rows("class")), "y")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fit(prepared, {**QUICK, "tolerance": 1e-12}, folds=3)
    said = [str(warning.message) for warning in seen]
    assert sum(words.startswith("not converged") for words in said) == 1  # of the model
    assert sum(words.startswith("3 of 3 folds did not converge") for words in said) == 1


def test_a_time_limit_is_shared_out_and_leaves_time_for_the_model() -> None:
    prepared = prepare(Table.from_frame(rows("class")), "y")
    limits = {"max_iterations": 10**6, "tolerance": 0.0, "l2": 0.1, "time_limit": 2.0}
    found = crossed(prepared, **limits)
    reasons = found.estimator.result_.reason
    assert all(fold.iterations > 0 for fold in validated(found).folds)
    assert found.estimator.result_.nit > 0 and reasons in ("time", "cost", "gradient", "stalled")
    assert validated(found).seconds < 1.9


class Stop(Exception):
    pass


class Interrupted(sn.Checkpoint):
    """Is interrupted when it has kept so many iterations."""

    left = 10**9

    def keep(self, memory: Any) -> None:
        super().keep(memory)
        self.left -= 1
        if not self.left:
            raise Stop


# Of classes a fold is one run, of quantities it has a choice of l2 by folds of its own before it.
@pytest.mark.parametrize("kind, kept", [("class", 4), ("quantity", 70)])
def test_a_cross_validation_that_was_interrupted_goes_on_to_the_same_end(
    kind: str, kept: int, tmp_path: Path
) -> None:
    prepared = prepare(Table.from_frame(rows(kind)), "y")
    whole = crossed(prepared)
    checkpoint = Interrupted(tmp_path / "kept", every=1, tell=print)
    checkpoint.left = kept
    with pytest.raises(Stop):
        crossed(prepared, checkpoint)
    told: list[str] = []
    again = sn.Checkpoint(tmp_path / "kept", resume=True, tell=told.append)
    found = crossed(prepared, again)
    assert told and "going on after iteration" in told[0]
    assert [fold.scores for fold in validated(found).folds] == [
        fold.scores for fold in validated(whole).folds
    ]
    assert np.array_equal(found.estimator.parameters_.values, whole.estimator.parameters_.values)


def test_a_checkpoint_of_other_folds_is_refused(tmp_path: Path) -> None:
    prepared = prepare(Table.from_frame(rows("class")), "y")
    crossed(prepared, sn.Checkpoint(tmp_path / "kept", every=1, tell=print))
    again = sn.Checkpoint(tmp_path / "kept", resume=True, tell=print)
    with pytest.raises(ArgumentError, match=r"is of another fit: .*cv = 3 there, cv = 4 here"):
        crossed(prepared, again, folds=4)


def test_iterations_of_folds_are_not_told_as_those_of_the_fit() -> None:
    prepared = prepare(Table.from_frame(rows("class")), "y")
    told: list[Iteration] = []
    words: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(prepared, QUICK, folds=2, callback=told.append, stage=words.append)
    assert [row.nit for row in told] == [0, 1, 2, 3]
    assert words[:2] == ["Fold 1 of 2, on 16 rows", "Fold 2 of 2, on 16 rows"]


@pytest.mark.parametrize("kind", ["class", "quantity"])
def test_weights_are_repetitions_for_the_held_out_rows_and_every_fold(kind: str) -> None:
    frame = rows(kind).assign(group=np.arange(40) % 9, times=np.arange(40) % 4)
    written = frame.loc[frame.index.repeat(frame["times"])].assign(times=1)
    weighted, repeated = (
        crossed(prepare(Table.from_frame(f), "y", weight="times", group="group"), l2=0.01)
        for f in (frame, written)
    )
    assert np.array_equal(
        weighted.estimator.parameters_.values, repeated.estimator.parameters_.values
    )
    name = {"class": "accuracy", "quantity": "r2"}[kind]
    assert weighted.test_scores is not None and repeated.test_scores is not None
    assert weighted.test_scores[name] == pytest.approx(repeated.test_scores[name])
    for one, other in zip(validated(weighted).folds, validated(repeated).folds, strict=True):
        assert one.scores[name] == pytest.approx(other.scores[name], rel=1e-9)
