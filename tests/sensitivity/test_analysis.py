"""An analysis: the questions, their rows, and what a limit cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.analysis import analyse, chosen_questions
from standalone_node.sensitivity.analysis_rows import Pair, joined, picked
from standalone_node.sensitivity.names import ABOUT
from standalone_node.sensitivity.questions import QUESTIONS


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(160, 3)) * [1.0, 10.0, 0.1]
    return X, np.where(X[:, 0] + 0.1 * X[:, 1] > 0.0, "up", "down")


@pytest.fixture(scope="module")
def model(data: tuple[Any, Any]) -> sn.NodeClassifier:
    return sn.NodeClassifier(max_iterations=40).fit(*data)


def test_every_question_has_words_and_an_answer() -> None:
    assert list(QUESTIONS) == list(ABOUT)


def test_all_questions_are_answered_for_classes(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, *data, samples=200)
    assert list(found.parts) == list(ABOUT) and not found.left_out
    attacked, sure = found.parts["attack"]["perturbations"], found.parts["certificate"]
    assert len(attacked.distance) == 160
    assert (sure["certificate"].radius <= attacked.distance).all()
    assert (sure["gronwall"].radius <= attacked.distance).all()


def test_all_questions_are_answered_for_quantities(data: tuple[Any, Any]) -> None:
    X, _ = data
    y = X[:, 0] * 2.0 + np.sin(X[:, 1] / 5.0)
    model = sn.NodeRegressor(l2=1e-3, max_iterations=40).fit(X, y)
    found = analyse(model, X, y, samples=200)
    assert list(found.parts) == list(ABOUT)
    error = np.sqrt(np.mean(np.square(model.predict(X) - y)))
    assert found.study.tolerance == pytest.approx(error)
    assert found.parts["posterior"]["coverage"].levels.size > 3


def test_rows_in_chunks_are_the_rows_at_once(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, *data, questions=["certificate"], unit=None)
    alone = sn.sensitivity.certificate(model, *data)
    assert np.array_equal(found.rows["certificate"], np.arange(160))
    assert np.allclose(found.parts["certificate"]["certificate"].radius, alone.radius, rtol=1e-9)


def test_a_time_limit_cuts_and_says_so(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, *data, time_limit=1e-9, questions=["noise"])
    assert not found.parts
    assert "time limit" in found.left_out["noise"]


def test_a_question_that_a_network_cannot_answer_leaves_the_others(data: tuple[Any, Any]) -> None:
    model = sn.NodeClassifier(reversible=True, max_iterations=5).fit(*data)
    told: list[tuple[str, int, int]] = []
    found = analyse(
        model,
        *data,
        questions=["jacobian", "certificate"],
        progress=lambda *args: told.append(args),
    )
    assert list(found.parts) == ["jacobian"] == list(found.seconds)
    assert "reversible scheme" in found.left_out["certificate"]
    assert told[-1] == ("certificate", 1, 1)
    with pytest.raises(ArgumentError, match="reversible scheme"):
        analyse(model, *data, questions=["certificate"])


def test_effects_that_overflow_leave_the_other_questions(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, 1e300 * data[0][:20], questions=["accuracy", "jacobian"])
    assert list(found.parts) == ["accuracy"]
    assert "overflow" in found.left_out["jacobian"]


def test_rows_that_are_all_wrong_leave_nothing_to_check_but_are_no_error(
    model: Any, data: tuple[Any, Any]
) -> None:
    X = data[0]
    wrong = np.where(model.predict(X) == "up", "down", "up")
    found = analyse(model, X[:10], wrong[:10], questions=["attack"])
    assert "checks" not in found.parts["attack"]
    assert "could not be checked" in found.notes["attack"][-1]


def test_sizes_in_the_maximum_norm_are_those_that_break_rows(
    model: Any, data: tuple[Any, Any]
) -> None:
    found = analyse(model, *data, rows=40, unit="spread", questions=["attack"])
    changed = found.parts["attack"]["perturbations"]
    largest = np.abs((changed.perturbed - changed.rows) / model.network_.scale).max(axis=1)
    curve = found.parts["attack"]["curves"][1]
    assert curve.norm == "linf" and curve.epsilons[-1] <= largest.max()
    assert curve.accuracy[-1] < 0.2


def test_without_anything_to_go_by_a_tolerance_is_in_the_units_of_the_fit() -> None:
    X = np.linspace(-1.0, 1.0, 30)[:, None]
    model = sn.NodeRegressor(max_iterations=5).fit(X, 1000.0 * X[:, 0])
    found = analyse(model, X[:1], questions=["accuracy"])
    assert found.study.tolerance == pytest.approx(0.25 * model.network_.output_scale)


def test_rows_that_are_too_many_are_drawn(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, *data, rows=20, questions=["jacobian"])
    assert len(found.study) == 20 and found.total == 160
    assert np.array_equal(found.study.rows, data[0][found.index])
    assert (np.diff(found.index) > 0).all()


def test_without_targets_the_predicted_classes_are_kept(model: Any, data: tuple[Any, Any]) -> None:
    found = analyse(model, data[0], questions=["attack", "posterior"])
    assert (found.parts["attack"]["perturbations"].distance > 0.0).all()
    assert not found.parts["posterior"] and found.notes["posterior"]


def test_progress_tells_each_question_from_nothing_to_all(
    model: Any, data: tuple[Any, Any]
) -> None:
    told: list[tuple[str, int, int]] = []
    analyse(model, *data, questions=["depth", "jacobian"], progress=lambda *args: told.append(args))
    assert told[0] == ("jacobian", 0, 1) and told[-1] == ("depth", 1, 1)
    assert all(0 <= done <= total for _, done, total in told)


def test_what_cannot_be_asked_is_named(model: Any, data: tuple[Any, Any]) -> None:
    with pytest.raises(ArgumentError, match="unknown question 'atack': choose from accuracy"):
        chosen_questions(["atack"])
    with pytest.raises(ArgumentError, match="time_limit = -1"):
        analyse(model, *data, time_limit=-1)
    with pytest.raises(ArgumentError, match="y 3"):
        analyse(model, data[0], data[1][:3])
    with pytest.raises(ArgumentError, match="belongs to quantities"):
        analyse(model, *data, tolerance=0.1)


def test_results_are_joined_and_picked_row_by_row(model: Any, data: tuple[Any, Any]) -> None:
    X, y = data
    parts = [sn.sensitivity.certificate(model, X[a:b], y[a:b]) for a, b in ((0, 60), (60, 100))]
    whole = joined([Pair(part, part) for part in parts], [60, 40]).second
    assert np.array_equal(whole.radius[60:], parts[1].radius)
    assert np.array_equal(whole.growth[:, :60], parts[0].growth)
    some = picked(whole, np.array([99, 0]), 100)
    assert np.array_equal(some.radius, [parts[1].radius[-1], parts[0].radius[0]])
    assert np.array_equal(some.growth[:, 0], parts[1].growth[:, -1])
