"""Every activation and its slope against arithmetic with sixty digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.elementary import LARGEST_ANGLE
from standalone_node.kernels.jit import kernel

Array = NDArray[Any]
DIGITS = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
ZERO, ONE = Decimal(0), Decimal(1)


def expm1(x: Decimal) -> Decimal:
    if abs(x) < Decimal("1e-15"):
        return x + x * x / 2 + x**3 / 6 + x**4 / 24
    return x.exp() - 1


def sigmoid(x: Decimal) -> Decimal:
    e = (-abs(x)).exp()
    return (ONE if x >= 0 else e) / (1 + e)


def tanh(x: Decimal) -> Decimal:
    e = expm1(-2 * abs(x))
    return (-e / (2 + e)).copy_sign(x)


def softplus(x: Decimal) -> Decimal:
    return max(x, ZERO) + (1 + (-abs(x)).exp()).ln()


def wave(x: Decimal, first: int) -> Decimal:
    """Taylor's series of the sine (first = 1) or the cosine (first = 0), angle reduced."""
    r = x - (x / (2 * PI)).to_integral_value() * 2 * PI
    term = r if first else ONE
    total, k = ZERO, first
    while abs(term) > Decimal("1e-50"):
        total, k = total + term, k + 2
        term = -term * r * r / (k * (k - 1))
    return total + term


def silu_slope(x: Decimal) -> Decimal:
    return sigmoid(x) * (1 + x * sigmoid(-x))


Exact = Callable[[Decimal], Decimal]
HUNDREDTH = Decimal.from_float(0.01)  # the double next to 1/100

#: A new activation needs a row here: its value and its slope, from the left at a kink.
EXACT: dict[str, tuple[Exact, Exact]] = {
    "identity": (lambda x: x, lambda x: ONE),
    "tanh": (tanh, lambda x: 4 * sigmoid(2 * x) * sigmoid(-2 * x)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "relu": (lambda x: max(x, ZERO), lambda x: ONE if x > 0 else ZERO),
    "leaky-relu": (
        lambda x: x if x > 0 else HUNDREDTH * x,
        lambda x: ONE if x > 0 else HUNDREDTH,
    ),
    "elu": (lambda x: x if x > 0 else expm1(x), lambda x: ONE if x > 0 else x.exp()),
    "softplus": (softplus, sigmoid),
    "silu": (lambda x: x * sigmoid(x), silu_slope),
    "sine": (lambda x: wave(x, 1), lambda x: wave(x, 0)),
}


@cache
def compiled(name: str) -> Callable[[Array, Array, Array], None]:
    return kernel(ACTIVATIONS[name])


def evaluate(name: str, z: Array) -> tuple[Array, Array]:
    value, slope = np.full_like(z, 7.0), np.full_like(z, 7.0)
    compiled(name)(z, value, slope)
    return value, slope


def ulps(found: Array, z: Array, exact: Exact) -> tuple[float, float]:
    """The largest error in units of the last place of the array's type, and where it is.

    Errors up to 1e-15 count as none.
    """
    worst, place, coarse = 0.0, 0.0, 2.0**29 if z.dtype == np.float32 else 1.0
    with localcontext() as context:
        context.prec = DIGITS
        for x, y in zip(z.tolist(), found.tolist(), strict=True):
            truth = exact(Decimal(x))
            error = abs(Decimal(y) - truth)
            if error > Decimal("1e-15"):
                unit = Decimal(coarse * math.ulp(float(truth)))
                worst, place = max((worst, place), (float(error / unit), x))
    return worst, place


def check(name: str, z: Array) -> None:
    value, slope = evaluate(name, z)
    exact_value, exact_slope = EXACT[name]
    assert ulps(value, z, exact_value) <= (4.0, math.inf)
    assert ulps(slope, z, exact_slope) <= (4.0, math.inf)


def arguments() -> Array:
    """[-800, 800], evenly, on all scales down to the smallest numbers, and around 0."""
    rng = np.random.default_rng(0)
    scales = 10.0 ** np.linspace(-323.0, 2.9, 400)
    special = [0.0, 5e-324, 1e-300, 1e-17, 1e-8, 0.5 * math.log(2.0), math.log(2.0), 20.0, 708.4]
    positive = [scales, special, np.linspace(0.0, 800.0, 161), np.abs(rng.normal(size=300))]
    half = np.concatenate([*positive, 30.0 * np.abs(rng.normal(size=150))])
    return np.concatenate([half, -half])


def test_every_activation_has_an_exact_reference() -> None:
    assert set(EXACT) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_slope_are_accurate_to_four_units_in_the_last_place(name: str) -> None:
    check(name, arguments())


@pytest.mark.compiled  # in Python, single precision and a constant do not make a double
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_single_precision_is_accurate_to_its_own_last_places(name: str) -> None:
    check(name, arguments()[::5].astype(np.float32))


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"sine"}))
def test_huge_arguments_are_as_accurate_as_small_ones(name: str) -> None:
    half = np.array([801.0, 1e4, 1e20, 1e150, 1e290, 1e300, 1.7e308])
    check(name, np.concatenate([half, -half]))


