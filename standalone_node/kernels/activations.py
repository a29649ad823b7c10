"""Activations: the value sigma(z) and the slope sigma'(z) of a whole array in one pass.

Each activation is one kernel ``(z, value, slope)`` over flat arrays and one row of `ACTIVATIONS`.
`value` may be `z` itself. The loops hold arithmetic and selections only, so that they vectorise.
"""

from __future__ import annotations

import math

import numpy as np

from standalone_node.kernels.elementary import (
    LARGEST_ANGLE,
    exp_nonpositive,
    expm1_nonpositive,
    log1p_unit,
    sine_cosine,
)
from standalone_node.kernels.jit import inlined


@inlined
def identity(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = z."""
    for i in range(z.size):
        value[i] = z[i]
        slope[i] = 1.0


@inlined
def tanh(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = tanh z, through expm1 of -2|z|, which neither overflows nor cancels."""
    for i in range(z.size):
        e = expm1_nonpositive(-2.0 * abs(z[i]))
        share = 1.0 / (2.0 + e)  # one division for both
        magnitude = -e * share
        # 1 - tanh**2 = 4 exp(-2|z|) / (1 + exp(-2|z|))**2
        slope[i] = 4.0 * (1.0 + e) * (share * share)
        value[i] = -magnitude if z[i] < 0.0 else magnitude


@inlined
def sigmoid(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = 1 / (1 + exp(-z))."""
    for i in range(z.size):
        e = exp_nonpositive(-abs(z[i]))
        large = 1.0 / (1.0 + e)
        small = e * large
        slope[i] = small * large
        value[i] = small if z[i] < 0.0 else large


@inlined
def relu(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = max(z, 0); the slope at 0 is 0."""
    for i in range(z.size):
        x = z[i]
        value[i] = 0.0 if x <= 0.0 else x
        slope[i] = 0.0 if x <= 0.0 else 1.0


@inlined
def leaky_relu(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = z for z > 0, 0.01 z otherwise."""
    for i in range(z.size):
        x = z[i]
        value[i] = 0.01 * x if x <= 0.0 else x
        slope[i] = 0.01 if x <= 0.0 else 1.0


@inlined
def elu(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = z for z > 0, exp(z) - 1 otherwise."""
    for i in range(z.size):
        x = z[i]
        e = expm1_nonpositive(0.0 if x > 0.0 else x)
        value[i] = x if x > 0.0 else e
        slope[i] = 1.0 + e


@inlined
def softplus(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = log(1 + exp z)."""
    for i in range(z.size):
        x = z[i]
        e = exp_nonpositive(-abs(x))
        value[i] = (0.0 if x < 0.0 else x) + log1p_unit(e)
        slope[i] = (e if x < 0.0 else 1.0) / (1.0 + e)


@inlined
def silu(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = z / (1 + exp(-z)), also known as swish."""
    for i in range(z.size):
        x = z[i]
        e = exp_nonpositive(-abs(x))
        large = 1.0 / (1.0 + e)
        small = e * large
        gate = small if x < 0.0 else large
        closed = large if x < 0.0 else small
        # Where exp(-|x|) is nothing, so is the product; infinity times nothing would be NaN.
        bounded = min(max(x, -708.0), 708.0)
        slope[i] = gate * (1.0 + bounded * closed)
        value[i] = (x if x > 0.0 else bounded) * gate


@inlined
def sine(z, value, slope):  # type: ignore[no-untyped-def]
    """sigma(z) = sin z; arrays with very large angles go through libm instead."""
    largest = 0.0
    for i in range(z.size):
        magnitude = abs(z[i])
        largest = magnitude if magnitude > largest else largest
    if largest > LARGEST_ANGLE:
        for i in range(z.size):
            x = np.float64(z[i])
            value[i] = math.sin(x)
            slope[i] = math.cos(x)
    else:
        for i in range(z.size):
            value[i], slope[i] = sine_cosine(z[i])


#: The table: a name and the function behind it.
ACTIVATIONS = {
    "identity": identity,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "leaky-relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "silu": silu,
    "sine": sine,
}
