"""Direct, sensitivity and adjoint sweep of any field, in plain NumPy over a whole batch.

The twin of the fused kernels for right-hand sides that are not built in: the same scheme, its
exact tangent and its exact transpose, written once for every explicit tableau.

References
----------
W. W. Hager, Runge-Kutta methods in optimal control and the transformed adjoint system,
Numer. Math. 87 (2000).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.stage_grid import StageGrid

Array = NDArray[Any]


class Field(Protocol):
    """A right-hand side f(t, x, p) with its derivatives, for a batch of states.

    `x`, `dx` and `kappa` are (B, d), `p` and `dp` the flat parameters (P,) at time t.
    """

    def f(self, t: float, x: Array, p: Array) -> Array:
        """x'(t), (B, d)."""
        ...

    def jvp(self, t: float, x: Array, p: Array, dx: Array, dp: Array) -> Array:
        """f_x dx + f_p dp, (B, d)."""
        ...

    def vjp(self, t: float, x: Array, p: Array, kappa: Array) -> tuple[Array, Array]:
        """f_x^T kappa, (B, d), and f_p^T kappa, summed over the batch, (P,)."""
        ...


class Solution(NamedTuple):
    """What a direct sweep leaves behind: states (N + 1, B, d) and stage states (N, s, B, d)."""

    states: Array
    stages: Array


def direct(field: Field, grid: StageGrid, theta: Array, initial: Array) -> Solution:
    """Solve the direct problem.

    Parameters
    ----------
    field : Field
    grid : StageGrid
        N steps, s stages, Q distinct stage times.
    theta : ndarray, shape (Q, P)
        The parameters at the distinct stage times.
    initial : ndarray, shape (B, d)
    """
    n_steps, s = grid.stage.shape
    states = np.empty((n_steps + 1, *initial.shape))
    stages = np.empty((n_steps, s, *initial.shape))
    k = np.empty((s, *initial.shape))
    states[0] = initial
    for n, h in enumerate(grid.steps):
        for i, q in enumerate(grid.stage[n]):
            stages[n, i] = _combined(states[n], h * grid.a[i, :i], k)
            k[i] = field.f(grid.at[q], stages[n, i], theta[q])
        states[n + 1] = _combined(states[n], h * grid.b, k)
    return Solution(states, stages)


def sensitivity(
    field: Field, grid: StageGrid, theta: Array, solution: Solution, tangent: Array, initial: Array
) -> Array:
    """The exact tangent of `direct`, xi (N + 1, B, d), for changes of theta and of x(0).

    Parameters
    ----------
    field, grid, theta
        As for the direct problem.
    solution : Solution
    tangent : ndarray, shape (Q, P)
        The change of theta.
    initial : ndarray, shape (B, d)
        The change of the initial state.
    """
    xi = np.empty_like(solution.states)
    k = np.empty_like(solution.stages[0])
    xi[0] = initial
    for n, h in enumerate(grid.steps):
        for i, q in enumerate(grid.stage[n]):
            stage_xi = _combined(xi[n], h * grid.a[i, :i], k)
            k[i] = field.jvp(grid.at[q], solution.stages[n, i], theta[q], stage_xi, tangent[q])
        xi[n + 1] = _combined(xi[n], h * grid.b, k)
    return xi


def adjoint(
    field: Field, grid: StageGrid, theta: Array, solution: Solution, sources: Array
) -> tuple[Array, Array]:
    """The exact transpose of `sensitivity`.

    Parameters
    ----------
    field, grid, theta
        As for the direct problem.
    solution : Solution
    sources : ndarray, shape (N + 1, B, d)
        What the cost depends on each x_n directly, dE/dx_n with the later states held: at the
        horizon only, or wherever something is observed.

    Returns
    -------
    adjoint : ndarray, shape (N + 1, B, d)
        lambda_n = dE/dx_n.
    partials : ndarray, shape (Q, P)
        dE/dtheta at the distinct stage times.
    """
    lam = sources.copy()
    partials = np.zeros_like(theta)
    mu = np.empty_like(solution.stages[0])
    s = grid.b.size
    for n in range(grid.steps.size - 1, -1, -1):
        h = grid.steps[n]
        for i in range(s - 1, -1, -1):
            q = grid.stage[n, i]
            kappa = _combined(h * grid.b[i] * lam[n + 1], h * grid.a[i + 1 :, i], mu[i + 1 :])
            mu[i], change = field.vjp(grid.at[q], solution.stages[n, i], theta[q], kappa)
            partials[q] += change
        lam[n] += lam[n + 1] + mu.sum(axis=0)
    return lam, partials


def _combined(base: Array, factors: Array, terms: Array) -> Array:
    """base + sum of factors_j terms_j."""
    total = base.copy()
    for factor, term in zip(factors.tolist(), terms, strict=False):
        if factor != 0.0:
            total += factor * term
    return total
