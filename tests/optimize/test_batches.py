"""Training by batches: who is in which, what a batch costs, and what the history says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic

from standalone_node import (
    L2,
    Batches,
    Euclidean,
    InverseProblem,
    Parameters,
    Penalty,
    Result,
    Sobolev,
    minimize,
)
from standalone_node.errors import ArgumentError
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.proximal import Proximal

PENALTY = Penalty(l2=0.01, h1=0.02, output=0.03)


def fit(rows: int = 23, **options: Any) -> InverseProblem:
    """A small regression problem with noise in its targets."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, size=(rows, 1))
    y = x + 0.5 * x**2 + 0.05 * rng.normal(size=x.shape)
    options.setdefault("sample_weight", rng.uniform(0.5, 1.5, size=rows))
    return InverseProblem(np.column_stack([np.zeros(rows), x]), y, steps=4, **options)


def run(batches: Batches, problem: InverseProblem | None = None, **options: Any) -> Result:
    problem = fit() if problem is None else problem
    return minimize(problem, problem.initial_parameters(), batches=batches, **options)


# ------------------------------------------------------------------ the order


@pytest.mark.parametrize("rows, size", [(20, 5), (23, 5), (22, 5), (3, 5), (5, 5), (1, 1), (7, 1)])
def test_every_row_comes_once_an_epoch(rows: int, size: int) -> None:
    parts = Batches(size=size, seed=3).cut(rows, epoch=4)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(rows))
    assert {part.size for part in parts[:-1]} <= {size}
    assert parts[-1].size >= min(rows, 0.5 * size) and parts[-1].size < 1.5 * size


def test_the_last_batch_is_short_or_takes_a_small_rest_along() -> None:
    assert [part.size for part in Batches(size=10).cut(25, 0)] == [10, 10, 5]
    assert [part.size for part in Batches(size=10).cut(24, 0)] == [10, 14]


def test_the_order_is_that_of_seed_and_epoch() -> None:
    def orders(seed: int, epoch: int) -> list[list[int]]:
        return [part.tolist() for part in Batches(size=4, seed=seed).cut(20, epoch)]

    assert orders(1, 0) == orders(1, 0)
    assert orders(1, 0) != orders(1, 1) != orders(2, 1) != orders(2, 0)


