"""The right-hand side by which evolving weights evolve.

theta' = g(theta, t) = V tanh(U theta + s t + c) + e, a network of one hidden layer of few units r,
after [HXL] He, Xie and Lin 2019, doi 10.1007/978-3-030-31654-9_51.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class WeightField(NamedTuple):
    """g as a field of the generic sweeps, for a batch of one.

    V, U, s, c and e are the same at all depths and have up to 2 r P entries, which a sweep would
    gather at every stage. What it sees as the parameters at a stage is instead what changes of
    them put in there: p = (delta z, delta g), r + P numbers, around zero. The products with the
    many entries are then one matrix product for all stages (see `EvolvingWeights`).

    Attributes
    ----------
    outer : ndarray, shape (r, P)
        V transposed.
    drift : ndarray, shape (P,)
        e.
    inner : ndarray, shape (r, P + 2)
        [U, s, c].
    """

    outer: Array
    drift: Array
    inner: Array

    def f(self, t: float, x: Array, p: Array) -> Array:
        """g(theta, t), (1, P), for x = theta (1, P)."""
        r = len(self.outer)
        return self.hidden(t, x, p[:r]) @ self.outer + self.drift + p[r:]

    def jvp(self, t: float, x: Array, p: Array, dx: Array, dp: Array) -> Array:
        """The change of g, (1, P)."""
        r = len(self.outer)
        slope = 1.0 - self.hidden(t, x, p[:r]) ** 2
        return (slope * (dx @ self.inner[:, :-2].T + dp[:r])) @ self.outer + dp[r:]

    def vjp(self, t: float, x: Array, p: Array, kappa: Array) -> tuple[Array, Array]:
        """What kappa (1, P) is to theta, (1, P), and to p, (r + P,)."""
        slope = 1.0 - self.hidden(t, x, p[: len(self.outer)]) ** 2
        mu = slope * (kappa @ self.outer.T)
        return mu @ self.inner[:, :-2], np.concatenate([mu[0], kappa[0]])

    def hidden(self, t: float, x: Array, shift: Array) -> Array:
        """The hidden units tanh(z), (1, r)."""
        z = x @ self.inner[:, :-2].T + (self.inner[:, -2] * t + self.inner[:, -1] + shift)
        return np.tanh(z)
