"""Every form of the right-hand side as one layer between two matrices: f(x) = L sigma(R x + c) + e.

What the kernels compute is the same; this is for whoever needs the matrices themselves: the
Jacobian f_x = L diag(sigma'(R x + c)) R, its logarithmic norm, bounds on how much it varies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.elementwise import elementwise
from standalone_node.model.nodal import Parameters

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Layer:
    """The field at one depth, f(x) = left sigma(right x + shift) + rest.

    Attributes
    ----------
    left : ndarray, shape (d, q), or None
        L; None is the identity.
    right : ndarray, shape (q, d), or None
        R; None is the identity.
    shift : ndarray, shape (q,), or float
        c.
    activation : str
        A key of the table of activations.
    rest : ndarray, shape (d,), or float
        e.
    """

    left: Array | None
    right: Array | None
    shift: Array | float
    activation: str
    rest: Array | float = 0.0

    def velocity(self, states: Array) -> Array:
        """f of states (B, d), (B, d)."""
        value, _ = _activated(self.activation, self.inward(states) + self.shift)
        return self.outward(value) + self.rest

    def slopes(self, states: Array) -> tuple[Array, Array]:
        """z = R x + c and sigma'(z) of states (B, d), (B, q) each."""
        z = np.ascontiguousarray(self.inward(states) + self.shift, dtype=np.float64)
        return z, slopes_of(self.activation, z)

    def inward(self, states: Array) -> Array:
        """R x of rows (..., d)."""
        return states if self.right is None else states @ self.right.T

    def outward(self, features: Array) -> Array:
        """L z of rows (..., q)."""
        return features if self.left is None else features @ self.left.T

    def outward_transposed(self, functionals: Array) -> Array:
        """L^T k of rows (..., d)."""
        return functionals if self.left is None else functionals @ self.left

    def jacobians(self, states: Array) -> Array:
        """f_x at states (B, d), (B, d, d)."""
        _, slope = self.slopes(states)
        if self.left is None:
            return slope[:, :, None] * (
                np.eye(slope.shape[1]) if self.right is None else self.right
            )
        scaled = self.left * slope[:, None, :]
        return scaled if self.right is None else np.matmul(scaled, self.right)


def slopes_of(activation: str, z: Array) -> Array:
    """sigma'(z) of an array of any shape, by the kernels' own function.

    Examples
    --------
    >>> slopes_of("tanh", np.zeros(2))
    array([1., 1.])
    """
    return _activated(activation, z)[1]


def _activated(activation: str, z: Array) -> tuple[Array, Array]:
    flat = np.ascontiguousarray(z, dtype=np.float64).ravel()
    value, slope = np.empty_like(flat), np.empty_like(flat)
    elementwise(activation)(flat, value, slope)
    return value.reshape(z.shape), slope.reshape(z.shape)


def _inside(blocks: tuple[Array, ...], activation: str) -> Layer:
    W, b = blocks
    return Layer(None, W, b, activation)


def _outside(blocks: tuple[Array, ...], activation: str) -> Layer:
    return Layer(blocks[0], None, 0.0, activation, blocks[1])


def _bottleneck(blocks: tuple[Array, ...], activation: str) -> Layer:
    W1, b, W2, c = blocks
    return Layer(W2, W1, b, activation, c)


def _mean_field(blocks: tuple[Array, ...], activation: str) -> Layer:
    w, b, A = blocks
    return Layer(A / b.size, w, b, activation)


#: The table: a form and its matrices, from the blocks of a node in their order.
LAYERS: dict[str, Callable[[tuple[Array, ...], str], Layer]] = {
    "inside": _inside,
    "outside": _outside,
    "bottleneck": _bottleneck,
    "mean-field": _mean_field,
}


def layer_at(p: Parameters, t: float, form: str, activation: str) -> Layer:
    """The field of a form at depth t.

    Parameters
    ----------
    p : Parameters
    t : float
    form : str
        A key of `LAYERS`.
    activation : str

    Examples
    --------
    >>> p = Parameters([0.0, 1.0], np.full((2, 1, 1), 3.0), np.zeros((2, 1)))
    >>> layer_at(p, 0.5, "inside", "tanh").jacobians(np.zeros((1, 1)))
    array([[[3.]]])
    """
    return LAYERS[form](p.at(t), activation)
