"""How far a changed trajectory can be from the unchanged one: a tube around it.

The change of the state obeys the linearised scheme exactly, if each stage is given the remainder
L diag(s~ - s) R dX on top (s~: mean slopes, s: slopes at the unchanged row). So, with J_n the
Jacobian of a step, r_i = diag(s~ - s) R dX_i and beta_i = |(dx_{n+1} / dk_i) L|,

    dx_n = Phi(n, 0) P d + e_n,   |e_{n+1}| <= |J_n| |e_n| + sum over i of beta_i |r_i|.

This is the discrete Grönwall inequality: |J_n| = 1 + h M_h, and M_h tends to the logarithmic norm
as h tends to 0. With Phi carried along, only what the linear prediction leaves out is left to
Grönwall (Alekseev and Gröbner); without, all of the change is. Where the influence of each stage
on each later one is known, e is bounded neuron by neuron as well, which tells the few directions
in which a ball is long from the others.

References
----------
G. Dahlquist, Stability and error bounds in the numerical integration of ordinary differential
equations, 1958. C. A. Desoer, H. Haneda, The measure of a matrix as a tool to analyze computer
algorithms for circuit analysis, 1972. G. Söderlind, The logarithmic norm. History and modern
theory, BIT 46 (2006). V. M. Alekseev 1961, W. Gröbner 1960: nonlinear variation of constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.certificates.centre import Centre, Stage
from standalone_node.sensitivity.certificates.slope_bounds import Deviation, deviation

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class StageTube:
    """Bounds at one stage, for changes of the features up to r.

    Attributes
    ----------
    reach : ndarray, shape (B, q)
        Of |dz_l|.
    off : ndarray, shape (B,)
        Of |dX - Y Phi P d|, how far from the linear prediction.
    each : ndarray, shape (B, q)
        The same neuron by neuron, of |R (dX - Y Phi P d)|.
    slopes : Deviation
        How far mean slopes deviate within the reach.
    """

    reach: Array
    off: Array
    each: Array
    slopes: Deviation


@dataclass(frozen=True, eq=False)
class Tube:
    """Bounds along the depth, for changes of the features up to r.

    Attributes
    ----------
    stages : list of list of StageTube
    off : ndarray, shape (N + 1, B)
        e_n, of |dx_n - Phi(n, 0) P d|.
    """

    stages: list[list[StageTube]]
    off: Array


def tube_of(centre: Centre, radius: Array, start: Array | None = None, pairs: bool = True) -> Tube:
    """The tube of changes up to radius (B,).

    With `start`, a bound (B,) of |dx_0|, nothing is carried: the whole change is in e. Pairs of
    stages are used if they are known and wanted.
    """
    off = np.zeros(len(centre)) if start is None else start
    # Neuron by neuron as well, where the influence of each stage on each later one is known.
    singly = start is None and centre.paired and pairs
    ends, found = [off], []
    past: list[_Source] = []
    for stages, jacobian in zip(centre.steps, centre.jacobians, strict=True):
        remainders: list[Array] = []
        velocities: list[Array] = []  # what the remainders add to k_j
        here = []
        for stage in stages:
            apart = stage.within * off
            for through, pushed in zip(stage.across, velocities, strict=True):
                apart = apart + through * pushed
            each = stage.rows * apart[:, None]
            if singly and len(stage.influences) == len(past):
                each = np.minimum(each, _singly(stage, past, radius))
            here.append(_stage_tube(centre.scheme.activation, stage, radius, apart, each))
            remainders.append(_remainder(stage, radius, here[-1]))
            velocities.append(stage.left * remainders[-1])
            if singly:
                past.append(_Source.of(stage, here[-1]))
        off = jacobian * off
        for stage, remainder in zip(stages, remainders, strict=True):
            off = off + stage.onwards * remainder
        found.append(here)
        ends.append(off)
    return Tube(found, np.array(ends))


@dataclass(frozen=True, eq=False)
class _Source:
    """What is known of the remainder (s~ - s) dz of one stage, neuron by neuron.

    It is at most `most`, and c (|G_l d| + each)^2.
    """

    most: Array
    ratio: Array
    gram: Array
    columns: Array

    @classmethod
    def of(cls, stage: Stage, near: StageTube) -> _Source:
        ratio = np.maximum(near.slopes.high, -near.slopes.low)
        # At a kink there is no bound; this one is wrong for changes below 1e-100 only.
        ratio = np.minimum(ratio, 1e100)
        assert stage.gram is not None
        columns = np.stack(
            [near.slopes.largest * near.reach, ratio * stage.each**2, ratio * near.each**2], axis=2
        )
        return cls(columns[:, :, 0], ratio, stage.gram, columns)


def _singly(stage: Stage, past: list[_Source], radius: Array) -> Array:
    """Bounds of |(R e)_l| neuron by neuron, (B, q): of the sum of what each stage before does."""
    total = np.zeros(stage.z.shape)
    for influence, source in zip(stage.influences, past, strict=True):
        most, squares, rest = np.moveaxis(np.matmul(influence, source.columns), 2, 0)
        together = _perron(np.sqrt(influence * source.ratio[:, None, :]), source.gram)
        curved = np.sqrt(np.minimum(squares, together)) * radius[:, None] + np.sqrt(rest)
        total += np.minimum(most, curved * curved)
    return total


def _perron(s: Array, gram: Array) -> Array:
    """Upper bounds of max over |d| <= 1 of |diag(s_l) G d|^2, s (B, n, q), (B, n).

    It is the largest eigenvalue of the matrix s_a (G_a . G_b) s_b, no larger than that of the
    absolute values, for which any x > 0 gives the upper bound max of (K x)_a / x_a (Collatz and
    Wielandt). One power step from x = 1 finds a good x; the bound is sound whatever x is.
    """
    x = s * np.matmul(s, gram)
    y = s * np.matmul(s * x, gram)
    # Where s_a G_a is nothing, so are x_a and y_a.
    y[x == 0.0] = 0.0
    x[x == 0.0] = 1.0
    y /= x
    found: Array = y.max(axis=2)
    return found


def _stage_tube(
    activation: str, stage: Stage, radius: Array, apart: Array, each: Array
) -> StageTube:
    reach = stage.each * radius[:, None] + each
    return StageTube(reach, apart, each, deviation(activation, stage.z, stage.slope, reach))


def _remainder(stage: Stage, radius: Array, tube: StageTube) -> Array:
    """A bound of |diag(s~ - s) dz|, (B,): the smaller of two."""
    largest = tube.slopes.largest
    moved = stage.whole * radius + np.minimum(
        stage.right * tube.off, np.linalg.norm(tube.each, axis=1)
    )
    found: Array = np.minimum(
        largest.max(axis=1) * moved, np.linalg.norm(largest * tube.reach, axis=1)
    )
    return found
