"""An inverse problem whose answer is known: data of a network with given parameters, and noise.

The data come from another scheme and a finer grid than those of the reconstruction (RK4 with 640
steps, against 40 steps of the midpoint rule), so that no error cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn

Array = NDArray[Any]
Named = Mapping[str, Array]

WIDTH, SAMPLES, FRESH = 3, 200, 1000
STEPS, FINE = 40, 640


class Network:
    """x' = tanh(W x + b) as a field that a user gives: it may be observed at any times."""

    varying: ClassVar = {"W": (WIDTH, WIDTH), "b": (WIDTH,)}

    def f(self, t: float, x: Array, p: Named) -> Array:
        """The velocity."""
        return np.tanh(x @ p["W"].T + p["b"])

    def jvp(self, t: float, x: Array, p: Named, dx: Array, dp: Named) -> Array:
        """Its change along (dx, dp)."""
        slope: Array = 1.0 - self.f(t, x, p) ** 2
        return slope * (dx @ p["W"].T + x @ dp["W"].T + dp["b"])

    def vjp(self, t: float, x: Array, p: Named, kappa: Array) -> tuple[Array, dict[str, Array]]:
        """The transpose."""
        pulled = (1.0 - self.f(t, x, p) ** 2) * kappa
        return pulled @ p["W"], {"W": pulled.T @ x, "b": pulled.sum(axis=0)}


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """The problem, and what only who made it knows.

    Attributes
    ----------
    problem : InverseProblem or FieldProblem
        With the noisy data; the latter if the states are observed on the way.
    start : Parameters
        The smooth start of that seed, on the depth grid of the problem.
    theta : Parameters
        The true parameters on the depth grid of the problem.
    noise_level : float
        The standard deviation of the noise of an entry of the data.
    fresh : InverseProblem
        Other inputs, on the grid of the problem.
    carried : ndarray, shape (steps + 1, FRESH, WIDTH)
        Their true states on that grid.
    """

    problem: Any
    start: sn.Parameters
    theta: sn.Parameters
    noise_level: float
    fresh: sn.InverseProblem
    carried: Array

    def flow_error(self, p: sn.Parameters) -> float:
        """Relative L2 error of the flow map x(0) -> x(T) over the fresh inputs."""
        return _relative(self.fresh.solve_direct(p)[-1], self.carried[-1])

    def path_error(self, p: sn.Parameters) -> float:
        """The same of the states at all times, which nothing was told about but the last."""
        return _relative(self.fresh.solve_direct(p), self.carried)

    def theta_error(self, p: sn.Parameters) -> float:
        """Relative L2 error of theta."""
        l2, off = sn.L2(), p - self.theta
        return float(np.sqrt(l2.inner(off, off) / l2.inner(self.theta, self.theta)))


def known_answer(
    seed: int,
    *,
    noise: float = 0.0,
    form: str = "inside",
    constant: bool = False,
    steps: int = STEPS,
    observed: int = 1,
    penalty: sn.Penalty | None = None,
) -> KnownAnswer:
    """Inputs, parameters and noise drawn by a seed; `noise` is relative to the data's rms.

    Inputs are standard normal in three dimensions, T = 1; the entries of theta are a constant of
    standard deviation 1 plus three cosines in depth (or the constant alone). `steps`, those of the
    reconstruction, has to divide 640; the truth does not depend on it. The states are observed at
    so many equidistant times, the last of them T; more than one only for "inside".
    """
    rng = np.random.default_rng([seed, 1])
    inputs, others = rng.standard_normal((SAMPLES, WIDTH)), rng.standard_normal((FRESH, WIDTH))
    blank = sn.InverseProblem(
        inputs,
        np.zeros_like(inputs),
        steps=steps,
        scheme="midpoint",
        form=form,
        penalty=penalty,
        threads=1,
    )
    fine = blank.replaced(scheme="rk4", steps=FINE)
    theta = fine.initial_parameters(1000 + seed, scale=1.0)
    if constant:
        theta = theta.like(np.broadcast_to(theta.values.mean(axis=0), theta.values.shape))
    data = fine.solve_direct(theta)[FINE // observed :: FINE // observed]
    level = noise * float(np.sqrt(np.mean(data**2)))
    data = data + level * rng.standard_normal(data.shape)
    problem: Any = blank.replaced(targets=data[-1])
    if observed > 1:
        seen = sn.Observations(np.arange(1, observed + 1) / observed, data)
        problem = sn.FieldProblem(Network(), inputs, seen, steps=steps, scheme="midpoint")
    fresh = {"inputs": others, "targets": np.zeros_like(others)}
    return KnownAnswer(
        problem,
        blank.initial_parameters(seed),
        theta.refined(blank.depth_times),
        level,
        blank.replaced(**fresh),
        fine.replaced(**fresh).solve_direct(theta)[:: FINE // steps],
    )


def _relative(found: Array, true: Array) -> float:
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))
