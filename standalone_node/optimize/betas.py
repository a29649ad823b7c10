"""The beta of nonlinear conjugate gradients: a formula is one function and one row of `BETAS`.

With g the gradient, d the direction and y = g - g_old, all products are those of the metric, and
come from derivatives: <g_k, g_j> = dE_k.g_j, <g, d> = dE.d.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from math import sqrt


@dataclass(frozen=True)
class Products:
    """The inner products that beta formulas are made of.

    `new` <g, g>, `old` <g_old, g_old>, `cross` <g, g_old>, `slope` <g, d>, `old_slope` <g_old, d>,
    `direction` <d, d>, where d is the direction of the step just done.
    """

    new: float
    old: float
    cross: float
    slope: float
    old_slope: float
    direction: float

    @property
    def change(self) -> float:
        """<y, d>, positive after a Wolfe step."""
        return self.slope - self.old_slope


#: From the products to beta.
Formula = Callable[[Products], float]


def steepest_descent(p: Products) -> float:
    """0: the direction is minus the gradient."""
    return 0.0


def fletcher_reeves(p: Products) -> float:
    """<g, g> / <g_old, g_old> (Fletcher and Reeves 1964)."""
    return p.new / p.old


def polak_ribiere_plus(p: Products) -> float:
    """max(0, <g, y> / <g_old, g_old>) (Polak, Ribière 1969; Powell 1986; Gilbert, Nocedal 1992)."""
    return max(0.0, (p.new - p.cross) / p.old)


def fr_pr(p: Products) -> float:
    """Polak-Ribière cut off at plus and minus Fletcher-Reeves (Gilbert and Nocedal 1992)."""
    bound = fletcher_reeves(p)
    return min(bound, max(-bound, (p.new - p.cross) / p.old))


def hestenes_stiefel_plus(p: Products) -> float:
    """max(0, <g, y> / <d, y>) (Hestenes and Stiefel 1952)."""
    return max(0.0, (p.new - p.cross) / p.change)


def dai_yuan(p: Products) -> float:
    """<g, g> / <d, y> (Dai and Yuan 1999)."""
    return p.new / p.change


def hs_dy(p: Products) -> float:
    """max(0, min(HS, DY)), the hybrid (Dai and Yuan 2001)."""
    return max(0.0, min((p.new - p.cross) / p.change, dai_yuan(p)))


def hager_zhang(p: Products) -> float:
    """CG_DESCENT's beta with its lower bound (Hager and Zhang 2005)."""
    square = p.new - 2.0 * p.cross + p.old
    beta = (p.new - p.cross - 2.0 * square * p.slope / p.change) / p.change
    bound = p.direction * min(1e-4, p.old)
    # <d, d> comes from a recurrence, and rounding may leave nothing of it.
    return max(beta, -1.0 / sqrt(bound)) if bound > 0.0 else beta


#: Successive gradients should be nearly orthogonal in the metric: this share is not.
ORTHOGONALITY = 0.5


def powell(formula: Formula) -> Formula:
    """The formula, or 0, a restart, where successive gradients are far from orthogonal.

    Powell's test, here with the threshold 1/2 (`ORTHOGONALITY`).

    For formulas that take no notice of it and can be caught in short steps. The others hold the
    change of the gradient and forget a useless direction by themselves; the test would take useful
    ones away from them.

    References
    ----------
    M. J. D. Powell, Restart procedures for the conjugate gradient method, Math. Programming 12
    (1977).
    """

    @wraps(formula)
    def restarted(p: Products) -> float:
        return 0.0 if abs(p.cross) >= ORTHOGONALITY * p.new else formula(p)

    return restarted


#: The table: a name and its formula.
BETAS: dict[str, Formula] = {
    "SD": steepest_descent,
    "FR": powell(fletcher_reeves),
    "PR+": polak_ribiere_plus,
    "FR-PR": fr_pr,
    "HS+": hestenes_stiefel_plus,
    "DY": powell(dai_yuan),
    "HS-DY": hs_dy,
    "HZ": hager_zhang,
}
