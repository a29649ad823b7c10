"""The length that Sobolev("auto") chooses, what that costs, and that it is worth it."""

from __future__ import annotations

from math import hypot, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic

from standalone_node import InverseProblem, Parameters, Penalty, Result, Sobolev, minimize
from standalone_node.model.depth import mass, stiffness, uniform_grid
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.metrics import ENDS
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.smoothing_length import (
    LONGEST,
    REACH,
    SHORTEST,
    chosen_length,
    fitting_length,
    shortest_length,
)

SWEEPS = ("direct", "adjoint", "sensitivity")


def full(banded: Any) -> Any:
    """The symmetric matrix of a banded one."""
    return np.diag(banded[1]) + np.diag(banded[0, 1:], 1) + np.diag(banded[0, 1:], -1)


class Stiff(Quadratic):
    """Data of the same curvature everywhere, lambda M, and a kinetic penalty, gamma S."""

    def __init__(self, curvature: float, kinetic: float, horizon: float = 2.0) -> None:
        times = uniform_grid(horizon, 21)
        one = curvature * full(mass(times)) + kinetic * full(stiffness(times))
        rng = np.random.default_rng(0)
        minimiser = Parameters(times, rng.normal(size=(21, 1, 1)), rng.normal(size=(21, 1)))
        super().__init__(np.kron(one, np.eye(2)), minimiser)
        self.penalty = SimpleNamespace(h1=kinetic)

    def length(self) -> float:
        start = 0.0 * self.minimiser
        return chosen_length(Objective(self, Free(start)), start.values.ravel())


def rings(kinetic: float, seed: int = 0, **options: Any) -> InverseProblem:
    """Two noisy rings, told apart by two further components that start at zero."""
    rng = np.random.default_rng(seed)
    angle, ring = rng.uniform(0.0, 2.0 * np.pi, size=60), np.arange(60) % 2
    radius = 1.0 + 0.8 * ring + 0.1 * rng.normal(size=60)
    rows = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return InverseProblem(
        np.hstack([np.zeros_like(rows), rows]),
        ring,
        steps=20,
        scheme="midpoint",
        form="outside",
        loss="squared",
        penalty=Penalty(h1=kinetic),
        threads=1,
        **{"horizon": 1.5, **options},
    )


def run(problem: Any, length: float | str, **options: Any) -> Result:
    start = getattr(problem, "initial_parameters", lambda: 0.0 * problem.minimiser)()
    return minimize(problem, start, metric=Sobolev(length), **options)


# ------------------------------------------------------------------ the rule


@pytest.mark.parametrize("horizon", [0.5, 4.0])
def test_without_a_kinetic_penalty_it_is_a_fiftieth_of_the_horizon(horizon: float) -> None:
    problem = rings(0.0, horizon=horizon)
    automatic = run(problem, "auto", max_iterations=10)
    assert automatic.metric == Sobolev(SHORTEST * horizon)
    fixed = run(problem, SHORTEST * horizon, max_iterations=10)
    for name in (*SWEEPS, "cost", "gradient_norm"):
        assert np.array_equal(automatic.history[name], fixed.history[name]), name


@pytest.mark.parametrize("curvature", [0.3, 10.0])
@pytest.mark.parametrize("kinetic", [1e-3, 1e-2])
def test_where_all_data_have_one_curvature_it_is_found(curvature: float, kinetic: float) -> None:
    expected = hypot(SHORTEST * 2.0, REACH * sqrt(kinetic / curvature))
    assert Stiff(curvature, kinetic).length() == pytest.approx(expected, rel=1e-9)


def test_it_does_not_depend_on_the_unit_of_the_cost() -> None:
    lengths = [Stiff(c * 0.5, c * 1e-2).length() for c in (1e-6, 1.0, 1e6)]
    assert lengths == pytest.approx([lengths[1]] * 3, rel=1e-9)


@pytest.mark.parametrize("curvature", [0.0, -1.0, 1e-300, np.nan])
def test_data_without_curvature_ask_for_the_longest_length(curvature: float) -> None:
    assert fitting_length(uniform_grid(3.0, 5), 1e-2, curvature) == 3.0 * LONGEST


def test_it_grows_with_the_penalty() -> None:
    times = uniform_grid(1.0, 5)
    lengths = [fitting_length(times, gamma, 1.0) for gamma in (0.0, 1e-4, 1e-3, 1e-2, 1e3)]
    assert lengths == sorted(set(lengths))
    assert lengths[0] == shortest_length(times) and lengths[-1] == LONGEST


def test_between_its_bounds_it_is_the_hypotenuse_of_both_lengths() -> None:
    times = uniform_grid(2.0, 9)
    assert fitting_length(times, 0.01, 4.0) == pytest.approx(hypot(0.04, 0.1), rel=1e-14)
    assert fitting_length(times, 0.0, 4.0) == shortest_length(times) == 0.04
    # The longest length is reached, and not exceeded, where 2 sqrt(gamma / lambda) is T / pi.
    limit = 0.25 * (2.0 / np.pi) ** 2
    assert fitting_length(times, limit, 1.0) == 2.0 / np.pi
    assert fitting_length(times, 0.99 * limit, 1.0) <= 2.0 / np.pi
    assert fitting_length(times, 0.9 * limit, 1.0) < 0.99 * 2.0 / np.pi


