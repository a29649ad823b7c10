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
    DIRECTIONS,
    HYSTERESIS,
    SHARE,
    Adapting,
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

    def adapting(self) -> tuple[Adapting, Objective, Any]:
        start = 0.0 * self.minimiser
        objective, u = Objective(self, Free(start)), start.values.ravel()
        return Adapting(objective, u, ()), objective, u


def spirals(kinetic: float, seed: int = 0, horizon: float = 1.0) -> InverseProblem:
    """Two noisy arms, told apart by two further components that start at zero."""
    rng = np.random.default_rng(seed)
    angle, arm = rng.uniform(0.5, 5.0, size=60), np.arange(60) % 2
    radius = 0.35 * angle * np.where(arm, 1.0, -1.0)
    rows = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    inputs = np.hstack([np.zeros_like(rows), rows + 0.05 * rng.normal(size=rows.shape)])
    return InverseProblem(
        inputs,
        arm,
        horizon=horizon,
        steps=20,
        scheme="midpoint",
        loss="squared",
        penalty=Penalty(l2=1e-4, h1=kinetic),
        threads=1,
    )


def rings(kinetic: float, seed: int) -> InverseProblem:
    """Two noisy rings, told apart likewise."""
    rng = np.random.default_rng(seed)
    angle, ring = rng.uniform(0.0, 2.0 * np.pi, size=60), np.arange(60) % 2
    radius = 1.0 + 0.8 * ring + 0.1 * rng.normal(size=60)
    rows = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return InverseProblem(
        np.hstack([np.zeros_like(rows), rows]),
        ring,
        horizon=1.5,
        steps=20,
        scheme="midpoint",
        form="outside",
        loss="squared",
        penalty=Penalty(h1=kinetic),
        threads=1,
    )


def run(problem: Any, length: float | str, **options: Any) -> Result:
    start = getattr(problem, "initial_parameters", lambda: 0.0 * problem.minimiser)()
    return minimize(problem, start, metric=Sobolev(length), **options)


# ------------------------------------------------------------------ the rule


@pytest.mark.parametrize("horizon", [0.5, 4.0])
def test_without_a_kinetic_penalty_it_is_a_fiftieth_of_the_horizon(horizon: float) -> None:
    problem = spirals(0.0, horizon=horizon)
    automatic = run(problem, "auto", max_iterations=10)
    assert automatic.metric == Sobolev(SHARE * horizon)
    fixed = run(problem, SHARE * horizon, max_iterations=10)
    for name in (*SWEEPS, "cost", "gradient_norm"):
        assert np.array_equal(automatic.history[name], fixed.history[name]), name


@pytest.mark.parametrize("curvature", [0.3, 10.0])
@pytest.mark.parametrize("kinetic", [1e-3, 1e-2])
def test_where_all_data_have_one_curvature_it_is_found(curvature: float, kinetic: float) -> None:
    gram, _, _ = Stiff(curvature, kinetic).adapting()
    expected = hypot(SHARE * 2.0, 2.0 * sqrt(kinetic / curvature))
    assert gram.length == pytest.approx(expected, rel=1e-9)


def test_it_does_not_depend_on_the_unit_of_the_cost() -> None:
    lengths = [Stiff(c * 0.5, c * 1e-2).adapting()[0].length for c in (1e-6, 1.0, 1e6)]
    assert lengths == pytest.approx([lengths[1]] * 3, rel=1e-9)


@pytest.mark.parametrize("curvature", [0.0, -1.0, 1e-300])
def test_data_without_curvature_ask_for_the_horizon_and_no_more(curvature: float) -> None:
    assert fitting_length(uniform_grid(3.0, 5), 1e-2, curvature) == 3.0


def test_it_grows_with_the_penalty() -> None:
    times = uniform_grid(1.0, 5)
    lengths = [fitting_length(times, gamma, 1.0) for gamma in (0.0, 1e-4, 1e-2, 1e-1, 1e3)]
    assert lengths == sorted(set(lengths))
    assert lengths[0] == shortest_length(times) and lengths[-1] == 1.0


