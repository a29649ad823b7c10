"""Every form as one layer between two matrices, against the reference that loops."""

from __future__ import annotations

import numpy as np
import pytest
from twins import HORIZON, UNEVEN, blocks_of, random_parameters, relative_error

import naive
from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.model.forms import inner_width
from standalone_node.model.layers import LAYERS, Layer, layer_at, slopes_of
from standalone_node.model.nodal import Parameters

RNG = np.random.default_rng(4)
STATES = RNG.normal(size=(5, 3))
DEPTH = HORIZON * np.array(UNEVEN)
BETWEEN = 0.4 * HORIZON


def parameters(form: str, inner: int | None = None) -> Parameters:
    return random_parameters(np.random.default_rng(7), DEPTH, 3, form, inner)


def at(p: Parameters, t: float) -> tuple[np.ndarray, ...]:
    return tuple(naive.theta_at(DEPTH, block, t) for block in blocks_of(p))


def test_every_form_has_a_layer() -> None:
    assert set(LAYERS) == set(FORMS)


@pytest.mark.parametrize("t", [0.0, BETWEEN, HORIZON])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_the_layer_is_the_field_of_the_form(form: str, activation: str, t: float) -> None:
    p = parameters(form)
    layer, theta = layer_at(p, t, form, activation), at(p, t)
    expected = np.array([naive.field(form, activation, theta, x) for x in STATES])
    assert relative_error(layer.velocity(STATES), expected) <= 1e-13
    expected = np.array([naive.field_x(form, activation, theta, x) for x in STATES])
    assert relative_error(layer.jacobians(STATES), expected) <= 1e-13


@pytest.mark.parametrize("inner", [1, 2, 8])
@pytest.mark.parametrize("form", [form for form in FORMS if inner_width(form, 3)])
def test_an_inner_layer_may_have_any_width(form: str, inner: int) -> None:
    p = parameters(form, inner)
    layer, theta = layer_at(p, BETWEEN, form, "tanh"), at(p, BETWEEN)
    expected = np.array([naive.field_x(form, "tanh", theta, x) for x in STATES])
    assert layer.slopes(STATES)[1].shape == (5, inner)
    assert relative_error(layer.jacobians(STATES), expected) <= 1e-13


@pytest.mark.parametrize("form", FORMS)
def test_the_way_out_has_its_transpose(form: str) -> None:
    layer = layer_at(parameters(form), BETWEEN, form, "sine")
    features = layer.slopes(STATES)[1]
    back = layer.outward_transposed(STATES)
    assert np.vdot(layer.outward(features), STATES) == pytest.approx(np.vdot(features, back))


@pytest.mark.parametrize("form", FORMS)
def test_the_jacobian_is_made_of_the_layers_own_parts(form: str) -> None:
    layer = layer_at(parameters(form), BETWEEN, form, "silu")
    z, slopes = layer.slopes(STATES)
    assert np.array_equal(slopes, slopes_of("silu", z))
    along = RNG.normal(size=3)
    expected = layer.outward(slopes * layer.inward(np.broadcast_to(along, STATES.shape)))
    assert relative_error(layer.jacobians(STATES) @ along, expected) <= 1e-13


def test_a_layer_between_two_identities_is_the_activation_alone() -> None:
    layer = Layer(None, None, 0.0, "tanh")
    assert np.allclose(layer.velocity(STATES), np.tanh(STATES), rtol=1e-14)
    diagonal = np.zeros((5, 3, 3))
    diagonal[:, range(3), range(3)] = 1.0 - np.tanh(STATES) ** 2
    assert np.allclose(layer.jacobians(STATES), diagonal, rtol=1e-13)


def test_slopes_have_the_shape_of_what_they_are_slopes_at() -> None:
    z = np.asfortranarray(RNG.normal(size=(2, 3, 4)))
    assert np.allclose(slopes_of("sine", z), np.cos(z), rtol=1e-13)
    assert np.array_equal(slopes_of("relu", np.array(2.0)), 1.0)


def test_there_is_no_layer_outside_the_depth() -> None:
    with pytest.raises(ArgumentError, match="outside the depth"):
        layer_at(parameters("inside"), HORIZON + 0.1, "inside", "tanh")
