"""What users may give as observations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError

TIMES = [0.0, 0.5, 2.0, 2.5]
VALUES = np.arange(24.0).reshape(4, 2, 3)


def test_the_whole_state_is_observed_with_weights_of_one_unless_something_is_said() -> None:
    seen = sn.Observations(TIMES, VALUES).of(2, 3)
    assert np.array_equal(seen.operator, np.eye(3))
    assert np.array_equal(seen.values, VALUES) and (seen.weights == 1.0).all()


def test_components_and_matrices_say_what_is_observed() -> None:
    by_number = sn.Observations(TIMES, VALUES[:, :, :2], operator=[2, 0]).of(2, 3)
    assert np.array_equal(by_number.operator, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    total = sn.Observations(TIMES, VALUES[:, :, :1], operator=[[1, 1, 1]]).of(2, 3)
    assert np.array_equal(total.operator, [[1.0, 1.0, 1.0]])


@pytest.mark.parametrize(
    ("values", "samples", "components"),
    [(VALUES[:, 0], 1, [0, 1, 2]), (VALUES[:, :, 0], 2, [1]), (VALUES[:, 0, 0], 1, [1])],
)
def test_axes_of_length_one_may_be_left_out(
    values: Any, samples: int, components: list[int]
) -> None:
    seen = sn.Observations(TIMES, values, operator=components).of(samples, 3)
    assert seen.values.shape == (4, samples, len(components))
    assert np.array_equal(seen.values.ravel(), values.ravel())


@pytest.mark.parametrize(
    ("weights", "entry"),
    [
        (3.0, 3.0),
        ([1, 2, 3, 4], 3.0),
        (np.arange(12.0).reshape(4, 3), 7.0),
        (np.array([[1.0, 5.0, 9.0]]), 5.0),
        (np.arange(24.0).reshape(4, 2, 3), 16.0),
        (np.array([1.0, 8.0])[None, :, None], 8.0),
    ],
)
def test_weights_are_for_times_components_or_entries(weights: Any, entry: float) -> None:
    seen = sn.Observations(TIMES, VALUES, weights=weights).of(2, 3)
    assert seen.weights.shape == (4, 2, 3)
    assert seen.weights[2, 1, 1] == entry


def test_what_is_not_a_number_is_not_observed() -> None:
    values = VALUES.copy()
    values[1, 1, 2] = np.nan
    seen = sn.Observations(TIMES, values, weights=2.0).of(2, 3)
    assert seen.weights[1, 1, 2] == 0.0 and seen.weights.sum() == 46.0
    assert np.isfinite(seen.values).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 1.0], [1.0]), "2 times, but values of shape"),
        (([1.0, 1.0], [1.0, 2.0]), "increase"),
        (([-1.0, 1.0], [1.0, 2.0]), "0 or later"),
        (([], []), "not empty"),
        (([0.0, np.nan], [1.0, 2.0]), "finite"),
        (([1.0], [np.inf]), "finite, or NaN"),
        (([1.0], [np.nan]), "finite, or NaN"),
        (([1.0], ["many"]), "array of numbers"),
        (([1.0], [1.0], None, -1.0), "not negative"),
        (([1.0], [1.0], None, np.nan), "not negative"),
    ],
)
def test_observations_that_cannot_be_used_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        sn.Observations(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operator": [0, 3]}, "outside 0…2"),
        ({"operator": [0, -1]}, "outside 0…2"),
        ({"operator": [1, 1]}, "twice"),
        ({"operator": [[1.0, 2.0]]}, r"matrix \(m, 3\)"),
        ({"operator": [[np.nan, 0.0, 0.0]]}, "finite"),
        ({"operator": [0.5]}, r"matrix \(m, 3\)"),
        ({"operator": [0]}, r"are not \(4, 2, 1\)"),
        ({"weights": np.ones(3)}, "weights of shape"),
        ({"weights": 0.0}, "nothing is left to fit"),
    ],
)
def test_observations_that_do_not_fit_the_state_are_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        sn.Observations(TIMES, VALUES, **options).of(2, 3)
