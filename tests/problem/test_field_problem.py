"""Inverse problems of users' right-hand sides."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from fields import Epidemic, Network, epidemic
from twins import relative_error

import naive_tables
import standalone_node as sn
from standalone_node.errors import ArgumentError, FieldError, StateOverflow
from standalone_node.model.tableaux import TABLEAUX

RNG = np.random.default_rng(2)


def guess(problem: sn.FieldProblem) -> sn.Parameters:
    return problem.initial_parameters({"beta": lambda t: 0.6 + 0.2 * np.cos(t), "gamma": 0.2})


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_network_given_as_a_field_is_the_built_in_network(scheme: str) -> None:
    """The twins: fused kernels and generic sweeps; half of the squares is the squared loss."""
    inputs, targets = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))
    penalty = sn.Penalty(l2=0.1, h1=0.05)
    options: dict[str, Any] = {"steps": 6, "scheme": scheme, "penalty": penalty, "horizon": 1.5}
    twin = sn.InverseProblem(inputs, targets, depth_points=4, **options)
    seen = sn.Observations([1.5], targets[None], operator=[0, 1], weights=0.5)
    problem = sn.FieldProblem(Network(3), inputs, seen, depth_points=4, **options)
    p, d = twin.initial_parameters(seed=1), twin.initial_parameters(seed=2)
    assert np.allclose(problem.times, twin.times, rtol=1e-15)
    assert relative_error(problem.solve_direct(p), twin.solve_direct(p)) <= 1e-13
    assert relative_error(problem.solve_adjoint(p), twin.solve_adjoint(p)) <= 1e-13
    change = RNG.normal(size=inputs.shape)
    xi = problem.solve_sensitivity(p, d, change)
    assert relative_error(xi, twin.solve_sensitivity(p, d, change)) <= 1e-13
    cost, derivative = problem.cost_and_derivative(p)
    expected_cost, expected = twin.cost_and_derivative(p)
    assert cost == pytest.approx(expected_cost, rel=1e-13)
    assert relative_error(derivative.values, expected.values) <= 1e-12
    assert problem.residual(p) == pytest.approx(twin.residual(p), rel=1e-13)
    line, other = problem.line_model(p, d), twin.line_model(p, d)
    for eta in (0.0, 0.3):
        assert line.value(eta) == pytest.approx(other.value(eta), rel=1e-12)
        assert line.slope(eta) == pytest.approx(other.slope(eta), rel=1e-11)
        assert line.curvature(eta) == pytest.approx(other.curvature(eta), rel=1e-12)


def test_the_cost_is_what_the_definition_says() -> None:
    problem = epidemic(penalty=None)
    p, seen = guess(problem), problem.settings["observations"]
    states, total = problem.solve_direct(p), 0.0
    for m, t in enumerate(seen.times):
        (n,) = np.flatnonzero(problem.times == t)
        for b in range(3):
            for i, component in enumerate((1, 2)):
                if np.isfinite(seen.values[m, b, i]):
                    residual = states[n, b, component] - seen.values[m, b, i]
                    total += seen.weights[m, i] * residual**2 / 3
    assert problem.cost(p) == pytest.approx(total, rel=1e-14)


def test_a_penalty_may_be_for_one_parameter_only() -> None:
    plain = epidemic(penalty=None)
    p = plain.initial_parameters({"beta": lambda t: t, "gamma": 2.0})
    both, one = sn.Penalty(l2=0.5), sn.Penalty(l2={"gamma": 0.5}, h1={"beta": 3.0})
    # The integrals over [0, 8] of beta^2 = t^2, gamma^2 = 4 and beta'^2 = 1.
    expected = plain.cost(p) + 0.25 * (8.0**3 / 3.0 + 32.0)
    assert plain.replaced(penalty=both).cost(p) == pytest.approx(expected, rel=1e-12)
    expected = plain.cost(p) + 0.25 * 32.0 + 1.5 * 8.0
    assert plain.replaced(penalty=one).cost(p) == pytest.approx(expected, rel=1e-12)


def test_an_observation_at_the_start_adds_a_constant() -> None:
    later = sn.Observations([1.0], [[0.4, 0.2]], operator=[0, 1])
    too = sn.Observations([0.0, 1.0], [[0.8, 0.3], [0.4, 0.2]], operator=[0, 1])
    problem = sn.FieldProblem(Epidemic(), [0.9, 0.1, 0.0], later, steps=4)
    p = problem.initial_parameters({"beta": 0.5, "gamma": 0.2})
    cost, derivative = problem.cost_and_derivative(p)
    other, same = problem.replaced(observations=too).cost_and_derivative(p)
    assert other == pytest.approx(cost + 0.1**2 + 0.2**2, rel=1e-13)
    assert np.array_equal(same.values, derivative.values)


@pytest.mark.parametrize("scheme", TABLEAUX)
@pytest.mark.parametrize("points", [None, 2, 7])
def test_the_dot_test_holds(scheme: str, points: int | None) -> None:
    problem = epidemic(scheme=scheme, depth_points=points)
    assert sn.dot_test(problem, guess(problem)) <= 1e-13


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_taylor_remainder_is_of_second_order(scheme: str) -> None:
    problem = epidemic(scheme=scheme)
    direction = problem.initial_parameters(seed=4, scale=1.0)
    assert abs(sn.taylor_test(problem, guess(problem), direction) - 2.0) <= 0.02


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_states_sensitivities_adjoints_and_derivatives_have_the_order_of_the_tableau(
    scheme: str,
) -> None:
    """The field looks at the time itself; theta is linear on the nodes 0, 4, 8."""
    problem = epidemic(scheme=scheme, depth_points=3, penalty=None)
    p, direction = guess(problem), problem.initial_parameters(seed=3)
    order = TABLEAUX[scheme].order
    steps = (64, 128) if order < 5 else (64, 128, 256)
    study = sn.convergence_study(problem, p, direction, steps=steps)
    for observed in study.orders.values():
        assert -0.1 <= observed - order <= naive_tables.ABOVE.get(scheme, 0.1)


def test_gauss_newton_is_the_curvature_of_the_line_model() -> None:
    problem = epidemic()
    p = guess(problem)
    u, v = problem.initial_parameters(seed=1), problem.initial_parameters(seed=2)
    product = problem.gauss_newton(p, u)
    assert product.apply(u) == pytest.approx(problem.line_model(p, u).curvature(0.0), rel=1e-12)
    assert product.apply(v) == pytest.approx(problem.gauss_newton(p, v).apply(u), rel=1e-11)


def test_where_the_residual_vanishes_gauss_newton_is_the_second_derivative() -> None:
    problem = epidemic(penalty=None)
    p, d = guess(problem), problem.initial_parameters(seed=1)
    exact = problem.solve_direct(p)[problem.observed][:, :, 1:]
    problem = problem.replaced(
        observations=sn.Observations(problem.settings["observations"].times, exact, [1, 2])
    )
    ahead, behind = (problem.cost_and_derivative(p + s * 1e-4 * d)[1] for s in (1.0, -1.0))
    difference = (ahead.values - behind.values) / 2e-4
    assert relative_error(problem.gauss_newton(p, d).values, difference) <= 1e-6


def test_times_of_observations_are_grid_points_and_no_step_is_too_long() -> None:
    seen = sn.Observations([0.3, 1.0, 1.1, 3.9], np.ones((4, 3)))
    problem = sn.FieldProblem(Epidemic(), np.ones(3), seen, horizon=4.0, steps=10)
    assert problem.times[problem.observed].tolist() == [0.3, 1.0, 1.1, 3.9]
    assert problem.times[-1] == 4.0 and problem.times[0] == 0.0
    assert (np.diff(problem.times) > 0.0).all() and np.diff(problem.times).max() <= 0.4 + 1e-12
    assert problem.replaced(horizon=None).horizon == 3.9
    uniform = sn.Observations(0.1 * np.arange(1, 8), np.ones((7, 3)))
    assert sn.FieldProblem(Epidemic(), np.ones(3), uniform, steps=14).times.size == 15


def test_sweeps_are_counted_and_the_last_direct_solve_is_kept() -> None:
    problem = epidemic()
    p = guess(problem)
    problem.cost(p)
    problem.cost_and_derivative(p)
    problem.line_model(p, p)
    problem.residual(p)
    counts = problem.counts
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (1, 1, 1)
    problem.gauss_newton(2.0 * p, p)
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (2, 2, 2)


def test_states_that_are_handed_out_are_not_those_that_are_kept() -> None:
    problem = epidemic()
    p = guess(problem)
    cost = problem.cost(p)
    problem.solve_direct(p)[:] = 0.0
    assert problem.cost(p) == cost


def test_guesses_are_constants_or_functions_of_t() -> None:
    problem = epidemic(depth_points=5)
    p = problem.initial_parameters({"gamma": 0.1, "beta": lambda t: t**2})
    assert p.block("beta").tolist() == [0.0, 4.0, 16.0, 36.0, 64.0]
    assert (p.block("gamma") == 0.1).all()


def test_a_random_start_is_smooth_in_the_scales_of_the_field_with_constants_for_all_t() -> None:
    problem = epidemic()
    spread = np.std(
        [problem.initial_parameters(seed=s).values[0] for s in range(200)], axis=0
    ) / np.array([0.3, 0.1])
    assert spread.min() > 0.4 and spread.max() < 0.65
    p = problem.initial_parameters(seed=1)
    assert (p.block("gamma") == p.block("gamma")[0]).all()
    assert np.ptp(p.block("beta")) > 0.0
    assert np.array_equal(p.values, problem.initial_parameters(seed=1).values)


def test_an_infinite_cost_where_the_state_overflows_and_a_sentence_at_the_start() -> None:
    blast = sn.Field(
        lambda t, x, p: p["a"] * x**3,
        jvp=lambda t, x, p, dx, dp: 3.0 * p["a"] * x**2 * dx + dp["a"] * x**3,
        vjp=lambda t, x, p, k: (3.0 * p["a"] * x**2 * k, {"a": np.sum(k * x**3)}),
        varying={"a": ()},
    )
    problem = sn.FieldProblem(blast, [1.0], sn.Observations([5.0], [1.0]), steps=40)
    p = problem.initial_parameters({"a": 1.0})
    assert problem.cost(p) == np.inf
    with pytest.raises(StateOverflow, match="already at the start"):
        sn.minimize(problem, p)


def test_constants_stay_constants_while_the_problem_is_solved() -> None:
    problem = epidemic(penalty=None, steps=16)
    truth = guess(problem)
    exact = problem.solve_direct(truth)[problem.observed][:, :, 1:]
    times = problem.settings["observations"].times
    problem = problem.replaced(observations=sn.Observations(times, exact, [1, 2]))
    start = problem.initial_parameters({"beta": 0.4, "gamma": 0.3})
    result = sn.minimize(problem, start, max_iterations=100)
    gamma = result.parameters.block("gamma")
    assert (gamma == gamma[0]).all()
    assert gamma[0] == pytest.approx(0.2, abs=0.01)
    assert result.cost < 1e-6 * result.history["cost"][0]
    assert (np.diff(result.history["cost"]) <= 0.0).all()


def test_the_noise_level_is_what_the_weights_say() -> None:
    """Weights 1 / sigma^2: the weighted residual of the truth is near the noise level."""
    problem = epidemic(penalty=None)
    truth = guess(problem)
    exact = problem.solve_direct(truth)[problem.observed][:, :, 1:]
    sigma = np.array([0.01, 0.2])
    noisy = exact + sigma * np.random.default_rng(0).normal(size=exact.shape)
    times = problem.settings["observations"].times
    seen = sn.Observations(times, noisy, [1, 2], weights=1.0 / sigma[None] ** 2)
    problem = problem.replaced(observations=seen)
    assert problem.noise_level == pytest.approx(np.sqrt(2.0 / np.sum(1.0 / sigma**2)))
    assert 0.7 < problem.residual(truth) / problem.noise_level < 1.3
    uniform = problem.replaced(observations=sn.Observations(times, noisy, [1, 2], weights=400.0))
    assert uniform.noise_level == pytest.approx(0.05)


def growing(unit: float, scale: dict[str, float]) -> sn.FieldProblem:
    """Growth at a rate that varies, up to a capacity of 1000 that is given in some unit."""

    def change(t: float, x: Any, p: Any, dx: Any, dp: Any) -> Any:
        share = x / (unit * p["capacity"])
        full = dx / (unit * p["capacity"]) - share * dp["capacity"] / p["capacity"]
        return dp["rate"] * x * (1 - share) + p["rate"] * (dx * (1 - share) - x * full)

    def transpose(t: float, x: Any, p: Any, kappa: Any) -> Any:
        share = x / (unit * p["capacity"])
        return p["rate"] * (1 - 2 * share) * kappa, {
            "rate": np.sum(x * (1 - share) * kappa),
            "capacity": np.sum(p["rate"] * x * share * kappa) / p["capacity"],
        }

    field = sn.Field(
        lambda t, x, p: p["rate"] * x * (1.0 - x / (unit * p["capacity"])),
        jvp=change,
        vjp=transpose,
        varying={"rate": ()},
        constant={"capacity": ()},
        scale=scale,
    )
    times = np.arange(1.0, 13.0)
    size = 1000.0 / (1.0 + 99.0 * np.exp(-0.8 * times))
    seen = sn.Observations(times, size, weights=1e-4)
    return sn.FieldProblem(field, [10.0], seen, steps=24)


def test_with_its_scale_the_unit_of_a_parameter_does_not_matter() -> None:
    costs = []
    for unit, scale in ((1.0, {"capacity": 1000.0}), (1000.0, {"capacity": 1.0}), (1.0, {})):
        problem = growing(unit, scale)
        start = problem.initial_parameters({"rate": 0.6, "capacity": 800.0 / unit})
        result = sn.minimize(problem, start, max_iterations=25, tolerance=0.0, cost_tolerance=0.0)
        costs.append(result.history["cost"])
    in_ones, in_thousands, unscaled = costs
    assert in_ones[:10] == pytest.approx(in_thousands[:10], rel=1e-6)
    assert unscaled[-1] > 100.0 * in_ones[-1]


class Distorted(Epidemic):
    """The vjp forgets a sign in the part of gamma."""

    def vjp(self, t: float, x: Any, p: Any, kappa: Any) -> Any:
        by_state, by_p = super().vjp(t, x, p, kappa)
        return by_state, {**by_p, "gamma": -by_p["gamma"]}


def test_a_wrong_vjp_is_caught_by_name_at_the_first_derivative() -> None:
    problem = epidemic().replaced(field=Distorted())
    p = guess(problem)
    problem.cost(p)
    with pytest.raises(FieldError, match="vjp: the part of 'gamma' is wrong"):
        problem.cost_and_derivative(p)
    problem = epidemic().replaced(field=Distorted())
    with pytest.raises(FieldError, match="'gamma'"):
        sn.minimize(problem, p)


def test_a_velocity_that_changes_its_state_is_caught_at_the_first_derivative() -> None:
    """The stages of the direct solve are kept: they would no longer be those it went through."""
    field = Epidemic(0.3)
    right = field.f

    def greedy(t: float, x: Any, p: Any) -> Any:
        found = right(t, x, p)
        x *= 0.5
        return found

    field.f = greedy  # type: ignore[method-assign]
    problem = epidemic().replaced(field=field)
    with pytest.raises(FieldError, match="f changes its input x"):
        problem.cost_and_derivative(problem.initial_parameters())


def test_the_check_may_be_left_out() -> None:
    problem = epidemic(check=False).replaced(field=Distorted())
    p = guess(problem)
    assert sn.taylor_test(problem, p, p) == pytest.approx(1.0, abs=0.1)
    assert sn.dot_test(problem, p) > 1e-4


def test_a_field_must_not_write_to_the_parameters() -> None:
    class Greedy(Epidemic):
        def f(self, t: float, x: Any, p: Any) -> Any:
            p["beta"] *= 2.0
            return super().f(t, x, p)

    problem = epidemic().replaced(field=Greedy())
    with pytest.raises(ValueError, match="f changes its input x or p"):
        problem.cost(guess(problem))


def test_a_problem_can_be_copied_and_pickled() -> None:
    problem = epidemic()
    p = guess(problem)
    assert copy.deepcopy(problem).cost(p) == problem.cost(p)
    assert pickle.loads(pickle.dumps(problem)).cost(p) == problem.cost(p)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": 6.0}, "observed at 7, after the horizon 6"),
        ({"horizon": -1.0}, "horizon = -1.0"),
        ({"steps": 0}, "steps = 0"),
        ({"depth_points": 1}, "depth_points = 1"),
        ({"scheme": "leapfrog"}, "leapfrog"),
        ({"penalty": sn.Penalty(output=1.0)}, "belongs to networks"),
        ({"penalty": sn.Penalty(h1={"delta": 1.0})}, "block 'delta': there are beta, gamma"),
        ({"initial_states": np.ones((3, 2))}, "outside 0…1"),
        ({"initial_states": "S"}, "initial_states have to be an array of numbers"),
        ({"observations": [1.0]}, "have to be Observations"),
        ({"field": len}, "no function f"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        epidemic().replaced(**changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beta": 1.0}, "values are given for beta, but the parameters are beta, gamma"),
        ({"beta": 1.0, "gamma": 1.0, "delta": 1.0}, "delta"),
        ({"beta": np.ones(2), "gamma": 1.0}, "'beta' does not have the shape"),
        ({"beta": lambda t: np.ones(2), "gamma": 1.0}, "'beta' does not have the shape"),
        ({"beta": np.nan, "gamma": 1.0}, "'beta' has to be finite"),
        ({"beta": "much", "gamma": 1.0}, "'beta' does not have the shape"),
        ({"beta": 1.0, "gamma": lambda t: t}, "'gamma' is a constant"),
    ],
)
def test_guesses_that_do_not_fit_are_refused(values: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        epidemic().initial_parameters(values)


def test_a_scale_belongs_to_a_random_start() -> None:
    with pytest.raises(ArgumentError, match="random start"):
        epidemic().initial_parameters({"beta": 1.0, "gamma": 1.0}, scale=2.0)


def test_parameters_of_another_problem_are_refused() -> None:
    problem = epidemic()
    network = sn.InverseProblem(np.ones((1, 2)), np.ones(1), horizon=8.0)
    with pytest.raises(ArgumentError, match="do not fit a field with"):
        problem.cost(network.initial_parameters())
    with pytest.raises(ArgumentError, match="end at 7"):
        problem.cost(epidemic(horizon=7.0).initial_parameters())
    with pytest.raises(ArgumentError, match="on the depth grid of p"):
        problem.line_model(guess(problem), guess(epidemic(depth_points=3)))
    with pytest.raises(ArgumentError, match="functional has shape"):
        problem.pull_back(guess(problem), np.ones(3))
