"""The elementary functions are accurate to about two units in the last place, and without bias.

Held against the longer numbers of the processor. Where all errors are those of rounding they cancel
in the mean; a polynomial that is off, be it by half a unit, shows in it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from standalone_node.kernels.elementary import (
    HALF_PI_1,
    HALF_PI_2,
    HALF_PI_3,
    HALF_PI_4,
    LARGEST_ANGLE,
    exp_nonpositive,
    expm1_nonpositive,
    log1p_unit,
    scaled_expm1,
    sine_cosine,
)

Function = Callable[[Any], Any]
FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "exp": (exp_nonpositive, np.exp),
    "expm1": (expm1_nonpositive, np.expm1),
    "log1p": (log1p_unit, np.log1p),
    "sin": (lambda x: sine_cosine(x)[0], np.sin),
    "cos": (lambda x: sine_cosine(x)[1], np.cos),
}
#: About two units in the last place.
LARGEST_ERROR = 2.1
HALF_LN2, QUARTER = 0.5 * np.log(2.0), 0.25 * np.pi

longer = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 60, reason="the processor has no longer numbers"
)


def errors(name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """In units of the last place, with their signs."""
    function, exact = FUNCTIONS[name]
    truth = exact(x.astype(np.longdouble))
    found = np.array([function(t) for t in x]).astype(np.longdouble)
    return ((found - truth) / np.spacing(np.abs(truth.astype(np.float64)))).astype(np.float64)


def some(low: float, high: float, count: int = 1500) -> NDArray[np.float64]:
    return np.random.default_rng(0).uniform(low, high, size=count)


@longer
@pytest.mark.parametrize(
    "name, low, high",
    [
        # The ends of the reduced ranges, where the last terms of the polynomials count most.
        ("exp", -HALF_LN2, -0.98 * HALF_LN2),
        ("expm1", -HALF_LN2, -0.98 * HALF_LN2),
        ("expm1", -0.1, 0.0),
        ("exp", -1.03, -0.7),
        ("exp", -700.0, -600.0),
        ("log1p", 0.38, 0.4142),
        ("log1p", 0.0, 0.05),
        ("cos", 0.9 * QUARTER, QUARTER),
        ("sin", -QUARTER, QUARTER),
        ("sin", 0.98 * LARGEST_ANGLE, LARGEST_ANGLE),
        ("cos", -LARGEST_ANGLE, -0.98 * LARGEST_ANGLE),
    ],
)
def test_the_errors_are_those_of_rounding_and_have_no_bias(
    name: str, low: float, high: float
) -> None:
    found = errors(name, some(low, high))
    assert abs(found.mean()) <= 0.1
    assert np.abs(found).max() <= LARGEST_ERROR


@longer
@pytest.mark.parametrize(
    "name, low, high, bias",
    [
        # All these numbers lie in one part of a binade.
        ("sin", 0.9 * QUARTER, QUARTER, -0.146),
        ("log1p", 0.95, 1.0, -0.208),
        ("expm1", -36.0, -34.0, 0.0),
    ],
)
def test_a_bias_that_rounding_itself_has_is_no_larger_than_that(
    name: str, low: float, high: float, bias: float
) -> None:
    assert errors(name, some(low, high)).mean() == pytest.approx(bias, abs=0.1)


@longer
@pytest.mark.parametrize(
    "name, low, high",
    [
        ("exp", -708.0, 0.0),
        ("expm1", -708.0, 0.0),
        ("log1p", 0.0, 1.0),
        ("sin", -10.0, 10.0),
        ("cos", -10.0, 10.0),
        ("sin", -LARGEST_ANGLE, LARGEST_ANGLE),
        ("cos", -LARGEST_ANGLE, LARGEST_ANGLE),
    ],
)
def test_no_error_exceeds_about_two_units(name: str, low: float, high: float) -> None:
    assert np.abs(errors(name, some(low, high))).max() <= LARGEST_ERROR


@longer
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_next_to_their_zeros_sine_and_cosine_lose_nothing(name: str) -> None:
    """The nearest numbers to multiples of pi/2, where all leading parts of the reduction cancel."""
    n = np.concatenate([np.arange(-40, 41), [1e4, 123456.0, 636619.0, -636619.0]])
    x = n * (0.5 * np.pi)
    truth = FUNCTIONS[name][1](x.astype(np.longdouble))
    small = np.abs(truth) < 0.5
    # The longer numbers hold pi to 64 bits only: where x nearly is a multiple, to fewer.
    found = np.array([FUNCTIONS[name][0](t) for t in x])
    assert np.allclose(found[small], truth[small].astype(float), rtol=1e-9, atol=0.0)


def test_up_to_the_largest_angle_the_reduction_is_exact() -> None:
    """The products of whole numbers with the leading parts of pi/2 are not rounded."""
    last = int(LARGEST_ANGLE / (0.5 * np.pi)) + 1
    assert last > 100_000
    for part in (HALF_PI_1, HALF_PI_2, HALF_PI_3):
        for n in (last | 1, (last - 2) | 1, 3, 12345):
            assert Fraction(float(n) * part) == n * Fraction(part)
    whole = sum(map(Fraction, (HALF_PI_1, HALF_PI_2, HALF_PI_3, HALF_PI_4)))
    # pi to 36 digits, with which the rest of the parts agrees to the last place of the last one.
    assert abs(2 * whole - Fraction("3.14159265358979323846264338327950288")) < Fraction(1, 10**35)


def test_the_argument_is_split_into_a_power_of_two_and_a_small_rest() -> None:
    for x in [*some(-708.0, 708.0, 300), 0.0, -708.0, 708.0]:
        power, fraction = scaled_expm1(x)
        k = np.log2(power)
        assert k == np.rint(k) and abs(x - k * np.log(2.0)) <= 0.5 * np.log(2.0) * (1.0 + 1e-12)
        assert power * (1.0 + fraction) == pytest.approx(np.exp(x), rel=1e-14)


@pytest.mark.parametrize("function", [exp_nonpositive, expm1_nonpositive])
def test_below_the_smallest_number_the_exponential_stays_where_it_is(function: Function) -> None:
    for x in (-708.1, -745.0, -1e5, -1e308, -np.inf):
        assert function(x) == function(-708.0)
    assert exp_nonpositive(-708.0) == pytest.approx(np.exp(-708.0), rel=1e-15)
    assert exp_nonpositive(-707.0) == pytest.approx(np.exp(-707.0), rel=1e-15)


def test_at_zero_and_one_they_are_exact() -> None:
    assert exp_nonpositive(0.0) == 1.0 and expm1_nonpositive(0.0) == 0.0 == log1p_unit(0.0)
    assert log1p_unit(1.0) == np.log(2.0)
    assert sine_cosine(0.0) == (0.0, 1.0)


def test_what_is_not_a_number_stays_so() -> None:
    for function, _ in FUNCTIONS.values():
        assert np.isnan(function(np.float64("nan")))
