"""The problem in shards is the problem, to the bit the same wherever the shards are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engines_at_hand import Several

import standalone_node as sn
from standalone_node.engines.local import Local
from standalone_node.errors import ArgumentError
from standalone_node.optimize.line_searches import LINE_SEARCHES
from standalone_node.problem.shards import group, work
from standalone_node.problem.shards.model import Model, Way
from standalone_node.problem.shards.placing import sharded

TARGETS = {
    "squared": lambda rng: rng.standard_normal((90, 2)),
    "huber": lambda rng: rng.standard_normal((90, 1)),
    "cross-entropy": lambda rng: rng.integers(0, 3, 90),
    "logistic": lambda rng: rng.integers(0, 2, 90),
}


def a_problem(loss: str = "cross-entropy", **more: Any) -> sn.InverseProblem:
    """Ninety weighted rows of four components, some of which weigh nothing."""
    rng = np.random.default_rng(3)
    x, y, w = rng.standard_normal((90, 4)), TARGETS[loss](rng), rng.random(90)
    w[32:64] = 0.0
    penalty = sn.Penalty(l2=0.01, h1=0.1, output=0.05)
    settings: dict[str, Any] = {"steps": 5, "scheme": "heun", "form": "outside", "penalty": penalty}
    if loss == "cross-entropy":
        settings["outputs"] = 3
    return sn.InverseProblem(x, y, sample_weight=w, loss=loss, **{**settings, **more})


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 13 rows of these problems, seven of them."""
    monkeypatch.setattr(group, "ENTRIES", 4 * 13)


def pair(problem: Any) -> tuple[sn.Parameters, sn.Parameters]:
    return problem.initial_parameters(1), problem.initial_parameters(2)


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.usefixtures("small_shards")
def test_all_that_is_asked_of_it_is_as_of_all_rows(loss: str) -> None:
    whole = a_problem(loss)
    parts = sharded(whole, Several(3))
    p, direction = pair(whole)
    cost, derivative = parts.cost_and_derivative(p)
    expected, other = whole.cost_and_derivative(p)
    assert cost == parts.cost(p) == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(derivative.values, other.values, rtol=1e-11, atol=1e-14)
    line, known = parts.line_model(p, direction), whole.line_model(p, direction)
    for eta in (0.0, 0.3, -1.0):
        assert line.value(eta) == pytest.approx(known.value(eta), rel=1e-13)
        assert line.slope(eta) == pytest.approx(known.slope(eta), rel=1e-10)
        assert line.curvature(eta) == pytest.approx(known.curvature(eta), rel=1e-11)
    product, exact = parts.gauss_newton(p, direction), whole.gauss_newton(p, direction)
    np.testing.assert_allclose(product.values, exact.values, rtol=1e-10, atol=1e-14)
    if loss in ("squared", "huber"):
        assert parts.residual(p) == pytest.approx(whole.residual(p), rel=1e-13)


@pytest.mark.usefixtures("small_shards")
def test_the_derivative_is_exact() -> None:
    parts = sharded(a_problem(), Several(2))
    p, direction = pair(parts)
    assert sn.taylor_test(parts, p, direction) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("loss", ["squared", "cross-entropy"])
@pytest.mark.parametrize("weights", ["free", "galerkin", "evolving"])
@pytest.mark.usefixtures("small_shards")
def test_a_fit_has_the_same_bits_however_the_shards_are_shared_out(loss: str, weights: str) -> None:
    problem = a_problem(loss)
    start, options = problem.initial_parameters(1), {"max_iterations": 6, "weights": weights}
    alone = sn.minimize(problem, start, engine="local", **options)
    for groups in (1, 2, 4, 7):
        found = sn.minimize(problem, start, engine=Several(groups), **options)
        np.testing.assert_array_equal(found.parameters.values, alone.parameters.values)
        for name in set(alone.history) - {"seconds"}:
            np.testing.assert_array_equal(found.history[name], alone.history[name])
    whole = sn.minimize(problem, start, **options)
    np.testing.assert_allclose(found.history["cost"], whole.history["cost"], rtol=1e-9)


@pytest.mark.parametrize("loss", TARGETS)
def test_one_shard_has_the_bits_of_the_problem_itself(loss: str) -> None:
    problem = a_problem(loss)
    start = problem.initial_parameters(1)
    whole = sn.minimize(problem, start, max_iterations=6)
    one = sn.minimize(problem, start, max_iterations=6, engine=Several(3))
    np.testing.assert_array_equal(one.parameters.values, whole.parameters.values)
    np.testing.assert_array_equal(one.history["cost"], whole.history["cost"])
    assert sharded(problem, Local()) is problem


@pytest.mark.parametrize("method", ["lbfgs", "gauss-newton", "trust-krylov"])
@pytest.mark.usefixtures("small_shards")
def test_other_methods_run_on_shards(method: str) -> None:
    problem = a_problem("squared")
    start = problem.initial_parameters(1)
    here = sn.minimize(problem, start, method=method, max_iterations=5, engine="local")
    there = sn.minimize(problem, start, method=method, max_iterations=5, engine=Several(3))
    np.testing.assert_array_equal(here.parameters.values, there.parameters.values)


