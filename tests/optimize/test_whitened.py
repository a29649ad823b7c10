"""What SciPy sees of an objective: coordinates, units, walls, and when it is told to stop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic

from standalone_node.model.parametrisation import Free
from standalone_node.optimize import scipy_methods
from standalone_node.optimize.metrics import Sobolev
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.scipy_methods import GRADIENT, REACH, Whitened
from standalone_node.optimize.state import State
from standalone_node.optimize.step_length import TRIALS


def seen(problem: Any, reported: list[Any] | None = None, stop_at: int = 99) -> Any:
    """The objective as SciPy sees it, the start, and the metric."""
    p = problem.minimiser
    objective, gram = Objective(problem, Free(p)), Free(p).gram(Sobolev(0.7).matrix(p.times), ())
    cost, derivative = objective.start(np.zeros(p.values.size))
    start = State(np.zeros(p.values.size), cost, derivative, gram.solve(derivative))
    told: list[Any] = [] if reported is None else reported

    def report(state: State) -> bool:
        told.append(state)
        return len(told) == stop_at

    return Whitened(objective, gram, start, report), start, gram


def point(problem: Any, u: Any) -> Any:
    return problem.minimiser.like(u.reshape(problem.minimiser.values.shape))


def test_the_gradient_at_the_start_has_the_norm_that_scipy_is_used_to() -> None:
    for scale in (1e-6, 1.0, 1e6):
        plain = quadratic()
        whitened, start, _ = seen(Quadratic(scale * plain.A, plain.minimiser))
        assert np.linalg.norm(whitened.slope(np.zeros_like(start.u))) == pytest.approx(GRADIENT)
        assert GRADIENT == 1e3


def test_the_first_step_of_length_one_ends_where_the_line_is_lowest() -> None:
    problem = quadratic()
    whitened, start, _ = seen(problem)
    slope = whitened.slope(np.zeros_like(start.u))
    v = -slope / np.linalg.norm(slope)
    assert abs(whitened.slope(v) @ v) <= 1e-9 * GRADIENT
    # It is a multiple of the gradient of the metric.
    du = whitened._at(v).u - start.u
    assert np.allclose(du / np.linalg.norm(du), -start.gradient / np.linalg.norm(start.gradient))


def test_lengths_are_those_of_the_metric() -> None:
    problem = quadratic()
    whitened, start, gram = seen(problem)
    v, w = np.random.default_rng(0).normal(size=(2, start.u.size))
    du, dv = (whitened._at(x).u - start.u for x in (v, w))
    # <du, dv> is v.w but for the square of the unit of length.
    ratio = (gram.apply(du) @ dv) / (v @ w)
    assert ratio == pytest.approx((gram.apply(du) @ du) / (v @ v), rel=1e-9)


class Endless(Quadratic):
    """Its model says that the line falls for ever."""

    def line_model(self, p: Any, direction: Any) -> Any:
        return SimpleNamespace(slope=lambda eta: -1.0, curvature=lambda eta: 0.0)


def first_length(problem: Any) -> tuple[float, State]:
    """The metric's length of a step of length one in v."""
    whitened, start, gram = seen(problem)
    e = np.eye(start.u.size)[0]
    du = whitened._at(e).u - start.u
    return float(np.sqrt(gram.apply(du) @ du)), start


def test_a_proposal_without_end_counts_up_to_a_hundred_steps_of_polyak() -> None:
    plain = quadratic()
    length, start = first_length(Endless(plain.A, plain.minimiser))
    assert length == pytest.approx(100.0 * start.cost / start.norm, rel=1e-12) and REACH == 100.0


def test_below_zero_the_size_of_the_cost_counts() -> None:
    plain = quadratic()
    cost = quadratic().cost(0.0 * plain.minimiser)
    length, start = first_length(Endless(plain.A, plain.minimiser, floor=-3.0 * cost))
    assert start.cost < 0.0
    assert length == pytest.approx(-100.0 * start.cost / start.norm, rel=1e-12)


