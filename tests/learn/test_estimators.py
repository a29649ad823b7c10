"""The scikit-learn estimators, as their users meet them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def moons() -> tuple[np.ndarray, np.ndarray]:
    return make_moons(120, noise=0.15, random_state=0)


def quick(**options: object) -> sn.NodeClassifier:
    return sn.NodeClassifier(**{"max_iterations": 30, **options})  # type: ignore[arg-type]


def test_moons_are_told_apart(moons: tuple[np.ndarray, np.ndarray]) -> None:
    assert sn.NodeClassifier().fit(*moons).score(*moons) >= 0.97


@pytest.mark.parametrize("loss", ["cross-entropy", "squared", "huber", "logistic"])
@pytest.mark.parametrize("channels", ["own", "shared"])
def test_every_loss_and_layout_learns(
    moons: tuple[np.ndarray, np.ndarray], loss: str, channels: str
) -> None:
    X, y = moons
    model = quick(loss=loss, channels=channels, augment=1, horizon=1.0, max_iterations=80).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.result_.history["cost"][-1] < 0.7 * model.result_.history["cost"][0]
    assert model.width_ == {"own": 2 + (1 if loss == "logistic" else 2), "shared": 2}[channels] + 1


def test_probabilities_are_probabilities_and_decide(moons: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = moons
    labels = np.array(["left", "right"])[y]
    for loss in ("cross-entropy", "logistic"):
        model = quick(loss=loss).fit(X, labels)
        p = model.predict_proba(X)
        assert p.shape == (120, 2)
        np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)
        assert (model.classes_[p.argmax(axis=1)] == model.predict(X)).all()
        assert ((model.decision_function(X) > 0) == (model.predict(X) == "right")).all()


def test_a_loss_without_probabilities_says_so(moons: tuple[np.ndarray, np.ndarray]) -> None:
    model = quick(loss="squared").fit(*moons)
    assert not hasattr(model, "predict_proba")


def test_the_default_layout_puts_the_outputs_in_front_of_the_features() -> None:
    X, y = load_iris(return_X_y=True)
    model = quick().fit(X, y)
    states = model.layout_.states(model.scaling_.apply(X))
    assert states.shape == (150, 7)
    assert not states[:, :3].any()
    np.testing.assert_allclose(states[:, 3:].mean(axis=0), 0.0, atol=1e-12)
    size = np.hypot(states[:, 3:].std(axis=0), 0.5 * np.ptp(states[:, 3:], axis=0))
    np.testing.assert_allclose(size, np.sqrt(2.0), atol=1e-12)


def test_a_feature_in_other_units_changes_nothing_but_rounding(
    moons: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = moons
    p = quick().fit(X, y).predict_proba(X)
    q = quick().fit(1e6 * X + 1e3, y).predict_proba(1e6 * X + 1e3)
    np.testing.assert_allclose(p, q, atol=1e-5)


def test_a_constant_feature_does_no_harm(moons: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = moons
    wide = np.column_stack([X, np.full(120, 1e9 + 0.1)])
    assert np.isfinite(quick().fit(wide, y).predict_proba(wide)).all()


def test_targets_come_back_in_their_own_units() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 2))
    y = 1e6 + 1e4 * (X[:, 0] - 0.5 * X[:, 1])
    model = sn.NodeRegressor(l2=1e-3, max_iterations=60).fit(X, y)
    assert model.score(X, y) > 0.98
    assert model.predict(X).shape == (80,)


def test_several_targets_are_predicted_together() -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60, 2))
    Y = np.column_stack([X[:, 0], 100.0 * X[:, 1], X.sum(axis=1)])
    model = sn.NodeRegressor(l2=1e-3, max_iterations=60).fit(X, Y)
    assert model.predict(X).shape == (60, 3)
    assert model.score(X, Y) > 0.9


def test_the_penalty_is_chosen_on_the_rows_given_and_holds_against_ridge() -> None:
    X, y = load_diabetes(return_X_y=True)
    train, test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=7)
    model = sn.NodeRegressor().fit(train, y_train)
    assert model.l2_ == min(model.l2_errors_, key=model.l2_errors_.__getitem__)
    assert len(model.l2_errors_) >= 3
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))).fit(train, y_train)
    assert model.score(test, y_test) > ridge.score(test, y_test) - 0.05


def test_weights_act_as_repetition_of_rows_does(moons: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = moons
    weights = np.random.default_rng(0).integers(0, 3, 120)
    options = {"tolerance": 1e-9, "max_iterations": 400, "l2": 0.1, "horizon": 1.0}
    weighted = quick(**options).fit(X, y, sample_weight=weights)
    repeated = quick(**options).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)


@pytest.mark.usefixtures("many_hands")
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(
    moons: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = moons
    one, three = quick(threads=1).fit(X, y), quick(threads=3).fit(X, y)
    np.testing.assert_array_equal(one.parameters_.values, three.parameters_.values)
    np.testing.assert_array_equal(one.predict_proba(X), three.predict_proba(X))
    other = quick(random_state=1).fit(X, y)
    assert not np.array_equal(one.parameters_.values, other.parameters_.values)


def test_they_are_scikit_learn_estimators(moons: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = moons
    search = GridSearchCV(quick(), {"l2": [1e-3, 1e-1]}, cv=2).fit(X, y)
    assert search.best_params_["l2"] in (1e-3, 1e-1)
    assert clone(quick(horizon=2.5)).horizon == 2.5
    assert cross_val_score(make_pipeline(StandardScaler(), quick()), X, y, cv=2).mean() > 0.8


def test_a_run_that_hits_the_limit_warns_and_names_the_remedy(
    moons: tuple[np.ndarray, np.ndarray],
) -> None:
    with pytest.warns(ConvergenceWarning, match="raise max_iterations"):
        quick(max_iterations=2, tolerance=1e-12).fit(*moons)


def test_progress_is_told_while_it_runs(
    moons: tuple[np.ndarray, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[int] = []
    quick(verbose=2, max_iterations=3).fit(*moons, callback=lambda row: rows.append(row.nit))
    assert rows == [0, 1, 2, 3]
    assert capsys.readouterr().err.count("iteration  ") == 4


@pytest.mark.parametrize(
    "options, words",
    [
        ({"l2": -1.0}, "l2"),
        ({"l2": "auto"}, "l2"),
        ({"h1": -1.0}, "h1"),
        ({"channels": "mine"}, "channels"),
        ({"augment": -1}, "augment"),
        ({"horizon": 0.0}, "horizon"),
        ({"steps": 2.5}, "steps"),
        ({"scheme": "rk5"}, "rk5"),
        ({"form": "beside"}, "beside"),
        ({"activation": "relu6"}, "relu6"),
        ({"loss": "hinge"}, "hinge"),
        ({"smoothing": -1.0}, "smoothing"),
        ({"method": "newton"}, "newton"),
        ({"beta": "CD"}, "CD"),
        ({"max_iterations": -1}, "max_iterations"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"threads": 0}, "threads"),
    ],
)
def test_an_impossible_argument_is_named(
    moons: tuple[np.ndarray, np.ndarray], options: dict[str, object], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        quick(**options).fit(*moons)


def test_data_that_cannot_be_used_are_refused(moons: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = moons
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(np.full_like(X, np.nan), y)
    with pytest.raises(ValueError, match="one class only"):
        quick().fit(X, np.zeros(120))
    with pytest.raises(ValueError, match="two classes"):
        quick(loss="logistic").fit(X, np.arange(120) % 3)
    with pytest.raises(ValueError, match="regression"):
        sn.NodeRegressor(loss="logistic").fit(X, y)
    with pytest.raises(NotFittedError):
        sn.NodeRegressor().predict(X)
    with pytest.raises(ValueError, match="features"):
        quick().fit(X, y).predict(X[:, :1])


def test_rows_far_outside_the_training_data_are_named_when_the_state_overflows() -> None:
    X, y = make_moons(60, noise=0.1, random_state=0)
    model = quick(form="outside", activation="relu", horizon=6.0).fit(X, y)
    far = X.copy()
    far[17] = 1e308
    with pytest.raises(StateOverflow, match="row 18"):
        model.predict(far)


def test_a_model_of_a_table_that_is_fitted_again_forgets_the_old_columns() -> None:
    from standalone_node.learn.table import Table
    from standalone_node.learn.tabular import fit, prepare

    X, y = load_iris(return_X_y=True, as_frame=True)
    rows = Table.from_frame(X.assign(species=y))
    model = fit(prepare(rows, "species"), {"max_iterations": 10}).estimator
    assert model.predict(X.iloc[:, ::-1]).shape == (150,)  # by name, in any order
    swapped = X.iloc[:, [1, 0, 2, 3]]
    assert model.fit(swapped, y).score(swapped, y) > 0.9
    assert not hasattr(model, "schema_")


def test_truth_values_are_known_however_they_are_spelt(tmp_path: object) -> None:
    import pandas as pd

    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import fit, prepare

    path = f"{tmp_path}/coins.csv"
    with open(path, "w") as file:
        file.write("x,shiny,fake\n")
        file.writelines(f"{i % 7},{'true' if i % 2 else 'false'},{i % 2}\n" for i in range(40))
    model = fit(prepare(read_table(path), "fake"), {"max_iterations": 5}).estimator
    frame = pd.read_csv(path)
    assert frame["shiny"].dtype == bool
    assert (model.predict(frame) == frame["fake"]).all()


@pytest.mark.parametrize("unit", [2.0**-900, 2.0**-60, 2.0**60, 2.0**900])
def test_a_change_of_units_by_a_power_of_two_changes_no_bit(
    moons: tuple[np.ndarray, np.ndarray], unit: float
) -> None:
    X, y = moons
    plain = sn.NodeRegressor(l2=1e-3, max_iterations=10).fit(X, y)
    scaled = sn.NodeRegressor(l2=1e-3, max_iterations=10).fit(unit * X, unit * y)
    np.testing.assert_array_equal(scaled.predict(unit * X), unit * plain.predict(X))