@pytest.mark.parametrize(
    "weights, expected", [({"W": 1e-3, "b": 1e-2}, 1e-2), ({}, 0.0), (1e-2, 1e-2), (0.0, 0.0)]
)
def test_of_several_kinetic_weights_the_largest_counts(weights: Any, expected: float) -> None:
    one, several = Stiff(1.0, 1e-2), Stiff(1.0, 1e-2)
    one.penalty, several.penalty = SimpleNamespace(h1=expected), SimpleNamespace(h1=weights)
    assert several.length() == one.length()


def test_a_problem_without_penalty_has_the_shortest_length() -> None:
    problem = Stiff(1.0, 0.0)
    del problem.penalty
    assert problem.length() == SHORTEST * 2.0


def test_where_there_is_no_gradient_there_is_no_curvature_to_go_by() -> None:
    problem = Stiff(1.0, 1e-2)
    problem.minimiser = 0.0 * problem.minimiser
    assert problem.length() == LONGEST * 2.0


def test_the_curvature_is_that_along_the_smoothed_gradient_without_the_kinetic_term() -> None:
    """Data that are curved at one end of the depth only, and a penalty on all of it."""
    problem, gamma = Stiff(1.0, 1e-2), 1e-2
    times = problem.minimiser.times
    M, S = full(mass(times)), full(stiffness(times))
    D = np.diag(np.linspace(0.1, 3.0, 21)) @ M
    data = 0.5 * (D + D.T)
    problem.A = np.kron(data + gamma * S, np.eye(2))
    start = 0.0 * problem.minimiser
    for fixed in ((), (0,), (0, -1)):
        free = [k for k in range(21) if k not in {j % 21 for j in fixed}]
        partials = problem.partials(start).reshape(21, 2)
        G = M + (SHORTEST * 2.0) ** 2 * S
        d = np.zeros((21, 2))
        d[free] = np.linalg.solve(G[np.ix_(free, free)], -partials[free])
        curvature = np.vdot(d, data @ d) / np.vdot(d, M @ d)
        expected = fitting_length(times, gamma, float(curvature))
        objective = Objective(problem, Free(start))
        found = chosen_length(objective, start.values.ravel(), fixed)
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kinetic", [0.0, 1e-2])
def test_alike_data_and_penalty_then_need_few_iterations(kinetic: float) -> None:
    problem = Stiff(1.0, kinetic)
    automatic = run(problem, "auto").nit
    assert automatic <= 12
    assert kinetic == 0.0 or run(problem, 0.0).nit >= 1.5 * automatic


# ------------------------------------------------------------------ what it costs


@pytest.mark.parametrize("memory", [None, 1])
def test_choosing_takes_one_sensitivity_sweep(memory: int | None) -> None:
    problem = rings(1e-2, memory_limit=memory)
    assert problem.recomputes == (memory is not None)
    history = run(problem, "auto", max_iterations=3).history
    assert [history[name][0] for name in SWEEPS] == [1, 1, 1]
    history = run(problem, 0.3, max_iterations=3).history
    assert [history[name][0] for name in SWEEPS] == [1, 1, 0]


@pytest.mark.parametrize("ends", ENDS)
def test_held_ends_stay(ends: str) -> None:
    problem = rings(1e-2)
    start = problem.initial_parameters()
    result = minimize(problem, start, metric=Sobolev("auto", ends), max_iterations=20)
    held = list(ENDS[ends])
    assert np.array_equal(result.parameters.values[held], start.values[held])
    assert result.metric.ends == ends and isinstance(result.metric.length, float)
    assert result.cost < problem.cost(start)


# ------------------------------------------------------------------ what it is good for


def logs_of_sweeps(problem: InverseProblem, seed: int, lengths: tuple[float | str, ...]) -> Any:
    """Of the sweeps to a thirtieth of what the best run removes of the cost; 1.5 runs if missed."""
    histories = [
        minimize(
            problem,
            problem.initial_parameters(seed),
            metric=Sobolev(length),
            max_iterations=50,
            tolerance=0.0,
            cost_tolerance=0.0,
        ).history
        for length in lengths
    ]
    start, least = histories[0]["cost"][0], min(h["cost"].min() for h in histories)
    counts = []
    for history in histories:
        sweeps = sum(history[name] for name in SWEEPS)
        there = np.flatnonzero(history["cost"] <= least + (start - least) / 30.0)
        counts.append(sweeps[there[0]] if there.size else 1.5 * sweeps[-1])
    return np.log(counts)


@pytest.mark.parametrize("kinetic", [0.0, 1e-2])
def test_no_fixed_length_needs_much_fewer_sweeps_and_some_need_more(kinetic: float) -> None:
    lengths = (0.0, 0.1, 0.3, 1.0, 3.0, "auto")
    logs = [logs_of_sweeps(rings(kinetic, seed), seed, lengths) for seed in range(4)]
    *others, automatic = np.exp(np.mean(logs, axis=0))
    assert automatic <= 1.2 * min(others)
    assert automatic <= 0.7 * max(others)