def test_where_the_cost_is_nothing_the_proposal_counts_alone() -> None:
    plain = quadratic()
    level = quadratic().cost(0.0 * plain.minimiser)
    shifted = Quadratic(plain.A, plain.minimiser, floor=-level)
    length, start = first_length(shifted)
    assert start.cost == 0.0
    assert length == pytest.approx(first_length(plain)[0], rel=1e-12) and length != 1.0


def test_a_point_is_asked_for_cost_and_derivative_at_once_if_that_saves_a_sweep() -> None:
    problem = quadratic()
    problem.recomputes = True  # type: ignore[attr-defined]
    whitened, start, _ = seen(problem)
    before = problem.counts.direct, problem.counts.adjoint
    whitened.both(lower(whitened, start, 0.5))
    assert (problem.counts.direct - before[0], problem.counts.adjoint - before[1]) == (1, 1)


def test_where_there_is_no_step_to_go_by_it_is_one() -> None:
    class Odd(Quadratic):
        def line_model(self, p: Any, direction: Any) -> Any:
            return SimpleNamespace(slope=lambda eta: 0.0, curvature=lambda eta: 1.0)

    plain = quadratic()
    assert first_length(Odd(plain.A, plain.minimiser))[0] == pytest.approx(1.0, rel=1e-12)


# ------------------------------------------------------------------ a wall


class Cliff(Quadratic):
    """Infinite beyond a distance; or finite, with a derivative that is not."""

    edge, torn = 3.0, False

    def cost(self, p: Any) -> float:
        beyond = np.abs(p.values).max() > self.edge
        return np.inf if beyond and not self.torn else super().cost(p)

    def partials(self, p: Any) -> Any:
        beyond = np.abs(p.values).max() > self.edge
        return super().partials(p) * (np.nan if beyond and self.torn else 1.0)


@pytest.mark.parametrize("torn", [False, True])
def test_a_wall_leads_a_line_search_back_to_a_tenth_of_its_step(torn: bool) -> None:
    """The parabola with the slope at the last point and the value of the wall."""
    plain = quadratic()
    problem = Cliff(plain.A, plain.minimiser)
    problem.torn = torn
    whitened, start, _ = seen(problem)
    zero = np.zeros_like(start.u)
    slope = whitened.slope(zero)
    v = -1e3 * slope / np.linalg.norm(slope)
    here, (there, partials) = whitened.cost(zero), whitened.both(v)
    assert np.isfinite(there) and np.isfinite(partials).all()
    m = abs(slope @ v)
    assert there - here == pytest.approx(4.0 * m, rel=1e-9)
    assert partials @ v == pytest.approx(9.0 * m, rel=1e-9)
    assert np.allclose(partials / np.linalg.norm(partials), v / np.linalg.norm(v))
    # q(t) = here - m t + a t^2 with q(1) = there
    assert m / (2.0 * (there - here + m)) == pytest.approx(0.1, rel=1e-9)
    if not torn:
        assert whitened.cost(v) == there and np.array_equal(whitened.slope(v), partials)


@pytest.mark.parametrize("cost, height", [(2.0, 2.0), (-3.0, 3.0), (0.0, 1.0)])
def test_across_the_slope_a_wall_is_as_high_as_the_cost(cost: float, height: float) -> None:
    """Four times its size; 4 if it is nothing."""
    goal = quadratic().minimiser
    values = goal.values * np.array([0.0, 1.0])  # nothing to learn in the first column
    problem = Cliff(np.eye(values.size), goal.like(values))
    problem.floor = cost - problem.cost(0.0 * goal)
    whitened, start, _ = seen(problem)
    assert start.cost == pytest.approx(cost, abs=1e-12)
    start_cost = whitened._last.cost = float(cost)
    across = 1e4 * np.tile([1.0, 0.0], len(values))
    rise = (whitened.cost(across) * whitened._unit) - start_cost
    assert rise == pytest.approx(4.0 * height, rel=1e-9)


# ------------------------------------------------------------------ iterations


def at(v: Any) -> Any:
    return SimpleNamespace(x=v)


def lower(whitened: Any, start: State, size: float) -> Any:
    slope = whitened.slope(np.zeros_like(start.u))
    return -size * slope / np.linalg.norm(slope)


