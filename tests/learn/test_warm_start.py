"""Going on from parameters that there are: by `warm_start`, and from a model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, make_moons

import standalone_node as sn
from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.starting import Start
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, Prepared, fit, prepare

X, Y = make_moons(80, noise=0.2, random_state=0)
XR, YR = (part[:60] for part in load_diabetes(return_X_y=True))
SHORT: dict[str, Any] = {"max_iterations": 8, "tolerance": 1e-9}


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def costs(model: Any) -> np.ndarray:
    found: np.ndarray = model.result_.history["cost"]
    return found


@pytest.mark.parametrize(
    "model, data",
    [
        (sn.NodeClassifier(**SHORT, warm_start=True), (X, Y)),
        (sn.NodeRegressor(**SHORT, l2=0.01, warm_start=True), (XR, YR)),
        (sn.NodeClassifier(**SHORT, weights="constant", warm_start=True), (X, Y)),
        (sn.NodeClassifier(**SHORT, weights="galerkin", modes=2, warm_start=True), (X, Y)),
    ],
)
def test_a_second_fit_begins_where_the_first_ended_and_goes_lower(model: Any, data: Any) -> None:
    first = costs(model.fit(*data))
    again = costs(model.fit(*data))
    assert again[0] == pytest.approx(first[-1], rel=1e-12)
    assert again[-1] < again[0] < first[0]


def test_without_it_a_second_fit_is_the_first() -> None:
    model = sn.NodeClassifier(**SHORT)
    assert np.array_equal(costs(model.fit(X, Y)), costs(model.fit(X, Y)))


def test_on_other_rows_the_model_is_the_same_function_at_first() -> None:
    model = sn.NodeClassifier(**SHORT, warm_start=True).fit(X, Y)
    before = deepcopy(model)
    model.set_params(max_iterations=0).fit(3.0 * X[:40] + 1.0, Y[:40])
    assert np.array_equal(model.predict_proba(X), before.predict_proba(X))


def test_a_class_that_is_absent_stays_known_and_a_new_one_is_refused() -> None:
    model = sn.NodeClassifier(**SHORT, warm_start=True).fit(X, Y)
    model.fit(X[Y == 0], Y[Y == 0])
    assert list(model.classes_) == [0, 1]
    with pytest.raises(ValueError, match="the label 2 is none of the classes"):
        model.fit(X, Y + 1)


def test_more_steps_refine_the_same_function_of_depth() -> None:
    model = sn.NodeClassifier(**SHORT, warm_start=True, steps=3).fit(X, Y)
    first = model.parameters_
    model.set_params(steps=6, max_iterations=0).fit(X, Y)
    assert model.parameters_.times.size == 7
    assert np.allclose(model.parameters_.values[::2], first.values)
    assert np.allclose(model.parameters_.values[1], first.values[:2].mean(axis=0))


def test_a_chosen_l2_stays() -> None:
    model = sn.NodeRegressor(max_iterations=3, warm_start=True).fit(XR, YR)
    chosen = model.l2_
    model.fit(XR, YR)
    assert model.l2_ == chosen and model.l2_errors_


def test_after_a_number_l2_is_chosen_and_after_a_choice_it_is_kept(tmp_path: Path) -> None:
    model = sn.NodeRegressor(l2=0.5, max_iterations=2, warm_start=True).fit(XR, YR)
    sn.save(model, tmp_path / "number.npz")
    stored = sn.load(tmp_path / "number.npz")
    for one in (model, stored):
        one.set_params(l2="auto", warm_start=True).fit(XR, YR)
        assert one.l2_ != 0.5 and one.l2_ in one.l2_errors_
    sn.save(model, tmp_path / "choice.npz")
    again = sn.load(tmp_path / "choice.npz").set_params(warm_start=True).fit(XR, YR)
    assert again.l2_ == model.l2_ and not again.l2_errors_


@pytest.mark.parametrize(
    "model, data",
    [
        (sn.NodeClassifier(**SHORT, warm_start=True), (X, Y)),
        (sn.NodeRegressor(**SHORT, l2=0.01, warm_start=True), (XR, YR)),
    ],
)
def test_the_problem_of_a_warm_start_begins_where_the_fit_ended(model: Any, data: Any) -> None:
    model.fit(*data)
    before, score = model.parameters_.values.copy(), model.score(*data)
    problem, start = model.inverse_problem(*data)
    assert np.array_equal(start.values, before)
    assert np.array_equal(model.parameters_.values, before) and model.score(*data) == score
    assert problem.cost(start) == pytest.approx(model.result_.cost, rel=1e-12)


@pytest.mark.parametrize(
    "change, match",
    [
        ({"horizon": 2.0}, "horizon = 2 is not that of the parameters so far, 4"),
        ({"form": "bottleneck"}, "form = 'bottleneck' or inner = None are not those"),
        ({"augment": 1}, "channels, augment or loss were changed"),
        ({"loss": "logistic"}, "channels, augment or loss were changed"),
        ({"continuation": (1, 2)}, "continuation = .* begins with finite ResNets"),
    ],
)
def test_another_network_is_refused(change: dict[str, Any], match: str) -> None:
    model = sn.NodeClassifier(**SHORT, warm_start=True).fit(X, Y)
    with pytest.raises(ArgumentError, match=match):
        model.set_params(**change).fit(X, Y)


def test_a_warm_start_that_was_interrupted_goes_on_and_another_start_is_refused(
    tmp_path: Path,
) -> None:
    model = sn.NodeClassifier(**SHORT, warm_start=True).fit(X, Y)
    whole = deepcopy(model).fit(X, Y)
    short = deepcopy(model).set_params(max_iterations=3)
    short.fit(X, Y, checkpoint=sn.Checkpoint(tmp_path / "kept", every=1))
    again = sn.Checkpoint(tmp_path / "kept", resume=True, tell=print)
    found = deepcopy(model).fit(X, Y, checkpoint=again)
    assert np.array_equal(found.parameters_.values, whole.parameters_.values)
    with pytest.raises(ArgumentError, match="is of another fit: another start"):
        whole.fit(X, Y, checkpoint=sn.Checkpoint(tmp_path / "kept", resume=True, tell=print))


# From a model, on a table.


def table(rows: int = 60, seed: int = 0, **changes: Any) -> Table:
    rng = np.random.default_rng(seed)
    kind = np.arange(rows) % 2
    frame = pd.DataFrame(
        {
            "length": rng.normal(kind, 0.5).round(4),
            "colour": np.where(rng.random(rows) < 0.5, "red", "blue"),
            "kind": np.where(kind == 1, "rose", "tulip"),
        }
    )
    return Table.from_frame(frame.assign(**changes), "flowers.csv")


def first_model(**arguments: Any) -> Start:
    return Start(fit(prepare(table(), "kind"), {**SHORT, **arguments}).estimator, "old.npz")


def continued(start: Start, prepared: Prepared, **arguments: Any) -> Fitted:
    return fit(prepared, {**SHORT, **arguments}, start=start)


def test_from_a_model_a_fit_goes_on_with_its_settings_scaling_and_columns() -> None:
    start = first_model(activation="tanh", l2=0.003)
    prepared = prepare(table(), None, known=start.schema)
    found = continued(start, prepared)
    assert costs(found.estimator)[0] == pytest.approx(costs(start.estimator)[-1], rel=1e-12)
    assert costs(found.estimator)[-1] < costs(found.estimator)[0]
    assert (found.estimator.activation, found.estimator.l2) == ("tanh", 0.003)
    assert found.estimator.scaling_ is start.estimator.scaling_
    assert found.prepared.schema == start.schema
    assert not found.estimator.warm_start and found.start == "old.npz"
    assert found.estimator.summary_["start"].startswith("array")


def test_on_a_table_of_other_rows_it_begins_with_the_cost_of_the_model_on_them() -> None:
    start = first_model()
    newer = table(50, seed=8)
    prepared = prepare(newer, "kind", known=start.schema)
    found = continued(start, prepared)
    labels = np.array(["rose", "tulip"])[prepared.train.targets]
    problem = start.estimator.problem_of(prepared.train.inputs, labels)
    expected = problem.cost(start.estimator.parameters_)
    assert costs(found.estimator)[0] == pytest.approx(expected, rel=1e-12)


def test_limits_and_continuation_are_those_of_the_fit_not_of_the_model() -> None:
    start = first_model(continuation=(1, 2), max_iterations=2)
    prepared = prepare(table(), None, known=start.schema)
    found = fit(prepared, {"tolerance": 1e-3}, start=start)
    assert found.estimator.continuation is None
    assert found.estimator.max_iterations == sn.NodeClassifier().max_iterations


def test_another_network_or_target_is_named() -> None:
    start = first_model()
    prepared = prepare(table(), None, known=start.schema)
    with pytest.raises(
        ArgumentError,
        match=r"old.npz is of another network \(horizon = 1.0 here, 4.0 there; form = inside here",
    ):
        continued(start, prepared, horizon=1.0, form="inside", steps=5)
    with pytest.raises(ArgumentError, match="was fitted to 'kind', not to 'colour'"):
        prepare(table(), "colour", known=start.schema)
    with pytest.raises(ArgumentError, match="'colour' is an input of the start"):
        prepare(table(), "kind", known=start.schema, group="colour")
    with pytest.raises(ArgumentError, match="leave one of the two out"):
        fit(prepared, SHORT, start=start, folds=3)
    with pytest.raises(ModelFileError, match="knows no column names"):
        _ = Start(sn.NodeClassifier(max_iterations=1).fit(X, Y)).schema


def test_rows_that_the_start_may_have_seen_are_warned_of() -> None:
    start = first_model()
    same = prepare(table(), None, known=start.schema)
    assert start.doubt(same) is None
    other = prepare(table(), None, known=start.schema, seed=5)
    assert "old.npz was fitted to rows that were drawn otherwise" in str(start.doubt(other))
    apart = prepare(table(), None, known=start.schema, seed=5, test=table(10, 4))
    assert start.doubt(apart) is None
