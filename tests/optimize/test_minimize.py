"""What `minimize` returns, counts, watches and refuses, and how it ends."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic
from scipy.optimize import OptimizeResult

from standalone_node import Batches, Derivative, InverseProblem, Parameters, Result, minimize
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.options import READERS, refuse_unread
from standalone_node.optimize.stopping import END_STATES, SAFETY, WINDOW

COLUMNS = {
    "cost",
    "gradient_norm",
    "step",
    "beta",
    "seconds",
    "direct",
    "adjoint",
    "sensitivity",
}


def fit(**options: Any) -> InverseProblem:
    """A small regression problem with noise in its targets."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, size=(30, 1))
    y = x + 0.5 * x**2 + 0.05 * rng.normal(size=x.shape)
    return InverseProblem(np.column_stack([np.zeros(30), x]), y, steps=6, **options)


def run(problem: InverseProblem | None = None, **options: Any) -> Result:
    problem = fit() if problem is None else problem
    return minimize(problem, problem.initial_parameters(), **options)


def on_quadratic(**options: Any) -> Result:
    problem = quadratic()
    return minimize(problem, 0.0 * problem.minimiser, **options)


# ------------------------------------------------------------------ the end


def at_the_minimum() -> Result:
    problem = quadratic()
    return minimize(problem, problem.minimiser)


class Lucky(Quadratic):
    """Rounding, a coarse one here, favours one point: no other looks lower."""

    def cost(self, p: Parameters) -> float:
        return super().cost(p) + (1e3 if p.values.any() else 0.0)


def at_the_end_of_the_digits() -> Result:
    plain = quadratic()
    return minimize(Lucky(plain.A, plain.minimiser), 0.0 * plain.minimiser)


def stopped(row: Any) -> None:
    if row.nit == 3:
        raise StopIteration


ENDINGS: dict[str, Callable[[], Result]] = {
    "gradient": lambda: on_quadratic(tolerance=1e-4),
    "stationary": at_the_minimum,
    "cost": lambda: run(tolerance=0.0, cost_tolerance=1e-3),
    "discrepancy": lambda: run(noise_level=0.2),
    "precision": lambda: on_quadratic(tolerance=0.0, cost_tolerance=0.0),
    "stuck": at_the_end_of_the_digits,
    "iterations": lambda: run(tolerance=0.0, max_iterations=4),
    "epochs": lambda: run(tolerance=0.0, batches=Batches(size=10, epochs=2)),
    "time": lambda: run(tolerance=0.0, time_limit=0.0),
    "validation": lambda: run(tolerance=0.0, monitor=lambda p: 0.0, patience=3),
    "overflow": lambda: run(fit(activation="relu"), method="sgd", rate=1e300),
    "saturated": lambda: run(InverseProblem([[0.1]], [0.15]), method="sgd", rate=1e300),
    "callback": lambda: run(callback=stopped),
}


def test_there_is_a_run_for_every_end_state() -> None:
    assert set(ENDINGS) == set(END_STATES)


@pytest.mark.parametrize("name", END_STATES)
def test_every_end_state_is_reached_and_named(name: str) -> None:
    result = ENDINGS[name]()
    assert result.reason == name == END_STATES[name].name
    assert result.message == END_STATES[name].sentence
    assert result.success == END_STATES[name].success
    assert result.status == (0 if result.success else 1)
    assert f"{name}: {result.message}" in " ".join(str(result).split())
    assert np.isfinite(result.parameters.values).all() and np.isfinite(result.cost)


def test_end_states_are_sentences() -> None:
    for state in END_STATES.values():
        assert state.sentence[0].isupper() and state.sentence.endswith(".")


def test_gradient_means_that_the_norm_fell_by_the_tolerance() -> None:
    norms = on_quadratic(tolerance=1e-4).history["gradient_norm"]
    assert norms[-1] <= 1e-4 * norms[0] < norms[-2]


def test_validation_means_that_the_score_did_not_rise_for_so_long() -> None:
    scores = iter([0.0, 0.5, 0.7, 0.6, 0.7, 0.1, 0.9])
    result = run(tolerance=0.0, monitor=lambda p: next(scores), patience=3)
    assert result.nit == 5 and result.history["score"].tolist() == [0.0, 0.5, 0.7, 0.6, 0.7, 0.1]
    assert result.cost == result.history["cost"][2]


def test_a_larger_factor_of_the_discrepancy_principle_stops_earlier() -> None:
    early, late = run(noise_level=0.15, tau=1.5), run(noise_level=0.15)
    assert early.reason == late.reason == "discrepancy" and early.nit < late.nit