def test_an_accepted_point_is_reported_with_all_that_is_known_of_it() -> None:
    problem, reported = quadratic(), []
    whitened, start, gram = seen(problem, reported)
    v = lower(whitened, start, 0.5)
    whitened.accepted(at(v))
    (state,) = reported
    p = point(problem, state.u)
    assert state.cost == problem.cost(p) < start.cost
    assert np.allclose(state.derivative, problem.partials(p))
    assert np.allclose(gram.apply(state.gradient), state.derivative)


def test_a_cost_that_rises_ends_it_and_is_not_reported() -> None:
    reported: list[Any] = []
    whitened, start, _ = seen(quadratic(), reported)
    with pytest.raises(StopIteration):
        whitened.accepted(at(lower(whitened, start, -0.5)))
    assert reported == []


def test_a_cost_that_stays_is_still_accepted() -> None:
    class Flat(Quadratic):
        def cost(self, p: Any) -> float:
            return 1.0

    plain, reported = quadratic(), []
    whitened, start, _ = seen(Flat(plain.A, plain.minimiser), reported)
    whitened.accepted(at(lower(whitened, start, 0.5)))
    assert len(reported) == 1


def test_whoever_looks_on_may_end_it() -> None:
    whitened, start, _ = seen(quadratic(), stop_at=2)
    whitened.accepted(at(lower(whitened, start, 0.3)))
    with pytest.raises(StopIteration):
        whitened.accepted(at(lower(whitened, start, 0.6)))


def test_a_point_that_is_refused_again_and_again_ends_it() -> None:
    reported: list[Any] = []
    whitened, start, _ = seen(quadratic(), reported)
    zero = np.zeros_like(start.u)
    for _ in range(TRIALS - 1):
        whitened.accepted(at(zero))
    with pytest.raises(StopIteration):
        whitened.accepted(at(zero))
    assert reported == []


def test_refusals_are_counted_from_the_last_step_taken() -> None:
    whitened, start, _ = seen(quadratic())
    zero, v = np.zeros_like(start.u), lower(whitened, start, 0.5)
    for _ in range(TRIALS - 1):
        whitened.accepted(at(zero))
    whitened.accepted(at(v))
    for _ in range(TRIALS - 1):
        whitened.accepted(at(v))
    with pytest.raises(StopIteration):
        whitened.accepted(at(v))


def test_the_start_and_the_newest_point_cost_nothing_again() -> None:
    problem = quadratic()
    whitened, start, _ = seen(problem)
    before = problem.counts.direct, problem.counts.adjoint
    zero, v = np.zeros_like(start.u), lower(whitened, start, 0.5)
    assert whitened.both(zero)[0] * whitened._unit == pytest.approx(start.cost)
    assert (problem.counts.direct, problem.counts.adjoint) == before
    whitened.cost(v), whitened.slope(v), whitened.slope(v.copy()), whitened.cost(zero)
    # The quadratic counts the cost that comes with a derivative, too.
    assert problem.counts.adjoint == before[1] + 1 and problem.counts.direct == before[0] + 2


def test_a_point_is_that_of_its_time_though_scipy_may_write_to_its_array() -> None:
    whitened, start, _ = seen(quadratic())
    v = lower(whitened, start, 0.5)
    cost = whitened.cost(v)
    kept = v.copy()
    v *= 2.0
    assert whitened.cost(kept) == cost != whitened.cost(v)


def test_the_first_radius_is_the_step_that_the_sensitivity_problem_proposes() -> None:
    """Which has the length 1 in v; the largest radius is as good as none."""
    settings = scipy_methods.trust_krylov.settings
    assert settings["initial_trust_radius"] == 1.0 and settings["max_trust_radius"] >= 1e10


def test_the_limits_that_scipy_is_given_are_none() -> None:
    assert np.iinfo(np.int32).max == scipy_methods.ENDLESS  # the most that Fortran takes
    for method in (scipy_methods.lbfgs, scipy_methods.newton_cg, scipy_methods.trust_krylov):
        assert method.settings["maxiter"] == scipy_methods.ENDLESS
        assert all(method.settings.get(name, 0.0) == 0.0 for name in ("ftol", "gtol", "xtol"))
