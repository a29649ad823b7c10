"""The slow, obvious reference that the package is tested against.

Everything here is written for a reader who checks it line by line against the formulas:
loops over samples, steps, stages and entries, no vectorisation, and not one import from the
package; the tables of schemes, activations and losses are in `naive_tables`.  Every function also
runs on complex numbers, so that it can be differentiated by the complex step; the piecewise
functions choose their branch by the real part.

Notation: B samples, width d, N time steps, K depth intervals, m output components. theta is a
tuple of blocks, each with nodal values (K+1, ...) on the depth grid: (W, b) with W (K+1, d, d) and
b (K+1, d) for "inside" and "outside", (W1, b, W2, c) for "bottleneck" and (w, b, A) for
"mean-field". A function of depth takes the blocks one after the other, the field the tuple of their
values at one depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from naive_tables import ACTIVATIONS, LOSSES, TABLEAUX, Array, Scalar

Theta = tuple[Array, ...]


# ------------------------------------------------------------------ the problem


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Everything but the parameters."""

    inputs: Array  # (B, d), x(0)
    targets: Array  # (B, m) or, for m = 1, (B,); (B,) classes; (B,) labels 0/1
    times: Array  # (N+1,), increasing, from 0 to T
    depth: Array  # (K+1,), increasing, from 0 to T
    outputs: int  # m
    scheme: str = "rk4"
    form: str = "inside"
    activation: str = "tanh"
    loss: str = "squared"
    sample_weight: Array | None = None  # (B,); None means ones
    alpha: float = 0.0
    gamma: float = 0.0
    mu: float = 0.0
    reference: Theta | None = None  # nodal blocks on the same depth grid

    @property
    def weight(self) -> Array:
        """Sample weights w, (B,)."""
        return np.ones(len(self.inputs)) if self.sample_weight is None else self.sample_weight

    @property
    def rest(self) -> Any:
        """Each component of x_rest = T sigma(0) 1."""
        return self.times[-1] * ACTIVATIONS[self.activation][0](0.0)


def _dtype(*arrays: Any) -> Any:
    return np.result_type(np.float64, *arrays)


# ------------------------------------------------------------------ functions of depth


def hat(depth: Array, k: int, t: float) -> float:
    """phi_k(t): 1 at node k, 0 at the others, linear between (t is held inside the grid)."""
    t = min(max(t, depth[0]), depth[-1])
    if k > 0 and depth[k - 1] <= t <= depth[k]:
        return (t - depth[k - 1]) / (depth[k] - depth[k - 1])
    if k < len(depth) - 1 and depth[k] <= t <= depth[k + 1]:
        return (depth[k + 1] - t) / (depth[k + 1] - depth[k])
    return 0.0


def theta_at(times: Array, values: Array, t: float) -> Array:
    """Sum over k of phi_k(t) values_k, for nodal values (K+1, ...)."""
    total = np.zeros(values.shape[1:], dtype=_dtype(values))
    for k in range(len(times)):
        total = total + hat(times, k, t) * values[k]
    return total


def mass(depth: Array) -> Array:
    """M_kl = integral of phi_k phi_l, (K+1, K+1), element by element."""
    M = np.zeros((len(depth), len(depth)))
    for k in range(len(depth) - 1):
        h = depth[k + 1] - depth[k]
        M[k, k] += h / 3.0
        M[k, k + 1] += h / 6.0
        M[k + 1, k] += h / 6.0
        M[k + 1, k + 1] += h / 3.0
    return M


def stiffness(depth: Array) -> Array:
    """S_kl = integral of phi_k' phi_l', (K+1, K+1), element by element."""
    S = np.zeros((len(depth), len(depth)))
    for k in range(len(depth) - 1):
        h = depth[k + 1] - depth[k]
        S[k, k] += 1.0 / h
        S[k, k + 1] -= 1.0 / h
        S[k + 1, k] -= 1.0 / h
        S[k + 1, k + 1] += 1.0 / h
    return S


