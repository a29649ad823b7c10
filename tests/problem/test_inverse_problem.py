"""What an InverseProblem takes, counts and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twins import twins

from standalone_node import InverseProblem, Parameters, Penalty
from standalone_node.errors import ArgumentError
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.flow import Flow
from standalone_node.problem.misfit import Misfit

INPUTS, TARGETS = np.zeros((4, 2)), np.zeros(4)


def test_shapes_are_those_that_are_promised() -> None:
    problem = InverseProblem(INPUTS, TARGETS, steps=7, depth_points=3, horizon=2.0)
    p = problem.initial_parameters()
    assert p.times.tolist() == [0.0, 1.0, 2.0]
    assert (problem.samples, problem.width, problem.horizon, problem.outputs) == (4, 2, 2.0, 1)
    for states in (
        problem.solve_direct(p),
        problem.solve_adjoint(p),
        problem.solve_sensitivity(p, p),
    ):
        assert states.shape == (8, 4, 2)
    _, derivative = problem.cost_and_derivative(p)
    assert derivative.weights.shape == (3, 2, 2) and derivative.biases.shape == (3, 2)


def test_the_depth_grid_is_the_time_grid_unless_told_otherwise() -> None:
    problem = InverseProblem(INPUTS, TARGETS, steps=7)
    assert np.array_equal(problem.initial_parameters().times, problem.times)
    assert problem.times.size == 8


def test_parameters_on_another_grid_are_taken_as_they_are() -> None:
    pair = twins(steps=8, shares=np.linspace(0.0, 1.0, 5), penalised=False)
    p = pair.parameters
    fine = p.refined(np.union1d(p.times, np.linspace(0.0, p.horizon, 17)))
    assert pair.problem.cost(fine) == pytest.approx(pair.problem.cost(p), rel=1e-13)
    _, derivative = pair.problem.cost_and_derivative(fine)
    assert np.array_equal(derivative.times, fine.times)


def test_the_derivative_on_a_finer_grid_restricts_to_that_on_the_coarse_one() -> None:
    pair = twins(steps=4, shares=(0.0, 0.5, 1.0))
    p, v = pair.parameters, pair.direction
    times = np.linspace(0.0, p.horizon, 9)
    times[4] = p.times[1]
    _, coarse = pair.problem.cost_and_derivative(p)
    fine_p, fine_v = p.refined(times), v.refined(times)
    reference = pair.problem.penalty.reference
    assert reference is not None
    _, fine = pair.problem.cost_and_derivative(fine_p)
    assert fine.apply(fine_v) == pytest.approx(coarse.apply(v), rel=1e-12)


def test_a_change_of_all_inputs_may_be_given_once() -> None:
    pair = twins()
    one, p = np.array([1.0, -2.0, 0.5]), pair.parameters
    for_all = pair.problem.solve_sensitivity(p, initial=one)
    each = pair.problem.solve_sensitivity(p, initial=np.tile(one, (3, 1)))
    assert np.array_equal(for_all, each)


def test_the_sensitivity_is_linear_in_its_two_parts() -> None:
    pair = twins()
    solve, p = pair.problem.solve_sensitivity, pair.parameters
    both = solve(p, pair.direction, pair.change)
    apart = solve(p, pair.direction) + solve(p, initial=pair.change)
    assert np.allclose(both, apart, rtol=1e-12, atol=1e-13)
    assert not solve(p).any()


def test_weights_of_two_are_samples_given_twice() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(3, 1))
    weighted = InverseProblem(x, y, sample_weight=[2.0, 1.0, 1.0], steps=3)
    repeated = InverseProblem(x[[0, 0, 1, 2]], y[[0, 0, 1, 2]], steps=3)
    p = weighted.initial_parameters()
    assert 3.0 * weighted.cost(p) == pytest.approx(4.0 * repeated.cost(p), rel=1e-13)
    assert weighted.residual(p) == pytest.approx(repeated.residual(p), rel=1e-13)


def test_the_residual_is_the_root_mean_square_of_the_observed_entries() -> None:
    pair = twins(samples=9, outputs=2)
    final = pair.problem.solve_direct(pair.parameters)[-1][:, :2]
    mean = np.average(
        (final - pair.problem.targets) ** 2, axis=0, weights=pair.problem.sample_weight
    ).mean()
    assert pair.problem.residual(pair.parameters) == pytest.approx(np.sqrt(mean), rel=1e-13)


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic"])
def test_a_loss_of_classes_has_no_residual(loss: str) -> None:
    pair = twins(loss=loss)
    with pytest.raises(ArgumentError, match=f"'{loss}' has no residual"):
        pair.problem.residual(pair.parameters)


def test_the_cost_of_a_solve_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    value, asked = Misfit.value, []

    def counted(misfit: Misfit, final: Any) -> float:
        asked.append(final)
        return value(misfit, final)

    monkeypatch.setattr(Misfit, "value", counted)
    pair = twins()
    problem, p, q = pair.problem, pair.parameters, pair.direction
    costs = problem.cost(p), problem.cost_and_derivative(p)[0], problem.cost(p)
    assert len(asked) == 1 and len(set(costs)) == 1
    assert problem.cost(q) != costs[0] and problem.cost(p) == costs[0]


def test_back_on_a_grid_the_cost_is_that_of_this_grid() -> None:
    pair = twins(steps=4)
    problem, p = pair.problem, pair.parameters
    coarse = problem.cost(p)
    before = problem.use_grid(np.linspace(0.0, problem.horizon, 9))
    fine = problem.cost(p)
    problem.restore(before)
    assert problem.cost(p) == coarse != fine


def test_other_rows_cost_what_they_cost_by_themselves() -> None:
    pair = twins(samples=6)
    problem, p = pair.problem, pair.parameters
    first, second = (problem.rows(np.arange(k, k + 3)) for k in (0, 3))
    costs = problem.cost(p), first.cost(p), second.cost(p), problem.cost(p)
    alone = [
        problem.replaced(
            inputs=some.inputs, targets=some.targets, sample_weight=some.sample_weight
        ).cost(p)
        for some in (first, second)
    ]
    assert costs[1:3] == tuple(alone) and costs[0] == costs[3] and len(set(costs)) == 3


def test_the_sweeps_are_counted_and_none_is_done_twice() -> None:
    pair = twins()
    problem, p, counts = pair.problem, pair.parameters, pair.problem.counts
    problem.cost(p)
    problem.cost(p)
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (1, 0, 0)
    problem.cost_and_derivative(p)
    problem.line_model(p, pair.direction)
    problem.solve_adjoint(p)
    problem.solve_sensitivity(p)
    problem.residual(p)
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (1, 2, 2)
    problem.cost(pair.direction)
    problem.solve_direct(p)
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (3, 2, 2)


@pytest.mark.parametrize("activation", ["identity", "relu", "softplus"])
def test_a_state_that_overflows_costs_infinitely_much(activation: str) -> None:
    problem = InverseProblem(np.ones((3, 2)), np.ones(3), activation=activation, steps=5)
    p = problem.initial_parameters()
    huge = p.like(np.full_like(p.values, 1e200))
    assert problem.cost(huge) == np.inf
    assert np.isfinite(problem.cost(p))


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_neighbouring_stages_at_one_time_share_their_parameters(scheme: str) -> None:
    """A stage at the end of a step and the first of the next one read one row of theta.

    The steps grow so fast that t_n + h_n often misses t_(n+1) by a rounding error.
    """
    steps = 30
    flow = Flow(0.7 * np.r_[0.0, np.geomspace(1e-12, 1.0, steps)], scheme=scheme)
    problem = InverseProblem(INPUTS, TARGETS, horizon=0.7, steps=steps)
    _, _, c = TABLEAUX[scheme].arrays()
    inner = len({*c.tolist()} - {0.0, 1.0})
    expected = steps * (1 + inner) + (1 if 1.0 in c else 0)
    assert flow.stage_values(problem.initial_parameters()).shape[0] == expected


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"inputs": np.zeros(4)}, "inputs have shape"),
    ({"inputs": [[1.0], [1.0, 2.0]]}, "inputs have to be an array of numbers"),
    ({"inputs": np.zeros((0, 2)), "targets": np.zeros(0)}, "not empty"),
    ({"inputs": np.full((4, 2), np.nan)}, "inputs have to be finite"),
    ({"horizon": 0.0}, "horizon = 0.0"),
    ({"horizon": -1.0}, "horizon"),
    ({"horizon": np.inf}, "horizon"),
    ({"horizon": "long"}, "horizon = 'long'"),
    ({"steps": 0}, "steps = 0"),
    ({"steps": 2.5}, "steps = 2.5"),
    ({"steps": True}, "steps"),
    ({"depth_points": 1}, "depth_points = 1"),
    ({"scheme": "leapfrog"}, "scheme 'leapfrog'"),
    ({"form": "upside"}, "form 'upside'"),
    ({"activation": "step"}, "activation 'step'"),
    ({"loss": "hinge"}, "loss 'hinge'"),
    ({"dtype": "float16"}, "dtype"),
    ({"threads": 0}, "threads = 0"),
    ({"threads": 1.5}, "threads = 1.5"),
    ({"sample_weight": np.ones(3)}, "sample_weight has shape"),
    ({"sample_weight": -np.ones(4)}, "sample_weight"),
    ({"sample_weight": np.zeros(4)}, "sample_weight"),
    ({"sample_weight": [1.0, np.nan, 1.0, 1.0]}, "sample_weight"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_an_argument_that_cannot_be_used_is_named(changes: dict[str, Any], words: str) -> None:
    options = {"inputs": INPUTS, "targets": TARGETS} | changes
    with pytest.raises(ArgumentError, match=words):
        InverseProblem(options.pop("inputs"), options.pop("targets"), **options)


def test_parameters_that_do_not_fit_are_refused() -> None:
    problem = InverseProblem(INPUTS, TARGETS, horizon=2.0)
    p = problem.initial_parameters()
    wide = Parameters([0.0, 2.0], np.zeros((2, 3, 3)), np.zeros((2, 3)))
    short = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    for ask in (problem.cost, problem.cost_and_derivative, problem.solve_direct):
        with pytest.raises(ArgumentError, match="2 components"):
            ask(wide)
        with pytest.raises(ArgumentError, match=r"times\[-1\]"):
            ask(short)
        with pytest.raises(ArgumentError, match="expected Parameters"):
            ask(p.values)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="direction"):
        problem.solve_sensitivity(p, p.refined([0.0, 2.0]))


@pytest.mark.parametrize("initial", [np.zeros((5, 2)), np.zeros(3), np.zeros((1, 4, 2))])
def test_a_change_of_the_inputs_that_does_not_fit_is_refused(initial: Any) -> None:
    problem = InverseProblem(INPUTS, TARGETS)
    with pytest.raises(ArgumentError, match="initial"):
        problem.solve_sensitivity(problem.initial_parameters(), initial=initial)


def test_the_problem_does_not_change_with_the_arrays_it_was_made_of() -> None:
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), np.ones(4)
    problem = InverseProblem(x, y, sample_weight=w, penalty=Penalty(output=0.1))
    p = problem.initial_parameters()
    before = problem.cost(p)
    x[:], y[:], w[:] = 9.0, 9.0, 9.0
    assert problem.cost(p.refined(p.times)) == before