def test_a_restart_every_iteration_is_steepest_descent() -> None:
    steepest, restarted = (run(max_iterations=8, beta="SD"), run(max_iterations=8, restart=1))
    assert np.array_equal(steepest.history["cost"], restarted.history["cost"])


def test_a_restart_every_n_iterations_is_never_later() -> None:
    conjugate = run(max_iterations=20, tolerance=0.0, restart=3).history["beta"][1:] != 0.0
    runs = "".join("x" if c else " " for c in conjugate).split()
    assert max(map(len, runs)) == 2  # and the third starts again


def test_the_seconds_are_those_of_the_method_not_of_its_monitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    def slow(p: Parameters) -> float:
        now[0] += 1.0
        return 0.0

    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    history = run(tolerance=0.0, monitor=slow, max_iterations=4).history
    assert (history["seconds"] == 0.0).all()


def test_cost_means_that_it_stood_still_over_the_window() -> None:
    costs = run(tolerance=0.0, cost_tolerance=1e-3).history["cost"]
    falls = (costs[:-WINDOW] - costs[WINDOW:]) / costs[:-WINDOW]
    assert falls[-1] <= 1e-3 and (falls[:-1] > 1e-3).all()


def test_discrepancy_means_that_the_residual_met_the_noise() -> None:
    problem = fit()
    residuals: list[float] = []
    minimize(
        problem,
        problem.initial_parameters(),
        noise_level=0.2,
        callback=lambda row: residuals.append(problem.residual(row.parameters)),
    )
    assert residuals[-1] <= SAFETY * 0.2 < residuals[-2]


def test_a_good_enough_start_is_the_solution() -> None:
    result = run(noise_level=100.0)
    assert result.reason == "discrepancy" and result.nit == 0


def test_a_limit_of_zero_iterations_gives_the_start() -> None:
    problem = fit()
    start = problem.initial_parameters()
    result = minimize(problem, start, max_iterations=0)
    assert result.nit == 0 and result.reason == "iterations" and not result.success
    assert np.array_equal(result.parameters.values, start.values)
    assert result.cost == problem.cost(start)
    assert all(column.shape == (1,) for column in result.history.values())


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_the_limit_is_the_number_of_iterations(limit: int) -> None:
    result = run(max_iterations=limit, tolerance=0.0, cost_tolerance=0.0)
    assert result.nit == limit


# ------------------------------------------------------------------ the result


def test_the_result_is_also_one_of_scipy() -> None:
    result = run(max_iterations=5)
    assert isinstance(result, OptimizeResult)
    assert np.array_equal(result.x, result.parameters.values.ravel())
    assert result.fun == result.cost == result.history["cost"][-1]
    assert result["nit"] == result.nit == 5
    assert result.nfev == result.history["direct"][-1]
    assert result.njev == result.history["adjoint"][-1]


def test_the_cost_and_derivative_of_the_result_are_those_of_its_parameters() -> None:
    problem = fit()
    result = minimize(problem, problem.initial_parameters(), max_iterations=9)
    cost, derivative = problem.cost_and_derivative(result.parameters)
    assert result.cost == cost
    assert np.array_equal(result.jac, derivative.values.ravel())


def test_the_history_has_a_row_for_the_start_and_every_iteration() -> None:
    result = run(max_iterations=8)
    assert set(result.history) == COLUMNS
    assert all(column.shape == (9,) for column in result.history.values())
    assert result.history["step"][0] == result.history["beta"][0] == 0.0
    assert (np.diff(result.history["seconds"]) >= 0.0).all()
    assert (result.history["step"][1:] > 0.0).all()


def test_the_history_counts_every_sweep_that_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = fit()
    done = dict.fromkeys(("direct", "adjoint", "sensitivity"), 0)
    for name in done:
        sweep = getattr(problem.flow, name)

        def counted(*args: Any, name: str = name, sweep: Any = sweep, **options: Any) -> Any:
            done[name] += 1
            return sweep(*args, **options)

        monkeypatch.setattr(problem.flow, name, counted)
    start = problem.initial_parameters()
    problem.cost(start)  # what was done before does not count
    for name in done:
        done[name] = 0
    result = minimize(problem, start, max_iterations=15, noise_level=1e-9)
    for name, count in done.items():
        assert abs(result.history[name][-1] - count) <= (1 if name == "direct" else 0)
    assert result.history["direct"][0] == result.history["adjoint"][0] == 1
    assert result.history["sensitivity"][0] == 0
    assert result.history["sensitivity"][-1] == result.nit


def test_the_start_is_not_changed_and_a_run_can_be_repeated() -> None:
    problem = fit()
    start = problem.initial_parameters()
    before = start.values.copy()
    first, second = (minimize(problem, start, max_iterations=10) for _ in range(2))
    assert np.array_equal(start.values, before)
    assert np.array_equal(first.x, second.x)
    for name in COLUMNS - {"seconds"}:
        assert np.array_equal(first.history[name], second.history[name])