def riesz(depth: Array, derivative: Array, length: float, ends: str = "natural") -> Array:
    """Solve (M + length^2 S) g = derivative for every entry of a (K+1, ...) derivative.

    At a fixed end g and the test functions vanish: row and column of that node are left out.
    """
    H = mass(depth) + length**2 * stiffness(depth)
    K = len(depth) - 1
    fixed = {"natural": [], "fixed": [0, K], "fixed-start": [0], "fixed-end": [K]}[ends]
    free = [k for k in range(K + 1) if k not in fixed]
    g = np.zeros(derivative.shape, dtype=_dtype(derivative))
    if not free:
        return g
    H_free = np.array([[H[k, j] for j in free] for k in free])
    for entry in np.ndindex(derivative.shape[1:]):
        solution = np.linalg.solve(H_free, np.array([derivative[(k, *entry)] for k in free]))
        for row, k in enumerate(free):
            g[(k, *entry)] = solution[row]
    return g


# ------------------------------------------------------------------ the field (one sample)


def _affine(W: Array, x: Array, b: Array) -> Array:
    """The product W x + b, entry by entry."""
    z = np.zeros(len(b), dtype=_dtype(W, x, b))
    for i in range(len(b)):
        z[i] = b[i]
        for j in range(len(x)):
            z[i] += W[i, j] * x[j]
    return z


def _outer(left: Array, right: Array) -> Array:
    """The matrix of the products left_i right_j."""
    product = np.zeros((len(left), len(right)), dtype=_dtype(left, right))
    for i in range(len(left)):
        for j in range(len(right)):
            product[i, j] = left[i] * right[j]
    return product


def _each(function: Scalar, z: Array) -> Array:
    return np.array([function(zi) for zi in z], dtype=_dtype(z))


def _layers(form: str, theta: Theta) -> tuple[Array, Array, Array, Array]:
    """W1, b, W2 and c of f = W2 sigma(W1 x + b) + c; the mean field is sum of a_m sigma_m / M."""
    if form == "bottleneck":
        W1, b, W2, c = theta
        return W1, b, W2, c
    w, b, A = theta
    return w, b, A / len(b), np.zeros(len(A))


def field(form: str, activation: str, theta: Theta, x: Array) -> Array:
    """f(x), (d,): sigma(W x + b) "inside", W sigma(x) + b "outside", else see `_layers`."""
    sigma, _ = ACTIVATIONS[activation]
    if form == "inside":
        W, b = theta
        return _each(sigma, _affine(W, x, b))
    if form == "outside":
        W, b = theta
        return _affine(W, _each(sigma, x), b)
    W1, b, W2, c = _layers(form, theta)
    return _affine(W2, _each(sigma, _affine(W1, x, b)), c)


def field_x(form: str, activation: str, theta: Theta, x: Array) -> Array:
    """f_x, the (d, d) matrix of the partials of f_i in x_j."""
    _, dsigma = ACTIVATIONS[activation]
    d = len(x)
    if form in ("inside", "outside"):
        W, b = theta
        slope = _each(dsigma, _affine(W, x, b) if form == "inside" else x)
        jacobian = np.zeros((d, d), dtype=slope.dtype)
        for i in range(d):
            for j in range(d):
                jacobian[i, j] = slope[i] * W[i, j] if form == "inside" else W[i, j] * slope[j]
        return jacobian
    W1, b, W2, _ = _layers(form, theta)
    slope = _each(dsigma, _affine(W1, x, b))
    jacobian = np.zeros((d, d), dtype=_dtype(slope, W2))
    for i in range(d):
        for j in range(d):
            for m in range(len(b)):
                jacobian[i, j] += W2[i, m] * slope[m] * W1[m, j]
    return jacobian


def field_theta(form: str, activation: str, theta: Theta, x: Array, dtheta: Theta) -> Array:
    """f_theta applied to dtheta, (d,)."""
    sigma, dsigma = ACTIVATIONS[activation]
    if form == "inside":
        (W, b), (dW, db) = theta, dtheta
        return _each(dsigma, _affine(W, x, b)) * _affine(dW, x, db)
    if form == "outside":
        dW, db = dtheta
        return _affine(dW, _each(sigma, x), db)
    (W1, b, W2, _), (dW1, db, dW2, dc) = _layers(form, theta), _layers(form, dtheta)
    z = _affine(W1, x, b)
    dz = _each(dsigma, z) * _affine(dW1, x, db)
    return _affine(W2, dz, _affine(dW2, _each(sigma, z), dc))


