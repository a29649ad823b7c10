"""One evaluation of f, of its tangent and of its adjoint, for each form of the right-hand side.

A form is three functions and one row of `FORMS`. `theta` is the flat row of parameters of one
stage time. States and their changes are (d, S); of the arrays that a form keeps or works in, it
says itself how many rows they have. The direct stage leaves behind what the other two need:
`feature`, what the weights are multiplied with, and `slope`, the derivative of the activation.

    inside      f = sigma(W x + b):            feature = x,          slope = sigma'(W x + b)
    outside     f = W sigma(x) + b:            feature = sigma(x),   slope = sigma'(x)
    bottleneck  f = W2 sigma(W1 x + b) + c:    feature = x above z,  slope = sigma'(W1 x + b)
    mean-field  f = A sigma(w x + b) / M:      the same, W1 = w; M is the number of rows of w

with z = sigma(W1 x + b), which has as many rows as the inner layer has neurons. The last two keep
their parameters in the same order, the inner layer first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from standalone_node.kernels.jit import inlined
from standalone_node.kernels.products import (
    add_outer,
    add_product,
    add_row_sums,
    copy,
    divide,
    multiply,
    multiply_transposed,
    product,
    scale,
    scaled,
)

Body = Callable[..., Any]


class Heights(NamedTuple):
    """Rows of the arrays (rows, S) that the functions of a form are given."""

    feature: int
    slope: int
    work: int

    @property
    def kept(self) -> int:
        """Rows that a direct stage leaves behind."""
        return self.feature + self.slope


def _as_the_state(width: int, inner: int) -> Heights:
    return Heights(width, width, width)


class Stages(NamedTuple):
    """The three functions of one form, and the rows of their arrays.

    direct(activate, theta, feature, slope, work, value)
        value = f at the stage state, which arrives in the first d rows of `feature`.
    sensitivity(theta, tangent, feature, slope, xi, work, value)
        value = f_x xi + f_theta tangent; must not overwrite xi.
    adjoint(theta, feature, slope, kappa, ones, work, mu, derivative)
        mu = f_x^T kappa and derivative += f_theta^T kappa; may overwrite kappa; ones is (1, S).

    heights(d, inner)
        The rows of `feature`, `slope` and `work`; those of the state if not given. `inner` is the
        inner width, 0 for a form that has none.

    All of them may write to `work`, and none can make arrays of its own.
    """

    direct: Body
    sensitivity: Body
    adjoint: Body
    heights: Callable[[int, int], Heights] = _as_the_state


# Products of one layer, q -> p. A row of theta holds W (p, q) first, then b (p,), perhaps more.


@inlined
def affine(theta, states, out):  # type: ignore[no-untyped-def]
    """out = W states + b."""
    p, q = out.shape[0], states.shape[0]
    multiply(theta[: p * q].reshape((p, q)), states, theta[p * q :], out)


@inlined
def affine_tangent(theta, tangent, states, xi, out):  # type: ignore[no-untyped-def]
    """out = W xi + dW states + db."""
    p, q = out.shape[0], states.shape[0]
    multiply(theta[: p * q].reshape((p, q)), xi, tangent[p * q :], out)
    add_product(tangent[: p * q].reshape((p, q)), states, out)


@inlined
def affine_adjoint(theta, states, kappa, ones, mu, derivative):  # type: ignore[no-untyped-def]
    """mu = W^T kappa; derivative += (kappa states^T, sum of kappa over the samples)."""
    p, q = kappa.shape[0], states.shape[0]
    add_outer(kappa, states, derivative[: p * q].reshape((p, q)))
    add_row_sums(kappa, ones, derivative[p * q : p * (q + 1)])
    multiply_transposed(theta[: p * q].reshape((p, q)), kappa, mu)


@inlined
def linear(theta, states, out):  # type: ignore[no-untyped-def]
    """out = W states."""
    p, q = out.shape[0], states.shape[0]
    product(theta[: p * q].reshape((p, q)), states, out)


@inlined
def linear_tangent(theta, tangent, states, xi, out):  # type: ignore[no-untyped-def]
    """out = W xi + dW states."""
    p, q = out.shape[0], states.shape[0]
    product(theta[: p * q].reshape((p, q)), xi, out)
    add_product(tangent[: p * q].reshape((p, q)), states, out)


@inlined
def linear_adjoint(theta, states, kappa, mu, derivative):  # type: ignore[no-untyped-def]
    """mu = W^T kappa; derivative += kappa states^T."""
    p, q = kappa.shape[0], states.shape[0]
    add_outer(kappa, states, derivative[: p * q].reshape((p, q)))
    multiply_transposed(theta[: p * q].reshape((p, q)), kappa, mu)


# Activations are given different arrays to read and to write: in place, their loops stay scalar.


@inlined
def inside_direct(activate, theta, feature, slope, work, value):  # type: ignore[no-untyped-def]
    """value = sigma(W x + b)."""
    affine(theta, feature, work)
    activate(work.reshape(work.size), value.reshape(value.size), slope.reshape(slope.size))


@inlined
def inside_sensitivity(theta, tangent, feature, slope, xi, work, value):  # type: ignore[no-untyped-def]
    """value = sigma'(W x + b) (W xi + dW x + db)."""
    affine_tangent(theta, tangent, feature, xi, value)
    scale(slope, value)