def test_equal_seeds_give_equal_runs() -> None:
    one, same, other = (run(Batches(size=6, epochs=2, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.x, same.x) and not np.array_equal(one.x, other.x)


# ------------------------------------------------------------------ a batch


def test_the_cost_of_a_batch_is_the_mean_over_its_rows_and_the_penalties() -> None:
    problem, index = fit(penalty=PENALTY), np.array([1, 4, 20])
    p = problem.initial_parameters()
    final = problem.solve_direct(p)[-1]
    losses = 0.5 * np.square(final[:, :1] - problem.targets).sum(axis=1)
    rest = 0.5 * 0.03 * np.square(final[index]).sum(axis=1).mean()
    expected = (problem.sample_weight * losses)[index].mean() + PENALTY.value(p) + rest
    assert problem.rows(index).cost(p) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("loss", ["squared", "huber", "cross-entropy", "logistic"])
def test_a_batch_is_the_problem_of_these_rows_bit_for_bit(loss: str) -> None:
    rng = np.random.default_rng(1)
    X, y, w = rng.normal(size=(30, 3)), rng.integers(0, 2, size=30), rng.uniform(size=30)
    options: dict[str, Any] = {"steps": 3, "loss": loss, "penalty": PENALTY}
    if loss != "logistic":
        options["outputs"] = 3
    whole = InverseProblem(X, y, sample_weight=w, **options)
    index = np.array([2, 3, 11, 29])
    direct = InverseProblem(X[index], y[index], sample_weight=w[index], **options)
    p = whole.initial_parameters()
    for batch in (whole.rows(index), whole.rows(np.isin(np.arange(30), index))):
        (cost, dE), (expected, dE_expected) = (q.cost_and_derivative(p) for q in (batch, direct))
        assert cost == expected and np.array_equal(dE.values, dE_expected.values)
        assert batch.replaced().cost(p) == expected
    assert whole.counts.direct == whole.counts.adjoint == 0


def test_a_batch_may_be_used_again_after_the_next_one_took_its_memory() -> None:
    problem = fit()
    p, q = problem.initial_parameters(0), problem.initial_parameters(1)
    first = problem.rows(np.arange(5))
    cost, derivative = first.cost_and_derivative(p)
    second = problem.rows(np.arange(5, 10))
    second.cost_and_derivative(q)
    again, same = first.cost_and_derivative(p)
    assert cost == again and np.array_equal(derivative.values, same.values)
    assert second.cost(q) == fit().rows(np.arange(5, 10)).cost(q)


@pytest.mark.parametrize("index", [[], [-1], [23], [[0, 1]], [0.5], np.ones(4, dtype=bool), "all"])
def test_rows_that_are_not_there_are_refused(index: Any) -> None:
    with pytest.raises(ArgumentError, match="row"):
        fit().rows(index)


# ------------------------------------------------------------------ the run


@pytest.mark.parametrize("size", [23, 1000])
@pytest.mark.parametrize("beta", ["PR+", "FR"])
def test_batches_of_all_rows_are_restarts_of_the_whole_problem(size: int, beta: str) -> None:
    problem = fit(penalty=PENALTY)
    p = problem.initial_parameters()
    costs = [problem.cost(p)]
    for _ in range(3):
        p = minimize(problem, p, beta=beta, max_iterations=4, tolerance=0.0).parameters
        costs.append(problem.cost(p))
    found = run(Batches(size=size, epochs=3, iterations=4), problem, beta=beta, tolerance=0.0)
    assert found.history["cost"].tolist() == costs
    assert np.array_equal(found.parameters.values, p.values)


def test_a_row_of_the_history_is_an_epoch_with_the_cost_of_all_rows() -> None:
    problem, seen = fit(), []
    result = run(Batches(size=6, epochs=3, iterations=2), problem, callback=seen.append)
    assert result.nit == 3 and result.reason == "epochs" and len(seen) == 4
    for k, row in enumerate(seen):
        assert row.cost == result.history["cost"][k] == problem.cost(row.parameters)
    assert result.history["cost"][-1] < 0.2 * result.history["cost"][0]


def test_a_sweep_over_a_batch_counts_as_its_share_of_the_rows() -> None:
    history = run(Batches(size=6, epochs=3, iterations=2), tolerance=0.0).history
    assert history["sensitivity"].tolist() == [0.0, 2.0, 4.0, 6.0]  # one an iteration
    assert history["direct"][0] == 0.0 and (np.diff(history["direct"]) >= 3.0).all()
    whole = minimize(fit(), fit().initial_parameters(), max_iterations=2).history
    assert whole["direct"].dtype.kind == whole["sensitivity"].dtype.kind == "i"


def test_what_the_record_evaluates_is_not_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now, problem = [0.0], fit()
    evaluate, cut = problem.cost, problem.rows

    def slow(p: Parameters) -> float:
        now[0] += 1.0
        return evaluate(p)

    def quick(index: Any) -> InverseProblem:
        batch = cut(index)
        batch.__dict__.pop("cost", None)
        return batch

    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    monkeypatch.setattr(problem, "cost", slow)
    monkeypatch.setattr(problem, "rows", quick)
    history = run(Batches(size=6, epochs=2), problem, tolerance=0.0).history
    assert now[0] >= 3.0 and (history["seconds"] == 0.0).all()


def test_with_a_monitor_the_best_epoch_is_the_result() -> None:
    scores = iter([0.0, 0.3, 0.9, 0.5])
    result = run(Batches(size=6, epochs=3), monitor=lambda p: next(scores), tolerance=0.0)
    assert result.cost == result.history["cost"][2] and result.nit == 3


def test_the_time_limit_is_looked_at_after_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    now, problem, cut = [0.0], fit(), []
    rows = problem.rows

    def batch(index: Any) -> InverseProblem:
        now[0] += 1.0
        cut.append(index)
        return rows(index)

    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    monkeypatch.setattr(problem, "rows", batch)
    result = run(Batches(size=6, epochs=50), problem, time_limit=2.5, tolerance=0.0)
    assert result.reason == "time" and len(cut) == 3 and result.nit == 1


@pytest.mark.parametrize("method", ["ncg", "sgd", "adam"])
def test_every_method_goes_by_batches(method: str) -> None:
    history = run(Batches(size=6, epochs=4), method=method, tolerance=0.0).history
    assert history["cost"][-1] < 0.9 * history["cost"][0]


def test_a_problem_without_rows_cannot_be_cut() -> None:
    problem = quadratic()
    with pytest.raises(ArgumentError, match="no rows"):
        minimize(problem, problem.minimiser, batches=Batches())


@pytest.mark.parametrize(
    "wrong",
    [{"size": 0}, {"epochs": 0}, {"iterations": 0}, {"seed": -1}, {"size": 2.5}]
    + [{"proximal": value} for value in (-1.0, np.inf, np.nan, "much")],
)
def test_numbers_that_mean_nothing_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        Batches(**wrong)


@pytest.mark.parametrize(
    "right",
    [
        *({"size": 1}, {"epochs": 1}, {"iterations": 1}, {"iterations": None}, {"seed": 0}),
        *({"size": np.int64(7)}, {"proximal": 0}, {"proximal": 2}, {"proximal": np.float32(0.5)}),
    ],
)
def test_the_smallest_numbers_that_mean_something_are_taken(right: dict[str, Any]) -> None:
    (name, value) = next(iter(right.items()))
    assert getattr(Batches(**right), name) == value


@pytest.mark.parametrize("name", ["size", "epochs", "iterations", "seed"])
def test_true_is_no_number_of_batches(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} = True"):
        Batches(**{name: True})


def test_what_is_not_said_is_a_hundred_rows_and_ten_epochs() -> None:
    plain = Batches()
    assert (plain.size, plain.epochs, plain.iterations) == (100, 10, None)
    assert (plain.seed, plain.proximal) == (0, 0.0)


@pytest.mark.parametrize(
    "rows, sizes", [(10, [10]), (11, [11]), (15, [10, 5]), (14, [14]), (1, [1])]
)
def test_a_rest_of_half_a_batch_is_one_of_its_own(rows: int, sizes: list[int]) -> None:
    assert [part.size for part in Batches(size=10).cut(rows, 0)] == sizes


def test_the_order_is_numpys_permutation_by_seed_and_epoch_and_rises_within_a_batch() -> None:
    """Results of earlier versions depend on it."""
    order = np.random.default_rng([5, 3]).permutation(9)
    parts = Batches(size=4, seed=5).cut(9, epoch=3)
    assert [part.tolist() for part in parts] == [sorted(order[:4]), sorted(order[4:])]


class Fragile(Quadratic):
    """Of two rows, one of which overflows as soon as the other has been learnt."""

    samples, asked = 2, 0

    def rows(self, index: Any) -> Quadratic:
        return Quadratic(self.A, self.minimiser)

    def cost(self, p: Parameters) -> float:
        self.asked += 1
        return super().cost(p) if self.asked == 1 else np.inf


def test_an_overflow_of_rows_outside_the_batch_leaves_the_parameters_before() -> None:
    plain = quadratic()
    problem = Fragile(plain.A, plain.minimiser)
    start = 0.0 * plain.minimiser
    result = minimize(problem, start, batches=Batches(size=1))
    assert result.reason == "overflow" and result.nit == 0
    assert np.array_equal(result.parameters.values, start.values)


# ------------------------------------------------------------------ the proximal term


@pytest.mark.parametrize("metric", [Sobolev(0.5), L2(), Euclidean()])
def test_the_proximal_term_is_exact(metric: Any) -> None:
    problem, rho = fit(), 0.7
    p, q, direction = (problem.initial_parameters(seed) for seed in range(3))
    parametrisation = Free(p)
    gram = parametrisation.gram(metric.matrix(p.times), metric.fixed)
    centre, u, d = (parametrisation.coordinates(x) for x in (q, p, direction))
    plain = Objective(problem, parametrisation)
    held = Proximal(problem, parametrisation, gram, rho, centre)
    term = 0.5 * rho * metric.inner(p - q, p - q)
    assert held.cost(u) == pytest.approx(plain.cost(u) + term, rel=1e-14)
    change = held.derivative(u) - plain.derivative(u)
    assert change @ d == pytest.approx(rho * metric.inner(p - q, direction), rel=1e-12)
    bends = [o.line(u, d).curvature(0.3) for o in (held, plain)]
    assert bends[0] - bends[1] == pytest.approx(rho * metric.inner(direction, direction), rel=1e-9)
    slopes = [o.line(u, d).slope(0.3) for o in (held, plain)]
    expected = rho * metric.inner(p + 0.3 * direction - q, direction)
    assert slopes[0] - slopes[1] == pytest.approx(expected, rel=1e-9)


def test_cost_and_derivative_with_the_proximal_term_belong_together() -> None:
    problem = fit()
    p, q, direction = (problem.initial_parameters(seed) for seed in range(3))
    parametrisation = Free(p)
    gram = parametrisation.gram(Sobolev(0.5).matrix(p.times), ())
    held = Proximal(problem, parametrisation, gram, 2.0, q.values.ravel())
    u, d = p.values.ravel(), direction.values.ravel()
    cost, slope = held.cost(u), held.derivative(u) @ d
    rests = [abs(held.cost(u + h * d) - cost - h * slope) for h in (1e-2, 5e-3)]
    assert np.log2(rests[0] / rests[1]) == pytest.approx(2.0, abs=0.05)


class Recomputing(Quadratic):
    """Cost and derivative come together; notes which of the two it was asked for."""

    recomputes = True

    def __init__(self) -> None:
        plain = quadratic()
        super().__init__(plain.A, plain.minimiser)
        self.single, self.double = 0, 0

    def cost(self, p: Parameters) -> float:
        self.single += 1
        return super().cost(p)

    def cost_and_derivative(self, p: Parameters) -> Any:
        self.double += 1
        return super().cost_and_derivative(p)


def held_by(problem: Quadratic, rho: float = 0.7) -> tuple[Proximal, Any, Any]:
    """The objective with its term, the metric, and the centre."""
    p = problem.minimiser
    gram, centre = Free(p).gram(Sobolev(0.5).matrix(p.times), ()), np.cos(np.arange(10.0))
    return Proximal(problem, Free(p), gram, rho, centre), gram, centre


def test_computed_together_or_not_the_term_is_counted_once() -> None:
    problem, u = Recomputing(), np.sin(np.arange(10.0))
    held, gram, centre = held_by(problem)
    away = u - centre
    expected = quadratic().cost(held.parameters(u)) + 0.35 * gram.apply(away) @ away
    assert held.cost(u, ahead=True) == pytest.approx(expected, rel=1e-13)
    assert problem.double == 1  # with its derivative
    slope = problem.partials(held.parameters(u)) + 0.7 * gram.apply(away)
    assert np.allclose(held.derivative(u), slope, rtol=1e-13)
    assert problem.double == 1
    singles = problem.single
    assert held.cost(u) == pytest.approx(expected, rel=1e-13)
    assert (problem.single, problem.double) == (singles + 1, 1)


def test_the_gauss_newton_product_has_that_of_the_term() -> None:
    problem = quadratic()
    problem.gauss_newton = lambda p, change: change  # type: ignore[attr-defined]
    held, gram, _ = held_by(problem)
    d = np.arange(10.0)
    assert np.allclose(held.gauss_newton(0.0 * d, d), d + 0.7 * gram.apply(d))


def test_a_problem_that_recomputes_has_the_same_proximal_term() -> None:
    rows = 4000  # so many that trajectories do not fit
    runs = [
        run(
            Batches(size=rows, epochs=1, iterations=2, proximal=0.5),
            fit(rows, memory_limit=limit, threads=1),
        )
        for limit in (None, 1000)
    ]
    assert runs[0].history["cost"].tolist() == runs[1].history["cost"].tolist()


def test_a_proximal_term_holds_the_parameters_near_the_start() -> None:
    start = fit().initial_parameters()
    moved = [
        Sobolev(1.0).inner(r.parameters - start, r.parameters - start)
        for r in (run(Batches(size=23, epochs=1, proximal=rho)) for rho in (0.0, 0.1, 10.0))
    ]
    assert moved[0] > 1.5 * moved[1] > 20.0 * moved[2]
