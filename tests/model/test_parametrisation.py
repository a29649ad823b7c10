"""From a flat control to nodal parameters, and the metric it lives in."""

from __future__ import annotations

import numpy as np
import pytest
from twins import random_parameters

from standalone_node import Derivative
from standalone_node.model.depth import mass, stiffness, uniform_grid
from standalone_node.model.parametrisation import BandedGram, Free

TIMES = np.array([0.0, 0.4, 1.0, 1.5])
RNG = np.random.default_rng(0)
TEMPLATE = random_parameters(RNG, TIMES, 2)
FREE = Free(TEMPLATE)
FIXED = [(), (0,), (-1,), (0, -1)]


def test_coordinates_and_parameters_are_inverse_to_each_other() -> None:
    u = FREE.coordinates(TEMPLATE)
    assert u.shape == (TEMPLATE.values.size,)
    again = FREE.apply(u)
    assert again.matches(TEMPLATE) and np.array_equal(again.values, TEMPLATE.values)


def test_parameters_do_not_change_with_the_control_they_came_from() -> None:
    """They are the key under which a trajectory is kept, and SciPy writes to its controls."""
    u = np.zeros(TEMPLATE.values.size)
    p = FREE.apply(u)
    u[:] = 1.0
    assert (p.values == 0.0).all()


def test_the_adjoint_is_the_transpose_of_the_tangent() -> None:
    u, du = RNG.normal(size=(2, TEMPLATE.values.size))
    e = Derivative(TIMES, RNG.normal(size=(4, 2, 2)), RNG.normal(size=(4, 2)))
    forward = e.apply(FREE.tangent(u, du))
    assert forward == pytest.approx(float(FREE.adjoint(u, e) @ du), rel=1e-13)


def test_the_tangent_is_the_derivative_of_the_map() -> None:
    u, du = RNG.normal(size=(2, TEMPLATE.values.size))
    difference = (FREE.apply(u + 0.5 * du) - FREE.apply(u - 0.5 * du)).values
    assert np.allclose(difference, FREE.tangent(u, du).values, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("points", [2, 3, 50])
@pytest.mark.parametrize("fixed", FIXED)
def test_solving_undoes_applying(points: int, fixed: tuple[int, ...]) -> None:
    times = uniform_grid(2.0, points)
    gram = BandedGram(mass(times) + 0.5 * stiffness(times), fixed)
    nodal = np.random.default_rng(points).normal(size=(points, 3))
    nodal[list(fixed)] = 0.0
    assert np.allclose(gram.solve(gram.apply(nodal.ravel())), nodal.ravel(), atol=1e-11)


def test_solving_leaves_the_functional_as_it_was() -> None:
    gram = FREE.gram(mass(TIMES), (0, -1))
    functional = np.ones(TEMPLATE.values.size)
    gram.solve(functional)
    assert (functional == 1.0).all()


def test_the_gram_operator_is_symmetric_and_positive() -> None:
    gram = FREE.gram(mass(TIMES) + stiffness(TIMES), ())
    u, v = RNG.normal(size=(2, TEMPLATE.values.size))
    assert gram.apply(u) @ v == pytest.approx(gram.apply(v) @ u, rel=1e-12)
    assert gram.apply(u) @ u > 0.0


@pytest.mark.parametrize("fixed", FIXED)
def test_the_whitened_coordinates_have_the_identity_for_a_metric(fixed: tuple[int, ...]) -> None:
    gram = FREE.gram(mass(TIMES) + 0.3 * stiffness(TIMES), fixed)
    nodal = RNG.normal(size=(2, *TEMPLATE.values.shape))
    nodal[:, list(fixed)] = 0.0
    u, w = nodal.reshape(2, -1)
    v = gram.whiten(u)
    assert float(v @ gram.whiten(w)) == pytest.approx(float(gram.apply(u) @ w), rel=1e-12)
    assert np.allclose(gram.unwhiten(v), u, atol=1e-13)
    functional = RNG.normal(size=u.size)
    paired = float(gram.whiten_functional(functional) @ v)
    assert paired == pytest.approx(float(functional @ u), rel=1e-12)
    assert np.allclose(
        gram.unwhiten(gram.whiten_functional(functional)), gram.solve(functional), atol=1e-12
    )


def test_whitening_works_for_any_coordinates_where_nodes_are_held() -> None:
    gram = FREE.gram(mass(TIMES), (0, -1))
    u = RNG.normal(size=TEMPLATE.values.size)
    assert np.allclose(gram.unwhiten(gram.whiten(u)), u, atol=1e-13)
