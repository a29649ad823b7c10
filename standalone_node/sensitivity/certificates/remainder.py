"""How much a functional of x(T) can change within a ball of changes: a quadratic form and a rest.

By the adjoint problem v . dx(T) = g . d + sum of w_l (s~_l - s_l) dz_l over all stages and neurons,
exactly. With w_l (s~_l - s_l) / dz_l <= u_l within the reach of the ball, and dz = G d + R e, that
is at most g . d + d^T M d + rest with M = sum of G^T diag(u) G: opposite curvatures cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.certificates.centre import Centre, Stage
from standalone_node.sensitivity.certificates.trust_region import Quadratic
from standalone_node.sensitivity.certificates.tube import StageTube, Tube

Array = NDArray[Any]

#: A neuron's share in a quadratic form against its own largest contribution: in M the neurons do
#: not all move as far as they can at once, so that the form may look this much worse by itself.
PATIENCE = 8.0


@dataclass(frozen=True, eq=False)
class Functionals:
    """Functionals of x(T), of the unchanged rows: K for each.

    Attributes
    ----------
    gradients : ndarray, shape (B, K, p)
        g, with respect to changes of the features in units.
    weights : list of list of ndarray, shape (B, K, q)
        w of each step and stage.
    lengths : ndarray, shape (B, K)
        Of the functionals themselves.
    """

    gradients: Array
    weights: list[list[Array]]
    lengths: Array


def quadratic_of(
    centre: Centre, tube: Tube, radius: Array, functionals: Functionals, row: Array, k: Array
) -> Quadratic:
    """The upper bound of some pairs (row, k), n of them, valid for changes up to radius[row]."""
    gradient = functionals.gradients[row, k]
    n, p = gradient.shape
    matrix, linear, square = np.zeros((n, p, p)), np.zeros(n), np.zeros(n)
    for stages, tubes, weights in zip(centre.steps, tube.stages, functionals.weights, strict=True):
        for stage, near, weight in zip(stages, tubes, weights, strict=True):
            bend = _Bend(stage, near, radius, weight[row, k], row)
            bend.add_to(matrix)
            linear += bend.rest
            square += bend.cross
    # What overflows proves nothing.
    overflown = ~np.isfinite(matrix).all(axis=(1, 2))
    matrix[overflown], square[overflown] = 0.0, np.inf
    return Quadratic(gradient, matrix, linear, square, radius[row])


class _Bend:
    """What one stage adds, for n pairs: u of the quadratic form, and what is beside it."""

    def __init__(self, stage: Stage, near: StageTube, radius: Array, w: Array, row: Array) -> None:
        slopes, r = near.slopes, radius[:, None]
        most = slopes.largest * near.reach
        with np.errstate(invalid="ignore"):
            form = np.maximum(slopes.high, -slopes.low) * (stage.each * r) ** 2
        # Not `form > ...`: an infinite ratio times nothing is no number, and goes aside as well.
        aside = ~(form <= PATIENCE * most)
        high, low = (np.where(aside, 0.0, side) for side in (slopes.high, slopes.low))
        self.u = np.where(w > 0.0, w * high[row], w * low[row])
        up = np.where(aside & (slopes.high > 0.0), most, 0.0)[row]
        down = np.where(aside & (slopes.low < 0.0), -most, 0.0)[row]
        self.rest = np.where(w > 0.0, w * up, w * down).sum(axis=1)
        self.cross = _cross(stage, near, radius, np.abs(self.u), row)
        self.spread, self.row = stage.spread, row

    def add_to(self, matrix: Array) -> None:
        """Add G^T diag(u) G."""
        assert self.spread is not None
        G = self.spread[self.row]
        matrix += np.matmul(G.transpose(0, 2, 1), self.u[:, :, None] * G)


def _cross(stage: Stage, near: StageTube, radius: Array, size: Array, row: Array) -> Array:
    """A bound of sum of |u| (2 |Gd| |R e| + |R e|^2), |d| <= radius and |e| <= off: of two."""
    r, shift, far = radius[row], near.each[row], stage.right * near.off[row]
    if stage.gram is not None:
        x = size * shift
        joint = np.sqrt((x * np.matmul(stage.gram[row], x[:, :, None])[:, :, 0]).sum(axis=1))
    else:
        joint = (size * shift * stage.each[row]).sum(axis=1)
    singly = 2.0 * r * joint + (size * shift * shift).sum(axis=1)
    moved = np.minimum(
        size.max(axis=1) * stage.whole[row], np.linalg.norm(size * stage.each[row], axis=1)
    )
    jointly = 2.0 * moved * r * far + size.max(axis=1) * far**2
    found: Array = np.minimum(singly, jointly)
    return found
