"""What users of scikit-learn do with an estimator, one habit after the other."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_moons
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import estimator_html_repr

import standalone_node as sn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

POINTS, SIDES = make_moons(60, noise=0.15, random_state=0)
X = pd.DataFrame(POINTS, columns=["east", "north"])
Y = pd.Series(np.array(["left", "right"])[SIDES], name="side")
TARGETS = pd.DataFrame({"sum": POINTS.sum(axis=1), "twist": 30.0 * POINTS[:, 0] * POINTS[:, 1]})


def classifier(**options: Any) -> sn.NodeClassifier:
    return sn.NodeClassifier(**{"max_iterations": 12, **options})


def regressor(**options: Any) -> sn.NodeRegressor:
    return sn.NodeRegressor(**{"max_iterations": 12, "l2": 1e-3, **options})


# Tables in and out.


def test_a_frame_goes_in_and_its_names_are_kept_and_minded() -> None:
    model = classifier().fit(X, Y)
    assert model.feature_names_in_.tolist() == ["east", "north"]
    assert np.array_equal(model.predict_proba(X), classifier().fit(POINTS, Y).predict_proba(POINTS))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"east": "west"}))


def test_several_targets_of_a_frame_are_predicted_and_scored_together() -> None:
    model = regressor(max_iterations=60).fit(X, TARGETS)
    found = model.predict(X)
    assert found.shape == (60, 2)
    assert model.score(X, TARGETS) == pytest.approx(r2_score(TARGETS, found))
    assert r2_score(TARGETS, found, multioutput="raw_values").min() > 0.8
    each = MultiOutputRegressor(regressor()).fit(X, TARGETS)
    assert each.predict(X).shape == (60, 2)


def test_one_target_in_a_column_gives_a_column_back() -> None:
    column = TARGETS[["sum"]]
    found = regressor().fit(X, column).predict(X)
    assert found.shape == (60, 1)
    assert np.array_equal(found[:, 0], regressor().fit(X, TARGETS["sum"]).predict(X))


def test_frames_pass_through_a_pipeline_that_was_told_to_keep_them() -> None:
    pipe = make_pipeline(StandardScaler(), classifier()).set_output(transform="pandas")
    pipe.fit(X, Y)
    assert pipe[-1].feature_names_in_.tolist() == ["east", "north"]
    assert pipe.score(X, Y) > 0.8


def test_columns_of_several_kinds_come_through_a_column_transformer() -> None:
    mixed = X.assign(half=np.where(POINTS[:, 1] > 0.3, "upper", "lower"))
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["east", "north"]), ("names", OneHotEncoder(), ["half"])]
    )
    assert make_pipeline(columns, classifier()).fit(mixed, Y).score(mixed, Y) > 0.8


def test_a_target_is_transformed_around_it() -> None:
    positive = np.exp(TARGETS["sum"])
    model = TransformedTargetRegressor(
        regressor(max_iterations=60), func=np.log, inverse_func=np.exp
    )
    assert model.fit(X, positive).score(X, positive) > 0.9


# Copies.


@pytest.mark.parametrize("make", [classifier, regressor])
def test_a_clone_has_the_settings_and_nothing_of_the_fit(make: Any) -> None:
    model = make(steps=2, smoothing=0.5).fit(X, SIDES)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "parameters_")
    assert np.array_equal(again.fit(X, SIDES).predict(X), model.predict(X))


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("make", [classifier, regressor])
def test_joblib_brings_back_the_same_bits(make: Any, piped: bool, tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), make()) if piped else make()
    model.fit(X, SIDES)
    joblib.dump(model, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    assert np.array_equal(again.predict(X), model.predict(X))
    pickled = pickle.loads(pickle.dumps(model))
    assert np.array_equal(pickled.predict(X), model.predict(X))


def test_what_came_back_goes_on_learning() -> None:
    model = classifier().fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    for one in (model, again):
        one.partial_fit(X, Y)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_notebook_shows_it() -> None:
    for shown in (
        classifier(),
        classifier().fit(X, Y),
        make_pipeline(StandardScaler(), regressor()),
    ):
        assert "<div" in estimator_html_repr(shown)


# Choosing and judging.


@pytest.mark.parametrize("jobs", [None, 2])
def test_a_grid_is_searched_with_one_process_and_with_two(jobs: int | None) -> None:
    grid = {"nodeclassifier__l2": [1e-3, 1e-1], "nodeclassifier__steps": [2]}
    pipe = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(pipe, grid, cv=2, n_jobs=jobs).fit(X, Y)
    alone = [
        cross_val_score(clone(pipe).set_params(**chosen), X, Y, cv=2).mean()
        for chosen in search.cv_results_["params"]
    ]
    assert search.cv_results_["mean_test_score"].tolist() == alone


def test_halving_spends_iterations_or_rows() -> None:
    for resource, most in (("max_iterations", 16), ("n_samples", 60)):
        search = HalvingGridSearchCV(
            classifier(), {"l2": [1e-4, 1e-2, 1e4]}, resource=resource, max_resources=most,
            min_resources=most // 3, cv=2, random_state=0,
        )  # fmt: skip
        found = pd.DataFrame(search.fit(POINTS, SIDES).cv_results_)
        assert found["n_resources"].tolist() == [most // 3] * 3 + [most // 3 * 3]
        assert search.best_score_ == found["mean_test_score"].iloc[-1]


def test_scores_come_from_folds() -> None:
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    found = cross_validate(classifier(), X, Y, cv=folds, scoring=["accuracy", "roc_auc"])
    assert found["test_accuracy"].mean() > 0.75 and found["test_roc_auc"].mean() > 0.8
    probabilities = cross_val_predict(classifier(), X, Y, cv=folds, method="predict_proba")
    assert np.allclose(probabilities.sum(axis=1), 1.0)


def test_curves_over_rows_and_over_a_setting() -> None:
    sizes, train, test = learning_curve(classifier(), X, SIDES, cv=2, train_sizes=[10, 30])
    assert sizes.tolist() == [10, 30] and train.shape == test.shape == (2, 2)
    train, _ = validation_curve(
        classifier(), X, SIDES, param_name="l2", param_range=[1e-4, 100.0], cv=2
    )
    assert train[0].mean() > train[1].mean()


def test_importance_by_permutation() -> None:
    idle = X.assign(idle=np.random.default_rng(0).normal(size=60))
    model = classifier(l2=0.05).fit(idle, SIDES)
    found = permutation_importance(model, idle, SIDES, n_repeats=3, random_state=0)
    assert found.importances_mean.argmin() == 2


# Around it.


def test_calibrated_voted_and_bagged() -> None:
    around = [
        CalibratedClassifierCV(classifier(), cv=2),
        VotingClassifier([("node", classifier()), ("line", LogisticRegression())], voting="soft"),
        BaggingClassifier(classifier(), n_estimators=2, random_state=0),
    ]
    for model in around:
        assert model.fit(X, Y).score(X, Y) > 0.8


@pytest.fixture
def routing() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_sample_weights_are_routed_through_a_pipeline_and_a_search() -> None:
    weights = np.random.default_rng(1).integers(0, 3, 60)
    node = classifier().set_fit_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipe = make_pipeline(scaler, node).fit(X, SIDES, sample_weight=weights)
    scaled = scaler.fit(X).transform(X)
    alone = classifier().fit(scaled, SIDES, sample_weight=weights)
    assert np.array_equal(pipe.predict_proba(X), alone.predict_proba(scaled))
    judge = make_scorer(accuracy_score).set_score_request(sample_weight=True)
    search = GridSearchCV(pipe, {"nodeclassifier__l2": [1e-3]}, cv=2, scoring=judge)
    search.fit(X, SIDES, sample_weight=weights)
    assert np.array_equal(search.predict_proba(X)[:, 0] > 0.5, search.predict(X) == 0)


@pytest.mark.usefixtures("routing")
def test_a_callback_is_routed_as_well() -> None:
    seen: list[int] = []
    node = classifier(max_iterations=3).set_fit_request(callback=True)
    pipe = make_pipeline(StandardScaler(), node)
    pipe.fit(X, Y, callback=lambda row: seen.append(row.nit))
    assert seen == [0, 1, 2, 3]


# What a fit says.


def test_the_warning_names_end_state_and_remedy_and_points_to_the_line_of_the_fit() -> None:
    with pytest.warns(ConvergenceWarning) as caught:
        classifier(max_iterations=2, tolerance=1e-12).fit(X, Y)
    said = str(caught[0].message)
    assert "'iterations'" in said and "max_iterations" in said
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match="'time'.*time_limit"):
        classifier(time_limit=1e-9).fit(X, Y)


def test_nothing_is_said_of_a_fit_that_went_well(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sn.NodeClassifier().fit(X, Y)
    assert capsys.readouterr() == ("", "")


def test_a_verbose_fit_tells_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[int, list[str]] = {}
    for verbose, l2 in ((1, "auto"), (2, 1e-3)):
        regressor(l2=l2, verbose=verbose, max_iterations=11).fit(X.iloc[:12], SIDES[:12])
        out, err = capsys.readouterr()
        told[verbose] = err.splitlines()
        assert out == "" and told[verbose][-1].startswith("end state 'iterations' after 11")
    steps = [sum(line.startswith("iteration") for line in told[verbose]) for verbose in (1, 2)]
    assert steps == [2, 12]
    assert sum(line.startswith("l2 = ") for line in told[1]) >= 2
