"""One evaluation of f, of its tangent and of its adjoint, for each form of the right-hand side.

A form is three functions and one row of `FORMS`. `theta` is the flat row of parameters of one
stage time, all other arrays are (d, S). The direct stage leaves behind what the other two need:
`feature`, what the weights are multiplied with, and `slope`, the derivative of the activation.

    inside    f = sigma(W x + b):   feature = x,         slope = sigma'(W x + b)
    outside   f = W sigma(x) + b:   feature = sigma(x),  slope = sigma'(x)
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
    multiply,
    multiply_transposed,
    scale,
    scaled,
)

Body = Callable[..., Any]


class Stages(NamedTuple):
    """The three functions of one form.

    direct(activate, theta, feature, slope, work, value)
        value = f at the stage state, which arrives in `feature`.
    sensitivity(theta, tangent, feature, slope, xi, work, value)
        value = f_x xi + f_theta tangent; must not overwrite xi.
    adjoint(theta, feature, slope, kappa, ones, work, mu, derivative)
        mu = f_x^T kappa and derivative += f_theta^T kappa; may overwrite kappa; ones is (1, S).

    All of them may write to `work`, and none can make arrays of its own.
    """

    direct: Body
    sensitivity: Body
    adjoint: Body


@inlined
def affine(theta, states, out):  # type: ignore[no-untyped-def]
    """out = W states + b."""
    d = out.shape[0]
    multiply(theta[: d * d].reshape((d, d)), states, theta[d * d :], out)


@inlined
def affine_tangent(theta, tangent, states, xi, out):  # type: ignore[no-untyped-def]
    """out = W xi + dW states + db."""
    d = out.shape[0]
    multiply(theta[: d * d].reshape((d, d)), xi, tangent[d * d :], out)
    add_product(tangent[: d * d].reshape((d, d)), states, out)


@inlined
def affine_adjoint(theta, states, kappa, ones, mu, derivative):  # type: ignore[no-untyped-def]
    """mu = W^T kappa; derivative += (kappa states^T, sum of kappa over the samples)."""
    d = mu.shape[0]
    add_outer(kappa, states, derivative[: d * d].reshape((d, d)))
    add_row_sums(kappa, ones, derivative[d * d :])
    multiply_transposed(theta[: d * d].reshape((d, d)), kappa, mu)


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


#: The table: a form of f and its three functions.
FORMS = {
    "inside": Stages(inside_direct, inside_sensitivity, inside_adjoint),
    "outside": Stages(outside_direct, outside_sensitivity, outside_adjoint),
}
