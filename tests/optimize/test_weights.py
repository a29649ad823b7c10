"""minimize(weights=...): each choice of what is learnt trains, by the same method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from weight_choices import CHOICES

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.weights import WEIGHTS, Weights

every_choice = pytest.mark.parametrize("name", CHOICES)


def problem(**options: Any) -> sn.InverseProblem:
    """Points on two circles, told apart by what the flow makes of them."""
    rng = np.random.default_rng(0)
    classes = np.arange(60) % 2
    angles, radii = 2.0 * np.pi * rng.random(60), 1.0 - 0.5 * classes
    inputs = np.zeros((60, 4))
    inputs[:, 2], inputs[:, 3] = radii * np.cos(angles), radii * np.sin(angles)
    given: dict[str, Any] = {"horizon": 3.0, "steps": 10, "penalty": sn.Penalty(l2=1e-3)}
    return sn.InverseProblem(inputs, classes, loss="cross-entropy", **{**given, **options})


def run(weights: str | Weights | None, **options: Any) -> Any:
    made = problem()
    return sn.minimize(made, made.initial_parameters(), weights=weights, **options)


@every_choice
def test_each_choice_learns_circles(name: str) -> None:
    result = run(CHOICES[name], max_iterations=60)
    assert result.cost <= 0.35 < result.history["cost"][0]
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert problem().cost(result.parameters) == pytest.approx(result.cost, rel=1e-14)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_name_is_as_good_as_the_object(name: str) -> None:
    by_name, by_object = run(name, max_iterations=3), run(WEIGHTS[name](), max_iterations=3)
    assert np.array_equal(by_name.parameters.values, by_object.parameters.values)


def test_free_nodal_values_are_learnt_if_nothing_is_said() -> None:
    silent, free = run(None, max_iterations=3), run("free", max_iterations=3)
    assert np.array_equal(silent.parameters.values, free.parameters.values)


@every_choice
def test_the_result_is_nodal_and_of_the_kind_that_was_learnt(name: str) -> None:
    made = problem()
    start = made.initial_parameters()
    result = sn.minimize(made, start, weights=CHOICES[name], max_iterations=5)
    assert result.parameters.matches(start)
    again = CHOICES[name].on(start).apply(result.x)
    assert np.array_equal(again.values, result.parameters.values)


def test_constant_weights_are_the_same_at_all_depths() -> None:
    result = run("constant", max_iterations=5)
    assert np.ptp(result.parameters.values, axis=0).max() == 0.0
    assert result.x.size == result.parameters.values.shape[1]


@pytest.mark.parametrize("weights", ["constant", sn.Galerkin("legendre", 3)])
def test_few_coefficients_on_two_grids_are_the_same_problem(weights: str | Weights) -> None:
    """Neither the control nor the metric knows the depth grid: the runs take the same way."""
    costs = []
    for points in (11, 41):
        made = problem(steps=40, depth_points=points)
        start = made.initial_parameters()
        result = sn.minimize(made, start, weights=weights, max_iterations=6)
        costs.append(result.history["cost"])
    assert np.allclose(costs[0], costs[1], rtol=2e-3)


def test_the_weights_that_the_data_were_made_with_are_found() -> None:
    """Constant ones among constants: noise-free data leave one answer."""
    rng = np.random.default_rng(2)
    made = sn.InverseProblem(rng.standard_normal((50, 2)), np.zeros((50, 2)), steps=10)
    truth = sn.Constant().on(made.initial_parameters()).apply(rng.standard_normal(6))
    made = made.replaced(targets=made.solve_direct(truth)[-1])
    start = made.initial_parameters()
    result = sn.minimize(made, start, weights="constant", tolerance=1e-9, cost_tolerance=0.0)
    assert np.abs(result.parameters.values - truth.values).max() <= 1e-5


def test_unknown_weights_are_refused_before_anything_is_solved() -> None:
    made = problem()
    with pytest.raises(ArgumentError, match="choose one of free, constant, galerkin, evolving"):
        sn.minimize(made, made.initial_parameters(), weights="random")
    assert made.counts.direct == 0


def test_fixed_ends_and_constants_are_refused() -> None:
    with pytest.raises(ArgumentError, match="fixed ends"):
        run("constant", metric=sn.Sobolev(1.0, "fixed"))
