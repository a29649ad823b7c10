"""Columns come to one size, each for itself, and what is rare stays small."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node.learn.scaling import Scaling

ONES = np.ones(200)


def test_features_are_divided_by_the_root_mean_square_of_deviation_and_half_range() -> None:
    values = np.random.default_rng(0).normal(5.0, 3.0, size=(200, 4))
    scaling = Scaling.of_features(values, ONES)
    expected = np.sqrt(0.5 * (values.var(axis=0) + (0.5 * np.ptp(values, axis=0)) ** 2))
    np.testing.assert_allclose(scaling.scale, expected, rtol=1e-13)
    np.testing.assert_allclose(scaling.mean, values.mean(axis=0), rtol=1e-13)


def test_a_column_of_two_equally_frequent_values_becomes_plus_and_minus_one() -> None:
    values = np.tile([[3.0], [7.0]], (100, 1))
    scaled = Scaling.of_features(values, ONES).apply(values)
    np.testing.assert_allclose(np.abs(scaled), 1.0, rtol=1e-13)


def test_a_value_that_only_one_row_has_is_not_blown_up() -> None:
    values = np.zeros((200, 1))
    values[17] = 16.0
    assert Scaling.of_targets(values, ONES).apply(values).max() > 14.0
    assert Scaling.of_features(values, ONES).apply(values).max() < 2.0 * np.sqrt(2.0)


def test_targets_are_divided_by_their_standard_deviation() -> None:
    values = np.random.default_rng(1).normal(2.0, 0.1, size=(200, 2))
    scaled = Scaling.of_targets(values, ONES).apply(values)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, rtol=1e-12)


@pytest.mark.parametrize("rule", [Scaling.of_features, Scaling.of_targets])
def test_a_row_of_weight_zero_might_as_well_not_be_there(rule) -> None:  # type: ignore[no-untyped-def]
    values = np.random.default_rng(2).normal(size=(200, 3))
    values[0] = 1e3
    weights = ONES.copy()
    weights[0] = 0.0
    with_it, without = rule(values, weights), rule(values[1:], weights[1:])
    np.testing.assert_allclose(with_it.scale, without.scale, rtol=1e-12)
    np.testing.assert_allclose(with_it.mean, without.mean, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("rule", [Scaling.of_features, Scaling.of_targets])
@pytest.mark.parametrize("unit", [2.0**-900, 1.0, 2.0**900])
def test_the_unit_of_a_column_does_not_matter(rule, unit: float) -> None:  # type: ignore[no-untyped-def]
    values = np.random.default_rng(3).normal(size=(200, 1))
    plain = rule(values, ONES).apply(values)
    np.testing.assert_array_equal(rule(unit * values, ONES).apply(unit * values), plain)


@pytest.mark.parametrize("rule", [Scaling.of_features, Scaling.of_targets])
def test_a_constant_column_keeps_its_scale(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule(np.full((200, 1), 0.1), ONES).scale == 1.0
