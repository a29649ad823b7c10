"""Sweeps of one block through a reversible scheme, which reconstructs its states backwards.

With Psi_h(t, x) the increment of an explicit Runge-Kutta step of length h from (t, x), and a
coupling lambda in (0, 1], a pair of states is carried along:

    y_{n+1} = lambda y_n + (1 - lambda) z_n + Psi_h(t_n, z_n)
    z_{n+1} = z_n - Psi_{-h}(t_{n+1}, y_{n+1})

Both lines can be solved for what they start from, without solving an equation, and so the adjoint
sweep needs nothing but the final pair. The plan of these sweeps has two half-steps a step, the
second one backwards: h, -h, and the stages of both.

References
----------
S. McCallum and J. Foster, Efficient, Accurate and Stable Gradients for Neural ODEs,
arXiv 2410.11648 (2024).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import inlined, kernel, named
from standalone_node.kernels.products import combine, prepare
from standalone_node.kernels.stages import FORMS


class ReversibleSweeps(NamedTuple):
    """The three compiled sweeps of one form and activation.

    direct(plan, theta, coupling, y, z, features, slopes, scratch, work)
        Carries y[0] and z forward. `y` is (N + 1, d, S) and is filled, or (1, d, S) and is
        overwritten; `z` (d, S) is overwritten.
    sensitivity(plan, theta, tangent, coupling, y, z, xi, zeta, features, slopes, scratch, work)
        The same for y (1, d, S) and z, and along with them for their changes: xi as y above, and
        zeta (d, S). `tangent` (Q, P) is the change of theta.
    adjoint(plan, theta, coupling, y, z, eta, zeta, adjoint, derivative,
            features, slopes, scratch, work)
        Backwards from the final pair y (1, d, S) and z, which end as the initial pair, with eta
        (d, S) and zeta (d, S), the partials with respect to the pair. `adjoint` (N + 1, d, S) is
        filled with eta_n + zeta_n, what a change of both states costs; (1, d, S) ends as the
        first of these. `derivative` (Q, P) as in `sweeps.Sweeps`.

    `coupling` holds lambda and 1 - lambda; `features` and `slopes` are those of one step, (1, s,
    rows, S); `scratch` is (2 s + 2, d, S).
    """

    direct: Callable[..., None]
    sensitivity: Callable[..., None]
    adjoint: Callable[..., None]


@inlined
def mix(first, states, second, others, out):  # type: ignore[no-untyped-def]
    """out = first * states + second * others, entry by entry; out may be one of them."""
    for i in range(out.shape[0]):
        for s in range(out.shape[1]):
            out[i, s] = first * states[i, s] + second * others[i, s]


def _direct(form, activation):  # type: ignore[no-untyped-def]
    stage, activate = FORMS[form].direct, ACTIVATIONS[activation]

    @kernel
    @named("reversible_direct", form, activation)
    def reversible_direct(plan, theta, coupling, y, z, features, slopes, scratch, work):  # type: ignore[no-untyped-def]
        stages, width = plan.b.size, z.shape[0]
        k = scratch[:stages]
        for m in range(plan.h.size):
            forwards, h = m % 2 == 0, plan.h[m]
            now, then = (m // 2) % y.shape[0], (m // 2 + 1) % y.shape[0]
            begin = z if forwards else y[then]
            for i in range(stages):
                feature, slope = features[0, i], slopes[0, i]
                combine(1.0, begin, h, plan.a[i], i, k, feature[:width])
                stage(activate, theta[plan.stage[m, i]], feature, slope, work, k[i])
            if forwards:
                mix(coupling[0], y[now], coupling[1], z, y[then])
                combine(1.0, y[then], h, plan.b, stages, k, y[then])
            else:
                combine(1.0, z, -h, plan.b, stages, k, z)

    return reversible_direct


def _sensitivity(form, activation):  # type: ignore[no-untyped-def]
    stage, activate = FORMS[form].direct, ACTIVATIONS[activation]
    tangent_stage = FORMS[form].sensitivity

    @kernel
    @named("reversible_sensitivity", form, activation)
    def reversible_sensitivity(  # type: ignore[no-untyped-def]
        plan, theta, tangent, coupling, y, z, xi, zeta, features, slopes, scratch, work
    ):
        stages, width = plan.b.size, z.shape[0]
        k, q, stage_xi = scratch[:stages], scratch[stages : 2 * stages], scratch[2 * stages]
        for m in range(plan.h.size):
            forwards, h = m % 2 == 0, plan.h[m]
            now, then = (m // 2) % xi.shape[0], (m // 2 + 1) % xi.shape[0]
            begin = z if forwards else y[0]
            begin_xi = zeta if forwards else xi[then]
            for i in range(stages):
                feature, slope, row = features[0, i], slopes[0, i], plan.stage[m, i]
                combine(1.0, begin, h, plan.a[i], i, k, feature[:width])
                stage(activate, theta[row], feature, slope, work, k[i])
                combine(1.0, begin_xi, h, plan.a[i], i, q, stage_xi)
                tangent_stage(theta[row], tangent[row], feature, slope, stage_xi, work, q[i])
            if forwards:
                mix(coupling[0], y[0], coupling[1], z, y[0])
                combine(1.0, y[0], h, plan.b, stages, k, y[0])
                mix(coupling[0], xi[now], coupling[1], zeta, xi[then])
                combine(1.0, xi[then], h, plan.b, stages, q, xi[then])
            else:
                combine(1.0, z, -h, plan.b, stages, k, z)
                combine(1.0, zeta, -h, plan.b, stages, q, zeta)

    return reversible_sensitivity


def _adjoint(form, activation):  # type: ignore[no-untyped-def]
    stage, activate = FORMS[form].direct, ACTIVATIONS[activation]
    adjoint_stage = FORMS[form].adjoint

    @kernel
    @named("reversible_adjoint", form, activation)
    def reversible_adjoint(  # type: ignore[no-untyped-def]
        plan, theta, coupling, y, z, eta, zeta, adjoint, derivative, features, slopes, scratch, work
    ):
        stages, width, rows = plan.b.size, z.shape[0], adjoint.shape[0]
        share, rest = coupling[0], coupling[1]
        k, kappa = scratch[:stages], scratch[stages]
        ones = scratch[stages + 1, :1]
        ones[:] = 1.0
        for m in range(plan.h.size - 1, -1, -1):
            forwards, h = m % 2 == 0, plan.h[m]
            begin = z if forwards else y[0]
            for i in range(stages):
                feature, slope = features[0, i], slopes[0, i]
                combine(1.0, begin, h, plan.a[i], i, k, feature[:width])
                stage(activate, theta[plan.stage[m, i]], feature, slope, work, k[i])
            if forwards:
                mix(1.0 / share, y[0], -rest / share, z, y[0])
                combine(1.0, y[0], -h / share, plan.b, stages, k, y[0])
            else:
                combine(1.0, z, h, plan.b, stages, k, z)
            mu = k  # the increments have been used
            sign = 1.0 if forwards else -1.0
            later = eta if forwards else zeta
            for i in range(stages - 1, -1, -1):
                below = plan.across[i, i + 1 :]
                combine(sign * h * plan.b[i], later, h, below, stages - 1 - i, mu[i + 1 :], kappa)
                row = plan.stage[m, i]
                partials = derivative[row]
                if plan.first[m, i]:
                    for j in range(partials.size):
                        partials[j] = 0.0
                adjoint_stage(
                    theta[row], features[0, i], slopes[0, i], kappa, ones, work, mu[i], partials
                )
            if forwards:
                combine(1.0, zeta, 1.0, plan.ones, stages, mu, zeta)
                mix(1.0, zeta, rest, eta, zeta)
                mix(share, eta, 0.0, eta, eta)
                if rows > 1 or m == 0:
                    mix(1.0, eta, 1.0, zeta, adjoint[(m // 2) % rows])
            else:
                combine(1.0, eta, 1.0, plan.ones, stages, mu, eta)

    return reversible_adjoint


@cache
def reversible_sweeps(form: str, activation: str, dtype: Any = np.float64) -> ReversibleSweeps:
    """The three sweeps of a form (a key of `FORMS`) and an activation (of `ACTIVATIONS`)."""
    prepare(np.dtype(dtype))
    made = (make(form, activation) for make in (_direct, _sensitivity, _adjoint))
    return ReversibleSweeps(*made)
