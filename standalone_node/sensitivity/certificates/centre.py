"""The trajectory in the middle of a ball of changes: its stages, what carries changes along it.

Everything here belongs to the unchanged rows and to the linearised scheme (the sensitivity problem
and its adjoint), and does not depend on how large the changes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.layers import Layer
from standalone_node.sensitivity.certificates.scheme import Scheme, spectral_norms

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Stage:
    """Stage i of step n, f(X) = L sigma(z) + e with z = R X + c.

    Attributes
    ----------
    layer : Layer
    z, slope : ndarray, shape (B, q)
    spread : ndarray, shape (B, q, p), or None
        dz / dx(0) times the unit ball of changes: R Y_i Phi(n, 0) P.
    each : ndarray, shape (B, q)
        Its row norms: how far each z_l moves, to first order, for a change of size 1.
    whole : ndarray, shape (B,)
        Its spectral norm.
    within : ndarray, shape (B,)
        |Y_i|, Y_i = dX_i / dx_n.
    rows : ndarray, shape (q,)
        Norms of the rows of R.
    left, right : float
        |L|, |R|.
    across : list of (B,)
        Bounds of |dX_i / dk_j| for j < i.
    onwards : ndarray, shape (B,)
        |(dx_{n+1} / dk_i) L|.
    gram : ndarray, shape (B, q, q), or None
        |G_l . G_m|, G the spread: how much neurons move together.
    influences : list of ndarray, shape (B, q, q')
        |R (dX_i / dk) L| of all stages before, those of the steps before included; none if they
        were left out.
    """

    layer: Layer
    z: Array
    slope: Array
    spread: Array | None
    each: Array
    whole: Array
    within: Array
    rows: Array
    left: float
    right: float
    across: list[Array]
    onwards: Array
    gram: Array | None
    influences: list[Array]


@dataclass(frozen=True, eq=False)
class Centre:
    """The unchanged trajectories of some rows.

    Attributes
    ----------
    steps : list of list of Stage
    jacobians : ndarray, shape (N, B)
        |dx_{n+1} / dx_n|.
    sizes : ndarray, shape (N + 1, B)
        |Phi(n, 0) P|.
    final : ndarray, shape (B, d)
        x(T).
    paired : bool
        Whether the influences of the stages on each other are known.
    """

    scheme: Scheme
    steps: list[list[Stage]]
    jacobians: Array
    sizes: Array
    final: Array
    paired: bool

    def __len__(self) -> int:
        return len(self.final)


def centre_of(scheme: Scheme, states: Array, ball: Array | None, paired: bool = False) -> Centre:
    """Solve the direct problem from x(0) (B, d), and what goes with it.

    Parameters
    ----------
    scheme : Scheme
    states : ndarray, shape (B, d)
    ball : ndarray, shape (d, p), or None
        P, which takes the unit ball of changes to changes of x(0); None carries no Phi.
    """
    x, rows = states, len(states)
    carried = None if ball is None else np.broadcast_to(ball, (rows, *ball.shape))
    changes: list[Array] = []  # dx_n / dk L of all stages so far
    steps, jacobians = [], []
    sizes = [np.full(rows, 0.0 if ball is None else _size(ball))]
    for h, layers in zip(scheme.h, scheme.layers, strict=True):
        step = _Step(scheme, float(h), layers, x, carried)
        influences, changes = step.influences(changes) if paired else ([[] for _ in layers], [])
        steps.append(step.stages(influences, sizes[-1]))
        jacobians.append(spectral_norms(step.jacobian))
        x = step.end
        carried = None if carried is None else np.matmul(step.jacobian, carried)
        sizes.append(_norms_of(carried, rows))
    return Centre(scheme, steps, np.array(jacobians), np.array(sizes), x, paired)


def _gram(spread: Array) -> Array:
    """G_l . G_m of rows of G, (B, q, p) to (B, q, q)."""
    found: Array = np.matmul(spread, spread.transpose(0, 2, 1))
    return found


def _norms_of(carried: Array | None, rows: int) -> Array:
    return np.zeros(rows) if carried is None else spectral_norms(carried)


class _Step:
    """One step: stages and their derivatives forwards, the derivatives of its end backwards."""

    def __init__(
        self,
        scheme: Scheme,
        h: float,
        layers: list[Layer],
        x: Array,
        carried: Array | None,
    ) -> None:
        self.a, self.b, self.layers, self.carried = h * scheme.a, h * scheme.b, layers, carried
        eye = np.broadcast_to(np.eye(x.shape[1]), (*x.shape, x.shape[1]))
        self.z: list[Array] = []
        self.slopes: list[Array] = []
        self.fields: list[Array] = []
        self.within: list[Array] = []
        velocities: list[Array] = []
        changes: list[Array] = []
        for i, layer in enumerate(layers):
            X, Y = (_sum(first, self.a[i], k) for first, k in ((x, velocities), (eye, changes)))
            z, slope = layer.slopes(X)
            jacobian = layer.jacobians(X)
            velocities.append(layer.velocity(X))
            changes.append(jacobian if i == 0 else np.matmul(jacobian, Y))
            self.z.append(z)
            self.slopes.append(slope)
            self.fields.append(jacobian)
            self.within.append(Y)
        self.end = _sum(x, self.b, velocities)
        self.jacobian = _sum(eye, self.b, changes)

    def influences(self, before: list[Array]) -> tuple[list[list[Array]], list[Array]]:
        """The influences on each stage, and the changes of x_{n+1}, of all stages so far."""
        found: list[list[Array]] = [[] for _ in self.layers]

        def reaches(i: int, X: Array) -> None:
            R = self.layers[i].right
            found[i].append(np.abs(X if R is None else np.matmul(R, X)))

        for change in before:
            for i, Y in enumerate(self.within):
                reaches(i, change if i == 0 else np.matmul(Y, change))
        ends = [np.matmul(self.jacobian, change) for change in before]
        for i, layer in enumerate(self.layers):
            rows = len(self.jacobian)
            L = np.eye(self.jacobian.shape[1]) if layer.left is None else layer.left
            velocities = {i: np.broadcast_to(L, (rows, *L.shape))}
            for j in range(i + 1, len(self.layers)):
                X = sum(self.a[j, k] * change for k, change in velocities.items())
                reaches(j, X)
                velocities[j] = np.matmul(self.fields[j], X)
            ends.append(sum(self.b[k] * change for k, change in velocities.items()))
        return found, ends

    def stages(self, influences: list[list[Array]], size: Array) -> list[Stage]:
        """What a tube has to know of each stage; `size` is |Phi(n, 0) P|."""
        onwards = self._onwards()
        sizes = self._field_norms()
        across: list[list[Array]] = []
        found = []
        for i, layer in enumerate(self.layers):
            across.append(self._across(i, sizes, across))
            Y, R = self.within[i], layer.right
            spread = None
            if self.carried is not None:
                moved = self.carried if i == 0 else np.matmul(Y, self.carried)
                spread = moved if R is None else np.matmul(R, moved)
            none = np.zeros(self.z[i].shape)
            found.append(
                Stage(
                    layer,
                    self.z[i],
                    self.slopes[i],
                    spread,
                    none if spread is None else np.linalg.norm(spread, axis=2),
                    size if i == 0 and R is None else _norms_of(spread, len(none)),
                    np.ones(len(Y)) if i == 0 else spectral_norms(Y),
                    np.ones(self.z[i].shape[1]) if R is None else np.linalg.norm(R, axis=1),
                    _size(layer.left),
                    _size(R),
                    across[i],
                    onwards[i],
                    None if spread is None else np.abs(_gram(spread)),
                    influences[i],
                )
            )
        return found

    def _onwards(self) -> list[Array]:
        """|(dx_{n+1} / dk_i) L| of each stage, by the adjoint scheme on matrices."""
        rows, d = self.z[0].shape[0], self.jacobian.shape[1]
        norms: list[Array] = []
        back: dict[int, Array] = {}  # (dx_{n+1} / dk_j) f_x(X_j)
        for i in reversed(range(len(self.layers))):
            L, later = self.layers[i].left, [j for j in back if self.a[j, i]]
            if not later:
                norms.append(np.full(rows, abs(self.b[i]) * _size(L)))
                end = self.b[i] * np.broadcast_to(np.eye(d), (rows, d, d))
            else:
                end = self.b[i] * np.eye(d) + sum(self.a[j, i] * back[j] for j in later)
                norms.append(spectral_norms(end if L is None else np.matmul(end, L)))
            if i:
                back[i] = np.matmul(end, self.fields[i])
        return norms[::-1]

    def _field_norms(self) -> dict[int, Array]:
        """|f_x| at the stages between two others."""
        return {i: spectral_norms(self.fields[i]) for i in range(1, len(self.layers) - 1)}

    def _across(self, i: int, sizes: dict[int, Array], known: list[list[Array]]) -> list[Array]:
        """Bounds of |dX_i / dk_j| for j < i."""
        found = []
        for j in range(i):
            bound = np.full(len(self.z[0]), abs(self.a[i, j]))
            for k in range(j + 1, i):
                bound = bound + abs(self.a[i, k]) * sizes[k] * known[k][j]
            found.append(bound)
        return found


def _sum(first: Array, coefficients: Array, terms: list[Array]) -> Array:
    """first + the sum of the coefficients times the terms, as many as there are."""
    found = first
    for c, term in zip(coefficients, terms, strict=False):
        if c:
            found = found + c * term
    return found


def _size(matrix: Array | None) -> float:
    return 1.0 if matrix is None else float(spectral_norms(matrix))


def weights_of(centre: Centre, functionals: Array) -> tuple[Array, list[list[Array]]]:
    """The adjoint problem of functionals of x(T), and what each stage's remainder weighs in them.

    Parameters
    ----------
    centre : Centre
    functionals : ndarray, shape (B, K, d)

    Returns
    -------
    gradients : ndarray, shape (B, K, d)
        lambda_0.
    weights : list of list of ndarray, shape (B, K, q)
        L^T kappa of each step and stage.
    """
    scheme, adjoint = centre.scheme, functionals
    weights: list[list[Array]] = []
    for h, stages in zip(scheme.h[::-1], centre.steps[::-1], strict=True):
        mu: dict[int, Array] = {}
        here: list[Array] = []
        for i in reversed(range(len(stages))):
            kappa = h * scheme.b[i] * adjoint
            for j, later in mu.items():
                kappa = kappa + h * scheme.a[j, i] * later
            stage = stages[i]
            weight = stage.layer.outward_transposed(kappa)
            inner = stage.slope[:, None, :] * weight
            mu[i] = inner if stage.layer.right is None else inner @ stage.layer.right
            here.append(weight)
        adjoint = adjoint + sum(mu.values())
        weights.append(here[::-1])
    return adjoint, weights[::-1]