def test_a_run_has_the_same_bits_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(300, 3)), rng.normal(size=(300, 1))
    found = [
        run(InverseProblem(x, y, steps=4, threads=threads), max_iterations=10).x
        for threads in (1, 2, 3)
    ]
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


# ------------------------------------------------------------------ who watches


def test_the_callback_sees_every_iteration() -> None:
    rows: list[Any] = []
    result = run(max_iterations=6, callback=rows.append)
    assert [row.nit for row in rows] == list(range(7))
    assert [row.cost for row in rows] == result.history["cost"].tolist()
    assert np.array_equal(rows[-1].parameters.values, result.parameters.values)


def test_a_callback_may_stop_the_run() -> None:
    result = run(callback=stopped)
    assert result.reason == "callback" and result.nit == 3 and not result.success


def test_an_error_in_a_callback_is_the_callers() -> None:
    def broken(_: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(callback=broken)


def test_the_monitor_keeps_the_best_parameters() -> None:
    seen: list[Parameters] = []
    scores = iter([0.1, 0.5, 0.9, 0.2, 0.9, 0.3, 0.0])

    def monitor(p: Parameters) -> float:
        seen.append(p)
        return next(scores)

    problem = fit()
    result = minimize(problem, problem.initial_parameters(), monitor=monitor, max_iterations=6)
    assert result.history["score"].tolist() == [0.1, 0.5, 0.9, 0.2, 0.9, 0.3, 0.0]
    assert np.array_equal(result.parameters.values, seen[2].values)  # the first of equals
    assert result.cost == result.history["cost"][2] == problem.cost(result.parameters)
    assert np.array_equal(result.x, seen[2].values.ravel())


def test_a_score_that_is_no_number_is_never_the_best() -> None:
    scores = iter([np.nan, 0.5, np.nan, 0.7, 0.6])
    seen: list[Parameters] = []

    def monitor(p: Parameters) -> float:
        seen.append(p)
        return next(scores)

    result = run(monitor=monitor, max_iterations=4)
    assert np.array_equal(result.parameters.values, seen[3].values)


def test_without_any_score_the_newest_parameters_are_kept_and_patience_counts_on() -> None:
    result = run(monitor=lambda p: np.nan, tolerance=0.0, patience=3)
    assert result.reason == "validation" and result.nit == 3
    assert result.cost == result.history["cost"][-1] < result.history["cost"][0]


# ------------------------------------------------------------------ overflow


def exploding(horizon: float = 1.0) -> InverseProblem:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 2))
    return InverseProblem(x, 3.0 * x, activation="relu", horizon=horizon, steps=30)


def test_a_start_that_overflows_is_refused_in_a_sentence() -> None:
    problem = exploding()
    start = problem.initial_parameters(scale=1e30)
    with pytest.raises(StateOverflow, match="smaller horizon"):
        minimize(problem, start)


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_a_field_that_can_explode_never_leads_to_what_is_no_number(scale: float) -> None:
    problem = exploding(horizon=5.0)
    result = minimize(problem, problem.initial_parameters(scale=scale), max_iterations=30)
    assert np.isfinite(result.parameters.values).all()
    assert all(np.isfinite(column).all() for column in result.history.values())
    assert (np.diff(result.history["cost"]) <= 0.0).all()


def test_a_derivative_that_overflows_at_the_start_is_refused_too() -> None:
    """The state rests at zero and is finite; its derivative is not."""
    problem = InverseProblem(np.zeros((3, 1)), np.ones(3), activation="identity", steps=4)
    p = problem.initial_parameters()
    start = Parameters(p.times, np.full((5, 1, 1), 1e100), np.zeros((5, 1)))
    assert np.isfinite(problem.cost(start))
    with pytest.raises(StateOverflow):
        minimize(problem, start)


class Cliff(Quadratic):
    """Beyond a cliff the cost is still a number, but its derivative is not."""

    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        cost, derivative = super().cost_and_derivative(p)
        if cost < 0.3 * self.height:
            derivative = derivative.like(np.full_like(derivative.values, np.nan))
        return cost, derivative

    height = 0.0