def field_theta_transposed(
    form: str, activation: str, theta: Theta, x: Array, kappa: Array
) -> Theta:
    """f_theta transposed applied to kappa (d,): one part for each block."""
    sigma, dsigma = ACTIVATIONS[activation]
    if form == "inside":
        W, b = theta
        for_b = _each(dsigma, _affine(W, x, b)) * kappa
        return _outer(for_b, x), for_b
    if form == "outside":
        return _outer(kappa, _each(sigma, x)), kappa
    W1, b, W2, _ = _layers(form, theta)
    z = _affine(W1, x, b)
    for_b = _each(dsigma, z) * _affine(W2.T, kappa, np.zeros(len(b)))
    for_W2 = _outer(kappa, _each(sigma, z))
    if form == "bottleneck":
        return _outer(for_b, x), for_b, for_W2, kappa
    return _outer(for_b, x), for_b, for_W2 / len(b)


# ------------------------------------------------------------------ the three sweeps


def _scheme(problem: Problem) -> tuple[list[list[float]], list[float], list[float]]:
    A, b, c = TABLEAUX[problem.scheme]
    return [[float(a) for a in row] for row in A], [float(w) for w in b], [float(t) for t in c]


def _at(problem: Problem, theta: Theta, t: float) -> Theta:
    return tuple(theta_at(problem.depth, block, t) for block in theta)


def stages(problem: Problem, theta: Theta, n: int, x: Array) -> list[dict[str, Any]]:
    """The stages of step n from x (d,): time, theta at that time, argument X, slope k."""
    return stages_from(problem, theta, problem.times[n], problem.times[n + 1], x)


def stages_from(
    problem: Problem, theta: Theta, start: float, end: float, x: Array
) -> list[dict[str, Any]]:
    """The same of a step from any time to any other, which may be an earlier one."""
    A, _, c = _scheme(problem)
    h = end - start
    done: list[dict[str, Any]] = []
    for i in range(len(c)):
        t = start + c[i] * h
        now = _at(problem, theta, t)
        X = x
        for j in range(i):
            X = X + h * A[i][j] * done[j]["k"]
        k = field(problem.form, problem.activation, now, X)
        done.append({"t": t, "theta": now, "X": X, "k": k})
    return done


def direct(problem: Problem, *theta: Array) -> Array:
    """States x_n, (N+1, B, d)."""
    weights = _scheme(problem)[1]
    N, (B, d) = len(problem.times) - 1, problem.inputs.shape
    states = np.zeros((N + 1, B, d), dtype=_dtype(problem.inputs, *theta))
    for sample in range(B):
        states[0, sample] = problem.inputs[sample]
        for n in range(N):
            h = problem.times[n + 1] - problem.times[n]
            x = states[n, sample]
            for i, stage in enumerate(stages(problem, theta, n, states[n, sample])):
                x = x + h * weights[i] * stage["k"]
            states[n + 1, sample] = x
    return states


def sensitivity(problem: Problem, *given: Array) -> Array:
    """Tangent xi_n of the discrete scheme along dtheta and dx0 (B, d); (N+1, B, d).

    Given are the blocks of theta, those of dtheta, and dx0.
    """
    count = len(given) // 2
    theta, dtheta, dx0 = given[:count], given[count:-1], given[-1]
    A, weights, c = _scheme(problem)
    form, activation = problem.form, problem.activation
    N, (B, d) = len(problem.times) - 1, problem.inputs.shape
    states = direct(problem, *theta)
    xi = np.zeros((N + 1, B, d), dtype=_dtype(states, *dtheta, dx0))
    for sample in range(B):
        xi[0, sample] = dx0[sample]
        for n in range(N):
            h = problem.times[n + 1] - problem.times[n]
            steps = stages(problem, theta, n, states[n, sample])
            slopes: list[Array] = []
            for i in range(len(c)):
                now, X, t = (steps[i][key] for key in ("theta", "X", "t"))
                Xi = xi[n, sample]
                for j in range(i):
                    Xi = Xi + h * A[i][j] * slopes[j]
                f_x = field_x(form, activation, now, X)
                change = _at(problem, dtheta, t)
                f_theta_dtheta = field_theta(form, activation, now, X, change)
                slopes.append(_affine(f_x, Xi, f_theta_dtheta))
            end = xi[n, sample]
            for i in range(len(c)):
                end = end + h * weights[i] * slopes[i]
            xi[n + 1, sample] = end
    return xi


