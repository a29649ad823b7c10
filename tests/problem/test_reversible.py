"""Reversible schemes: the reference, exactness, what is reconstructed, and what that takes."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
import warnings
from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest
from twins import (
    HORIZON,
    UNEVEN,
    Twins,
    blocks_of,
    everything,
    random_parameters,
    relative_error,
    twins,
)

import naive
import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.kernels.stages import FORMS
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import EMBEDDED, TABLEAUX
from standalone_node.problem import parts
from standalone_node.problem.reversible import ReversibleFlow

SIZES: dict[str, dict[str, Any]] = {
    "one of each": {"width": 1, "samples": 1, "steps": 1, "shares": (0.0, 1.0)},
    "depth grid coarser than the time grid": {"steps": 6, "shares": (0.0, 0.5, 1.0)},
    "depth grid finer than the time grid": {"steps": 2, "shares": np.linspace(0.0, 1.0, 9)},
    "depth grid of the time grid": {"steps": 3, "shares": np.linspace(0.0, 1.0, 4)},
    "depth nodes no stage touches": {"steps": 1, "shares": (0.0, 0.1, 0.2, 0.3, 1.0)},
    "two blocks": {"samples": 65, "steps": 2, "width": 2, "threads": 2},
    "several tiles": {"width": 26, "steps": 1, "samples": 2, "outputs": 4},
}


def check(pair: Twins, coupling: float) -> None:
    """States, sensitivities, adjoints and derivative of x(T) against the stored reference."""
    flow, p, reference = pair.problem.flow, pair.parameters, pair.reference
    y, z = naive.reversible_direct(reference, pair.theta, coupling)
    assert relative_error(pair.problem.solve_direct(p), y) <= 1e-12
    trajectory = flow.direct(p, pair.problem.inputs)
    assert relative_error(trajectory.final, y[-1]) <= 1e-12
    assert relative_error(trajectory.partner, z[-1]) <= 1e-12
    terminal = np.cos(np.arange(y[-1].size)).reshape(y[-1].shape)
    both, *partials = naive.reversible_adjoint(reference, pair.theta, coupling, terminal)
    found, derivative = flow.adjoint(trajectory, lambda final, rows: terminal[rows], keep=True)
    assert found is not None
    assert relative_error(found, both) <= 1e-10
    for block, expected in zip(blocks_of(derivative), partials, strict=True):
        assert relative_error(block, expected) <= 1e-10
    step = 1e-30  # complex
    theta = tuple(a + 1j * step * da for a, da in zip(pair.theta, pair.dtheta, strict=True))
    moved = replace(reference, inputs=reference.inputs + 1j * step * pair.change)
    expected = np.imag(naive.reversible_direct(moved, theta, coupling)[0]) / step
    xi = pair.problem.solve_sensitivity(p, pair.direction, pair.change)
    assert relative_error(xi, expected) <= 1e-12


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_every_scheme_agrees_with_the_stored_reference(scheme: str, form: str) -> None:
    check(twins(scheme=scheme, form=form, reversible=0.9), 0.9)


@pytest.mark.parametrize("size", SIZES)
def test_no_size_is_a_special_case(size: str) -> None:
    check(twins(scheme="heun", reversible=0.8, seed=2, **SIZES[size]), 0.8)


@pytest.mark.parametrize("steps_at_once", [1, 3])
def test_it_does_not_matter_how_many_steps_are_taken_at_once(
    steps_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_STEPS", steps_at_once)
    check(twins(scheme="rk4", reversible=0.9, steps=7), 0.9)


def test_true_means_a_coupling_that_damps_by_the_same_over_any_number_of_steps() -> None:
    check(twins(reversible=True, steps=5), exp(-6.0 / 5.0))


def test_the_derivative_is_that_of_the_stored_states_after_a_thousand_steps() -> None:
    check(twins(samples=1, width=2, steps=1000, scheme="heun", reversible=True), exp(-0.006))


def test_the_time_grid_need_not_be_uniform() -> None:
    rng, times = np.random.default_rng(3), HORIZON * np.array([0.0, 0.15, 0.2, 0.8, 1.0])
    depth, inputs = HORIZON * np.array(UNEVEN), rng.normal(size=(4, 2))
    p = random_parameters(rng, depth, 2)
    reference = naive.Problem(
        inputs=inputs, targets=inputs, times=times, depth=depth, outputs=2, scheme="bs3"
    )
    flow = ReversibleFlow(times, coupling=0.7, scheme="bs3")
    expected, _ = naive.reversible_direct(reference, blocks_of(p), 0.7)
    assert relative_error(flow.states(p, inputs), expected) <= 1e-12


def problem_of(**options: Any) -> tuple[sn.InverseProblem, Parameters]:
    rng = np.random.default_rng(0)
    settings: dict[str, Any] = {"horizon": 2.0, "steps": 12, "depth_points": 4, "reversible": True}
    settings |= {"penalty": sn.Penalty(l2=0.1, h1=0.1, output=0.1), **options}
    x, y = rng.standard_normal((9, 3)), rng.standard_normal((9, 2))
    problem = sn.InverseProblem(x, y, **settings)
    return problem, problem.initial_parameters(seed=0, scale=0.7)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_tangent_adjoint_and_cost_belong_together(scheme: str, form: str) -> None:
    problem, p = problem_of(scheme=scheme, form=form)
    assert sn.dot_test(problem, p) <= 1e-13
    direction = problem.initial_parameters(seed=1, scale=1.0)
    assert abs(sn.taylor_test(problem, p, direction) - 2.0) <= 0.02


@pytest.mark.parametrize("activation", ["relu", "sine"])
def test_tangent_and_adjoint_belong_together_for_other_activations(activation: str) -> None:
    """With a kink, and not monotone; three kernels to be compiled for each."""
    problem, p = problem_of(scheme="heun", activation=activation)
    assert sn.dot_test(problem, p) <= 1e-13


def test_single_precision_agrees_with_double() -> None:
    single, p = problem_of(dtype="float32")
    double, _ = problem_of()
    cost, derivative = single.cost_and_derivative(p)
    expected, right = double.cost_and_derivative(p)
    assert cost == pytest.approx(expected, rel=1e-5)
    assert relative_error(derivative.values, right.values) <= 1e-3
    assert single.solve_direct(p).dtype == np.float32


ORDERS = {"euler": (1024, 2048), "heun": (256, 512), "bs3": (128, 256), "rk4": (64, 128)}


@pytest.mark.parametrize("coupling, bound", [(True, 0.05), (1.0, 0.3)])
@pytest.mark.parametrize("scheme", ORDERS)
def test_a_reversible_scheme_keeps_its_order(scheme: str, coupling: Any, bound: float) -> None:
    problem, p = problem_of(
        scheme=scheme, reversible=coupling, depth_points=3, penalty=None, horizon=3.0
    )
    direction = problem.initial_parameters(seed=2)
    study = sn.convergence_study(problem, p, direction, steps=ORDERS[scheme])
    for observed in study.orders.values():
        assert observed == pytest.approx(TABLEAUX[scheme].order, abs=bound)


@pytest.mark.parametrize("scheme", ["heun", "rk4"])
def test_true_costs_no_accuracy(scheme: str) -> None:
    problem, p = problem_of(scheme=scheme, depth_points=3, penalty=None, horizon=3.0)
    steps = ORDERS[scheme]
    paired, plain = (
        sn.convergence_study(problem.replaced(reversible=choice), p, steps=steps).errors
        for choice in (True, False)
    )
    assert all(paired[name][-1] < 1.2 * plain[name][-1] for name in plain)


# The same bits.


@pytest.mark.usefixtures("many_hands")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("width", [3, 29])
def test_the_bits_do_not_depend_on_threads_or_on_what_was_asked_before(
    width: int, dtype: str
) -> None:
    options: dict[str, Any] = {"samples": 301, "width": width, "steps": 5, "dtype": dtype}
    one = twins(threads=1, reversible=True, **options)
    first = everything(one)
    one.problem.cost(one.direction)
    assert everything(one) == first
    for threads in (2, 8):
        assert everything(twins(threads=threads, reversible=True, **options)) == first
    copy = twins(threads=1, reversible=True, **options)
    object.__setattr__(copy, "problem", pickle.loads(pickle.dumps(one.problem)))
    assert everything(copy) == first


def test_the_derivative_is_the_same_together_and_apart() -> None:
    together, apart = (twins(samples=70, reversible=True) for _ in range(2))
    cost, derivative = together.problem.cost_and_derivative(together.parameters)
    assert apart.problem.cost(apart.parameters) == cost
    later = apart.problem.cost_and_derivative(apart.parameters)[1]
    assert np.array_equal(later.values, derivative.values)


# What is reconstructed.


def test_a_thousand_steps_are_reconstructed() -> None:
    problem, p = problem_of(steps=1000, horizon=4.0)
    assert isinstance(problem.flow, ReversibleFlow)
    problem.cost_and_derivative(p)
    assert 0.0 < problem.flow.reconstruction_error < 1e-10


def test_a_coupling_far_from_one_is_warned_of() -> None:
    problem, p = problem_of(steps=1000, reversible=0.9)
    with pytest.warns(RuntimeWarning, match="coupling nearer to 1"):
        problem.cost_and_derivative(p)
    assert isinstance(problem.flow, ReversibleFlow)
    assert problem.flow.reconstruction_error > 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem.replaced(reversible=0.9999).cost_and_derivative(p)


def test_a_state_that_overflows_costs_infinitely_much_and_warns_of_nothing() -> None:
    problem, p = problem_of(activation="identity")
    huge = p.like(np.full_like(p.values, 1e150))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert problem.cost(huge) == np.inf


def test_few_steps_of_a_contraction_need_the_damping() -> None:
    """y and z are driven apart as fast as the flow pulls its states together."""
    x = np.linspace(-2.0, 2.0, 8)[:, None]
    p = Parameters([0.0, 8.0], -np.ones((2, 1, 1)), np.zeros((2, 1)))
    errors = {}
    for coupling in (False, True, 0.999):
        problem = sn.InverseProblem(x, x, horizon=8.0, steps=40, reversible=coupling)
        exact = problem.replaced(reversible=False, steps=800).solve_direct(p)[-1]
        errors[coupling] = np.abs(problem.solve_direct(p)[-1] - exact).max()
    assert errors[True] < 0.02 * errors[0.999]


def peak(steps: int, **options: Any) -> int:
    """Bytes that cost, derivative and step length take at most."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6))
    problem = sn.InverseProblem(
        x, x, steps=steps, depth_points=5, threads=1, scheme="heun", **options
    )
    p = problem.initial_parameters()
    problem.replaced(steps=2).cost_and_derivative(p)
    gc.collect()
    tracemalloc.start()
    problem.cost_and_derivative(p)
    problem.line_model(p, p)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_steps() -> None:
    few, many = peak(100, reversible=True), peak(1000, reversible=True)
    # What grows is the grid itself: a few numbers a step, of no sample.
    assert many - few < 1000 * 600
    assert peak(1000, memory_limit="1GB") > 10 * many


