"""The forms with an inner layer, whose arrays have other heights than the state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from checks import check, defect_of_the_cost, defect_of_the_flow
from twins import Twins, relative_error, twins

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.kernels.blocks import padded
from standalone_node.model.forms import FORM_BLOCKS
from standalone_node.problem.start import smooth_start

LAYERED = ["bottleneck", "mean-field"]
EDGES: dict[str, dict[str, Any]] = {
    "one neuron": {"inner": 1},
    "one component": {"width": 1, "inner": 4},
    "one neuron and one component": {"width": 1, "inner": 1, "samples": 1, "steps": 1},
    "one sample": {"inner": 5, "samples": 1},
    "fewer neurons than components": {"width": 9, "inner": 2},
    "as many": {"width": 4, "inner": 4},
    "many more": {"width": 2, "inner": 29, "steps": 2},
    "tiles with a rest": {"width": 11, "inner": 13, "samples": 2, "steps": 1},
    "several blocks": {"width": 2, "inner": 3, "samples": 67, "steps": 1},
}
each_form = pytest.mark.parametrize("form", LAYERED)
each_edge = pytest.mark.parametrize("edge", EDGES)


@each_form
@pytest.mark.parametrize("scheme", ["euler", "rk4"])
@each_edge
def test_no_inner_width_is_a_special_case(edge: str, scheme: str, form: str) -> None:
    pair = twins(form=form, scheme=scheme, seed=3, **EDGES[edge])
    check(pair)
    bare = twins(form=form, scheme=scheme, penalised=False, **EDGES[edge])
    assert max(defect_of_the_cost(bare), defect_of_the_flow(bare)) <= 1e-13


@each_form
@each_edge
def test_single_precision_is_as_exact_as_it_can_be(edge: str, form: str) -> None:
    single, double = (
        twins(form=form, dtype=dtype, penalised=False, **EDGES[edge])
        for dtype in ("float32", "float64")
    )
    assert max(defect_of_the_cost(single), defect_of_the_flow(single)) <= 1e-5
    (_, found), (_, expected) = (
        pair.problem.cost_and_derivative(pair.parameters) for pair in (single, double)
    )
    assert relative_error(found.values, expected.values) <= 1e-4


def answers(pair: Twins) -> list[bytes]:
    problem, p = pair.problem, pair.parameters
    cost, derivative = problem.cost_and_derivative(p)
    xi = problem.solve_sensitivity(p, pair.direction, pair.change)
    found = np.array(cost), derivative.values, xi, problem.solve_adjoint(p), problem.solve_direct(p)
    return [np.ascontiguousarray(array).tobytes() for array in found]


@pytest.mark.usefixtures("many_hands")
@each_form
@pytest.mark.parametrize("inner", [1, 40])
def test_the_bits_depend_on_neither_threads_nor_memory(inner: int, form: str) -> None:
    options: dict[str, Any] = {"form": form, "inner": inner, "samples": 601, "steps": 7}
    whole = twins(threads=1, memory_limit=10**9, **options)
    expected = answers(whole)
    size = 4 * 7 * (3 + 2 * inner) * 601 * 8  # stages, steps, rows, samples, bytes
    for limit in (1, size // 8, size // 2):
        limited = twins(threads=2, memory_limit=limit, **options)
        assert limited.problem.recomputes
        assert answers(limited) == expected


@each_form
def test_the_memory_that_is_counted_is_the_memory_that_is_used(form: str) -> None:
    """d + inner rows of features and inner rows of slopes for every stage."""
    x = np.random.default_rng(0).normal(size=(50, 3))
    size = 4 * 6 * (3 + 2 * 20) * padded(50, np.float64) * 8  # stages, steps, rows, samples, bytes
    for limit, recomputes in ((size, False), (size - 1, True)):
        problem = sn.InverseProblem(x, x, form=form, inner=20, steps=6, memory_limit=limit)
        assert problem.recomputes == recomputes
    problem = sn.InverseProblem(x, x, form=form, inner=20, steps=6, memory_limit=size)
    kept = problem.flow.direct(problem.initial_parameters(), problem.inputs).kept
    assert sum(array.nbytes for stages in kept for array in stages) == size


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-13), ("float32", 1e-5)])
def test_a_mean_field_is_a_bottleneck_whose_outer_weights_are_shared_out(
    dtype: str, tolerance: float
) -> None:
    pair = twins(form="mean-field", inner=7, dtype=dtype)
    p, problem = pair.parameters, pair.problem
    blocks = {"W1": p.block("w"), "b": p.block("b"), "W2": p.block("A") / 7.0}
    c = np.zeros((p.times.size, problem.width))
    q = sn.Parameters.from_blocks(p.times, {**blocks, "c": c})
    twin = problem.replaced(form="bottleneck", penalty=None)
    assert relative_error(problem.solve_direct(p), twin.solve_direct(q)) <= tolerance


@each_form
def test_the_velocity_is_linear_in_the_outer_weights(form: str) -> None:
    """What existence of a minimiser asks for, beside the kinetic penalty."""
    pair = twins(form=form, steps=1, scheme="euler", penalised=False)
    p, problem = pair.parameters, pair.problem
    outer = FORM_BLOCKS[form].outermost

    def velocity(factor: float) -> np.ndarray:
        scaled = {n: p.block(n) * (factor if n in outer else 1.0) for n, _ in p.blocks}
        states = problem.solve_direct(sn.Parameters.from_blocks(p.times, scaled))
        return (states[1] - states[0]) / problem.horizon

    assert np.allclose(velocity(3.0), 3.0 * velocity(1.0), rtol=1e-12)
    assert np.allclose(velocity(0.0), 0.0)


@each_form
def test_the_kinetic_penalty_is_the_integral_over_all_blocks(form: str) -> None:
    pair = twins(form=form, penalised=False)
    p = pair.parameters
    slopes = np.diff(p.values, axis=0) / np.diff(p.times)[:, None]
    kinetic = float(np.sum(np.diff(p.times)[:, None] * slopes**2))
    with_h1 = pair.problem.replaced(penalty=sn.Penalty(h1=0.3))
    assert with_h1.cost(p) - pair.problem.cost(p) == pytest.approx(0.15 * kinetic, rel=1e-10)


@each_form
def test_the_penalties_have_the_right_derivative(form: str) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3))
    for penalty in (sn.Penalty(l2=2.0), sn.Penalty(h1=2.0)):
        problem = sn.InverseProblem(x, x[:, :2], form=form, inner=4, penalty=penalty, steps=4)
        p, v = (problem.initial_parameters(seed=seed, scale=0.7) for seed in (0, 1))
        assert abs(sn.taylor_test(problem, p, v) - 2.0) <= 0.02
        assert sn.dot_test(problem, p) <= 1e-13


@each_form
@pytest.mark.parametrize("inner", [1, 3, 50])
def test_it_can_be_trained(inner: int, form: str) -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    y = np.stack([np.tanh(x[:, 0] + x[:, 1]), 0.5 * x[:, 0]], axis=1)
    penalty = sn.Penalty(l2=1e-4, h1=1e-4)
    problem = sn.InverseProblem(x, y, form=form, inner=inner, penalty=penalty, steps=5)
    start = problem.initial_parameters()
    result = sn.minimize(problem, start, max_iterations=60)
    assert problem.cost(result.parameters) < 0.15 * problem.cost(start)


@each_form
def test_the_start_is_no_saddle(form: str) -> None:
    """Every block has a derivative there: products of two zeros would have none."""
    x = np.random.default_rng(0).normal(size=(8, 3))
    problem = sn.InverseProblem(x, 2.0 * x, form=form)
    _, derivative = problem.cost_and_derivative(problem.initial_parameters())
    for name, _ in problem.blocks:
        assert np.abs(derivative.block(name)).max() > 1e-6


@each_form
def test_the_start_is_no_wilder_with_more_neurons(form: str) -> None:
    x = np.random.default_rng(0).normal(size=(50, 6))
    sizes = []
    for inner in (4, 40, 400):
        problem = sn.InverseProblem(x, x, form=form, inner=inner, steps=2)
        states = problem.solve_direct(problem.initial_parameters())
        sizes.append(float(np.linalg.norm(states[-1] - x)))
    assert max(sizes) <= 2.0 * sizes[0]


def test_the_start_of_the_affine_forms_is_that_of_one_spread() -> None:
    x = np.ones((2, 3))
    for form in ("inside", "outside"):
        problem = sn.InverseProblem(x, x, form=form)
        spread = 0.5 / np.sqrt(3.0)
        expected = smooth_start(problem.depth_times, problem.blocks, spread, 4)
        assert np.array_equal(problem.initial_parameters(seed=4).values, expected.values)


def test_parameters_of_another_form_or_width_are_refused_with_the_blocks_that_fit() -> None:
    x = np.ones((2, 3))
    problem = sn.InverseProblem(x, x, form="bottleneck", inner=4)
    for other in (problem.replaced(inner=5), problem.replaced(form="mean-field")):
        with pytest.raises(ArgumentError, match=r"W1 \(4, 3\), b \(4,\), W2 \(3, 4\), c \(3,\)"):
            problem.cost(other.initial_parameters())


def test_an_inner_width_is_refused_where_there_is_no_inner_layer() -> None:
    with pytest.raises(ArgumentError, match="inner = 3"):
        sn.InverseProblem(np.ones((2, 3)), np.ones((2, 3)), inner=3)