@pytest.mark.parametrize("largest", [1e2, LARGEST_ANGLE, 1e9, 1e15])
def test_the_sine_of_a_large_angle_is_accurate(largest: float) -> None:
    rng = np.random.default_rng(1)
    angles = largest * rng.uniform(-1.0, 1.0, size=200)
    # Next to the zeros of sine and cosine a careless reduction loses every digit.
    zeros = np.floor(angles / (0.5 * math.pi)) * (0.5 * math.pi)
    check("sine", np.concatenate([angles, zeros, [largest, -largest]]))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_one_large_angle_does_not_spoil_its_neighbours(name: str) -> None:
    z = np.array([0.3, -1.2, 1e9, 2.5])
    check(name, z)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_zero_of_either_sign_gives_the_same(name: str) -> None:
    value, slope = evaluate(name, np.array([0.0, -0.0]))
    assert value[0] == value[1] and slope[0] == slope[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_not_a_number_stays_so_and_harms_no_neighbour(name: str, dtype: str) -> None:
    z = np.linspace(-2.0, 2.0, 19).astype(dtype)
    value, slope = evaluate(name, z)
    z[7] = np.nan
    spoilt, spoilt_slope = evaluate(name, z)
    assert np.isnan(spoilt[7])
    others = np.arange(19) != 7
    assert np.array_equal(spoilt[others], value[others])
    assert np.array_equal(spoilt_slope[others], slope[others])


def test_where_its_exponential_is_nothing_silu_stays_where_it_is() -> None:
    """z exp z for z < -708 is smaller than any number that matters, and so it stays."""
    value, slope = evaluate("silu", np.array([-708.0, -709.0, -1e4, -1e300]))
    assert (value == value[0]).all() and (slope == slope[0]).all()
    assert -1e-304 < value[0] < 0.0 and -1e-304 < slope[0] < 0.0
    value, slope = evaluate("silu", np.array([708.0, 709.0, 1e4, 1e300]))
    assert np.array_equal(value, [708.0, 709.0, 1e4, 1e300]) and (slope == 1.0).all()


LIMITS = {
    "identity": (-math.inf, math.inf, 1.0, 1.0),
    "tanh": (-1.0, 1.0, 0.0, 0.0),
    "sigmoid": (0.0, 1.0, 0.0, 0.0),
    "relu": (0.0, math.inf, 0.0, 1.0),
    "leaky-relu": (-math.inf, math.inf, 0.01, 1.0),
    "elu": (-1.0, math.inf, 0.0, 1.0),
    "softplus": (0.0, math.inf, 0.0, 1.0),
    "silu": (0.0, math.inf, 0.0, 1.0),
}


# Python's own sine raises an error for an infinite angle.
@pytest.mark.parametrize(
    "name", [pytest.param("sine", marks=pytest.mark.compiled), *sorted(set(ACTIVATIONS) - {"sine"})]
)
def test_infinite_arguments_give_the_limits(name: str) -> None:
    value, slope = evaluate(name, np.array([-math.inf, math.inf]))
    if name == "sine":
        assert np.isnan(value).all()  # there is no limit
    else:
        assert (*value, *slope) == pytest.approx(LIMITS[name], abs=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_array_may_be_overwritten_by_its_values(name: str) -> None:
    z = np.random.default_rng(2).normal(size=37)
    value, slope = evaluate(name, z)
    own_slope = np.empty_like(z)
    compiled(name)(z, z, own_slope)
    assert np.allclose(z, value, rtol=1e-15, atol=0.0)
    assert np.allclose(own_slope, slope, rtol=1e-15, atol=0.0)