@pytest.mark.parametrize("line_search", LINE_SEARCHES)
@pytest.mark.usefixtures("small_shards")
def test_an_iteration_sends_parameters_and_direction_once_and_trials_are_numbers(
    line_search: str,
) -> None:
    engine, problem = Several(2), a_problem("squared")
    start = problem.initial_parameters(1)
    found = sn.minimize(
        problem, start, max_iterations=5, line_search=line_search, tolerance=0.0, engine=engine
    )
    ways = [value for value in engine.sent if isinstance(value, Way)]
    assert [way.direction is None for way in ways] == [True] + [False] * (len(ways) - 1)
    assert len(ways) - 1 == found.nit == 5  # one a line, beside the start
    assert all(isinstance(one, float | bool) for _, small in engine.calls for one in small)


@pytest.mark.usefixtures("small_shards")
def test_the_derivative_is_asked_for_only_where_a_step_is_taken() -> None:
    engine, problem = Several(2), a_problem("cross-entropy", penalty=sn.Penalty(l2=1e-5))
    start = 30.0 * problem.initial_parameters(1)
    sn.minimize(problem, start, max_iterations=12, line_search="wolfe", engine=engine)
    names = [name for name, _ in engine.calls]
    assert names.count("cost") > names.count("derivative") > 0


@pytest.mark.parametrize("limit", [None, "64MB"])
@pytest.mark.usefixtures("small_shards")
def test_kept_trajectories_change_no_bit(limit: str | None) -> None:
    problem = a_problem(memory_limit=limit)
    start = problem.initial_parameters(1)
    frugal = sn.minimize(problem, start, max_iterations=4, engine=Several(2, frugal=True))
    lavish = sn.minimize(problem, start, max_iterations=4, engine=Several(2, frugal=False))
    np.testing.assert_array_equal(frugal.parameters.values, lavish.parameters.values)


@pytest.mark.usefixtures("small_shards")
def test_shards_that_weigh_differently_keep_their_weights() -> None:
    """Each of them all alike: 26 rows of weight 2, the others of weight 3."""
    problem = a_problem("squared")
    weights = np.where(np.arange(90) < 26, 2.0, 3.0)
    whole = problem.with_rows(problem.inputs, problem.targets, weights)
    p, direction = pair(whole)
    line = sharded(whole, Several(2)).line_model(p, direction)
    assert line.slope(0.5) == pytest.approx(whole.line_model(p, direction).slope(0.5), rel=1e-12)


@pytest.mark.usefixtures("small_shards")
def test_a_line_holds_what_is_seen_of_the_states_and_no_more() -> None:
    rng = np.random.default_rng(0)
    rows = [(rng.standard_normal((500, 20)), rng.standard_normal((500, 1)), None) for _ in range(4)]
    shards, known = group.Group(0, tuple(rows)), a_problem("squared")
    template = known.replaced(inputs=rows[0][0], targets=rows[0][1], sample_weight=None)
    model = Model(template, 2000, 4, group.as_they_are, frugal=True)
    work.line_derivatives(shards, model, Way(*pair(template)), 0.0)
    lines = [line for _, line in shards.notes["lines"][1]]
    assert all(line.targets is shard[1] for line, shard in zip(lines, rows, strict=True))
    assert len({id(line.weights) for line in lines}) == 1
    assert all(line.z.base is None and line.z.shape == (500, 1) for line in lines)


@pytest.mark.usefixtures("small_shards")
def test_other_steps_and_penalties_find_the_rows_where_they_are() -> None:
    problem = a_problem()
    parts = sharded(problem, Several(2))
    coarse, other = parts.coarse(3), problem.coarse(3)
    p = other.initial_parameters(1)
    assert coarse.cost(p) == pytest.approx(other.cost(p), rel=1e-13)
    assert coarse.shards is parts.shards
    lighter = parts.replaced(penalty=sn.Penalty())
    assert lighter.cost(p.refined(problem.depth_times)) < parts.cost(p.refined(problem.depth_times))


@pytest.mark.usefixtures("small_shards")
def test_a_state_that_overflows_costs_infinity() -> None:
    parts = sharded(a_problem(form="inside", activation="identity"), Several(2))
    assert parts.cost(1e200 * parts.initial_parameters(1)) == np.inf


def test_what_cannot_be_in_shards_is_refused() -> None:
    problem, plain = a_problem(scheme="bs3", rtol=1e-3), a_problem()
    with pytest.raises(ArgumentError, match="give steps"):
        sn.minimize(problem, problem.initial_parameters(), engine=Several(2))
    with pytest.raises(ArgumentError, match="InverseProblem"):
        sharded(object(), Several(2))
    with pytest.raises(ArgumentError, match="not for object"):
        sn.minimize(object(), plain.initial_parameters(), engine="local")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="batches"):
        sn.minimize(plain, plain.initial_parameters(), engine="local", batches=sn.Batches(size=9))
    with pytest.raises(ArgumentError, match="give engine"):
        sn.minimize(plain, plain.initial_parameters(), client="tcp://nowhere:1")
    narrow = sn.InverseProblem(np.ones((2, 1)), np.ones(2)).initial_parameters()
    with pytest.raises(ArgumentError, match="do not fit"):
        sharded(plain, Several(2)).cost(narrow)


@pytest.mark.usefixtures("small_shards")
def test_it_says_how_many_shards_there_are() -> None:
    told = dict(sharded(a_problem(), Several(2)).described())
    assert told["rows"] == "90, in 7 shards"
