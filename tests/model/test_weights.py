"""What is learnt: names, choices, and how near each comes to given parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from weight_choices import CHOICES, HORIZON, TIMES, placed, template

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.depth import banded_product, mass
from standalone_node.model.weights import WEIGHTS, Weights, weights_of

every_choice = pytest.mark.parametrize("name", CHOICES)
SERIES = [name for name in CHOICES if not name.startswith("evolving")]


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_name_stands_for_the_choice_with_its_defaults(name: str) -> None:
    assert weights_of(name) == WEIGHTS[name]()


def test_an_object_stands_for_itself_and_nothing_for_free_nodal_values() -> None:
    given = sn.Galerkin("fourier", modes=3)
    assert weights_of(given) is given
    assert weights_of(None) == sn.Free()


@pytest.mark.parametrize("given", ["constants", "", 3, sn.Evolving])
def test_what_cannot_be_learnt_is_refused_with_what_can(given: Any) -> None:
    with pytest.raises(ArgumentError, match="free, constant, galerkin, evolving"):
        weights_of(given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sn.Galerkin("wavelet"), "choose one of legendre, fourier, b-spline"),
        (lambda: sn.Galerkin(modes=0), "modes = 0 has to be a whole number, 1 or larger"),
        (lambda: sn.Galerkin(modes=2.5), "modes = 2.5"),  # type: ignore[arg-type]
        (lambda: sn.Evolving(width=True), "width = True"),
        (lambda: sn.Evolving(scheme="leapfrog"), "unknown scheme 'leapfrog'"),
        (lambda: sn.Galerkin(modes=10).on(template()), "10 modes need as many depth nodes"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@every_choice
def test_what_is_learnt_lives_on_the_grid_and_in_the_blocks_of_the_template(name: str) -> None:
    parametrisation, u, du = placed(name)
    assert parametrisation.apply(u).matches(template())
    assert parametrisation.tangent(u, du).matches(template())


@every_choice
def test_constants_are_learnt_by_all(name: str) -> None:
    constant = template().like(np.tile(template().values[0], (TIMES.size, 1)))
    parametrisation = CHOICES[name].on(constant)
    back = parametrisation.apply(parametrisation.coordinates(constant))
    assert np.abs(back.values - constant.values).max() <= 1e-13


@every_choice
def test_parameters_do_not_change_with_the_control_they_came_from(name: str) -> None:
    parametrisation, u, _ = placed(name)
    p = parametrisation.apply(u)
    before = p.values.copy()
    u += 1.0
    assert np.array_equal(p.values, before)
    assert not np.array_equal(parametrisation.apply(u).values, before)


@pytest.mark.parametrize("name", SERIES)
def test_the_coordinates_of_a_series_are_its_coefficients(name: str) -> None:
    parametrisation, u, _ = placed(name)
    assert np.abs(parametrisation.coordinates(parametrisation.apply(u)) - u).max() <= 1e-10


@pytest.mark.parametrize("name", SERIES)
def test_coordinates_are_the_best_approximation_in_l2(name: str) -> None:
    """The error is orthogonal to everything that can be learnt."""
    rough = template().like(np.random.default_rng(3).standard_normal((TIMES.size, 6)))
    parametrisation, _, du = placed(name)
    error = parametrisation.apply(parametrisation.coordinates(rough)) - rough
    direction = parametrisation.tangent(du, du)
    assert abs(sn.L2().inner(error, direction)) <= 1e-12


def test_the_constants_nearest_to_parameters_are_their_means() -> None:
    parametrisation = sn.Constant().on(template())
    means = banded_product(mass(TIMES), template().values).sum(axis=0) / HORIZON
    assert np.allclose(parametrisation.coordinates(template()), means, rtol=1e-13)


def test_evolving_weights_begin_where_the_parameters_do() -> None:
    parametrisation = sn.Evolving(2).on(template())
    path = parametrisation.apply(parametrisation.coordinates(template()))
    assert np.array_equal(path.values[0], template().values[0])


def test_a_smooth_start_is_kept_by_evolving_weights() -> None:
    problem = sn.InverseProblem(np.zeros((1, 3)), np.zeros((1, 3)), horizon=2.0, steps=20)
    start = problem.initial_parameters()
    parametrisation = sn.Evolving().on(start)
    path = parametrisation.apply(parametrisation.coordinates(start))
    assert np.abs(path.values - start.values).max() <= 5e-3 * np.abs(start.values).max()


@pytest.mark.parametrize("weights", [sn.Constant(), sn.Galerkin(modes=3), sn.Evolving(2)])
@pytest.mark.parametrize("ends", ["fixed", "fixed-start", "fixed-end"])
def test_fixed_ends_are_refused_where_there_are_no_nodal_values(
    weights: Weights, ends: str
) -> None:
    metric = sn.Sobolev(1.0, ends)
    with pytest.raises(ArgumentError, match="fixed ends needs nodal values to hold"):
        weights.on(template()).gram(metric.matrix(TIMES), metric.fixed)


def test_modes_that_the_nodes_cannot_tell_apart_are_refused() -> None:
    times = np.linspace(0.0, 1.0, 61)
    fine = sn.Parameters.from_values(times, np.ones((61, 1)), (("b", (1,)),))
    with pytest.raises(ArgumentError, match="linearly dependent at the depth nodes"):
        sn.Galerkin("legendre", modes=60).on(fine)


def test_a_series_has_no_more_terms_than_nodes_unless_it_is_told_to() -> None:
    coarse = template().refined([0.0, template().horizon])
    assert sn.Galerkin().on(coarse).coordinates(coarse).size == coarse.values.size


def test_one_unit_evolves_on_a_grid_of_two_nodes() -> None:
    coarse = template().refined([0.0, template().horizon])
    evolving = sn.Evolving(1).on(coarse)
    gram = evolving.gram(mass(coarse.times), ())
    u = evolving.coordinates(coarse)
    assert np.isfinite(gram.solve(u)).all()