# ------------------------------------------------------------------ what it costs


def test_choosing_takes_one_sensitivity_sweep() -> None:
    history = run(spirals(1e-2), "auto", max_iterations=3).history
    assert [history[name][0] for name in SWEEPS] == [1, 1, 1]
    history = run(spirals(1e-2), 0.3, max_iterations=3).history
    assert [history[name][0] for name in SWEEPS] == [1, 1, 0]


# ------------------------------------------------------------------ on the way


def seen(gram: Adapting, objective: Objective, u: Any, curvature: float, times: int) -> None:
    """Show it directions constant in depth along which the data have that curvature."""
    direction = np.ones_like(u)
    square = 2.0 * 2.0  # two entries, horizon 2
    line = SimpleNamespace(curvature=lambda eta: curvature * square)
    for _ in range(times):
        gram.see(u, direction, line)  # type: ignore[arg-type]


def test_it_follows_the_median_of_the_last_eight_directions() -> None:
    gram, objective, u = Stiff(10.0, 1e-2).adapting()
    before = gram.length
    seen(gram, objective, u, 0.1, DIRECTIONS - 2)
    assert not gram.renewed() and gram.length == before
    seen(gram, objective, u, 10.0, 2)
    assert gram.renewed()
    assert gram.length == pytest.approx(hypot(0.04, 2.0 * sqrt(1e-2 / 0.1)))
    assert not gram.renewed()


def test_a_small_change_is_not_worth_another_metric() -> None:
    gram, objective, u = Stiff(1.0, 1e-2).adapting()
    before = gram.length
    seen(gram, objective, u, 1.0 / (0.95 * HYSTERESIS) ** 2, DIRECTIONS)
    assert not gram.renewed() and gram.length == before
    seen(gram, objective, u, 1.0 / (1.1 * HYSTERESIS) ** 2, DIRECTIONS)
    assert gram.renewed() and gram.length > before


def test_a_new_length_is_a_new_metric_with_its_square_root() -> None:
    gram, objective, u = Stiff(10.0, 1e-2).adapting()
    rng = np.random.default_rng(1)
    v, functional = rng.normal(size=u.size), rng.normal(size=u.size)
    seen(gram, objective, u, 0.1, DIRECTIONS)
    assert gram.renewed()
    banded = Sobolev(gram.length).matrix(objective.parameters(u).times)
    assert np.allclose(gram.apply(v), np.kron(full(banded), np.eye(2)) @ v, rtol=1e-13)
    riesz = gram.solve(functional)
    error = abs(float(gram.apply(riesz) @ v - functional @ v))
    assert error <= 1e-12 * np.linalg.norm(functional) * np.linalg.norm(v)
    assert float(gram.whiten(v) @ gram.whiten(v)) == pytest.approx(float(v @ gram.apply(v)))
    assert np.allclose(gram.unwhiten(gram.whiten(v)), v)
    assert np.allclose(gram.unwhiten(gram.whiten_functional(functional)), riesz)


def test_a_run_that_changes_its_metric_descends_and_its_norm_does_not_jump() -> None:
    problem = spirals(1e-2)
    result = run(problem, "auto", max_iterations=60, tolerance=0.0, cost_tolerance=0.0)
    start = Objective(problem, Free(problem.initial_parameters()))
    first = Adapting(start, problem.initial_parameters().values.ravel(), ()).length
    assert result.metric.length != first, "the case was chosen to show a change"
    norms, costs = result.history["gradient_norm"], result.history["cost"]
    assert (np.diff(costs) <= 0.0).all()
    assert norms.max() <= 10.0 * norms[0]


@pytest.mark.parametrize("ends", ENDS)
def test_held_ends_stay(ends: str) -> None:
    problem = spirals(1e-2)
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