def adjoint_sweep(problem: Problem, *given: Array) -> Theta:
    """Pull terminal (B, d), a dual vector at x(T), back through the scheme.

    Given are the blocks of theta, and terminal. Returns lambda (N+1, B, d) and the partials in
    each block, (K+1, ...).
    """
    theta, terminal = given[:-1], given[-1]
    A, weights, c = _scheme(problem)
    form, activation, depth = problem.form, problem.activation, problem.depth
    N, (B, d) = len(problem.times) - 1, problem.inputs.shape
    states = direct(problem, *theta)
    lam = np.zeros((N + 1, B, d), dtype=_dtype(states, terminal))
    partials = tuple(np.zeros(block.shape, dtype=lam.dtype) for block in theta)
    for sample in range(B):
        lam[N, sample] = terminal[sample]
        for n in reversed(range(N)):
            h = problem.times[n + 1] - problem.times[n]
            steps = stages(problem, theta, n, states[n, sample])
            mu: dict[int, Array] = {}
            for i in reversed(range(len(c))):
                now, X, t = (steps[i][key] for key in ("theta", "X", "t"))
                kappa = h * weights[i] * lam[n + 1, sample]
                for j in range(i + 1, len(c)):
                    kappa = kappa + h * A[j][i] * mu[j]
                f_x = field_x(form, activation, now, X)
                mu[i] = _affine(f_x.T, kappa, np.zeros(d))
                parts = field_theta_transposed(form, activation, now, X, kappa)
                for k in range(len(depth)):
                    for block, part in zip(partials, parts, strict=True):
                        block[k] += hat(depth, k, t) * part
            lam[n, sample] = lam[n + 1, sample] + sum(mu.values())
    return lam, *partials


# ------------------------------------------------------------------ reversible schemes
# One step of the pair (y, z), with a coupling L and the increment from a to b, Psi_ab:
#     y+ = L y + (1 - L) z + Psi_ab(z)        z+ = z - Psi_ba(y+)


def increment(problem: Problem, theta: Theta, start: float, end: float, x: Array) -> Array:
    """x(end) - x(start) by one step of the scheme, (d,)."""
    weights, total = _scheme(problem)[1], np.zeros(len(x))
    for i, stage in enumerate(stages_from(problem, theta, start, end, x)):
        total = total + (end - start) * weights[i] * stage["k"]
    return total


def increment_transposed(
    problem: Problem, theta: Theta, start: float, end: float, x: Array, dual: Array
) -> Theta:
    """`dual` (d,) times the partials of the increment in x and in each block, (K+1, ...)."""
    A, weights, c = _scheme(problem)
    form, activation, h = problem.form, problem.activation, end - start
    steps = stages_from(problem, theta, start, end, x)
    partials, mu = tuple(np.zeros(block.shape) for block in theta), {}
    for i in reversed(range(len(c))):
        now, X, t = (steps[i][key] for key in ("theta", "X", "t"))
        kappa = h * weights[i] * dual
        for j in range(i + 1, len(c)):
            kappa = kappa + h * A[j][i] * mu[j]
        mu[i] = _affine(field_x(form, activation, now, X).T, kappa, np.zeros(len(x)))
        parts = field_theta_transposed(form, activation, now, X, kappa)
        for k in range(len(problem.depth)):
            for block, part in zip(partials, parts, strict=True):
                block[k] += hat(problem.depth, k, t) * part
    return sum(mu.values()), *partials


def reversible_direct(problem: Problem, theta: Theta, coupling: float) -> tuple[Array, Array]:
    """The pairs y_n and z_n, (N+1, B, d) each; y is the output."""
    t, (B, d) = problem.times, problem.inputs.shape
    y, z = np.zeros((2, len(t), B, d), dtype=_dtype(problem.inputs, *theta))
    for sample in range(B):
        y[0, sample] = z[0, sample] = problem.inputs[sample]
        for n in range(len(t) - 1):
            forth = increment(problem, theta, t[n], t[n + 1], z[n, sample])
            y[n + 1, sample] = coupling * y[n, sample] + (1.0 - coupling) * z[n, sample] + forth
            back = increment(problem, theta, t[n + 1], t[n], y[n + 1, sample])
            z[n + 1, sample] = z[n, sample] - back
    return y, z


