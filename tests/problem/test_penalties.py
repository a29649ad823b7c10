"""Penalties on the parameters, against quadrature."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from twins import HORIZON, UNEVEN, Array, random_parameters, twins

from standalone_node import InverseProblem, Parameters, Penalty
from standalone_node.errors import ArgumentError
from standalone_node.optimize.identity import plain
from standalone_node.problem.penalties import SMALL

DEPTH = HORIZON * np.array(UNEVEN)


def draw(seed: int, depth: Array = DEPTH, width: int = 2) -> Parameters:
    return random_parameters(np.random.default_rng(seed), depth, width)


def row(p: Parameters, t: float) -> Array:
    return np.concatenate([block.ravel() for block in p.at(t)])


def integral(function: Callable[[float], float], nodes: Array) -> float:
    """Gauss-Legendre on every interval, exact for what is met here."""
    points, weights = np.polynomial.legendre.leggauss(3)
    total = 0.0
    for left, right in pairwise(nodes):
        times = left + 0.5 * (right - left) * (1.0 + points)
        total += (
            0.5
            * (right - left)
            * sum(w * function(float(t)) for w, t in zip(weights, times, strict=True))
        )
    return total


def slope(p: Parameters, t: float) -> Array:
    k = int(np.searchsorted(p.times, t)) - 1
    return (p.values[k + 1] - p.values[k]) / (p.times[k + 1] - p.times[k])


def test_l2_is_the_integral_of_the_square() -> None:
    p = draw(0)
    expected = 0.5 * 0.3 * integral(lambda t: np.sum(row(p, t) ** 2), DEPTH)
    assert Penalty(l2=0.3).value(p) == pytest.approx(expected, rel=1e-13)


def test_h1_is_the_integral_of_the_square_of_the_slope() -> None:
    p = draw(1)
    expected = 0.5 * 0.2 * integral(lambda t: np.sum(slope(p, t) ** 2), DEPTH)
    assert Penalty(h1=0.2).value(p) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("shares", [UNEVEN, (0.0, 1.0), (0.0, 0.27, 1.0)])
def test_the_reference_may_live_on_another_grid(shares: tuple[float, ...]) -> None:
    p, reference = draw(2), draw(3, HORIZON * np.array(shares))
    away = integral(lambda t: np.sum((row(p, t) - row(reference, t)) ** 2), DEPTH)
    found = Penalty(l2=0.4, reference=reference).value(p)
    assert found == pytest.approx(0.2 * away, rel=1e-13)


def test_the_reference_concerns_l2_alone() -> None:
    p, reference = draw(4), draw(5)
    assert Penalty(h1=0.2, reference=reference).value(p) == Penalty(h1=0.2).value(p)
    assert Penalty(l2=0.2, reference=p).value(p) == 0.0


@pytest.mark.parametrize(
    "penalty",
    [Penalty(), Penalty(l2=0.3), Penalty(h1=0.2), Penalty(l2=0.3, h1=0.2, reference=draw(8))],
)
def test_the_penalty_is_a_parabola_with_that_slope_and_curvature(penalty: Penalty) -> None:
    p, v = draw(6), draw(7)
    linear, bend = penalty.derivative(p).apply(v), penalty.curvature(v)
    for eta in (-2.0, 0.5, 3.0):
        expected = penalty.value(p) + eta * linear + 0.5 * eta**2 * bend
        assert penalty.value(p + eta * v) == pytest.approx(expected, rel=1e-12)


STRENGTHS = {
    "numbers": {"l2": 0.3, "h1": 0.2},
    "by block": {"l2": {"W": 0.3, "b": 0.1}, "h1": {"b": 0.2}},
    "a reference": {"l2": 0.3, "reference": draw(9)},
}


def told(penalty: Penalty, p: Parameters) -> bytes:
    derivative = penalty.derivative(p).values.tobytes()
    return derivative + np.array([penalty.value(p), penalty.curvature(p)]).tobytes()


@pytest.mark.parametrize("width", [2, 70])
@pytest.mark.parametrize("strengths", STRENGTHS.values(), ids=STRENGTHS)
def test_what_was_asked_before_changes_no_bit(strengths: dict[str, Any], width: int) -> None:
    if "reference" in strengths:
        strengths = strengths | {"reference": draw(9, width=width)}
    penalty, on_another_grid = Penalty(**strengths), draw(8, HORIZON * np.linspace(0, 1, 6), width)
    p, q = draw(6, width=width), draw(7, width=width)
    assert (p.values.size <= SMALL) == (width == 2)
    for asked in (p, q, p, on_another_grid, p, 2.0 * p, q):
        assert told(penalty, asked) == told(Penalty(**strengths), asked)


def test_a_penalty_that_was_asked_is_the_same_penalty() -> None:
    penalty, p = Penalty(l2=0.3), draw(6)
    fresh = plain(penalty), len(pickle.dumps(penalty))
    before = told(penalty, p)
    assert (plain(penalty), len(pickle.dumps(penalty))) == fresh
    for other in (pickle.loads(pickle.dumps(penalty)), copy.deepcopy(penalty)):
        assert told(other, p) == before
    assert told(dataclasses.replace(penalty, l2=0.6), p) != before


def test_parameters_of_wide_states_are_let_go() -> None:
    penalty, p = Penalty(l2=0.3), draw(6, width=70)
    values = weakref.ref(p.values)
    told(penalty, p)
    del p
    gc.collect()
    assert values() is None


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus"])
def test_a_network_of_zero_weights_pays_no_output_penalty(activation: str) -> None:
    problem = InverseProblem(
        np.zeros((3, 2)),
        np.zeros((3, 2)),
        horizon=2.0,
        steps=3,
        activation=activation,
        penalty=Penalty(output=1.0),
    )
    p = 0.0 * problem.initial_parameters()
    bare = InverseProblem(
        np.zeros((3, 2)), np.zeros((3, 2)), horizon=2.0, steps=3, activation=activation
    )
    assert problem.cost(p) == pytest.approx(bare.cost(p), rel=1e-14, abs=1e-30)


def test_the_output_penalty_sees_components_that_are_not_observed() -> None:
    pair = twins(width=4, outputs=1)
    adjoint = pair.problem.solve_adjoint(pair.parameters)
    assert (adjoint[-1][:, 1:] != 0.0).all()


@pytest.mark.parametrize("name", ["l2", "h1", "output"])
@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf])
def test_an_impossible_strength_is_refused(name: str, value: float) -> None:
    with pytest.raises(ArgumentError, match=name):
        Penalty(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", [draw(0, 2.0 * DEPTH), draw(0, width=3)])
def test_a_reference_that_does_not_fit_is_refused(reference: Parameters) -> None:
    problem = InverseProblem(
        np.zeros((3, 2)), np.zeros(3), horizon=HORIZON, penalty=Penalty(l2=1.0, reference=reference)
    )
    with pytest.raises(ArgumentError):
        problem.cost(problem.initial_parameters())


def test_weights_by_block_are_those_of_a_network_too() -> None:
    problem = InverseProblem(np.ones((2, 2)), np.zeros(2), steps=3)
    p = problem.initial_parameters(seed=1)
    only_b = Parameters(p.times, 0.0 * p.weights, p.biases)
    whole, part = Penalty(l2=0.3, h1=0.7), Penalty(l2={"b": 0.3}, h1={"b": 0.7, "W": 0.0})
    assert part.value(p) == pytest.approx(whole.value(only_b), rel=1e-14)
    assert np.allclose(part.derivative(p).biases, whole.derivative(p).biases, rtol=1e-14)
    assert (part.derivative(p).weights == 0.0).all()
    assert part.curvature(p) == pytest.approx(whole.curvature(only_b), rel=1e-14)
    assert not Penalty(h1={"b": 0.0}).restrains
    with pytest.raises(ArgumentError, match="block 'c': there are W, b"):
        problem.replaced(penalty=Penalty(l2={"c": 1.0}))
    with pytest.raises(ArgumentError, match="penalty h1"):
        Penalty(h1={"b": -1.0})
