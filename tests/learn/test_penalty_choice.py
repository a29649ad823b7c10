"""The search for a penalty weight: where it ends, and what it takes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import KFold

from standalone_node.learn.penalty_choice import CANDIDATES, Split, chosen_l2

#: How much harder each of five folds is than the mean.
HARDNESS = np.array([-0.4, -0.1, 0.0, 0.2, 0.3])


def searched(
    means: list[float], noise: list[float], spread: float = 1.0
) -> tuple[float, dict[float, float]]:
    """The choice among candidates with these errors, which differ from fold to fold."""

    def errors(folds: list[Split], l2: float) -> np.ndarray:
        place = CANDIDATES.index(l2)
        return means[place] + spread * HARDNESS + noise[place] * (-1) ** np.arange(len(folds))

    return chosen_l2(errors, 50, 0)


def test_the_least_error_is_taken() -> None:
    best, errors = searched([5.0, 4.0, 3.0, 2.0, 1.5, 1.2, 1.4], [0.0] * 7)
    assert best == CANDIDATES[5] and len(errors) == 7
    assert list(errors.values()) == pytest.approx([5.0, 4.0, 3.0, 2.0, 1.5, 1.2, 1.4])


def test_two_in_a_row_that_are_worse_end_it_even_if_one_may_doubt() -> None:
    best, errors = searched([5.0, 4.0, 4.1, 4.1, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0, 0, 0])
    assert best == CANDIDATES[1] and len(errors) == 4


def test_one_that_may_be_worse_by_chance_does_not_end_it() -> None:
    best, errors = searched([5.0, 4.0, 4.1, 3.0, 2.0, 2.1, 2.2], [0.0, 0.0, 1.0, 0, 0, 1.0, 0])
    assert best == CANDIDATES[4] and len(errors) == 7


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
def test_one_that_is_worse_in_every_fold_ends_it_however_folds_differ(spread: float) -> None:
    best, errors = searched([5.0, 4.0, 4.5, 1.0, 1.0, 1.0, 1.0], [0.0] * 7, spread)
    assert best == CANDIDATES[1] and len(errors) == 3


def test_a_fold_counts_as_much_as_its_rows_weigh() -> None:
    weights = np.random.default_rng(0).random(20)
    _, errors = chosen_l2(
        lambda folds, l2: [float(test[0]) for _, test in folds], 20, 0, weights=weights
    )
    folds = [test for _, test in KFold(5, shuffle=True, random_state=0).split(np.empty((20, 1)))]
    expected = sum(test[0] * weights[test].sum() for test in folds) / weights.sum()
    assert errors[CANDIDATES[0]] == pytest.approx(expected)


def test_when_there_is_no_time_it_is_left_at_the_first() -> None:
    lines: list[str] = []
    best, errors = chosen_l2(lambda folds, l2: [1.0] * len(folds), 2, 0, lambda: True, lines.append)
    assert (best, errors) == (CANDIDATES[0], {CANDIDATES[0]: 1.0})
    assert lines == ["l2 = 0.1: cross-validated error 1"]