def test_a_derivative_that_is_no_number_is_not_taken_for_a_success() -> None:
    plain = quadratic()
    problem, start = Cliff(plain.A, plain.minimiser), 0.0 * plain.minimiser
    problem.height = problem.cost(start)
    result = minimize(problem, start)
    assert np.isfinite(result.parameters.values).all()
    assert np.isfinite(result.history["gradient_norm"]).all()
    assert result.reason not in ("gradient", "stationary")


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "newton"}, "method 'newton'.*ncg"),
        ({"beta": "XY"}, "beta 'XY'.*PR\\+"),
        ({"max_iterations": -1}, "max_iterations"),
        ({"max_iterations": 1.5}, "max_iterations = 1.5"),
        ({"max_iterations": True}, "max_iterations"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"tolerance": "small"}, "tolerance = 'small'"),
        ({"tolerance": None}, "tolerance = None"),
        ({"time_limit": "1s"}, "time_limit = '1s'"),
        ({"noise_level": "low"}, "noise_level = 'low'"),
        ({"noise_level": 0.1, "tau": "safe"}, "tau = 'safe'"),
        ({"tau": 2.0}, "tau = 2.0.*give noise_level"),
        ({"method": ["ncg"]}, "unknown method"),
        ({"metric": "sobolev"}, "metric = 'sobolev'.*Sobolev"),
        ({"batches": 100}, "batches = 100.*Batches"),
        ({"cost_tolerance": -1.0}, "tolerance"),
        ({"noise_level": 0.0}, "noise_level"),
        ({"noise_level": np.nan}, "noise_level"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        run(**options)


def test_a_noise_level_needs_a_loss_with_residuals() -> None:
    problem = InverseProblem(np.zeros((4, 2)), [0, 1, 0, 1], loss="cross-entropy", steps=2)
    with pytest.raises(ArgumentError, match="noise_level"):
        run(problem, noise_level=0.1)


def test_a_start_that_does_not_fit_is_refused() -> None:
    problem = fit()
    with pytest.raises(ArgumentError, match="horizon"):
        minimize(problem, Parameters([0.0, 2.0], np.zeros((2, 2, 2)), np.zeros((2, 2))))
    for wrong in (None, np.zeros(6)):
        with pytest.raises(ArgumentError, match="Parameters"):
            minimize(problem, wrong)  # type: ignore[arg-type]


def test_a_run_keeps_no_iterate_but_the_best_and_the_last() -> None:
    import gc
    import weakref

    seen: list[weakref.ref[np.ndarray]] = []
    problem = fit()
    minimize(
        problem,
        problem.initial_parameters(),
        max_iterations=12,
        tolerance=0.0,
        callback=lambda row: seen.append(weakref.ref(row.parameters.values)),
    )
    gc.collect()
    assert len(seen) > 6
    assert sum(reference() is not None for reference in seen) <= 2


def test_targets_out_of_range_are_no_success() -> None:
    problem = fit()
    far = problem.replaced(targets=1e8 * np.asarray(problem.targets))
    result = minimize(far, far.initial_parameters())
    assert not (result.success and result.history["gradient_norm"][-1] > 1.0)


@pytest.mark.parametrize("name", ["tolerance", "cost_tolerance"])
@pytest.mark.parametrize("bound", [-1.0, float("inf"), float("nan")])
def test_a_bound_that_is_no_finite_number_is_named(name: str, bound: float) -> None:
    with pytest.raises(ArgumentError, match=f"^{name} ="):
        run(**{name: bound})


def test_a_run_has_the_same_bits_whether_trajectories_are_kept_or_not() -> None:
    x = np.random.default_rng(4).normal(size=(700, 14))
    runs = []
    for limit in ("1 KB", "1 GB"):
        problem = InverseProblem(x, np.tanh(x[:, 1:]), steps=6, memory_limit=limit)
        assert problem.recomputes == (limit == "1 KB")
        together: list[bool] = []
        plain = problem.cost

        def cost(p: Parameters, plain: Any = plain, together: Any = together) -> float:
            together.append(False)
            return plain(p)

        problem.cost = cost  # type: ignore[method-assign]
        result = minimize(problem, problem.initial_parameters(), max_iterations=8, tolerance=0.0)
        # Where it has to compute again, cost and derivative are asked for at once.
        assert (len(together) == 0) == problem.recomputes
        runs.append((result.parameters.values.tobytes(), result.history["cost"].tobytes()))
    assert runs[0] == runs[1]


def test_what_some_methods_only_read_is_refused_by_the_others() -> None:
    """The table of readers speaks of methods and defaults that are there."""
    defaults = inspect.signature(minimize).parameters
    for name, (readers, default) in READERS.items():
        assert set(readers) <= set(METHODS) and defaults[name].default == default
    methods_and_options = [
        (method, name)
        for name, (readers, _) in READERS.items()
        for method in METHODS
        if method not in readers
    ]
    assert len(methods_and_options) > 5
    for method, name in methods_and_options:
        with pytest.raises(ArgumentError, match=f"{method!r} has no {name}"):
            refuse_unread(method, {name: "anything else"})
