"""What a user's field has to offer, and what is said if it does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fields import Epidemic, Network

import standalone_node as sn
from standalone_node.errors import ArgumentError, FieldError
from standalone_node.model.field import FlatField, field_blocks

X = np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2]])


def made(**changes: Any) -> Any:
    """The epidemic as a plain object, with some of its attributes changed or (None) taken away."""
    e = Epidemic()
    given = {"f": e.f, "jvp": e.jvp, "vjp": e.vjp, "varying": e.varying, "constant": e.constant}
    return SimpleNamespace(**{k: v for k, v in {**given, **changes}.items() if v is not None})


def test_names_and_shapes_come_varying_ones_first() -> None:
    assert field_blocks(Epidemic()) == (("beta", ()), ("gamma", ()))
    assert field_blocks(Network(2, constant=("W",))) == (("b", (2,)), ("W", (2, 2)))


def test_an_object_with_the_attributes_will_do() -> None:
    assert field_blocks(made()) == field_blocks(Epidemic())
    assert field_blocks(made(constant=None)) == (("beta", ()),)


def test_flat_parameters_reach_the_user_by_name_and_in_their_shapes() -> None:
    flat, p = FlatField(Network(2)), np.arange(6.0)
    assert {name: part.shape for name, part in flat.named(p).items()} == {"W": (2, 2), "b": (2,)}
    x = np.array([[0.3, -0.2]])
    W, b = p[:4].reshape(2, 2), p[4:]
    assert np.array_equal(flat.f(0.0, x, p), np.tanh(x @ W.T + b))


def test_the_flat_transpose_is_the_transpose() -> None:
    flat, rng = FlatField(Epidemic(0.5)), np.random.default_rng(0)
    p, dp = rng.random((2, 2))
    dx, kappa = rng.normal(size=(2, 2, 3))
    by_state, by_p = flat.vjp(0.4, X, p, kappa)
    forward = np.vdot(kappa, flat.jvp(0.4, X, p, dx, dp))
    assert np.vdot(by_state, dx) + by_p @ dp == pytest.approx(forward, rel=1e-13)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vjp": None}, "no function vjp"),
        ({"jvp": 3}, "no function jvp"),
        ({"varying": {}, "constant": {}}, "no parameters"),
        ({"constant": {"beta": ()}}, "'beta' has to be a string that is given once"),
        ({"varying": {"beta": "x"}}, "the shape of 'beta'"),
        ({"varying": {"beta": (0,)}}, "the shape of 'beta'"),
        ({"varying": ["beta"]}, "varying has to map"),
        ({"scale": {"alpha": 1.0}}, "scale names 'alpha'"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        field_blocks(made(**changes))


def test_the_class_checks_what_it_is_given() -> None:
    e = Epidemic()
    with pytest.raises(ArgumentError, match="no parameters"):
        sn.Field(e.f, jvp=e.jvp, vjp=e.vjp)
    with pytest.raises(ArgumentError, match="constant has to map"):
        sn.Field(e.f, jvp=e.jvp, vjp=e.vjp, constant=["gamma"])  # type: ignore[arg-type]


def vjp_with(**parts: Any) -> Any:
    def vjp(t: float, x: Any, p: Any, kappa: Any) -> Any:
        by_state, by_p = Epidemic().vjp(t, x, p, kappa)
        return by_state, {k: v for k, v in {**by_p, **parts}.items() if v is not None}

    return made(vjp=vjp)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (vjp_with(gamma=np.zeros(2)), "'gamma' has shape .2,. instead of .. ?: sum it over"),
        (vjp_with(gamma=np.zeros(3)), "'gamma' has shape .3,. instead of"),
        (vjp_with(gamma=None), "parts of beta, gamma by name, and returns beta"),
        (vjp_with(delta=0.0), "returns beta, gamma, delta"),
        (made(vjp=lambda t, x, p, kappa: kappa), "return two things"),
        (made(vjp=lambda t, x, p, kappa: (kappa, kappa)), "by name"),
        (made(vjp=lambda t, x, p, kappa: (kappa[0], {"beta": 0, "gamma": 0})), "the part of x"),
    ],
)
def test_a_vjp_of_another_shape_is_named(field: Any, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        FlatField(field).vjp(0.0, X, np.ones(2), np.ones_like(X))


def test_a_velocity_of_another_shape_is_named() -> None:
    with pytest.raises(FieldError, match=r"f has shape \(2,\) instead of \(2, 3\)"):
        FlatField(made(f=lambda t, x, p: x[:, 0])).f(0.0, X, np.ones(2))
