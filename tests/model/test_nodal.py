"""Parameters, functions of depth, and Derivative, their dual."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from twins import random_parameters

import naive
from standalone_node import Derivative, Parameters
from standalone_node.errors import ArgumentError

TIMES = np.array([0.0, 0.4, 1.0, 1.5])


def draw(seed: int, width: int = 2) -> Parameters:
    return random_parameters(np.random.default_rng(seed), TIMES, width)


def dual(seed: int) -> Derivative:
    p = draw(seed)
    return Derivative(p.times, p.weights, p.biases)


def test_weights_and_biases_come_back_as_they_were_given() -> None:
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 3))
    p = Parameters(TIMES, W, b)
    assert np.array_equal(p.weights, W) and np.array_equal(p.biases, b)
    assert np.array_equal(p.times, TIMES) and p.horizon == 1.5
    assert p.values.shape == (4, 12) and p.values.flags.c_contiguous
    assert p.values.dtype == np.float64


def test_named_blocks_make_the_same_parameters_as_the_short_form() -> None:
    p = draw(1)
    same = Parameters.from_blocks(TIMES, {"W": p.weights, "b": p.biases})
    assert np.array_equal(same.values, p.values) and same.matches(p)


def test_other_blocks_come_in_by_name() -> None:
    rng = np.random.default_rng(2)
    blocks = {"W1": rng.normal(size=(4, 5, 2)), "gain": rng.normal(size=4)}
    p = Parameters.from_blocks(TIMES, blocks)
    assert all(np.array_equal(p.block(name), block) for name, block in blocks.items())
    W1, gain = p.at(0.4)
    assert W1.shape == (5, 2) and gain.shape == ()
    assert not p.matches(draw(1))


def test_parameters_are_read_only() -> None:
    p = draw(3)
    for array in (p.values, p.times, p.weights, p.biases):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    with pytest.raises(AttributeError, match="read-only"):
        p.values = np.zeros((4, 6))


def test_parameters_do_not_change_with_the_arrays_they_were_made_of() -> None:
    times, W, b = TIMES.copy(), np.ones((4, 2, 2)), np.ones((4, 2))
    p = Parameters(times, W, b)
    times[-1], W[:], b[:] = 9.0, 9.0, 9.0
    assert p.horizon == 1.5 and (p.values == 1.0).all()


def test_parameters_are_a_vector_space() -> None:
    p, q = draw(4), draw(5)
    combined = 2.0 * p - q / 4.0 + (-p) * np.float64(0.5) + 3 * q
    assert isinstance(combined, Parameters)
    assert np.allclose(combined.values, 1.5 * p.values + 2.75 * q.values, rtol=1e-13)
    assert np.array_equal((np.float64(2.0) * p).values, 2.0 * p.values)


def test_derivatives_are_a_vector_space_of_their_own() -> None:
    e = dual(4) + 0.5 * dual(5)
    assert type(e) is Derivative and type(draw(1) + draw(2)) is Parameters
    for left, right in ((draw(1), dual(1)), (dual(1), draw(1))):
        with pytest.raises(TypeError):
            left + right
        with pytest.raises(TypeError):
            left - right


@pytest.mark.parametrize("other", [1.0, "x", None, np.ones((4, 6))])
def test_nothing_but_parameters_adds_to_parameters(other: Any) -> None:
    with pytest.raises(TypeError):
        draw(1) + other
    with pytest.raises(TypeError):
        other + draw(1)


@pytest.mark.parametrize("factor", ["x", None, 1j, np.ones(4)])
def test_only_numbers_scale_parameters(factor: Any) -> None:
    for product in (lambda: draw(1) * factor, lambda: factor * draw(1)):
        with pytest.raises(TypeError):
            product()


def test_parameters_on_different_grids_do_not_add() -> None:
    p = draw(1)
    with pytest.raises(ArgumentError, match="refined"):
        p + p.refined([0.0, 1.5])
    with pytest.raises(ArgumentError, match="grids or blocks"):
        p - draw(1, width=3)


def test_a_derivative_pairs_with_a_direction_and_with_nothing_else() -> None:
    e, v = dual(6), draw(7)
    by_blocks = np.vdot(e.weights, v.weights) + np.vdot(e.biases, v.biases)
    assert e.apply(v) == pytest.approx(by_blocks, rel=1e-13)
    for wrong in (e, v.refined([0.0, 1.5]), v.values):
        with pytest.raises(ArgumentError):
            e.apply(wrong)  # type: ignore[arg-type]


def test_at_a_depth_the_nodal_values_are_interpolated() -> None:
    p = draw(8)
    for t in (0.0, 0.1, 0.4, 0.77, 1.5):
        W, b = p.at(t)
        assert np.allclose(W, naive.theta_at(TIMES, p.weights, t), rtol=1e-13, atol=1e-15)
        assert np.allclose(b, naive.theta_at(TIMES, p.biases, t), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("t", [-1e-9, 1.5001, np.nan, np.inf])
def test_there_are_no_parameters_outside_the_depth(t: float) -> None:
    with pytest.raises(ArgumentError, match="outside"):
        draw(8).at(t)


def test_on_a_finer_grid_parameters_are_the_same_function() -> None:
    p = draw(9)
    fine = p.refined(np.union1d(TIMES, np.linspace(0.0, 1.5, 23)))
    for t in np.linspace(0.0, 1.5, 41):
        for before, after in zip(p.at(t), fine.at(t), strict=True):
            assert np.allclose(before, after, rtol=1e-12, atol=1e-14)
    back = fine.refined(TIMES)
    assert np.array_equal(back.values, p.values)


def test_on_a_coarser_grid_they_agree_at_its_nodes() -> None:
    p = draw(9)
    coarse = p.refined([0.0, 0.7, 1.5])
    for k, t in enumerate((0.0, 0.7, 1.5)):
        assert np.allclose(coarse.weights[k], p.at(t)[0], rtol=1e-13)


def test_another_horizon_is_another_problem() -> None:
    with pytest.raises(ArgumentError, match="same horizon"):
        draw(9).refined([0.0, 1.0])


@pytest.mark.parametrize(
    ("weights", "biases", "words"),
    [
        (np.ones((3, 2, 2)), np.ones((4, 2)), "'W'.*has to be 4"),
        (np.ones((4, 2, 2)), np.ones((5, 2)), "'b'.*has to be 4"),
        (np.ones((4, 2, 3)), np.ones((4, 2)), "weights have to be"),
        (np.ones((4, 2, 2)), np.ones((4, 3)), "biases"),
        (np.ones(4), np.ones(4), "weights have to be"),
        (1.0, np.ones((4, 2)), "'W'"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(weights: Any, biases: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Parameters(TIMES, weights, biases)


@pytest.mark.parametrize("make", [draw, dual])
def test_they_survive_pickling_and_copying(make: Any) -> None:
    p = make(10)
    for twin in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p), copy.copy(p)):
        assert type(twin) is type(p) and twin.matches(p)
        assert np.array_equal(twin.values, p.values) and not twin.values.flags.writeable


def test_the_representation_says_what_is_inside() -> None:
    assert repr(draw(1)) == "Parameters(4 nodes on [0, 1.5]; W (2, 2), b (2,))"


def test_roughness_is_the_integral_of_the_squared_slopes() -> None:
    p = Parameters([0.0, 0.5, 2.0], [[[0.0]], [[1.0]], [[1.0]]], [[0.0], [0.0], [3.0]])
    assert p.roughness == pytest.approx(2.0**2 * 0.5 + 2.0**2 * 1.5)
    assert (2.0 * p).refined([0.0, 0.1, 0.5, 1.0, 2.0]).roughness == pytest.approx(4.0 * 8.0)
