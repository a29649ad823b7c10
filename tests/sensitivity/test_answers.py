"""Answers are half-spaces of the outputs."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node import InverseProblem
from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.answers import answers_of, same_class, same_quantity
from standalone_node.sensitivity.subject import network_of


def _network(classes: int, loss: str = "cross-entropy"):
    width = max(classes, 2)
    targets = np.zeros((1, 1)) if loss == "squared" else np.zeros(1, dtype=int)
    settings = {} if loss in ("squared", "logistic") else {"outputs": classes}
    problem = InverseProblem(np.zeros((1, width)), targets, steps=2, loss=loss, **settings)
    return network_of(problem, problem.initial_parameters())


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_class_is_kept_where_it_is_the_one_decided(classes):
    network = _network(classes)
    outputs = np.random.default_rng(0).standard_normal((200, classes))
    reference = np.random.default_rng(1).integers(classes, size=200)
    kept = same_class(network, reference).kept(outputs)
    np.testing.assert_array_equal(kept, network.decided(outputs) == reference)


def test_one_logit_is_kept_by_its_sign():
    network = _network(2, "logistic")
    outputs = np.array([[2.0], [-3.0], [2.0], [-3.0]])
    answers = same_class(network, np.array([1, 0, 0, 1]))
    np.testing.assert_array_equal(answers.margins(outputs)[:, 0], [2.0, 3.0, -2.0, -3.0])
    np.testing.assert_array_equal(answers.others[:, 0], [0, 1, 1, 0])


def test_margins_are_differences_of_logits_in_the_order_of_the_others():
    answers = same_class(_network(3), np.array([1]))
    np.testing.assert_array_equal(answers.others, [[0, 2]])
    np.testing.assert_allclose(answers.margins(np.array([[1.0, 5.0, 2.0]])), [[4.0, 3.0]])


def test_quantities_may_fall_and_rise_by_the_tolerance():
    outputs = np.array([[1.0, -2.0]])
    answers = same_quantity(outputs, [0.5, 0.25])
    np.testing.assert_allclose(answers.margins(outputs), [[0.5, 0.5, 0.25, 0.25]])
    np.testing.assert_allclose(answers.margins(outputs - [[0.5, 0.0]]), [[0.0, 1.0, 0.25, 0.25]])
    assert answers.kept(outputs + np.array([0.4, -0.2])).all()
    assert not answers.kept(outputs + np.array([0.0, 0.3])).any()


def test_rows_may_be_picked_and_repeated():
    answers = same_class(_network(3), np.array([0, 1, 2])).of(np.array([2, 2, 0]))
    assert len(answers) == 3
    np.testing.assert_array_equal(answers.reference, [2, 2, 0])


@pytest.mark.parametrize(
    "y, tolerance, message",
    [
        ([3], None, "classes 0…2"),
        ([-1], None, "classes 0…2"),
        ([0, 1], None, "one class a row"),
        ([0.5], None, "one class a row"),
        (None, 0.1, "tolerance = 0.1 belongs to quantities"),
    ],
)
def test_an_answer_of_a_class_that_makes_no_sense_is_refused(y, tolerance, message):
    with pytest.raises(ArgumentError, match=message):
        answers_of(_network(3), np.zeros((1, 3)), y, tolerance)


@pytest.mark.parametrize("tolerance", [None, 0.0, -1.0, np.inf])
def test_quantities_need_a_positive_tolerance(tolerance):
    with pytest.raises(ArgumentError, match="tolerance"):
        answers_of(_network(1, "squared"), np.zeros((1, 1)), None, tolerance)
