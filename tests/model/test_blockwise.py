"""Blocks that vary with depth beside blocks that do not, each in its own unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twins import random_parameters

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.blockwise import Blockwise
from standalone_node.model.depth import mass, stiffness

TIMES = np.array([0.0, 0.4, 1.0, 1.5])
RNG = np.random.default_rng(0)
TEMPLATE = random_parameters(RNG, TIMES, 2)
CHOICES = {
    "free": Blockwise(),
    "b constant": Blockwise(constant=("b",)),
    "W constant": Blockwise(constant=("W",), scale={"b": 3.0}),
    "all constant": Blockwise(constant=("W", "b"), scale={"W": 0.1}),
    "scaled": Blockwise(scale={"W": 0.5, "b": 20.0}),
}
METRICS = {
    "L2": mass(TIMES),
    "Sobolev": mass(TIMES) + 0.7 * stiffness(TIMES),
    "Euclidean": sn.Euclidean().matrix(TIMES),
}
every_choice = pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
every_metric = pytest.mark.parametrize("banded", METRICS.values(), ids=METRICS.keys())


def control(choice: Blockwise, seed: int = 0) -> np.ndarray:
    size = choice.on(TEMPLATE).coordinates(TEMPLATE).size
    return np.random.default_rng(seed).normal(size=size)


def test_a_control_has_one_number_for_each_entry_of_a_constant() -> None:
    sizes = {name: control(choice).size for name, choice in CHOICES.items()}
    expected = {"free": 24, "b constant": 18, "W constant": 12, "all constant": 6, "scaled": 24}
    assert sizes == expected


@every_choice
def test_coordinates_and_parameters_are_inverse_to_each_other(choice: Blockwise) -> None:
    on, u = choice.on(TEMPLATE), control(choice)
    assert np.allclose(on.coordinates(on.apply(u)), u, rtol=1e-14)


@every_choice
def test_constant_blocks_are_exactly_constant(choice: Blockwise) -> None:
    p = choice.on(TEMPLATE).apply(control(choice))
    for name in choice.constant:
        assert (p.block(name) == p.block(name)[0]).all()


def test_a_block_that_is_not_constant_yet_becomes_its_mean_over_depth() -> None:
    line = sn.Parameters.from_blocks(TIMES, {"a": 2.0 * TIMES})
    assert Blockwise(constant=("a",)).on(line).coordinates(line) == pytest.approx([1.5])


def test_parameters_do_not_change_with_the_control_they_came_from() -> None:
    choice = CHOICES["b constant"]
    u = np.zeros(control(choice).size)
    p = choice.on(TEMPLATE).apply(u)
    u[:] = 1.0
    assert (p.values == 0.0).all()


@every_choice
def test_the_adjoint_is_the_transpose_of_the_tangent(choice: Blockwise) -> None:
    on, u, du = choice.on(TEMPLATE), control(choice), control(choice, 1)
    e = sn.Derivative(TIMES, RNG.normal(size=(4, 2, 2)), RNG.normal(size=(4, 2)))
    forward = e.apply(on.tangent(u, du))
    size = np.linalg.norm(e.values) * np.linalg.norm(on.tangent(u, du).values)
    assert abs(forward - on.adjoint(u, e) @ du) <= 1e-14 * size


@every_metric
@every_choice
def test_the_gram_operator_is_the_metric_of_the_functions(choice: Blockwise, banded: Any) -> None:
    """Without scales, <u, v> is what the metric says of the nodal values."""
    plain = Blockwise(constant=choice.constant)
    on, gram = plain.on(TEMPLATE), plain.on(TEMPLATE).gram(banded, ())
    u, v = control(choice), control(choice, 1)
    free = Blockwise().on(TEMPLATE).gram(banded, ())
    expected = on.apply(u).values.ravel() @ free.apply(on.apply(v).values.ravel())
    assert u @ gram.apply(v) == pytest.approx(expected, rel=1e-12)


@every_metric
@every_choice
def test_solving_undoes_applying_and_whitening_is_a_square_root(
    choice: Blockwise, banded: Any
) -> None:
    gram, u, v = choice.on(TEMPLATE).gram(banded, ()), control(choice), control(choice, 1)
    assert np.allclose(gram.solve(gram.apply(u)), u, atol=1e-11)
    assert gram.whiten(u) @ gram.whiten(v) == pytest.approx(u @ gram.apply(v), rel=1e-12)
    assert np.allclose(gram.unwhiten(gram.whiten(u)), u, atol=1e-12)
    assert gram.whiten_functional(u) @ gram.whiten(v) == pytest.approx(float(u @ v), rel=1e-11)


def test_fixed_ends_hold_what_varies_and_leave_constants_alone() -> None:
    on = CHOICES["b constant"].on(TEMPLATE)
    gradient = on.apply(on.gram(METRICS["Sobolev"], (0, -1)).solve(np.ones(18)))
    assert (gradient.weights[[0, -1]] == 0.0).all()
    assert (gradient.biases == 1.0 / 1.5).all()


def test_a_network_whose_biases_are_constants_is_trained() -> None:
    rng = np.random.default_rng(1)
    problem = sn.InverseProblem(rng.normal(size=(20, 2)), rng.normal(size=(20, 2)), steps=6)
    start = problem.initial_parameters()
    result = sn.minimize(problem, start, weights=CHOICES["b constant"], max_iterations=20)
    p = result.parameters
    assert (p.biases == p.biases[0]).all() and not (p.weights == p.weights[0]).all()
    assert result.history["cost"][-1] < 0.8 * result.history["cost"][0]


@pytest.mark.parametrize(
    "choice", [Blockwise(constant=("c",)), Blockwise(scale={"c": 1.0})], ids=["constant", "scale"]
)
def test_a_name_that_is_no_block_is_refused(choice: Blockwise) -> None:
    with pytest.raises(ArgumentError, match="no block 'c': the parameters have W, b"):
        choice.on(TEMPLATE)


@pytest.mark.parametrize("size", [0.0, -1.0, np.inf, np.nan, "large"])
def test_a_scale_that_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(ArgumentError, match="scale of 'W'"):
        Blockwise(scale={"W": size})
