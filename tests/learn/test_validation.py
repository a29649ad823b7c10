"""Rows held out for early stopping, and what is watched on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node import InverseProblem, Penalty
from standalone_node.errors import ArgumentError
from standalone_node.learn.validation import NegativeLoss, held_out


def test_every_row_is_on_one_side_and_every_class_on_both() -> None:
    labels = np.repeat([0, 1, 2], [40, 20, 10])
    train, validation = held_out(0.2, labels, True, seed=3)
    assert sorted([*train, *validation]) == list(range(70))
    assert np.bincount(labels[validation]).tolist() == [8, 4, 2]
    again = held_out(0.2, labels, True, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip((train, validation), again, strict=True))


@pytest.mark.parametrize("share", [1.0, -0.1, "half", True, float("nan")])
def test_a_share_out_of_range_is_refused(share: Any) -> None:
    with pytest.raises(ArgumentError, match="validation_share"):
        held_out(share, np.zeros(10), False, seed=0)


def test_too_few_rows_are_said_to_be_too_few() -> None:
    with pytest.raises(ArgumentError, match="too few"):
        held_out(0.1, np.array([0, 0, 0, 1]), True, seed=0)


def test_the_score_is_the_loss_without_penalties() -> None:
    rng = np.random.default_rng(0)
    problem = InverseProblem(
        rng.normal(size=(6, 2)), rng.normal(size=6), steps=3, penalty=Penalty(l2=5.0)
    )
    p = problem.initial_parameters()
    final = problem.solve_direct(p)[-1][:, :1]
    expected = -0.5 * np.mean(np.square(final - problem.targets))
    assert NegativeLoss(problem)(p) == pytest.approx(expected, rel=1e-12)


def test_the_score_is_as_exact_as_the_tolerance_asks_wherever_the_parameters_have_gone() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 2)), rng.normal(size=20)
    options: dict[str, Any] = {"horizon": 4.0, "scheme": "dopri5", "form": "outside"}
    problem = InverseProblem(*rows, steps=2, rtol=1e-8, **options)
    fine = InverseProblem(*rows, steps=400, depth_points=3, **options)
    score = NegativeLoss(problem)
    p = problem.initial_parameters(scale=0.7)
    for at in (0.01 * p, p):
        assert score(at) == pytest.approx(-fine.cost(at), rel=1e-5)