@inlined
def inside_adjoint(theta, feature, slope, kappa, ones, work, mu, derivative):  # type: ignore[no-untyped-def]
    """The transpose of inside_sensitivity."""
    scale(slope, kappa)
    affine_adjoint(theta, feature, kappa, ones, mu, derivative)


@inlined
def outside_direct(activate, theta, feature, slope, work, value):  # type: ignore[no-untyped-def]
    """value = W sigma(x) + b; `feature` becomes sigma(x)."""
    copy(feature, work)
    activate(work.reshape(work.size), feature.reshape(feature.size), slope.reshape(slope.size))
    affine(theta, feature, value)


@inlined
def outside_sensitivity(theta, tangent, feature, slope, xi, work, value):  # type: ignore[no-untyped-def]
    """value = W sigma'(x) xi + dW sigma(x) + db."""
    scaled(slope, xi, work)
    affine_tangent(theta, tangent, feature, work, value)


@inlined
def outside_adjoint(theta, feature, slope, kappa, ones, work, mu, derivative):  # type: ignore[no-untyped-def]
    """The transpose of outside_sensitivity."""
    affine_adjoint(theta, feature, kappa, ones, mu, derivative)
    scale(slope, mu)


# Two layers, d -> inner -> d: a row of theta holds the inner one first, which is the form "inside"
# with another height. The outer one is affine in a bottleneck and linear in a mean field.


def _two_layers(width: int, inner: int) -> Heights:
    return Heights(width + inner, inner, inner)


@inlined
def bottleneck_direct(activate, theta, feature, slope, work, value):  # type: ignore[no-untyped-def]
    """value = W2 sigma(W1 x + b) + c."""
    d, inner = value.shape[0], slope.shape[0]
    outer = inner * (d + 1)
    inside_direct(activate, theta, feature[:d], slope, work, feature[d:])
    affine(theta[outer:], feature[d:], value)


@inlined
def bottleneck_sensitivity(theta, tangent, feature, slope, xi, work, value):  # type: ignore[no-untyped-def]
    """value = W2 dz + dW2 z + dc."""
    d, inner = value.shape[0], slope.shape[0]
    outer = inner * (d + 1)
    inside_sensitivity(theta, tangent, feature[:d], slope, xi, work, work)
    affine_tangent(theta[outer:], tangent[outer:], feature[d:], work, value)


@inlined
def bottleneck_adjoint(theta, feature, slope, kappa, ones, work, mu, derivative):  # type: ignore[no-untyped-def]
    """The transpose of bottleneck_sensitivity."""
    d, inner = mu.shape[0], slope.shape[0]
    outer = inner * (d + 1)
    affine_adjoint(theta[outer:], feature[d:], kappa, ones, work, derivative[outer:])
    inside_adjoint(theta, feature[:d], slope, work, ones, work, mu, derivative)


@inlined
def mean_field_direct(activate, theta, feature, slope, work, value):  # type: ignore[no-untyped-def]
    """value = A sigma(w x + b) / M."""
    d, inner = value.shape[0], slope.shape[0]
    inside_direct(activate, theta, feature[:d], slope, work, feature[d:])
    linear(theta[inner * (d + 1) :], feature[d:], value)
    divide(value, inner)


@inlined
def mean_field_sensitivity(theta, tangent, feature, slope, xi, work, value):  # type: ignore[no-untyped-def]
    """value = (A dz + dA z) / M."""
    d, inner = value.shape[0], slope.shape[0]
    outer = inner * (d + 1)
    inside_sensitivity(theta, tangent, feature[:d], slope, xi, work, work)
    linear_tangent(theta[outer:], tangent[outer:], feature[d:], work, value)
    divide(value, inner)


@inlined
def mean_field_adjoint(theta, feature, slope, kappa, ones, work, mu, derivative):  # type: ignore[no-untyped-def]
    """The transpose of mean_field_sensitivity."""
    d, inner = mu.shape[0], slope.shape[0]
    outer = inner * (d + 1)
    divide(kappa, inner)
    linear_adjoint(theta[outer:], feature[d:], kappa, work, derivative[outer:])
    inside_adjoint(theta, feature[:d], slope, work, ones, work, mu, derivative)


#: The table: a form of f, its three functions and the rows of their arrays.
FORMS = {
    "inside": Stages(inside_direct, inside_sensitivity, inside_adjoint),
    "outside": Stages(outside_direct, outside_sensitivity, outside_adjoint),
    "bottleneck": Stages(
        bottleneck_direct, bottleneck_sensitivity, bottleneck_adjoint, _two_layers
    ),
    "mean-field": Stages(
        mean_field_direct, mean_field_sensitivity, mean_field_adjoint, _two_layers
    ),
}
