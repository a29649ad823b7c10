"""Units and boxes of the features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from standalone_node import InverseProblem
from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.geometry import geometry_of
from standalone_node.sensitivity.subject import network_of


@pytest.fixture(scope="module")
def network():
    problem = InverseProblem(np.zeros((1, 3)), np.zeros((1, 1)), steps=2)
    plain = network_of(problem, problem.initial_parameters())
    return replace(plain, scale=np.array([1.0, 2.0, 4.0]))


def test_without_arguments_the_features_are_their_own_units_and_free(network):
    geometry = geometry_of(network)
    np.testing.assert_array_equal(geometry.unit, [1.0, 1.0, 1.0])
    assert np.isinf(geometry.low).all() and np.isinf(geometry.high).all()


def test_the_spread_is_what_the_network_divides_by(network):
    np.testing.assert_array_equal(geometry_of(network, "spread").unit, [1.0, 2.0, 4.0])


def test_a_distance_is_that_of_features_divided_by_their_units(network):
    geometry = geometry_of(network, [3.0, 4.0, 1.0])
    assert geometry.distance(np.zeros((1, 3)), np.array([[9.0, 16.0, 0.0]])) == pytest.approx(5.0)


def test_a_number_bounds_every_feature(network):
    geometry = geometry_of(network, bounds=(0, [1, 2, 3]))
    np.testing.assert_array_equal(geometry.inside(np.array([[-1.0, 5.0, 2.5]])), [[0.0, 2.0, 2.5]])


@pytest.mark.parametrize(
    "unit, bounds, message",
    [
        ("metre", None, "'spread'"),
        (0.0, None, "unit has to be positive"),
        ([1.0, -1.0, 1.0], None, "unit has to be positive"),
        ([1.0, 1.0], None, "unit has to be a number or one for each of 3"),
        (None, (1.0, 0.0), "lower"),
        (None, (0.0, 1.0, 2.0), "pair"),
        (None, ("low", 1.0), "bounds has to be a number"),
    ],
)
def test_what_is_no_unit_and_no_box_is_refused(network, unit, bounds, message):
    with pytest.raises(ArgumentError, match=message):
        geometry_of(network, unit, bounds)
