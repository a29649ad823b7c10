"""Direct, sensitivity and adjoint sweep of one block of samples through any explicit tableau.

States of a block are (d, S): components first, samples along the fast axis. Parameters come as
`theta` (Q, P), one row a distinct stage time; `plan.stage[n, i]` is the row that stage i of step n
uses. The three sweeps are one scheme: the second is the exact tangent of the first, the third its
exact transpose. Each is compiled for one form (the direct one for one activation too), when it is
first called.

References
----------
W. W. Hager, Runge-Kutta methods in optimal control and the transformed adjoint system,
Numer. Math. 87 (2000), for the transposed scheme.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import kernel, named
from standalone_node.kernels.products import combine, prepare
from standalone_node.kernels.stages import FORMS

#: Arrays (d, S) that the sweeps work in, beside one for each stage.
WORK = 2


class Plan(NamedTuple):
    """What the sweeps have to know of the scheme and the time grid."""

    a: NDArray[np.floating]  #: (s, s) strictly lower triangular
    across: NDArray[np.floating]  #: (s, s) the transpose of a
    b: NDArray[np.floating]  #: (s,)
    ones: NDArray[np.floating]  #: (s,)
    h: NDArray[np.floating]  #: (N,) step sizes
    stage: NDArray[np.int64]  #: (N, s) row of theta of each stage
    first: NDArray[np.bool_]  #: (N, s) whether the adjoint problem comes to this row first here


class Sweeps(NamedTuple):
    """The three compiled sweeps of one form and activation.

    direct(plan, theta, states, features, slopes, scratch, work)
        Integrates states[0] forward. `states` is (N + 1, d, S) and is filled, or (1, d, S) and is
        overwritten by the final state. `features` and `slopes` are (N, s, rows, S) and keep what
        the other sweeps need, or (1, s, rows, S) and are scratch space.
    sensitivity(plan, theta, tangent, features, slopes, xi, scratch, work)
        Integrates the tangent: xi[0] is the change of the initial state, `tangent` (Q, P) that of
        theta; `xi` is (N + 1, d, S) or (1, d, S), as above.
    adjoint(plan, theta, features, slopes, adjoint, derivative, scratch, work)
        Integrates backwards from dE/dx_N, given in row N of `adjoint` (N + 1, d, S), which is
        filled with dE/dx_n; or in the one row of `adjoint` (1, d, S), which ends as dE/dx_0.
        `derivative` (Q, P) has the partials with respect to theta added to it, except where
        `plan.first` says that they are the first.

    `scratch` is (s + WORK, d, S) and `work` (rows, S): kernels make no arrays of their own. The
    rows of features, slopes and work are those that the form asks for (`stages.Heights`).
    """

    direct: Callable[..., None]
    sensitivity: Callable[..., None]
    adjoint: Callable[..., None]


def _direct(form, activation):  # type: ignore[no-untyped-def]
    stage, activate = FORMS[form].direct, ACTIVATIONS[activation]

    @kernel
    @named("direct", form, activation)
    def direct_sweep(plan, theta, states, features, slopes, scratch, work):  # type: ignore[no-untyped-def]
        stages, width = plan.b.size, states.shape[1]
        increments = scratch[:stages]
        for n in range(plan.h.size):
            now, then = n % states.shape[0], (n + 1) % states.shape[0]
            kept = n % features.shape[0]
            for i in range(stages):
                row, feature, slope = theta[plan.stage[n, i]], features[kept, i], slopes[kept, i]
                begin = feature[:width]
                combine(1.0, states[now], plan.h[n], plan.a[i], i, increments, begin)
                stage(activate, row, feature, slope, work, increments[i])
            combine(1.0, states[now], plan.h[n], plan.b, stages, increments, states[then])

    return direct_sweep


def _sensitivity(form):  # type: ignore[no-untyped-def]
    stage = FORMS[form].sensitivity

    @kernel
    @named("sensitivity", form)
    def sensitivity_sweep(plan, theta, tangent, features, slopes, xi, scratch, work):  # type: ignore[no-untyped-def]
        stages = plan.b.size
        increments, stage_xi = scratch[:stages], scratch[stages]
        for n in range(plan.h.size):
            now, then = n % xi.shape[0], (n + 1) % xi.shape[0]
            for i in range(stages):
                q = plan.stage[n, i]
                feature, slope = features[n, i], slopes[n, i]
                begin = xi[now]
                if i > 0:
                    combine(1.0, xi[now], plan.h[n], plan.a[i], i, increments, stage_xi)
                    begin = stage_xi
                stage(theta[q], tangent[q], feature, slope, begin, work, increments[i])
            combine(1.0, xi[now], plan.h[n], plan.b, stages, increments, xi[then])

    return sensitivity_sweep


def _adjoint(form):  # type: ignore[no-untyped-def]
    stage = FORMS[form].adjoint

    @kernel
    @named("adjoint", form)
    def adjoint_sweep(plan, theta, features, slopes, adjoint, derivative, scratch, work):  # type: ignore[no-untyped-def]
        stages = plan.b.size
        rows = adjoint.shape[0]
        mu, kappa = scratch[:stages], scratch[stages]
        ones = scratch[stages + 1, :1]
        ones[:] = 1.0
        for n in range(plan.h.size - 1, -1, -1):
            now, then = n % rows, (n + 1) % rows
            for i in range(stages - 1, -1, -1):
                # kappa_i = h (b_i lambda_{n+1} + sum of a_ji mu_j over j > i)
                q, h = plan.stage[n, i], plan.h[n]
                below = plan.across[i, i + 1 :]
                later = adjoint[then]
                combine(h * plan.b[i], later, h, below, stages - 1 - i, mu[i + 1 :], kappa)
                feature, slope, partials = features[n, i], slopes[n, i], derivative[q]
                if plan.first[n, i]:  # while the row is in cache, instead of all rows before
                    for j in range(partials.size):
                        partials[j] = 0.0
                stage(theta[q], feature, slope, kappa, ones, work, mu[i], partials)
            combine(1.0, adjoint[then], 1.0, plan.ones, stages, mu, adjoint[now])

    return adjoint_sweep


@cache
def sweeps(form: str, activation: str, dtype: Any = np.float64) -> Sweeps:
    """The three sweeps of a form (a key of `FORMS`) and an activation (of `ACTIVATIONS`)."""
    prepare(np.dtype(dtype))
    return unprepared(form, activation)


@cache
def unprepared(form: str, activation: str) -> Sweeps:
    """The same, to be looked at and not to be called: the products may not be ready."""
    return Sweeps(_direct(form, activation), *_linear_sweeps(form))


@cache
def _linear_sweeps(form: str) -> tuple[Any, Any]:
    return _sensitivity(form), _adjoint(form)
