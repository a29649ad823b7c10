"""Grids chosen by the error of their steps: what they promise, when they change, and exactness."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import naive
import naive_tables
import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.stages import FORMS
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import EMBEDDED, TABLEAUX
from standalone_node.problem import grids
from standalone_node.problem.adaptive import Chosen, Tolerance, choose_grid, error_on
from standalone_node.problem.trial_steps import TrialSteps

HORIZON = 2.0
every_pair = pytest.mark.parametrize("scheme", EMBEDDED)


def problem_of(samples: int = 7, width: int = 3, **options: Any) -> sn.InverseProblem:
    rng = np.random.default_rng(0)
    settings = {"horizon": HORIZON, "depth_points": 3, "rtol": 1e-6, "scheme": "dopri5", **options}
    inputs, targets = rng.standard_normal((samples, width)), rng.standard_normal((samples, 2))
    return sn.InverseProblem(inputs, targets, **settings)


def start_of(problem: sn.InverseProblem, scale: float = 1.0, seed: int = 0) -> Parameters:
    return problem.initial_parameters(seed=seed, scale=scale)


def steps_of(problem: sn.InverseProblem) -> int:
    return problem.times.size - 1


class Quadrature:
    """x' = f(t) by the midpoint rule, whose error is estimated by that of Euler's."""

    def __init__(self, bound: float) -> None:
        self.bound, self.attempts, self.accepted = bound, [], 0

    def first_step(self) -> float:
        return 0.5

    def attempt(self, t: float, end: float) -> float:
        self.attempts.append((t, end))
        speed = 1.0 + 50.0 * (0.4 < t < 0.6)  # steps have to be seven times shorter there
        return speed * (end - t) ** 2 / self.bound

    def accept(self) -> None:
        self.accepted += 1


def test_a_grid_runs_from_zero_to_the_horizon_through_every_stop() -> None:
    stops = np.array([0.0, 0.25, 0.7, 1.0])
    stepper = Quadrature(1e-3)
    chosen = choose_grid(stepper, 1.0, 2, stops)
    assert set(stops) <= set(chosen.times)
    assert (np.diff(chosen.times) > 0.0).all()
    assert stepper.accepted == chosen.times.size - 1 <= chosen.trials == len(stepper.attempts)
    assert chosen.error <= 1.0


def test_steps_are_short_where_the_error_is_large_and_long_where_it_is_small() -> None:
    chosen = choose_grid(Quadrature(1e-3), 1.0, 2, np.empty(0))
    lengths, where = np.diff(chosen.times), chosen.times[:-1]
    inside, outside = lengths[(where > 0.45) & (where < 0.55)], lengths[where > 0.7]
    assert 4.0 * inside.max() < outside[:-1].max()
    # Nearly as long as the tolerance allows, and few are tried in vain.
    assert inside.max() > 0.6 * np.sqrt(1e-3 / 51.0)
    assert chosen.trials <= 1.2 * lengths.size


def test_the_same_steps_on_a_given_grid_have_the_error_they_were_accepted_with() -> None:
    chosen = choose_grid(Quadrature(1e-3), 1.0, 2, np.empty(0))
    assert error_on(Quadrature(1e-3), chosen.times) == pytest.approx(chosen.error, rel=1e-12)


def test_a_step_cut_short_by_a_stop_does_not_shorten_those_behind_it() -> None:
    class Even(Quadrature):
        def attempt(self, t: float, end: float) -> float:
            return ((end - t) / 0.1) ** 2

    chosen = choose_grid(Even(1.0), 1.0, 2, np.array([0.5, 0.5 + 1e-6]))
    lengths = np.diff(chosen.times)
    behind = lengths[chosen.times[:-1] > 0.5]
    assert lengths.min() == pytest.approx(1e-6)
    assert behind[0] > 0.05


def test_the_step_after_a_rejected_one_is_no_longer_than_it() -> None:
    class Rejecting(Quadrature):
        def attempt(self, t: float, end: float) -> float:
            self.attempts.append((t, end))
            return 2.0 if len(self.attempts) == 3 else 0.01

    stepper = Rejecting(1.0)
    choose_grid(stepper, 1000.0, 2, np.empty(0))
    (a, b), (c, d), (e, f) = stepper.attempts[2:5]
    assert a == c and d - c < b - a
    assert e == d and f - e <= (d - c) * (1.0 + 1e-12)


@every_pair
def test_the_estimate_is_the_norm_of_the_weighted_slopes(scheme: str) -> None:
    problem = problem_of(scheme=scheme, samples=70, threads=1)
    p, tolerance = start_of(problem), Tolerance(1e-3, 1e-4)
    stepper = TrialSteps(problem.flow, scheme, p, problem.inputs, tolerance)
    reference = naive.Problem(
        inputs=problem.inputs, targets=problem.inputs, times=np.array([0.0, 0.3, 0.7]),
        depth=p.times, outputs=1, scheme=scheme,
    )  # fmt: skip
    W, b = p.weights, p.biases
    states = naive.direct(reference, W, b)
    for n in range(2):
        found = stepper.attempt(reference.times[n], reference.times[n + 1])
        assert found == pytest.approx(
            max(_naive_error(reference, W, b, n, states, k) for k in range(70)), rel=1e-9
        )
        stepper.accept()


def _naive_error(reference: naive.Problem, W: Any, b: Any, n: int, states: Any, k: int) -> float:
    weights = [float(Fraction(e)) for e in naive_tables.ERROR_WEIGHTS[reference.scheme].split()]
    stages = naive.stages(reference, (W, b), n, states[n, k])
    h, total = reference.times[n + 1] - reference.times[n], 0.0
    for i in range(W.shape[1]):
        error = h * sum(e * stage["k"][i] for e, stage in zip(weights, stages, strict=True))
        allowed = 1e-4 + 1e-3 * max(abs(states[n, k, i]), abs(states[n + 1, k, i]))
        total += (error / allowed) ** 2 / W.shape[1]
    return float(np.sqrt(total))


@every_pair
def test_the_error_of_the_flow_follows_the_tolerance(scheme: str) -> None:
    tolerances = [1e-3, 1e-5, 1e-7]
    exact = problem_of(scheme="dopri5", rtol=None, steps=800)
    p = start_of(exact)
    final = exact.solve_direct(p)[-1]
    errors, steps = [], []
    for rtol in tolerances:
        problem = problem_of(scheme=scheme, rtol=rtol)
        errors.append(np.abs(problem.solve_direct(p)[-1] - final).max())
        steps.append(steps_of(problem))
    assert all(error <= 30.0 * rtol for error, rtol in zip(errors, tolerances, strict=True))
    assert steps[0] < steps[1] < steps[2]
    # As many steps as the order asks for: a hundredth of the error is 100^(1/order) times as many.
    assert steps[2] / steps[1] < 1.5 * 100.0 ** (1.0 / TABLEAUX[scheme].order)


def test_steps_end_at_the_nodes_of_theta() -> None:
    problem = problem_of(depth_points=6)
    p = start_of(problem)
    problem.cost(p)
    assert set(p.times) <= set(problem.times)


def test_a_hard_sample_is_not_lost_among_many_easy_ones() -> None:
    easy = np.full((500, 2), 1e-3)
    hard = np.vstack([easy, [[30.0, -20.0]]])
    turn = np.array([[0.0, 4.0], [-4.0, 0.0]])
    p = Parameters([0.0, 1.0], [turn, turn], np.zeros((2, 2)))
    found = []
    for inputs in (easy, hard, hard[-1:]):
        problem = sn.InverseProblem(
            inputs, inputs, scheme="dopri5", activation="sine", atol=1e-7, rtol=0.0
        )
        problem.cost(p)
        found.append(steps_of(problem))
    assert found[0] < found[1] == found[2]


# Frozen, and exact.


@every_pair
@pytest.mark.parametrize("form", FORMS)
def test_derivative_and_sensitivity_are_exact_on_the_frozen_grid(scheme: str, form: str) -> None:
    penalty = sn.Penalty(l2=0.1, h1=0.1, output=0.1)
    problem = problem_of(scheme=scheme, form=form, rtol=1e-4, penalty=penalty)
    p = start_of(problem)
    assert sn.dot_test(problem, p) <= 1e-13
    assert abs(sn.taylor_test(problem, p, start_of(problem, seed=1)) - 2.0) <= 0.02


def test_everything_is_that_of_the_scheme_on_this_grid() -> None:
    problem = problem_of()
    p = start_of(problem)
    found = problem.solve_direct(p)
    reference = naive.Problem(
        inputs=problem.inputs, targets=problem.targets, times=problem.times, depth=p.times,
        outputs=2, scheme="dopri5",
    )  # fmt: skip
    assert np.allclose(found, naive.direct(reference, p.weights, p.biases), rtol=0, atol=1e-12)
    _, derivative = problem.cost_and_derivative(p)
    _, by_W, _ = naive.adjoint(reference, p.weights, p.biases)
    assert np.allclose(derivative.weights, by_W, rtol=0, atol=1e-12 * np.abs(by_W).max())


@pytest.mark.parametrize("first", ["cost", "cost_and_derivative", "solve_direct", "solve_adjoint",
                                   "solve_sensitivity", "residual", "regrid"])  # fmt: skip
def test_whatever_is_asked_first_chooses_the_grid(first: str) -> None:
    problem, other = problem_of(), problem_of()
    p = start_of(problem)
    getattr(problem, first)(p)
    cost, derivative = problem.cost_and_derivative(p)
    assert cost == other.cost(p) and np.array_equal(problem.times, other.times)
    assert np.array_equal(derivative.values, other.cost_and_derivative(p)[1].values)


def test_the_grid_does_not_move_with_the_parameters() -> None:
    problem = problem_of()
    problem.cost(start_of(problem, scale=0.1))
    times = problem.times
    problem.cost_and_derivative(start_of(problem, scale=4.0))
    assert problem.times is times


def test_the_grid_does_not_depend_on_the_number_of_threads() -> None:
    first, second = (problem_of(samples=300, threads=threads) for threads in (1, 3))
    assert first.cost(start_of(first)) == second.cost(start_of(second))
    assert np.array_equal(first.times, second.times)


def test_a_grid_survives_pickling_and_not_a_change_of_the_problem() -> None:
    problem = problem_of()
    p = start_of(problem)
    cost = problem.cost(p)
    again = pickle.loads(pickle.dumps(problem))
    assert np.array_equal(again.times, problem.times)
    assert again.cost(start_of(problem, scale=3.0)) == problem.cost(start_of(problem, scale=3.0))
    other = problem.replaced(rtol=1e-3)
    assert other.cost(p) == pytest.approx(cost, rel=1e-2)
    assert steps_of(other) < steps_of(problem)
    assert problem.replaced(rtol=None).times.size == 21


def test_steps_only_say_how_fine_the_depth_grid_is() -> None:
    problem = problem_of(steps=5, depth_points=None)
    assert start_of(problem).times.size == 6


def test_a_finite_network_has_the_grid_of_its_layers() -> None:
    problem = problem_of()
    problem.cost(start_of(problem))
    assert problem.coarse(8).times.size == 9


def test_a_batch_has_the_grid_of_all_rows_or_one_of_its_own_that_says_nothing_of_theirs() -> None:
    problem = problem_of(samples=30)
    p = start_of(problem)
    first = problem.rows(range(10))
    first.cost(p)
    second = problem.rows(range(10, 20))  # of the same size: it has the memory of the first
    assert second.cost(p) == pytest.approx(second.replaced().cost(p), rel=1e-12)
    assert problem.grids == []
    problem.cost(p)
    third = problem.rows(range(5))
    assert third.cost_and_derivative(p)[0] > 0.0
    assert third.times is problem.times and len(third.grids) == len(problem.grids) == 1


# Chosen anew.


def test_a_problem_without_tolerance_has_no_other_grid() -> None:
    problem = problem_of(rtol=None)
    assert problem.regrid(start_of(problem)) is False and problem.grids == []


def test_the_first_grid_is_a_change_and_the_same_parameters_none() -> None:
    problem = problem_of()
    p = start_of(problem)
    assert problem.regrid(p) is True
    assert problem.regrid(p) is False
    assert len(problem.grids) == 1 and problem.grids[0].adopted


def test_a_grid_that_has_become_far_too_coarse_is_given_up_whatever_the_cost() -> None:
    problem = problem_of()
    problem.cost(start_of(problem, scale=0.2))
    coarse, hard = steps_of(problem), start_of(problem, scale=3.0)
    assert problem.regrid(hard)
    assert steps_of(problem) > coarse
    change = problem.grids[-1]
    assert change.adopted and change.error > grids.BEYOND
    assert change.costs[1] == problem.cost(hard) != change.costs[0]
    assert problem.regrid(hard) is False


def test_a_grid_that_is_far_too_fine_is_given_up_if_the_cost_does_not_rise() -> None:
    problem = problem_of(depth_points=2)
    problem.cost(start_of(problem, scale=3.0))
    fine, easy = steps_of(problem), start_of(problem, scale=0.1)
    before = problem.cost(easy)
    changed = problem.regrid(easy)
    assert problem.grids[-1].adopted is changed is (problem.cost(easy) != before)
    assert problem.cost(easy) <= before
    assert (steps_of(problem) < fine) is changed


@pytest.mark.parametrize("rise, error, adopted", [
    (1.0, 2.0, False), (1.0, 11.0, True), (-1.0, 2.0, True), (0.0, 2.0, True),
])  # fmt: skip
def test_a_new_grid_is_taken_if_the_cost_does_not_rise_or_the_error_is_beyond_bearing(
    rise: float, error: float, adopted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = problem_of()
    p = start_of(problem)
    cost, old = problem.cost(p), problem.times
    other = np.linspace(0.0, HORIZON, 9)
    monkeypatch.setattr(grids, "_chosen", lambda *_: Chosen(other, 8, 1.0))
    monkeypatch.setattr(grids, "error_on", lambda *_: error)
    monkeypatch.setattr(problem, "cost", lambda p: cost if problem.times is old else cost + rise)
    assert problem.regrid(p) is adopted
    assert problem.times is (other if adopted else old)
    assert problem.grids[-1].adopted is adopted


def test_after_a_refusal_everything_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of()
    p = start_of(problem)
    before = problem.cost_and_derivative(p)

    def fail(*_: object) -> Chosen:
        raise StateOverflow("no step is short enough")

    monkeypatch.setattr(grids, "error_on", lambda *_: 3.0)
    monkeypatch.setattr(grids, "_chosen", fail)
    assert problem.regrid(p) is False
    assert "no step is short enough" in problem.grids[-1].reason
    after = problem.cost_and_derivative(p)
    assert after[0] == before[0] and np.array_equal(after[1].values, before[1].values)


@pytest.mark.parametrize("rtol", [1e-4, 1e-6])
def test_the_cost_rises_only_where_a_grid_was_beyond_bearing(rtol: float) -> None:
    problem = problem_of(rtol=rtol, samples=30, depth_points=9, horizon=4.0)
    result = sn.minimize(
        problem, problem.initial_parameters(scale=0.05), restart=12, max_iterations=60
    )
    forced = [g for g in problem.grids[1:] if g.adopted and g.costs[1] > g.costs[0]]
    assert len(problem.grids) > 2
    assert all(g.error > grids.BEYOND for g in forced)
    assert (np.diff(result.history["cost"]) > 0.0).sum() <= len(forced)
    # What it ends with holds on a far finer grid, to about the tolerance.
    exact = problem.replaced(rtol=None, steps=400).cost(result.parameters)
    assert result.cost == pytest.approx(exact, abs=100.0 * rtol)


def test_a_run_begins_with_a_grid_for_its_start() -> None:
    problem = problem_of()
    problem.cost(start_of(problem, scale=0.2))
    coarse = steps_of(problem)
    result = sn.minimize(problem, start_of(problem, scale=3.0), max_iterations=0)
    assert steps_of(problem) > coarse
    assert result.cost == problem.cost(start_of(problem, scale=3.0))


def test_batches_share_a_grid_that_is_looked_at_once_an_epoch() -> None:
    problem = problem_of(samples=60, rtol=1e-6, horizon=4.0)
    start = problem.initial_parameters(scale=0.05)
    batches = sn.Batches(size=20, epochs=4, iterations=4)
    sn.minimize(problem, start, batches=batches)
    assert 1 < len(problem.grids) <= 5
    assert len(problem.rows(range(9)).grids) == len(problem.grids)


# What cannot be done.


@pytest.mark.parametrize("scheme", [name for name in TABLEAUX if name not in EMBEDDED])
def test_a_scheme_without_an_estimate_is_refused_with_those_that_have_one(scheme: str) -> None:
    with pytest.raises(ArgumentError, match=f"'{scheme}'.*bs3, dopri5, tsit5"):
        problem_of(scheme=scheme)


@pytest.mark.parametrize("options, words", [
    ({"rtol": -1.0}, "rtol = -1.0"),
    ({"rtol": "small"}, "rtol = 'small'"),
    ({"rtol": float("nan")}, "rtol = nan"),
    ({"atol": float("inf")}, "atol = inf"),
    ({"atol": 0.0}, "atol = 0"),
    ({"rtol": 1e-17}, "more than float64 can tell"),
    ({"rtol": 1e-7, "dtype": "float32"}, "more than float32 can tell"),
])  # fmt: skip
def test_a_tolerance_that_cannot_be_met_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        problem_of(**options)


def test_a_state_that_overflows_is_said_so_with_the_time() -> None:
    problem = problem_of(activation="identity", horizon=50.0)
    p = start_of(problem)
    growing = Parameters(p.times, np.broadcast_to(400.0 * np.eye(3), (3, 3, 3)), p.biases)
    with pytest.raises(StateOverflow, match=r"overflows at t = 1\.\d+ however short"):
        problem.cost(growing)


def test_a_grid_of_too_many_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standalone_node.problem.adaptive.MOST_TRIALS", 10)
    problem = problem_of(rtol=1e-9)
    with pytest.raises(ArgumentError, match="more than 10 steps"):
        problem.cost(start_of(problem))


def test_steps_of_no_length_are_refused() -> None:
    stepper = Quadrature(1e-3)
    stepper.attempt = lambda t, end: 2.0 if t > 0.3 else 0.5  # type: ignore[method-assign]
    with pytest.raises(ArgumentError, match="steps of no length at t = 0"):
        choose_grid(stepper, 1.0, 2, np.empty(0))


def test_single_precision_chooses_nearly_the_same_grid() -> None:
    double, single = (problem_of(rtol=1e-4, dtype=dtype) for dtype in ("float64", "float32"))
    p = start_of(double)
    for problem in (double, single):
        problem.cost(p)
    assert abs(steps_of(double) - steps_of(single)) <= 1
