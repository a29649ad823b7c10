"""The same bits for any number of threads, for repeated calls and for any history of calls."""

from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from twins import Twins, everything, twins

from standalone_node.kernels import sums
from standalone_node.kernels.stages import FORMS
from standalone_node.model import depth
from standalone_node.model.tableaux import tableau
from standalone_node.problem.flow import TINY
from standalone_node.problem.losses import LOSSES

pytestmark = pytest.mark.usefixtures("many_hands")

SIZES: dict[str, dict[str, Any]] = {
    "narrow": {"samples": 701, "width": 3, "steps": 5},
    "tiles with a rest": {"samples": 333, "width": 10, "steps": 3},
    "tiles of every size": {"samples": 301, "width": 29, "steps": 2},
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", SIZES)
def test_the_bits_do_not_depend_on_the_number_of_threads(size: str, form: str, dtype: str) -> None:
    options = {**SIZES[size], "form": form, "dtype": dtype, "loss": "cross-entropy"}
    one = everything(twins(threads=1, **options))
    for threads in (2, 3, 8, None):
        assert everything(twins(threads=threads, **options)) == one


def test_the_bits_do_not_depend_on_what_was_asked_before() -> None:
    pair = twins(samples=150, threads=2)
    first = everything(pair)
    pair.problem.cost(pair.direction)
    assert everything(pair) == first


def test_a_tiny_sweep_is_done_by_the_caller_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    submit, asked = ThreadPoolExecutor.submit, []

    def counted(pool: ThreadPoolExecutor, work: Any) -> Any:
        asked.append(work)
        return submit(pool, work)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    shared = everything(twins(samples=70, threads=2))
    assert asked
    monkeypatch.setattr("standalone_node.problem.flow.TINY", TINY)
    asked.clear()
    assert everything(twins(samples=70, threads=2)) == shared and not asked
    large = twins(samples=4000, threads=2)
    large.problem.cost(large.parameters)
    assert asked


def test_the_cost_does_not_depend_on_the_trajectory_that_is_kept() -> None:
    pair = twins(samples=70)
    problem, p, q = pair.problem, pair.parameters, pair.direction
    costs = [problem.cost(x) for x in (p, q, p, p.refined(p.times), q)]
    assert costs[0] == costs[2] == costs[3] and costs[1] == costs[4] != costs[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", [3, 29])
def test_the_states_that_are_shown_are_those_the_cost_is_made_of(width: int, form: str) -> None:
    pair = twins(samples=150, width=width, form=form)
    flow, inputs, p = pair.problem.flow, pair.problem.inputs, pair.parameters
    final = flow.direct(p, inputs).final
    assert np.array_equal(flow.states(p, inputs)[-1], final)
    assert np.array_equal(flow.states(p, inputs, final=True), final)
    trajectory = flow.direct(p, inputs)
    whole = flow.sensitivity(trajectory, pair.direction, pair.change)
    end = flow.sensitivity(trajectory, pair.direction, pair.change, final=True)
    assert np.array_equal(whole[-1], end)
    _, kept = flow.adjoint(trajectory, lambda final, rows: pair.change[rows], keep=True)
    _, bare = flow.adjoint(trajectory, lambda final, rows: pair.change[rows])
    assert np.array_equal(kept.values, bare.values)


@pytest.mark.parametrize("scheme", ["euler", "rk4", "dopri5"])
@pytest.mark.parametrize("form", FORMS)
def test_the_bits_do_not_depend_on_the_memory(form: str, scheme: str) -> None:
    options = {"samples": 601, "width": 5, "steps": 11, "form": form, "scheme": scheme}
    unlimited = twins(memory_limit=10**9, threads=2, **options)
    assert not unlimited.problem.recomputes
    stages = 2 * 601 * 5 * 11 * len(tableau(scheme).arrays()[1]) * 8  # features and slopes
    for share in (0.0, 0.1, 0.4, 0.9):  # from one step a segment to some blocks kept
        limit = 1 + int(share * stages)
        limited = twins(memory_limit=limit, threads=2, **options)
        assert limited.problem.recomputes
        assert everything(limited) == everything(unlimited), limit


def test_cost_and_derivative_have_the_same_bits_together_and_apart() -> None:
    for limit in (1, 10**9):
        together, apart = (twins(samples=300, memory_limit=limit) for _ in range(2))
        cost, derivative = together.problem.cost_and_derivative(together.parameters)
        assert apart.problem.cost(apart.parameters) == cost
        _, later = apart.problem.cost_and_derivative(apart.parameters)
        assert np.array_equal(later.values, derivative.values)


def test_several_threads_may_use_one_problem() -> None:
    pair = twins(samples=300, width=4, steps=9, threads=2)
    starts = [pair.parameters, pair.direction, pair.parameters + pair.direction]
    expected = [pair.problem.cost_and_derivative(p)[1].values.tobytes() for p in starts]

    def ask(n: int) -> bool:
        if n % 2:
            pair.problem.cost(starts[n % 3])
        _, derivative = pair.problem.cost_and_derivative(starts[n % 3])
        return derivative.values.tobytes() == expected[n % 3]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(120)))


@pytest.mark.parametrize("scheme", ["euler", "rk4"])
def test_a_problem_survives_pickling(scheme: str) -> None:
    pair = twins(samples=70, scheme=scheme)
    before = everything(pair)
    again = dataclasses.replace(pair, problem=pickle.loads(pickle.dumps(pair.problem)))
    assert everything(again) == before


def test_an_interrupted_solve_leaves_nothing_that_could_be_taken_for_a_trajectory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = twins(samples=150)
    before = everything(pair)
    with monkeypatch.context() as patch:
        patch.setattr(pair.problem.flow._workers, "each", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            pair.problem.cost(pair.direction)
    assert everything(pair) == before


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _costs(pair: Twins) -> tuple[float, ...]:
    pair.problem.cost(pair.direction)
    line = pair.problem.line_model(pair.parameters, pair.direction)
    of_line = line.value(0.3), line.slope(0.3), line.curvature(0.3)
    return (pair.problem.cost(pair.parameters), *of_line)


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_looked_at_in_parts_add_up(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = twins(samples=40, loss=loss)
    whole = _costs(pair)
    monkeypatch.setattr(sums, "ROWS", 7)
    assert _costs(pair) == pytest.approx(whole, rel=1e-12)


def test_long_rows_of_parameters_are_interpolated_like_short_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for scheme in ("euler", "midpoint", "dopri5"):
        pair = twins(samples=20, scheme=scheme)
        cost, short = pair.problem.cost_and_derivative(pair.parameters)
        with monkeypatch.context() as patch:
            patch.setattr(depth, "LONG_ROW", 1)
            again = twins(samples=20, scheme=scheme).problem
            found, long = again.cost_and_derivative(pair.parameters)
        assert found == pytest.approx(cost, rel=1e-13)
        assert np.allclose(long.values, short.values, rtol=1e-12, atol=1e-14)