# With others.


@pytest.mark.parametrize("scheme", EMBEDDED)
def test_an_adaptive_grid_is_that_of_the_scheme_and_its_derivative_exact(scheme: str) -> None:
    problem, p = problem_of(scheme=scheme, rtol=1e-5)
    assert sn.dot_test(problem, p) <= 1e-13
    plain = problem.replaced(reversible=False)
    plain.cost(p)
    assert np.array_equal(plain.times, problem.times)
    assert problem.cost(p) == pytest.approx(plain.cost(p), rel=1e-3)


def test_a_network_is_fitted() -> None:
    problem, start = problem_of(steps=20, scheme="rk4")
    result = sn.minimize(problem, start, max_iterations=20)
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    stored = sn.minimize(problem.replaced(reversible=False), start, max_iterations=20)
    assert result.cost == pytest.approx(stored.cost, rel=1e-2)


def test_a_sweep_evaluates_each_stage_there_and_back() -> None:
    problem, _ = problem_of(scheme="heun", steps=12)
    assert problem.stage_count == 2 * problem.replaced(reversible=False).stage_count == 2 * 24


@pytest.mark.parametrize("wrong", [0.0, -0.5, 1.5, 0, "yes", None, float("nan")])
def test_what_is_no_coupling_is_refused(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match="reversible = "):
        problem_of(reversible=wrong)
