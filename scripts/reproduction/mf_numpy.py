"""Derivatives for x' = tanh(W(t) x + b(t)) in plain NumPy, with everything kept or by the book.

`stored` transposes the reversible scheme step by step, with all stages kept. `optimise_first` is
what "optimise, then discretise" means: the adjoint equation of the continuous problem, solved
backwards together with the direct one by the same scheme. Both know nothing of the package's
sweeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.model.tableaux import tableau

Array = NDArray[Any]


@dataclass(frozen=True)
class Net:
    """The field, its transposes, and the hat functions that its parameters are made of."""

    p: sn.Parameters

    def __call__(self, t: float, x: Array) -> Array:
        weights, bias = self.p.at(t)
        return np.asarray(np.tanh(x @ weights.T + bias))

    def transposed(self, t: float, x: Array, kappa: Array) -> tuple[Array, Array]:
        """f_x^T kappa (B, d), and f_theta^T kappa times the hat functions (K + 1, P)."""
        weights, bias = self.p.at(t)
        delta = kappa * (1.0 - np.tanh(x @ weights.T + bias) ** 2)
        here = np.concatenate([(delta.T @ x).ravel(), delta.sum(axis=0)])
        hats = [np.interp(t, self.p.times, row) for row in np.eye(self.p.times.size)]
        return delta @ weights, np.outer(hats, here)


class Scheme:
    """The increment of an explicit Runge-Kutta scheme, and its transpose."""

    def __init__(self, net: Net, name: str) -> None:
        self.net, (self.a, self.b, self.c) = net, tableau(name).arrays()

    def increment(self, t: float, h: float, x: Array) -> tuple[Array, list[Array]]:
        """Psi_h(t, x), and the stages."""
        stages: list[Array] = []
        slopes: list[Array] = []
        for row, c in zip(self.a, self.c, strict=True):
            stages.append(x + h * sum((w * k for w, k in zip(row, slopes, strict=False)), 0.0 * x))
            slopes.append(self.net(t + c * h, stages[-1]))
        return h * sum(w * k for w, k in zip(self.b, slopes, strict=True)), stages

    def transposed(
        self, t: float, h: float, stages: list[Array], eta: Array
    ) -> tuple[Array, Array]:
        """The transpose of the increment's tangent: for the state, and for the parameters."""
        last = len(stages)
        mu = [np.zeros_like(eta)] * last
        total: Array = np.zeros(self.net.p.values.shape)
        for i in reversed(range(last)):
            later = sum((self.a[j, i] * mu[j] for j in range(i + 1, last)), 0.0 * eta)
            kappa = h * (self.b[i] * eta + later)
            mu[i], here = self.net.transposed(t + self.c[i] * h, stages[i], kappa)
            total += here
        return np.sum(mu, axis=0), total


def stored(problem: sn.InverseProblem, p: sn.Parameters, coupling: float) -> Array:
    """dE/dtheta (K + 1, P) of the reversible scheme, E = mean |y_N - targets|^2 / 2."""
    scheme, times = Scheme(Net(p), problem.settings["scheme"]), problem.times
    y = z = problem.inputs
    kept = []
    for t, end in pairwise(times):
        there, forth = scheme.increment(t, end - t, z)
        y = coupling * y + (1.0 - coupling) * z + there
        back, home = scheme.increment(end, t - end, y)
        z = z - back
        kept.append((t, end, forth, home))
    eta, zeta = (y - problem.settings["targets"]) / len(y), np.zeros_like(y)
    total: Array = np.zeros(p.values.shape)
    for t, end, forth, home in reversed(kept):
        change, here = scheme.transposed(end, t - end, home, zeta)
        eta, total = eta - change, total - here
        change, here = scheme.transposed(t, end - t, forth, eta)
        zeta, total = zeta + (1.0 - coupling) * eta + change, total + here
        eta = coupling * eta
    return total


def optimise_first(problem: sn.InverseProblem, p: sn.Parameters) -> Array:
    """dE/dtheta (K + 1, P): (x, lambda, integral) solved backwards from x(T), nothing kept."""
    net, times = Net(p), problem.times
    scheme = Scheme(net, problem.settings["scheme"])
    x = problem.inputs
    for t, end in pairwise(times):
        x = x + scheme.increment(t, end - t, x)[0]
    adjoint = (x - problem.settings["targets"]) / len(x)
    total: Array = np.zeros(p.values.shape)
    for end, t in pairwise(times[::-1]):
        h = t - end
        slopes: list[tuple[Array, Array, Array]] = []
        for row, c in zip(scheme.a, scheme.c, strict=True):
            moved = [
                value + h * sum((w * s[k] for w, s in zip(row, slopes, strict=False)), 0.0 * value)
                for k, value in enumerate((x, adjoint))
            ]
            pulled, here = net.transposed(end + c * h, *moved)
            slopes.append((net(end + c * h, moved[0]), -pulled, -here))
        x, adjoint, total = (
            value + h * sum(w * s[k] for w, s in zip(scheme.b, slopes, strict=True))
            for k, value in enumerate((x, adjoint, total))
        )
    return total
