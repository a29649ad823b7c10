"""Errors of the parameters: the first order against the truth, and how far it carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic
from twins import HORIZON, UNEVEN, random_parameters, relative_error, twins

import naive
import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.stages import FORMS
from standalone_node.sensitivity.derivatives import parts
from standalone_node.sensitivity.derivatives.parameter_errors import (
    ParameterErrors,
    _random_errors,
    output_change,
    parameter_error_study,
)
from standalone_node.sensitivity.subject import network_of

RNG = np.random.default_rng(10)


@pytest.mark.parametrize("form", FORMS)
def test_the_first_order_is_the_tangent_of_the_reference(form: str) -> None:
    pair = twins(form=form, samples=4)
    found = output_change(
        pair.problem, pair.problem.inputs, pair.direction, parameters=pair.parameters
    )
    still = np.zeros_like(pair.change)
    xi = naive.sensitivity(pair.reference, *pair.theta, *pair.dtheta, still)
    assert relative_error(found.first_order, xi[-1, :, :2]) <= 1e-12
    moved = tuple(a + b for a, b in zip(pair.theta, pair.dtheta, strict=True))
    before, after = (
        naive.direct(pair.reference, *theta)[-1, :, :2] for theta in (pair.theta, moved)
    )
    assert relative_error(found.true, after - before) <= 1e-11


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [{}, {"reversible": 0.9}, {"scheme": "euler"}])
def test_what_the_first_order_leaves_out_is_of_second_order(
    form: str, options: dict[str, Any]
) -> None:
    pair = twins(form=form, **options)
    left, relative = [], []
    for eta in (1e-3, 5e-4):
        found = output_change(
            pair.problem, pair.problem.inputs, eta * pair.direction, parameters=pair.parameters
        )
        left.append(np.linalg.norm(found.true - found.first_order, axis=1))
        relative.append(found.relative_error)
        assert np.allclose(relative[-1], left[-1] / np.linalg.norm(found.true, axis=1))
    assert np.allclose(np.log2(left[0] / left[1]), 2.0, atol=0.05)
    assert np.allclose(np.log2(relative[0] / relative[1]), 1.0, atol=0.05)


@pytest.mark.filterwarnings("ignore:not converged")
def test_an_estimator_answers_in_the_units_of_its_target() -> None:
    X = RNG.normal(size=(40, 2)) * np.array([1.0, 30.0])
    y = 500.0 + 40.0 * X[:, 0]
    model = sn.NodeRegressor(l2=1e-3, max_iterations=5).fit(X, y)
    delta = 1e-5 * model.parameters_
    found = output_change(model, X[:6], delta)
    other = model.network_.with_parameters(model.parameters_ + delta)
    assert np.allclose(found.true[:, 0], other.solve(X[:6])[:, 0] - model.predict(X[:6]), atol=1e-9)
    assert found.relative_error.max() <= 1e-3


def test_a_field_has_its_outputs_changed_too() -> None:
    problem = epidemic()
    p = problem.initial_parameters({"beta": 0.6, "gamma": 0.2})
    found = output_change(problem, problem.inputs, 1e-4 * p, parameters=p)
    assert found.first_order.shape == (3, 3) and found.relative_error.max() <= 1e-3
    assert np.abs(found.true.sum(axis=1)).max() <= 1e-12  # nobody is lost


def test_no_change_has_no_error() -> None:
    pair = twins()
    found = output_change(
        pair.problem, pair.problem.inputs, 0.0 * pair.direction, parameters=pair.parameters
    )
    assert not found.true.any() and not found.first_order.any() and not found.relative_error.any()


def test_a_change_that_does_not_fit_is_refused() -> None:
    pair = twins()
    rows, p = pair.problem.inputs, pair.parameters
    finer = p.refined(np.linspace(0.0, HORIZON, 9))
    for delta in (finer, p.values, None):
        with pytest.raises(ArgumentError, match="delta"):
            output_change(pair.problem, rows, delta, parameters=p)  # type: ignore[arg-type]


def test_a_state_that_overflows_after_the_change_is_named() -> None:
    pair = twins(activation="identity", samples=3, form="outside")
    rows = np.array(pair.problem.inputs)
    rows[:2] = 0.0
    delta = 1e150 * pair.direction
    with pytest.raises(StateOverflow, match="changed parameters the state of row 1 "):
        output_change(pair.problem, rows, delta, parameters=pair.parameters)


# The study.


def test_all_levels_see_the_same_errors_so_that_the_first_order_is_linear() -> None:
    pair = twins(samples=5)
    found = parameter_error_study(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    assert np.allclose(found.levels, np.geomspace(1e-4, 10**-0.5, 8))
    assert np.allclose(found.first_order / found.levels, found.first_order[0] / found.levels[0])
    assert found.flips is None and found.draws == 8
    order = np.diff(np.log(found.error[:4])) / np.diff(np.log(found.levels[:4]))
    assert np.allclose(order, 2.0, atol=0.05)
    again, other = (
        parameter_error_study(
            pair.problem, pair.problem.inputs, parameters=pair.parameters, seed=seed
        )
        for seed in (0, 1)
    )
    assert np.array_equal(again.true, found.true) and not np.array_equal(other.true, found.true)


def test_it_is_what_its_draws_say_one_by_one() -> None:
    pair = twins(samples=4, outputs=3, loss="cross-entropy")
    rows, p = pair.problem.inputs, pair.parameters
    levels = [0.3, 0.01]
    found = parameter_error_study(pair.problem, rows, parameters=p, levels=levels, draws=3, seed=5)
    assert found.levels.tolist() == [0.01, 0.3]
    network = network_of(pair.problem, p)
    for k, level in enumerate(found.levels):
        first, true, flips = [], [], []
        for delta in _random_errors(p, 3, np.random.default_rng(5)):
            change = output_change(pair.problem, rows, level * delta, parameters=p)
            first.append(change.first_order)
            true.append(change.true)
            before = network.solve(rows)
            flips.append(network.decided(before) != network.decided(before + change.true))
        assert found.first_order[k] == pytest.approx(np.sqrt(np.mean(np.square(first))))
        assert found.true[k] == pytest.approx(np.sqrt(np.mean(np.square(true))))
        left = np.square(np.subtract(true, first))
        assert found.error[k] == pytest.approx(np.sqrt(np.mean(left)))
        assert found.flips is not None and found.flips[k] == pytest.approx(np.mean(flips))


def test_the_errors_are_as_large_as_each_block_and_smooth() -> None:
    depth = HORIZON * np.array(UNEVEN)
    p = random_parameters(np.random.default_rng(0), depth, 6, "bottleneck")
    fine = np.linspace(0.0, HORIZON, 2001)
    dense = p.refined(np.union1d(fine, depth))
    draws = list(_random_errors(dense, 40, np.random.default_rng(1)))
    for name, _ in p.blocks:
        size = np.sqrt(
            np.trapezoid(np.square(dense.block(name)), dense.times, axis=0).mean() / HORIZON
        )
        squares = [
            np.trapezoid(np.square(d.block(name)), d.times, axis=0).mean() / HORIZON for d in draws
        ]
        assert np.sqrt(np.mean(squares)) == pytest.approx(size, rel=0.1)
    assert np.abs(np.diff(draws[0].values, axis=0)).max() <= 0.05 * np.abs(draws[0].values).max()
    coarse = next(_random_errors(dense.refined(depth), 1, np.random.default_rng(1)))
    assert relative_error(coarse.values, draws[0].refined(depth).values) <= 1e-5


def test_a_map_linear_in_the_parameters_is_valid_at_all_levels() -> None:
    pair = twins(form="outside", scheme="euler", steps=1)
    found = parameter_error_study(
        pair.problem, pair.problem.inputs, parameters=pair.parameters, levels=[0.1, 10.0]
    )
    assert (found.error <= 1e-13 * found.true).all()
    assert found.valid_up_to == 10.0


def test_validity_ends_where_a_tenth_of_the_change_is_missed() -> None:
    levels, one = np.array([0.1, 1.0, 10.0]), np.ones(3)
    study = ParameterErrors(levels, one, one, np.array([0.01, 0.09, 0.11]), None, 1)
    assert study.valid_up_to == 1.0
    study = ParameterErrors(levels, one, one, one, None, 1)
    assert study.valid_up_to is None
    infinite = np.array([1.0, np.inf, np.inf])
    study = ParameterErrors(levels, one, infinite, infinite, None, 1)
    assert study.valid_up_to is None


def test_a_state_that_overflows_counts_as_a_change_without_end() -> None:
    pair = twins(
        activation="identity", samples=3, form="inside", loss="cross-entropy", scheme="euler"
    )
    found = parameter_error_study(
        pair.problem, pair.problem.inputs, parameters=pair.parameters, levels=[1e-3, 1e200], draws=2
    )
    assert np.isfinite(found.true[0]) and found.true[1] == np.inf
    assert found.flips is not None and found.flips[1] == 1.0
    assert found.valid_up_to == 1e-3


def test_the_parts_in_which_rows_are_taken_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = twins(samples=7, outputs=3, loss="cross-entropy", dtype="float32")
    network, rows = network_of(pair.problem, pair.parameters), pair.problem.inputs

    def everything() -> list[np.ndarray]:
        change = output_change(network, rows, 0.1 * pair.direction)
        study = parameter_error_study(network, rows, draws=2)
        assert study.flips is not None
        return [change.true, change.first_order, study.true, study.first_order, study.flips]

    whole = everything()
    monkeypatch.setattr(parts, "BYTES", 1)
    for a, b in zip(everything(), whole, strict=True):
        assert np.allclose(a, b, rtol=1e-4, atol=1e-7)


def test_impossible_levels_and_draws_are_refused() -> None:
    pair = twins()
    rows, p = pair.problem.inputs, pair.parameters
    for levels in ([], [0.0], [-1.0, 1.0], [np.nan], [[0.1]]):
        with pytest.raises(ArgumentError, match="levels"):
            parameter_error_study(pair.problem, rows, parameters=p, levels=levels)
    with pytest.raises(ArgumentError, match="draws"):
        parameter_error_study(pair.problem, rows, parameters=p, draws=0)
