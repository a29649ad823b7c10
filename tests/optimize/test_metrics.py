"""Metrics: a gradient represents its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twins import Array, random_parameters

import naive
from standalone_node import L2, Derivative, Euclidean, Parameters, Sobolev
from standalone_node.errors import ArgumentError
from standalone_node.model.depth import uniform_grid
from standalone_node.optimize.metrics import ENDS

UNEVEN = np.array([0.0, 0.2, 0.3, 1.1, 1.7, 1.9])
GRIDS = {
    "uneven": UNEVEN,
    "two nodes": np.array([0.0, 2.0]),
    "three nodes": np.array([0.0, 0.1, 2.0]),
    "many nodes": uniform_grid(1.0, 321),
    "short": uniform_grid(1e-3, 20),
    "long": uniform_grid(1000.0, 50),
    "one long step": np.array([0.0, 1000.0]),
}
METRICS: dict[str, Any] = {
    "Euclidean": Euclidean(),
    "L2": L2(),
    **{
        f"Sobolev {length} {ends}": Sobolev(length, ends)
        for length in (0.0, 0.05, 1.0, 30.0, "auto")
        for ends in ENDS
    },
}
every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
every_grid = pytest.mark.parametrize("times", GRIDS.values(), ids=GRIDS.keys())


def draw(times: Array, seed: int = 0) -> tuple[Derivative, Parameters, Parameters]:
    rng = np.random.default_rng(seed)
    e, u, v = (random_parameters(rng, times, 2) for _ in range(3))
    return Derivative(times, e.weights, e.biases), u, v


def held(metric: Any, p: Parameters) -> Parameters:
    """The same, vanishing where the metric holds the ends."""
    values = p.values.copy()
    values[list(metric.fixed)] = 0.0
    return p.like(values)


@every_grid
@every_metric
def test_the_gradient_represents_the_derivative(metric: Any, times: Array) -> None:
    for seed in range(5):
        e, _, v = draw(times, seed)
        v, g = held(metric, v), metric.gradient(e)
        assert np.isfinite(g.values).all()
        error = abs(metric.inner(g, v) - e.apply(v))
        bound = 1e-12 * np.linalg.norm(e.values)
        length = getattr(metric, "length", 0.0)
        if length != "auto" and length > 3.0 * times[-1]:
            # The gradient is nearly constant and large: storing it costs this much already.
            largest = np.abs(metric.matrix(times)).max()
            bound = max(bound, 1e-15 * largest * np.linalg.norm(g.values))
        assert error <= bound * np.linalg.norm(v.values)


@every_metric
def test_the_gradient_vanishes_at_fixed_ends_and_only_there(metric: Any) -> None:
    g = metric.gradient(draw(UNEVEN)[0])
    fixed = {k % UNEVEN.size for k in metric.fixed}
    for k, row in enumerate(g.values):
        assert (row == 0.0).all() if k in fixed else (row != 0.0).all()


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("length", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("grid", ["uneven", "two nodes", "three nodes", "long", "one long step"])
def test_the_gradient_is_that_of_the_reference(grid: str, length: float, ends: str) -> None:
    times = GRIDS[grid]
    e, _, _ = draw(times)
    g = Sobolev(length, ends).gradient(e)
    for found, partials in ((g.weights, e.weights), (g.biases, e.biases)):
        expected = naive.riesz(times, partials, length, ends)
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@every_metric
@every_grid
def test_the_inner_product_is_symmetric_and_positive(times: Array, metric: Any) -> None:
    _, u, v = draw(times)
    size = np.sqrt(metric.inner(u, u) * metric.inner(v, v))
    assert abs(metric.inner(u, v) - metric.inner(v, u)) <= 1e-13 * size
    assert metric.inner(u, u) > 0.0
    assert abs(metric.inner(u, v)) < size
    assert metric.inner(u + v, v) == pytest.approx(
        metric.inner(u, v) + metric.inner(v, v), rel=1e-12
    )


def test_the_inner_product_is_the_integral_it_stands_for() -> None:
    """theta = t on [0, 2] has the squared norm 8/3 + 2 length^2 in every entry."""
    for times in (np.array([0.0, 2.0]), np.array([0.0, 0.3, 1.1, 2.0])):
        p = Parameters(times, times[:, None, None], times[:, None])
        assert L2().inner(p, p) == pytest.approx(2 * 8 / 3, rel=1e-14)
        assert Sobolev(0.7).inner(p, p) == pytest.approx(2 * (8 / 3 + 0.49 * 2), rel=1e-14)


def test_l2_is_the_sobolev_metric_of_length_zero() -> None:
    e, u, v = draw(UNEVEN)
    assert L2().inner(u, v) == Sobolev(0.0).inner(u, v)
    assert np.array_equal(L2().gradient(e).values, Sobolev(0.0).gradient(e).values)


def test_the_euclidean_gradient_is_the_partials() -> None:
    e, u, v = draw(UNEVEN)
    assert np.array_equal(Euclidean().gradient(e).values, e.values)
    assert Euclidean().inner(u, v) == pytest.approx(float(np.vdot(u.values, v.values)), rel=1e-14)


def test_a_longer_length_gives_a_smoother_gradient() -> None:
    e, _, _ = draw(GRIDS["many nodes"])
    roughness = []
    for length in (0.0, 0.1, 1.0, 10.0):
        g = Sobolev(length).gradient(e).values
        roughness.append(np.abs(np.diff(g, axis=0)).max() / np.abs(g).max())
    assert roughness == sorted(roughness, reverse=True)


def test_a_gradient_is_of_the_parameters_kind_and_a_derivative_is_not() -> None:
    e, u, _ = draw(UNEVEN)
    g = Sobolev(1.0).gradient(e)
    assert type(g) is Parameters and (u - 0.1 * g).matches(u)


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf, "Auto", ""])
def test_an_impossible_length_is_refused(length: float | str) -> None:
    with pytest.raises(ArgumentError, match="length"):
        Sobolev(length)


def test_a_length_of_nothing_is_allowed_and_the_words_say_what_is_not() -> None:
    assert Sobolev(0.0).length == 0.0 and Sobolev("auto").length == "auto"
    with pytest.raises(ArgumentError, match=r"-0\.5 has to be 0 or larger"):
        Sobolev(-0.5)
    with pytest.raises(ArgumentError, match="'automatic' is no number"):
        Sobolev("automatic")


def test_the_nodes_that_are_held_are_those_of_the_table() -> None:
    held_nodes = {ends: Sobolev(1.0, ends).fixed for ends in ENDS}
    assert held_nodes == {
        "natural": (),
        "fixed": (0, -1),
        "fixed-start": (0,),
        "fixed-end": (-1,),
    }
    assert L2().fixed == Euclidean().fixed == ()


def test_what_is_not_said_is_a_length_of_one_and_natural_ends() -> None:
    assert Sobolev() == Sobolev(1.0, "natural")


def test_a_metric_without_a_choice_is_resolved_to_itself() -> None:
    nothing: Any = None  # neither is looked at
    for metric in (L2(), Euclidean(), Sobolev(0.3)):
        assert metric.resolved(nothing, nothing) is metric


def test_without_a_problem_an_automatic_length_is_a_fiftieth_of_the_horizon() -> None:
    times = uniform_grid(4.0, 7)
    assert np.array_equal(Sobolev("auto").matrix(times), Sobolev(0.08).matrix(times))


def test_a_longer_length_adds_its_square_times_the_stiffness() -> None:
    e = np.array([0.0, 1.0, 3.0])
    difference = Sobolev(3.0).matrix(e) - L2().matrix(e)
    assert np.allclose(difference, 9.0 * np.array([[0.0, -1.0, -0.5], [1.0, 1.5, 0.5]]))


def test_the_euclidean_matrix_is_the_identity() -> None:
    assert np.array_equal(Euclidean().matrix(UNEVEN), [[0.0] * 6, [1.0] * 6])


def test_unknown_ends_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match="natural, fixed"):
        Sobolev(1.0, ends="loose")


def test_functions_on_different_grids_have_no_inner_product() -> None:
    _, u, _ = draw(UNEVEN)
    with pytest.raises(ArgumentError, match="grid"):
        L2().inner(u, u.refined([0.0, 1.9]))


@pytest.mark.parametrize("length", [1e9, 1e100])
def test_a_length_out_of_proportion_to_the_horizon_is_refused(length: float) -> None:
    p = Parameters(np.linspace(0.0, 1.0, 5), np.ones((5, 1, 1)), np.ones((5, 1)))
    derivative = Derivative.from_values(p.times, p.values, p.blocks)
    with pytest.raises(ArgumentError, match="lower smoothing"):
        Sobolev(length).gradient(derivative)


def test_a_length_whose_square_is_no_number_is_refused() -> None:
    with pytest.raises(ArgumentError, match="at most 1e\\+100"):
        Sobolev(1e200)
