"""Estimators tell what they are: as text, beside scikit-learn's diagram, and after loading."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError

import standalone_node as sn
from standalone_node.learn.model_file import model_bytes
from standalone_node.learn.preparation import prepare
from standalone_node.learn.table import read_table
from standalone_node.learn.tabular import fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
Q, R = load_diabetes(return_X_y=True)
SECTIONS = ["Problem", "Method", "End state", "Numerical accuracy", "Scores"]


def classifier(**settings: Any) -> sn.NodeClassifier:
    return sn.NodeClassifier(**{"max_iterations": 6, **settings})


def rows_of(model: Any, title: str) -> dict[str, str]:
    return dict(next(s.rows for s in model.summary().sections if s.title == title))


FITS: dict[str, Any] = {
    "classifier": lambda: classifier().fit(X, Y),
    "logistic": lambda: classifier(loss="logistic").fit(X[:100], Y[:100]),
    "one-hot": lambda: classifier(loss="huber").fit(X, Y),
    "regressor": lambda: sn.NodeRegressor(l2=0.1, max_iterations=6).fit(Q, R),
    "two targets": lambda: sn.NodeRegressor(l2=0.1, max_iterations=6).fit(Q, np.c_[R, -2.0 * R]),
    "batches": lambda: classifier(batch_size=50, epochs=1).fit(X, Y),
    "continuation": lambda: classifier(continuation=(2,), steps=4).fit(X, Y),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fitted_estimator_has_five_sections_with_true_figures(name: str) -> None:
    model = FITS[name]()
    assert [section.title for section in model.summary().sections] == SECTIONS
    assert 1.95 < model.accuracy_.taylor_order < 2.05
    rows, targets = {
        "logistic": (X[:100], Y[:100]),
        "regressor": (Q, R),
        "two targets": (Q, np.c_[R, -2.0 * R]),
    }.get(name, (X, Y))
    (score,) = (v for k, v in rows_of(model, "Scores").items() if k.endswith("training rows"))
    assert score == f"{model.score(rows, targets):.4f}"


def test_print_is_scikit_learns_own() -> None:
    model = classifier().fit(X, Y)
    assert repr(model) == "NodeClassifier(max_iterations=6)" == str(model)


def test_the_summary_stands_below_the_diagram() -> None:
    model = classifier().fit(X, Y)
    for page in (model._repr_mimebundle_()["text/html"], model._repr_html_()):
        assert page.index("sk-top-container") < page.index("standalone-node-summary")
        assert model.summary().html() in page
    with config_context(display="text"):
        assert "text/html" not in model._repr_mimebundle_()
        assert not hasattr(model, "_repr_html_")


def test_an_estimator_that_is_not_fitted_says_so() -> None:
    model = classifier()
    assert "call fit(X, y) first" in str(model.summary())
    assert "Not fitted" in model._repr_html_()
    with pytest.raises(NotFittedError):
        model.measure_accuracy(X, Y)


def test_a_summary_that_cannot_be_made_does_not_break_the_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = classifier().fit(X, Y)
    monkeypatch.setattr(type(model), "summary", lambda self: 1 / 0)
    assert "No summary: ZeroDivisionError" in model._repr_html_()


def test_a_model_file_keeps_accuracy_and_score(tmp_path: Path) -> None:
    model = classifier().fit(X, Y)
    sn.save(model, tmp_path / "model.npz")
    loaded = sn.load(tmp_path / "model.npz")
    assert loaded.summary() == model.summary() and loaded.accuracy_ == model.accuracy_
    assert rows_of(loaded, "Numerical accuracy")["measured on"].startswith(
        "all 149 different rows (of 150); the derivative"
    )


def test_what_is_measured_before_saving_makes_no_difference_to_the_file() -> None:
    early, late = classifier().fit(X, Y), classifier(threads=1).fit(X, Y)
    assert early.summary() and model_bytes(early) == model_bytes(late)


def test_a_fit_keeps_no_data_of_its_caller_alive() -> None:
    rows = X.copy()
    seen = weakref.ref(rows)
    model = classifier().fit(rows, Y)
    del rows
    gc.collect()
    assert seen() is None
    assert model.result_.__dict__["_excerpt"] is None and "summary() of" in str(model.result_)


def test_no_row_goes_into_a_pickle() -> None:
    rows = np.random.default_rng(0).normal(size=(900, 6))
    model = sn.NodeRegressor(l2=0.1, max_iterations=2).fit(rows, rows[:, 0])
    again = pickle.loads(pickle.dumps(model))
    assert len(pickle.dumps(model)) < rows.nbytes and again.accuracy_ is None
    assert "measure_accuracy(X, y)" in rows_of(again, "Numerical accuracy")["accuracy"]
    assert clone(model).summary().sections[0].rows == (("not fitted", "call fit(X, y) first"),)


def test_asked_on_the_rows_of_the_fit_it_is_what_the_fit_tells() -> None:
    model = classifier().fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    found = again.measure_accuracy(X, Y)
    assert found == model.accuracy_ == again.accuracy_


def test_a_copy_has_the_accuracy_if_it_was_asked_for_before() -> None:
    model = sn.NodeRegressor(l2=0.1, max_iterations=2).fit(Q, R)
    early = copy.deepcopy(model)
    assert early.accuracy_ is None and "copy or pickle" in str(early.summary())
    assert copy.deepcopy(model).accuracy_ is None and model.accuracy_ is not None
    assert copy.deepcopy(model).accuracy_ == model.accuracy_


def test_rows_without_weight_are_not_taken_for_merged_ones() -> None:
    weights = np.r_[np.zeros(20), np.ones(len(Q) - 20)]
    model = sn.NodeRegressor(l2=0.1, max_iterations=2).fit(Q, R, sample_weight=weights)
    assert rows_of(model, "Numerical accuracy")["measured on"].startswith("all 422 rows;")
    model = sn.NodeRegressor(l2=0.1, max_iterations=2).fit(np.r_[Q, Q], np.r_[R, R])
    said = rows_of(model, "Numerical accuracy")["measured on"]
    assert said.startswith("all 442 different rows (of 884);")


def test_the_method_is_told_in_words() -> None:
    model = sn.NodeRegressor(l2=0.1, max_iterations=2, weights="constant").fit(Q, R)
    assert rows_of(model, "Method")["learnt"] == "one theta for all depths"
    assert "=" not in "".join(rows_of(model, "Method").values())


def test_after_a_batch_of_partial_fit_nothing_is_claimed() -> None:
    model = classifier().fit(X, Y)
    assert model.accuracy_ is not None
    model.partial_fit(X[::2], Y[::2])
    assert model.accuracy_ is None


def test_the_score_of_a_model_of_a_table_is_that_of_all_its_rows(tmp_path: Path) -> None:
    rows = "\n".join(f"{a},{b},{'yes' if a > 2.0 * b - 0.8 else 'no'}" for a, b in X[::2, :2])
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}\n")
    table = read_table(tmp_path / "t.csv")
    model = fit(prepare(table, "y"), {"max_iterations": 3}).estimator
    scores = rows_of(model, "Scores")
    assert scores["accuracy, held-out rows"] == f"{model.summary_['test_accuracy']:.4f}"
    assert scores["accuracy, training rows"] == f"{model.summary_['train_accuracy']:.4f}"
    assert "fit_score" not in model.summary_ and model.accuracy_ is not None
