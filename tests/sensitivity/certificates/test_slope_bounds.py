import numpy as np
import pytest

from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.elementwise import elementwise
from standalone_node.sensitivity.certificates.slope_bounds import (
    SLOPE_BOUNDS,
    deviation,
    slope_bounds,
)

REACHES = (0.03, 0.4, 1.7, 6.0)


def values_and_slopes(activation, z):
    value, slope = np.empty_like(z), np.empty_like(z)
    elementwise(activation)(z, value, slope)
    return value, slope


def samples(activation, reach):
    """Arguments z, changes up to the reach, and how much the mean slopes deviate."""
    z = np.concatenate([np.linspace(-9.0, 9.0, 601), np.geomspace(1e-4, 1.0, 20), [0.0]])
    share = np.concatenate([np.linspace(-1.0, 1.0, 202), [-0.011, 0.013]])
    changes = reach * share[share != 0.0]
    value, slope = values_and_slopes(activation, z)
    moved = values_and_slopes(activation, (z[:, None] + changes).ravel())[0]
    mean = (moved.reshape(len(z), -1) - value[:, None]) / changes
    return z, slope, changes, mean - slope[:, None]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_slopes_stay_in_their_range(activation):
    row, z = SLOPE_BOUNDS[activation], np.linspace(-40.0, 40.0, 400_001)
    slope = values_and_slopes(activation, z)[1]
    assert row.low - 1e-12 <= slope.min() and slope.max() <= row.high + 1e-12
    assert row.high - row.low <= 1.001 * np.ptp(slope) + 1e-12  # no wider than they have to be


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mean_slopes_deviate_by_no_more_than_the_bounds(activation, reach):
    z, slope, changes, off = samples(activation, reach)
    near = deviation(activation, z, slope, np.full(z.size, reach))
    rounding = 1e-15 / np.abs(changes) * (1.0 + np.abs(z[:, None]))
    assert (np.abs(off) <= near.largest[:, None] + 8.0 * rounding).all()
    ratio, rounding = off / changes, 8.0 * rounding / np.abs(changes)
    assert (near.low[:, None] - rounding <= ratio).all()
    assert (ratio <= near.high[:, None] + rounding).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_small_reaches_have_sharp_bounds(activation):
    z, slope, _, off = samples(activation, 0.05)
    found = deviation(activation, z, slope, np.full(z.size, 0.05)).largest
    true = np.abs(off).max(axis=1)
    ordinary = np.abs(z) > 0.11  # two reaches away from a kink
    assert (found[ordinary] <= 1.1 * true[ordinary] + 1e-3).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_bounds_grow_with_the_reach_and_vanish_without(activation):
    z = np.linspace(-5.0, 5.0, 101)
    slope = values_and_slopes(activation, z)[1]
    largest = [deviation(activation, z, slope, np.full(z.size, r)).largest for r in (0.0, *REACHES)]
    assert (largest[0] == 0.0).all()
    assert (np.diff(largest, axis=0) >= 0.0).all()


def test_an_activation_without_a_row_says_what_is_missing():
    with pytest.raises(ArgumentError, match=r"'cubic'.*slope_bounds"):
        slope_bounds("cubic")
