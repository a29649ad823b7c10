"""The digits in JAX: a network with parameters at every step, trained by Adam or by L-BFGS.

Whole stretches of Adam's steps are one jitted program, and so are cost and gradient for L-BFGS.
Programs are compiled before the clock starts; evaluations are not on the clock.
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from benchmarks.race import COST, SCORE, Course, Rows, accuracy

jax.config.update("jax_enable_x64", True)

Weights = tuple[jax.Array, jax.Array]
CLASSES = 10


class Network(NamedTuple):
    """Euler steps of x' = f(x, theta): the papers' network, and one like this package's default."""

    outputs_apart: bool
    steps: int
    horizon: float
    inside: bool
    l2: float

    @property
    def width(self) -> int:
        """d: 64 pixels, and the outputs if they have channels of their own."""
        return 64 + CLASSES * self.outputs_apart

    def logits(self, weights: Weights, x: jax.Array) -> jax.Array:
        """The first components of x(T)."""
        h = self.horizon / self.steps

        def step(x: jax.Array, theta: Weights) -> tuple[jax.Array, None]:
            W, b = theta
            f = jnp.tanh(x @ W.T + b) if self.inside else jnp.sin(x) @ W.T + b
            return x + h * f, None

        return jax.lax.scan(step, x, weights)[0][:, :CLASSES]

    def cost(self, weights: Weights, x: jax.Array, y: jax.Array) -> jax.Array:
        """Mean cross-entropy and the penalty on the weights."""
        z = self.logits(weights, x)
        rows = jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]
        squares = sum((w**2).sum() for w in weights)
        return rows.mean() + 0.5 * self.l2 * (self.horizon / self.steps) * squares

    def start(self, seed: int, gain: float, dtype: str) -> Weights:
        """Normal weights of spread gain / sqrt(d), no biases."""
        d = self.width
        W = np.random.default_rng(seed).normal(size=(self.steps, d, d)) * gain / np.sqrt(d)
        return jnp.asarray(W, dtype), jnp.zeros((self.steps, d), dtype)


PAPER = Network(outputs_apart=False, steps=30, horizon=3.0, inside=True, l2=0.0)
LIKE_OURS = Network(outputs_apart=True, steps=4, horizon=4.0, inside=False, l2=2e-3)


class Setting(NamedTuple):
    """What a sweep varies."""

    scaling: str
    rate: float
    batch: int
    gain: float = 0.1


SCALINGS = ("standardised", "[-1, 1]")


def scaled(rows: Rows, network: Network, scaling: str, dtype: str) -> tuple[Any, Any]:
    """Training and held-out inputs as x(0)."""
    spread = rows.train.std(axis=0)
    shift, unit = {
        "standardised": (rows.train.mean(axis=0), np.where(spread > 0.0, spread, 1.0)),
        "[-1, 1]": (8.0, 8.0),
    }[scaling]
    left = network.width - rows.train.shape[1]
    states = (np.pad((X - shift) / unit, ((0, 0), (left, 0))) for X in (rows.train, rows.held))
    train, held = (jnp.asarray(state, dtype) for state in states)
    return train, held


@cache
def _programs(network: Network) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return jax.jit(network.logits), jax.jit(network._replace(l2=0.0).cost)


@cache
def _stretch(network: Network) -> Callable[..., Any]:
    """Adam's steps over the batches (n, batch) of row numbers."""

    def step(rate: Any, x: Any, y: Any, carry: Any, batch: Any) -> Any:
        weights, m, v, k = carry
        gradient = jax.grad(network.cost)(weights, x[batch], y[batch])
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        scale = rate * jnp.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        weights = jax.tree.map(
            lambda w, m, v: w - (scale * m / (jnp.sqrt(v) + 1e-8)).astype(w.dtype), weights, m, v
        )
        return (weights, m, v, k), None

    def stretch(carry: Any, x: Any, y: Any, batches: Any, rate: Any) -> Any:
        return jax.lax.scan(partial(step, rate, x, y), carry, batches)[0]

    return jax.jit(stretch)


def adam(
    rows: Rows,
    network: Network,
    setting: Setting,
    *,
    seed: int,
    limit: float,
    dtype: str = "float64",
    until: str = "limit",
) -> Course:
    """Adam until it has "touched" the score, "reached" the cost, "both", or its limit."""
    x, held = scaled(rows, network, setting.scaling, dtype)
    y = jnp.asarray(rows.classes)
    random = np.random.default_rng(seed)
    weights = network.start(seed, setting.gain, dtype)
    zero = jax.tree.map(jnp.zeros_like, weights)
    carry = (weights, zero, zero, jnp.zeros((), dtype))
    size = min(setting.batch, y.size)
    a_pass = y.size // size
    # Looked at four times a pass, so that the clock stops soon after the mark.
    every = max(1, a_pass // 4)
    stretch, (logits, cost) = _stretch(network), _programs(network)

    def batches() -> Any:
        passes = [random.permutation(y.size)[: a_pass * size].reshape(a_pass, size)]
        return [jnp.asarray(part) for part in np.split(passes[0], range(every, a_pass, every))]

    for part in batches():
        jax.block_until_ready(stretch(carry, x, y, part, setting.rate))
    clock, found = 0.0, [[0.0, float(cost(weights, x, y)), 0.0]]
    while clock < limit:
        for part in batches():
            began = time.perf_counter()
            carry = jax.block_until_ready(stretch(carry, x, y, part, setting.rate))
            clock += time.perf_counter() - began
            score = accuracy(np.asarray(logits(carry[0], held)), rows.held_classes)
            found.append([clock, float(cost(carry[0], x, y)), score])
        marks = np.array(found)
        touched, reached = (marks[:, 2] >= SCORE).any(), (marks[:, 1] <= COST).any()
        if {"touched": touched, "reached": reached, "both": touched and reached}.get(until):
            break
    seconds, costs, scores = np.array(found).T
    return Course(seconds, costs, scores, clock)


def lbfgs(
    rows: Rows, network: Network, scaling: str, *, seed: int, limit: float, gain: float = 0.1
) -> Course:
    """SciPy's L-BFGS-B on all rows until both marks are passed or the limit of seconds is."""
    x, held = scaled(rows, network, scaling, "float64")
    y = jnp.asarray(rows.classes)
    flat, restore = jax.flatten_util.ravel_pytree(network.start(seed, gain, "float64"))
    both = jax.jit(lambda u: jax.value_and_grad(lambda u: network.cost(restore(u), x, y))(u))
    jax.block_until_ready(both(flat))
    logits, cost = _programs(network)
    found: list[list[float]] = []
    clock, resumed = 0.0, time.perf_counter()

    def look(u: Any) -> None:
        nonlocal clock, resumed
        clock += time.perf_counter() - resumed
        weights = restore(jnp.asarray(u))
        score = accuracy(np.asarray(logits(weights, held)), rows.held_classes)
        found.append([clock, float(cost(weights, x, y)), score])
        marks = np.array(found)
        if clock > limit or ((marks[:, 2] >= SCORE).any() and (marks[:, 1] <= COST).any()):
            raise StopIteration
        resumed = time.perf_counter()

    def objective(u: Any) -> tuple[float, Any]:
        value, gradient = both(u)
        return float(value), np.asarray(gradient)

    scipy.optimize.minimize(
        objective, flat, jac=True, method="L-BFGS-B", callback=look, options={"maxiter": 100_000}
    )
    seconds, costs, scores = np.array(found).T
    return Course(seconds, costs, scores, clock)
