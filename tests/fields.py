"""Right-hand sides as users would write them, for the tests of what takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn

Array = NDArray[Any]
Named = dict[str, Array]


class Network:
    """f = tanh(W x + b): the built-in form "inside", written as a user would."""

    def __init__(self, width: int, constant: tuple[str, ...] = ()) -> None:
        shapes = {"W": (width, width), "b": (width,)}
        self.varying = {name: shape for name, shape in shapes.items() if name not in constant}
        self.constant = {name: shape for name, shape in shapes.items() if name in constant}

    def f(self, t: float, x: Array, p: Named) -> Array:
        return np.tanh(x @ p["W"].T + p["b"])

    def jvp(self, t: float, x: Array, p: Named, dx: Array, dp: Named) -> Array:
        return (1.0 - self.f(t, x, p) ** 2) * (dx @ p["W"].T + x @ dp["W"].T + dp["b"])

    def vjp(self, t: float, x: Array, p: Named, kappa: Array) -> tuple[Array, Named]:
        inner = (1.0 - self.f(t, x, p) ** 2) * kappa
        return inner @ p["W"], {"W": inner.T @ x, "b": inner.sum(axis=0)}


class Epidemic:
    """(S, I, R)' = (-beta S I, beta S I - gamma I, gamma I), the season in t if `forced`."""

    varying = {"beta": ()}  # noqa: RUF012
    constant = {"gamma": ()}  # noqa: RUF012
    scale = {"beta": 0.3, "gamma": 0.1}  # noqa: RUF012

    def __init__(self, forced: float = 0.0) -> None:
        self.forced = forced

    def rate(self, t: float, p: Named) -> Array:
        return (1.0 + self.forced * np.cos(t)) * p["beta"]

    def f(self, t: float, x: Array, p: Named) -> Array:
        s, i, _ = x.T
        new, out = self.rate(t, p) * s * i, p["gamma"] * i
        return np.column_stack([-new, new - out, out])

    def jvp(self, t: float, x: Array, p: Named, dx: Array, dp: Named) -> Array:
        (s, i, _), (ds, di, _) = x.T, dx.T
        new = self.rate(t, dp) * s * i + self.rate(t, p) * (ds * i + s * di)
        out = dp["gamma"] * i + p["gamma"] * di
        return np.column_stack([-new, new - out, out])

    def vjp(self, t: float, x: Array, p: Named, kappa: Array) -> tuple[Array, Named]:
        s, i, _ = x.T
        new, out = kappa[:, 1] - kappa[:, 0], kappa[:, 2] - kappa[:, 1]
        rate = self.rate(t, p)
        by_state = np.column_stack([rate * i * new, rate * s * new + p["gamma"] * out, 0.0 * s])
        one = {"beta": np.array(1.0)}
        return by_state, {
            "beta": np.sum(self.rate(t, one) * s * i * new),
            "gamma": np.sum(i * out),
        }


def epidemic(**options: Any) -> sn.FieldProblem:
    """Three towns, observed at uneven times, with an entry that is missing and uneven weights."""
    rng = np.random.default_rng(5)
    infected = np.array([0.02, 0.05, 0.1])
    start = np.column_stack([1.0 - infected, infected, 0.0 * infected])
    times = np.array([0.0, 1.0, 2.5, 4.0, 7.0])
    values = 0.2 * rng.random((5, 3, 2))
    values[1, 2, 0] = np.nan
    seen = sn.Observations(times, values, operator=[1, 2], weights=1.0 + rng.random((5, 2)))
    settings: dict[str, Any] = {
        "steps": 8,
        "horizon": 8.0,
        "penalty": sn.Penalty(l2={"beta": 0.01}, h1=0.02),
        **options,
    }
    return sn.FieldProblem(Epidemic(0.3), start, seen, **settings)