def reversible_adjoint(problem: Problem, theta: Theta, coupling: float, terminal: Array) -> Theta:
    """Pull terminal (B, d), a dual vector at y_N, back, with all pairs kept.

    Returns what a common change of y_n and z_n costs (N+1, B, d), and the partials in each block.
    """
    t, (B, d) = problem.times, problem.inputs.shape
    y, z = reversible_direct(problem, theta, coupling)
    both, partials = np.zeros((len(t), B, d)), [np.zeros(block.shape) for block in theta]
    for sample in range(B):
        of_y, of_z = terminal[sample], np.zeros(d)
        both[-1, sample] = of_y
        for n in reversed(range(len(t) - 1)):
            by_y, *parts = increment_transposed(
                problem, theta, t[n + 1], t[n], y[n + 1, sample], -of_z
            )
            of_y = of_y + by_y
            by_z, *others = increment_transposed(problem, theta, t[n], t[n + 1], z[n, sample], of_y)
            of_z = of_z + (1.0 - coupling) * of_y + by_z
            of_y = coupling * of_y
            for block, part, other in zip(partials, parts, others, strict=True):
                block += part + other
            both[n, sample] = of_y + of_z
    return both, *partials


# ------------------------------------------------------------------ cost and derivative


def misfit(problem: Problem, final: Array) -> Any:
    """The part of the cost that sees x(T) (B, d): weighted mean loss and output penalty."""
    loss, _ = LOSSES[problem.loss]
    B, d = final.shape
    total = 0.0
    for sample in range(B):
        z = final[sample, : problem.outputs]
        total = total + problem.weight[sample] * loss(z, problem.targets[sample]) / B
        for i in range(d):  # an unweighted mean
            total = total + 0.5 * problem.mu * (final[sample, i] - problem.rest) ** 2 / B
    return total


def misfit_derivative(problem: Problem, final: Array) -> Array:
    """Partials of misfit in every entry of x(T), (B, d)."""
    _, dloss = LOSSES[problem.loss]
    B, d = final.shape
    partials = np.zeros((B, d), dtype=_dtype(final))
    for sample in range(B):
        slopes = dloss(final[sample, : problem.outputs], problem.targets[sample])
        for i in range(problem.outputs):
            partials[sample, i] += problem.weight[sample] * slopes[i] / B
        for i in range(d):
            partials[sample, i] += problem.mu * (final[sample, i] - problem.rest) / B
    return partials


def _nodal_penalty(problem: Problem, values: Array, reference: Array) -> tuple[Any, Array]:
    """Penalty on one block of nodal values (K+1, ...), and its partials."""
    M, S = mass(problem.depth), stiffness(problem.depth)
    total = 0.0
    partials = np.zeros(values.shape, dtype=_dtype(values))
    for k in range(len(M)):
        for j in range(len(M)):
            away_k, away_j = values[k] - reference[k], values[j] - reference[j]
            total = total + 0.5 * problem.alpha * M[k, j] * np.sum(away_k * away_j)
            total = total + 0.5 * problem.gamma * S[k, j] * np.sum(values[k] * values[j])
            partials[k] += problem.alpha * M[k, j] * away_j + problem.gamma * S[k, j] * values[j]
    return total, partials


def penalty(problem: Problem, *theta: Array) -> tuple[Any, ...]:
    """The penalties on theta, and their partials in each block (K+1, ...)."""
    reference = problem.reference or tuple(np.zeros(block.shape) for block in theta)
    total, partials = 0.0, []
    for block, rest in zip(theta, reference, strict=True):
        on_block, by_block = _nodal_penalty(problem, block, rest)
        total = total + on_block
        partials.append(by_block)
    return total, *partials


def cost(problem: Problem, *theta: Array) -> Any:
    """E(theta)."""
    return misfit(problem, direct(problem, *theta)[-1]) + penalty(problem, *theta)[0]


def adjoint(problem: Problem, *theta: Array) -> Theta:
    """lambda_n = dE/dx_n (N+1, B, d), and dE in each block (K+1, ...), with penalties."""
    terminal = misfit_derivative(problem, direct(problem, *theta)[-1])
    lam, *partials = adjoint_sweep(problem, *theta, terminal)
    _, *of_penalty = penalty(problem, *theta)
    return lam, *(p + q for p, q in zip(partials, of_penalty, strict=True))
