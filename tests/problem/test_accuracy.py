"""How exact a solution is: what is told is true, and telling it changes nothing."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.problem.accuracy import Accuracy, offset_of, order_of
from standalone_node.problem.excerpt import evenly, halved_grid

X = np.random.default_rng(3).uniform(-1.0, 1.0, (40, 3))
Y = np.sin(3.0 * X[:, 0])


def network(**settings: Any) -> sn.InverseProblem:
    return sn.InverseProblem(X, Y, **{"steps": 8, "horizon": 2.0, **settings})


def exactly(p: sn.Parameters) -> np.ndarray:
    """x(T) of the differential equation, but for 1e-12."""
    fine = network(steps=64, scheme="dopri5", depth_points=9)
    return fine.solve_direct(p)[-1][:, :1]


def decay() -> sn.FieldProblem:
    field = sn.Field(
        lambda t, x, p: -p["rate"] * x**2,
        jvp=lambda t, x, p, dx, dp: -2.0 * p["rate"] * x * dx - dp["rate"] * x**2,
        vjp=lambda t, x, p, k: (-2.0 * p["rate"] * x * k, {"rate": -np.sum(k * x**2)}),
        varying={"rate": ()},
        scale={"rate": 1e-6},
    )
    return sn.FieldProblem(field, [1e6], sn.Observations([0.5, 1.0], [6e5, 4e5]), steps=10)


PROBLEMS = {
    "network": network,
    "adaptive": lambda: network(scheme="dopri5", rtol=1e-5),
    "reversible": lambda: network(reversible=True),
    "classes": lambda: sn.InverseProblem(X, (Y > 0).astype(int), loss="cross-entropy", steps=4),
    "logistic": lambda: sn.InverseProblem(X, (Y > 0).astype(int), loss="logistic", steps=4),
    "one-hot": lambda: sn.InverseProblem(X, (Y > 0).astype(int), loss="huber", steps=4),
    "single precision": lambda: network(dtype="float32"),
    "chunks": lambda: sn.ChunkedProblem(sn.ArrayRows(X, Y), chunk=7, steps=6),
    "field": decay,
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_derivative_is_exact_for_every_kind_of_problem(name: str) -> None:
    problem = PROBLEMS[name]()
    found = sn.accuracy(problem, problem.initial_parameters(seed=1))
    for order in (found.taylor_order, found.taylor_order_near):
        assert 1.95 < order < 2.05
    for error in (found.dot_error, found.dot_error_near):
        assert error < found.dot_bound == (1e-5 if name == "single precision" else 1e-13)
    assert found.exact and dict(found.lines())["derivative"] == "the derivative is exact"


class Halved(sn.InverseProblem):
    """Its derivative is half of what it should be."""

    factor = 0.5

    def cost_and_derivative(self, p: sn.Parameters) -> tuple[float, sn.Derivative]:
        cost, derivative = super().cost_and_derivative(p)
        return cost, self.factor * derivative


class Long(Halved):
    """Its derivative is a tenth of a percent too long."""

    factor = 1.001


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", [Halved, Long, sn.InverseProblem])
def test_a_wrong_derivative_is_seen_where_a_run_ends(kind: Any, dtype: str) -> None:
    problem = kind(X, Y, steps=8, penalty=sn.Penalty(l2=1e-2), dtype=dtype)
    start = problem.initial_parameters()
    result = sn.minimize(problem, start, max_iterations=150, tolerance=1e-6)
    found, said = result.accuracy, dict(result.accuracy.lines())
    right = kind is sn.InverseProblem
    assert found.exact == right and (found.taylor_order_near > 1.5) == right
    assert ("not exact" in said["derivative"]) != right
    assert said["Taylor slope"].endswith("; failed") != right
    assert said["dot test"].startswith("failed: ") == found.dot_fails
    assert found.dot_fails != right or dtype == "float32"


def test_the_point_near_a_solution_is_a_tenth_away_in_every_block() -> None:
    problem = network()
    p = problem.initial_parameters(seed=1)
    blocks = {"W": 1e6 * p.block("W"), "b": 0.0 * p.block("b")}
    p = sn.Parameters.from_blocks(p.times, blocks)
    offset = offset_of(problem, p)
    assert np.abs(offset.block("W")).max() == pytest.approx(0.1 * np.abs(blocks["W"]).max())
    own = np.abs(problem.smooth_direction(p, 1).block("b")).max()
    assert np.abs(offset.block("b")).max() == pytest.approx(0.1 * own)


@pytest.mark.parametrize("scheme", ["euler", "midpoint", "ssprk3", "rk4"])
def test_the_estimated_error_is_the_true_one_but_for_a_quarter(scheme: str) -> None:
    problem = network(scheme=scheme)
    p = problem.initial_parameters(seed=2)
    exact, found = exactly(p), sn.accuracy(problem, p)
    true = np.linalg.norm(problem.solve_direct(p)[-1][:, :1] - exact) / np.linalg.norm(exact)
    assert 0.75 < found.discretisation_error / true < 1.33
    assert abs(found.observed_order - found.order) < 0.5


def test_costs_are_those_of_the_grid_and_of_half_the_step() -> None:
    problem = network(scheme="heun")
    p = problem.initial_parameters(seed=2)
    found = sn.accuracy(problem, p)
    assert found.cost == problem.cost(p)
    finer = problem.replaced(steps=16, depth_points=9).cost(p)
    assert found.fine_cost == pytest.approx(finer, rel=1e-13)
    assert found.cost_change == pytest.approx(abs(found.cost - finer) / max(found.cost, finer))


@pytest.mark.parametrize("name", PROBLEMS)
def test_measuring_changes_nothing(name: str) -> None:
    measured, untouched = PROBLEMS[name](), PROBLEMS[name]()
    p = measured.initial_parameters(seed=1)
    for problem in (measured, untouched):
        problem.cost_and_derivative(p)
    sn.accuracy(measured, p)
    assert measured.counts == untouched.counts
    assert np.array_equal(measured.times, untouched.times)
    q = 0.9 * p
    for problem in (measured, untouched):
        problem.line_model(q, p)
    (cost, derivative), (same, equal) = (
        problem.cost_and_derivative(q) for problem in (measured, untouched)
    )
    assert cost == same and np.array_equal(derivative.values, equal.values)
    assert measured.counts == untouched.counts


def test_an_adaptive_grid_is_halved_and_not_chosen_anew() -> None:
    problem = network(scheme="bs3", rtol=1e-3)
    p = problem.initial_parameters(seed=1)
    problem.cost(p)
    excerpt = problem.excerpt().make()
    excerpt.cost(0.01 * p)  # for which it would choose fewer steps
    assert np.array_equal(excerpt.times, problem.times)
    assert np.array_equal(excerpt.halved().times, halved_grid(problem.times))


def test_at_most_a_thousand_rows_are_taken_and_said_so() -> None:
    many = np.linspace(-1.0, 1.0, 2500)[:, None]
    problem = sn.InverseProblem(many, np.sin(many), steps=2)
    found = sn.accuracy(problem, problem.initial_parameters())
    assert (found.rows, found.of_rows, found.derivative_rows) == (1000, 2500, 100)
    assert dict(found.lines())["measured on"].startswith("1,000 of 2,500 rows, evenly chosen")


def test_rows_without_weight_are_not_taken() -> None:
    weights = np.zeros(len(X))
    weights[[3, 30]] = 2.0, 1.0
    excerpt = network(sample_weight=weights).excerpt().make()
    assert np.array_equal(excerpt.inputs, X[[3, 30]])
    assert excerpt.sample_weight.tolist() == [2.0 * 2 / 40, 1.0 * 2 / 40]


def chunked(inputs: Any, targets: Any, sample_weight: Any, **settings: Any) -> sn.ChunkedProblem:
    return sn.ChunkedProblem(sn.ArrayRows(inputs, targets, sample_weight), chunk=7, **settings)


def weighted(inputs: Any, targets: Any, sample_weight: Any, **settings: Any) -> sn.InverseProblem:
    return sn.InverseProblem(inputs, targets, sample_weight=sample_weight, **settings)


@pytest.mark.parametrize("posed", [weighted, chunked])
@pytest.mark.parametrize("penalty", [{"l2": 0.5}, {"l2": 0.5, "output": 0.3}])
def test_of_all_rows_that_count_the_cost_is_that_of_the_problem(posed: Any, penalty: Any) -> None:
    weights = np.where(np.arange(len(X)) % 3, 0.0, 1.0 + X[:, 1] ** 2)
    problem = posed(X, Y, weights, penalty=sn.Penalty(**penalty), steps=4)
    p = problem.initial_parameters(seed=1)
    found = sn.accuracy(problem, p)
    assert found.cost == pytest.approx(problem.cost(p), rel=1e-13)
    counting = 40 if "output" in penalty else 14
    assert (found.rows, found.counting_rows, found.of_rows) == (counting, counting, 40)
    said = dict(found.lines())["measured on"]
    assert said == ("all 40 rows" if counting == 40 else "all 14 rows that count")


class Counted(sn.ArrayRows):
    """Rows that know how many of them were fetched."""

    taken = 0

    def take(self, index: Any) -> Any:
        Counted.taken += len(index)
        return super().take(index)


@pytest.mark.parametrize("weighing", [np.arange(3, 40, 8), np.arange(0, 40, 2), np.array([17])])
def test_rows_in_chunks_are_chosen_among_those_that_count(weighing: np.ndarray) -> None:
    weights = np.zeros(40)
    weights[weighing] = 1.0 + X[weighing, 0] ** 2
    settings = {"steps": 4, "penalty": sn.Penalty(l2=0.5)}
    whole, parts = weighted(X, Y, weights, **settings), chunked(X, Y, weights, **settings)
    p = whole.initial_parameters(seed=1)
    found, expected = sn.accuracy(parts, p, rows=6), sn.accuracy(whole, p, rows=6)
    assert (found.rows, found.counting_rows) == (min(6, weighing.size), weighing.size)
    assert found.cost == pytest.approx(expected.cost, rel=1e-13)
    if weighing.size <= 6:
        assert found.cost == pytest.approx(whole.cost(p), rel=1e-13)


def test_of_rows_in_chunks_none_is_fetched_before_it_is_asked_for() -> None:
    problem = sn.ChunkedProblem(Counted(X, Y), chunk=7, steps=4)
    p = problem.initial_parameters()
    before = Counted.taken
    excerpt = problem.excerpt()
    assert Counted.taken == before
    assert excerpt.accuracy(p).rows == 40 and Counted.taken == before + 40
    kept = excerpt.fetched()
    assert kept.make() is not None and Counted.taken == before + 80


def test_all_rows_of_no_weight_in_chunks_leave_the_penalty() -> None:
    problem = chunked(X, Y, np.zeros(40), steps=4, penalty=sn.Penalty(l2=0.5))
    p = problem.initial_parameters(seed=1)
    assert sn.accuracy(problem, p, rows=6).rows == 6


def test_the_excerpt_of_a_field_holds_no_array_of_its_caller() -> None:
    states = np.array([[1e6]])
    settings = decay().settings
    problem = sn.FieldProblem(settings["field"], states, settings["observations"], steps=10)
    p, excerpt, seen = problem.initial_parameters(), problem.excerpt(), weakref.ref(states)
    expected = problem.cost(p)
    del states, problem
    gc.collect()
    assert seen() is None and excerpt.accuracy(p).cost == expected


def test_an_excerpt_holds_copies() -> None:
    problem = network()
    excerpt = problem.excerpt().make()
    assert not np.shares_memory(excerpt.inputs, problem.inputs)


@pytest.mark.parametrize("rows, most", [(7, 10), (1000, 3), (11, 10), (1, 1)])
def test_rows_are_as_far_apart_as_can_be(rows: int, most: int) -> None:
    chosen = evenly(rows, most)
    gaps = np.diff(chosen)
    assert chosen[0] == 0 and len(chosen) == min(rows, most)
    assert (gaps > 0).all() and np.ptp(gaps) <= 1 if gaps.size else chosen.size == 1


ORDERS = [
    (network(), 9, 4),
    (network(scheme="euler"), 9, 1),
    (network(), 6, 2),  # nodes inside the steps
    (network(), 5, 4),  # every second time is a node
    (network(activation="relu"), 9, 2),
    (network(activation="elu"), 9, 3),
]


@pytest.mark.parametrize("problem, points, order", ORDERS)
def test_kinks_inside_the_steps_limit_the_order(
    problem: sn.InverseProblem, points: int, order: int
) -> None:
    p = problem.replaced(depth_points=points).initial_parameters()
    assert order_of(problem, p) == order


def test_where_the_state_overflows_it_says_that_nothing_can_be_measured() -> None:
    problem = network(activation="relu", form="outside")
    p = 1e200 * problem.initial_parameters()
    found = sn.accuracy(problem, p)
    assert np.isnan([found.taylor_order, found.dot_error, found.cost_change]).all()
    assert all("not measurable" in said for _, said in found.lines()[1:])


def test_below_rounding_no_error_is_claimed() -> None:
    problem = network(activation="identity", form="outside")
    found = sn.accuracy(problem, 0.0 * problem.initial_parameters())
    assert "below rounding" in dict(found.lines())["discretisation error"]


def test_kinks_of_the_activation_are_mentioned_beside_the_slope() -> None:
    relu, tanh = (network(activation=name, form="outside") for name in ("relu", "tanh"))
    said = [dict(sn.accuracy(p, p.initial_parameters()).lines()) for p in (relu, tanh)]
    assert "which it is not" in said[0]["Taylor slope"]
    assert "which it is not" not in said[1]["Taylor slope"]


def test_the_facts_of_a_file_are_the_accuracy_again() -> None:
    problem = network(activation="relu")
    found = sn.accuracy(problem, 1e200 * problem.initial_parameters())
    for accuracy in (found, sn.accuracy(problem, problem.initial_parameters())):
        facts = json.loads(json.dumps(accuracy.facts(), allow_nan=False))
        assert repr(Accuracy.from_facts({**facts, "other": 1})) == repr(accuracy)


@pytest.mark.parametrize(
    "name, value", [("order", 0), ("rows", "3"), ("cost", [1.0]), ("kinks", 1)]
)
def test_facts_that_are_none_are_not_believed(name: str, value: object) -> None:
    problem = network()
    facts = sn.accuracy(problem, problem.initial_parameters()).facts()
    assert Accuracy.from_facts({**facts, f"accuracy_{name}": value}) is None
    assert Accuracy.from_facts({}) is None


def test_a_problem_says_what_it_is() -> None:
    told = dict(network(penalty=sn.Penalty(l2=0.5), dtype="float32").described())
    assert told["right-hand side"] == "x' = σ(W x + b), σ = tanh, 3 components"
    assert told["depth"] == "8 steps of rk4 to T = 2" and told["rows"] == "40"
    assert told["penalty"] == "l2 = 0.5 of |θ|²" and told["precision"] == "float32"
    assert dict(decay().described())["right-hand side"] == "Field of rate of t"
    assert dict(PROBLEMS["chunks"]().described())["rows"] == "40, 7 at a time"


def test_the_first_change_of_a_taylor_test_can_be_chosen() -> None:
    problem = network()
    p, v = problem.initial_parameters(), problem.initial_parameters(seed=1)
    assert sn.taylor_test(problem, p, v, size=0.5).steps[0] == 0.5 / np.abs(v.values).max()
    with pytest.raises(ArgumentError, match="different from zero"):
        sn.taylor_test(problem, p, 0.0 * v)
