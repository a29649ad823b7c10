"""A result prints in five sections; what that takes to measure is measured once, when asked."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

import standalone_node as sn

X = np.linspace(-1.0, 1.0, 30)[:, None]
SECTIONS = ["Problem", "Method", "End state", "Numerical accuracy", "Scores"]


def solved(problem: Any = None, **options: Any) -> sn.Result:
    problem = sn.InverseProblem(X, np.sin(X), steps=6) if problem is None else problem
    return sn.minimize(problem, problem.initial_parameters(), max_iterations=4, **options)


def unwrapped(result: sn.Result) -> str:
    return " ".join(str(result).split())


def test_the_sections_are_always_these() -> None:
    for result in (solved(), solved(method="lbfgs"), solved(method="sgd")):
        assert [section.title for section in result.summary().sections] == SECTIONS


def test_the_text_tells_problem_method_end_accuracy_and_scores() -> None:
    text = unwrapped(solved(noise_level=1e-3))
    for words in (
        "x' = σ(W x + b), σ = tanh, 1 component",
        "6 steps of rk4 to T = 1",
        'ncg, beta PR+, line search "sensitivity"',
        "Sobolev, length 1 ",
        "theta at every node of the depth grid",
        "at a residual of 0.0011",
        "iterations: The iteration limit",
        "Taylor slope",
        "the derivative is exact",
        "2.00 at the solution, 2.00 near it (2 if exact)",
        "(at most 1e-13 if exact)",
        "by Richardson's rule for order 4",
        "of its start",
    ):
        assert words in text
    assert repr(solved()).startswith("Result")


def test_the_page_tells_what_the_text_tells() -> None:
    result = solved()
    assert "Taylor slope" in result._repr_html_()
    assert result._repr_html_() == result.summary().html()


def test_batches_and_the_score_of_a_monitor_are_told() -> None:
    text = unwrapped(solved(monitor=lambda p: -float(p.values[0, 0]), patience=3))
    assert "best score of the monitor" in text and "without a better score" in text
    assert "10 rows each, 1 epoch" in unwrapped(solved(batches=sn.Batches(10, epochs=1)))


@pytest.mark.parametrize(
    "weights, words",
    [
        ("constant", "one theta for all depths"),
        ("evolving", "a differential equation of theta, with 8 hidden units, by rk4"),
        (sn.Galerkin("b-spline", 4), "4 coefficients of a b-spline series in depth"),
    ],
)
def test_what_is_learnt_is_told_in_words(weights: Any, words: str) -> None:
    text = unwrapped(solved(weights=weights))
    assert words in text and "()" not in text and "None" not in text


def test_no_line_is_longer_than_a_terminal() -> None:
    assert max(map(len, str(solved(batches=sn.Batches(10, epochs=1))).split("\n"))) < 80


def test_a_coarse_grid_is_called_so() -> None:
    problem = sn.InverseProblem(X, np.sin(X), steps=6)
    words = "coarse: this is the solution of its own grid rather than the ODE's"
    assert words not in unwrapped(solved(problem))
    layers = problem.replaced(steps=1, scheme="euler", horizon=4.0)
    result = solved(layers)
    assert result.accuracy.discretisation_error > 0.05 and words in unwrapped(result)


@pytest.mark.parametrize("lost", ["parameters", "cost", "message", "nit", "metric", "history"])
def test_a_result_that_lost_a_key_prints_as_those_of_scipy(lost: str) -> None:
    result = solved()
    del result[lost]
    assert repr(result) == OptimizeResult(result).__repr__() == str(result)
    assert "success: " in repr(result) and result._repr_html_().startswith("<pre>")


def test_a_result_that_was_never_filled_prints() -> None:
    assert repr(sn.Result()) == "Result()" == str(sn.Result())
    assert "cost" in repr(sn.Result(cost=1.0, history={}))


def test_at_the_end_of_a_run_no_row_is_fetched_to_measure_on() -> None:
    taken: list[int] = []

    class Rows(sn.ArrayRows):
        def take(self, index: Any) -> Any:
            taken.append(len(index))
            return super().take(index)

    result = solved(sn.ChunkedProblem(Rows(X, np.sin(X)), chunk=7, steps=6))
    assert max(taken) == 7
    assert result.accuracy.rows == 30 and taken[-1] == 30


def test_nothing_is_measured_before_it_is_asked_for_and_then_once() -> None:
    result = solved()
    assert result.__dict__["_accuracy"] is None
    first = result.accuracy
    assert str(result) and result.accuracy is first


def test_printing_costs_the_problem_no_sweep() -> None:
    problem = sn.InverseProblem(X, np.sin(X), steps=6)
    result = solved(problem)
    before = copy.copy(problem.counts)
    print(result)
    assert problem.counts == before


def test_a_result_does_not_keep_its_problem_alive() -> None:
    problem = sn.InverseProblem(X, np.sin(X), steps=6)
    result, seen = solved(problem), weakref.ref(problem)
    del problem
    gc.collect()
    assert seen() is None and result.accuracy.rows == 30


def test_no_row_goes_into_a_pickle_and_what_was_measured_stays() -> None:
    rows = np.random.default_rng(1).uniform(-1.0, 1.0, (700, 3))
    result = solved(sn.InverseProblem(rows, rows, steps=2))
    small = pickle.dumps(result)
    assert len(small) < rows.nbytes
    again = pickle.loads(small)
    assert again.accuracy is None and "sn.accuracy(problem, parameters)" in unwrapped(again)
    assert again.cost == result.cost and str(result)
    assert str(pickle.loads(pickle.dumps(result))) == str(result)


class Bare:
    """A problem that offers what `minimize` asks for, and no more."""

    def __init__(self) -> None:
        self._whole = sn.InverseProblem(X, np.sin(X), steps=6)
        for name in ("counts", "cost", "cost_and_derivative", "line_model", "residual"):
            setattr(self, name, getattr(self._whole, name))
        self.initial_parameters = self._whole.initial_parameters


def test_of_a_problem_that_tells_nothing_the_rest_is_told() -> None:
    text = unwrapped(solved(Bare()))
    assert "one that does not describe itself" in text and "offers no excerpt" in text
    assert "of its start" in text


def test_a_field_that_fails_on_the_finer_grid_does_not_stop_the_printing() -> None:
    def rate(t: float) -> float:
        if round(40 * t) % 2:
            raise ZeroDivisionError("no rate there")
        return 1.0

    field = sn.Field(
        lambda t, x, p: rate(t) * p["r"] * x,
        jvp=lambda t, x, p, dx, dp: rate(t) * (p["r"] * dx + dp["r"] * x),
        vjp=lambda t, x, p, k: (rate(t) * p["r"] * k, {"r": rate(t) * np.sum(k * x)}),
        varying={"r": ()},
    )
    seen = sn.Observations([0.5, 1.0], [1.3, 1.5])
    text = unwrapped(solved(sn.FieldProblem(field, [1.0], seen, steps=10)))
    assert "not measured: FieldError: f raises ZeroDivisionError" in text and "of its start" in text


@pytest.mark.parametrize("levels", [(2, 3)])
def test_a_continuation_prints_as_its_last_run(levels: tuple[int, ...]) -> None:
    problem = sn.InverseProblem(X, np.sin(X), steps=6)
    result = sn.continuation(problem, levels, max_iterations=3)
    assert "6 steps of rk4" in str(result) and result.accuracy.order == 4
