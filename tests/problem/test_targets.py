"""What may be given as targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node import InverseProblem
from standalone_node.errors import ArgumentError
from standalone_node.problem.losses import LOSSES

INPUTS = np.random.default_rng(0).normal(size=(4, 3))
CLASSES = np.array([0, 2, 1, 0])
LABELS = np.array([0, 1, 1, 0])


def read(targets: Any, loss: str = "squared", outputs: int | None = None) -> InverseProblem:
    return InverseProblem(INPUTS, targets, loss=loss, outputs=outputs, steps=1, scheme="euler")


@pytest.mark.parametrize("loss", ["squared", "huber"])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_a_table_of_values_concerns_the_first_components(loss: str, m: int) -> None:
    y = np.random.default_rng(1).normal(size=(4, m))
    problem = read(y, loss)
    assert problem.outputs == m and np.array_equal(problem.targets, y)


def test_one_value_a_row_concerns_the_first_component() -> None:
    y = np.array([0.5, 1.5, -1.0, 2.0])
    problem = read(y)
    assert problem.outputs == 1
    p = problem.initial_parameters()
    final = problem.solve_direct(p)[-1]
    assert problem.cost(p) == pytest.approx(0.5 * np.mean((final[:, 0] - y) ** 2), rel=1e-14)


def test_whole_numbers_in_a_table_are_values() -> None:
    problem = read(np.array([[1, 2], [3, 4], [5, 6], [7, 8]]))
    assert problem.outputs == 2 and problem.targets.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_whole_numbers_one_a_row_are_classes(dtype: type) -> None:
    y: Any = CLASSES.astype(dtype)
    assert np.array_equal(read(y, "cross-entropy").targets, CLASSES)
    for loss in ("squared", "huber"):
        problem = read(y, loss)
        assert problem.outputs == 3 and np.array_equal(problem.targets, np.eye(3)[CLASSES])


def test_the_number_of_classes_can_be_larger_than_those_that_occur() -> None:
    assert read(LABELS, "cross-entropy").outputs == 2
    assert read(LABELS, "cross-entropy", outputs=3).outputs == 3
    assert read(LABELS, "squared", outputs=3).targets.shape == (4, 3)


def test_truth_values_are_two_classes() -> None:
    assert np.array_equal(read(LABELS.astype(bool), "cross-entropy").targets, LABELS)


@pytest.mark.parametrize("labels", [LABELS, LABELS.astype(bool), LABELS * 1.0, LABELS[:, None]])
def test_the_logistic_loss_takes_labels_of_any_kind(labels: Any) -> None:
    problem = read(labels, "logistic")
    assert problem.outputs == 1 and np.array_equal(problem.targets[:, 0], LABELS)


def test_a_list_will_do() -> None:
    assert read([0, 2, 1, 0], "cross-entropy").outputs == 3


WRONG: list[tuple[Any, str, int | None, str]] = [
    (np.zeros(5), "squared", None, "4 rows"),
    (np.zeros((4, 1, 1)), "squared", None, r"\(B,\) or \(B, m\)"),
    (1.0, "squared", None, "4 rows"),
    (["a", "b", "c", "d"], "cross-entropy", None, "encode classes"),
    (np.array([1j] * 4), "squared", None, "numbers"),
    (np.zeros((4, 4)), "squared", None, "4 components, but the state has 3"),
    (np.zeros((4, 2)), "squared", 1, "outputs = 1"),
    ([0.0, np.nan, 1.0, 1.0], "squared", None, "finite"),
    ([0.0, np.inf, 1.0, 1.0], "huber", None, "finite"),
    (CLASSES * 1.0, "cross-entropy", None, "integer classes"),
    (CLASSES[:, None], "cross-entropy", None, "integer classes"),
    (CLASSES - 1, "cross-entropy", None, "classes"),
    (CLASSES, "cross-entropy", 2, "outputs = 2"),
    (CLASSES + 1, "cross-entropy", None, "widen the inputs"),
    (CLASSES + 1, "squared", None, "floats if the targets are values"),
    (LABELS, "cross-entropy", 4, "widen the inputs"),
    (CLASSES, "logistic", None, "0 or 1"),
    (LABELS * 0.5, "logistic", None, "0 or 1"),
    ([0.0, np.nan, 1.0, 1.0], "logistic", None, "0 or 1"),
    (np.zeros((4, 2)), "logistic", None, "one label"),
    (LABELS, "logistic", 2, "one output"),
]


@pytest.mark.parametrize(("targets", "loss", "outputs", "words"), WRONG)
def test_what_does_not_fit_is_refused_in_a_sentence(
    targets: Any, loss: str, outputs: int | None, words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        read(targets, loss, outputs)


@pytest.mark.parametrize("outputs", [0, -1, 2.0, 1.5, "2", True])
@pytest.mark.parametrize("loss", LOSSES)
def test_an_impossible_number_of_outputs_is_refused(loss: str, outputs: Any) -> None:
    targets = LABELS if loss in ("cross-entropy", "logistic") else np.zeros((4, 2))
    if loss == "logistic" and outputs is True:
        return  # counts as 1
    with pytest.raises(ArgumentError, match="output"):
        read(targets, loss, outputs)
