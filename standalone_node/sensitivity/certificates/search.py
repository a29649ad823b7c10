"""The largest ball of changes that is proved to keep an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.certificates.centre import Centre
from standalone_node.sensitivity.certificates.remainder import Functionals, quadratic_of
from standalone_node.sensitivity.certificates.trust_region import Quadratic
from standalone_node.sensitivity.certificates.tube import Tube, tube_of

Array = NDArray[Any]

#: The share of the first-order distance with which the search begins.
SHARE = 0.25
ROUNDS = 3
#: Of the part of a bound beyond the first order, as a power of the radius; limits, first guess.
POWERS = (2.0, 9.0, 4.0)
#: Radii that are tried, in scaled features, where the gradient is zero.
MOST = 1e6
#: What a row that has nothing to prove is given, so that its arithmetic has numbers.
TINY = 1e-9
#: Bytes of the matrices of the pairs (row, functional) that are treated at once.
PAIRS = 10_000_000


def sharp_radii(
    centre: Centre, functionals: Functionals, margins: Array, norm: float
) -> tuple[Array, Array]:
    """Radii (B,) proved with Phi carried along, and growth (N + 1, B) within them.

    Any radius that is tried gives a proof for itself or for a smaller one. So the radii are chosen
    by extrapolation, for the functional that is nearest to first order, and in the last round all
    functionals are asked.
    """
    right = np.asarray((margins > 0.0).all(axis=1))
    steep = np.linalg.norm(functionals.gradients, axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(margins > 0.0, margins / steep, 0.0)
    nearest, first = distance.argmin(axis=1), distance.min(axis=1)
    first = np.where(right, np.minimum(first, MOST / norm), TINY / norm)
    rows = np.arange(len(first))
    trial, before = SHARE * first, None
    margin = np.where(right, margins[rows, nearest], 1.0)
    power = np.full(len(first), POWERS[2])
    for _ in range(ROUNDS - 1):
        tube = tube_of(centre, trial)
        value = _values(centre, tube, trial, functionals, rows, nearest) / margin
        beyond = np.maximum(value - trial / first, 1e-12)
        if before is not None:
            power = _power(before, (trial, beyond), power)
        before = trial, beyond
        trial = _extrapolated(first, trial, beyond, power)
    tube = tube_of(centre, trial)
    radius = np.nan_to_num(_radii(centre, tube, trial, functionals, margins), nan=0.0)
    found = radius, centre.sizes + tube.off / trial
    found = _without_curvature(centre, first, right, *found)
    return _or_gronwall(centre, functionals, margins, norm, *found)


def _power(before: tuple[Array, Array], now: tuple[Array, Array], guess: Array) -> Array:
    """How steeply the part beyond the first order grows, from two radii."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(now[1] / before[1]) / np.log(now[0] / before[0])
    return np.clip(np.where(np.isfinite(found), found, guess), *POWERS[:2])


def _extrapolated(first: Array, trial: Array, beyond: Array, power: Array) -> Array:
    """The r <= first with r / first + beyond (r / trial)^power = 1, by bisection."""
    low, high = np.zeros_like(first), first
    for _ in range(40):
        middle = 0.5 * (low + high)
        with np.errstate(over="ignore"):
            small = middle / first + beyond * (middle / trial) ** power < 1.0
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return np.maximum(low, 1e-6 * first)


def _chunks(centre: Centre, count: int, p: int) -> list[slice]:
    widest = max(stage.z.shape[1] for stages in centre.steps for stage in stages)
    many = max(1, PAIRS // (8 * p * (3 * p + 2 * widest)))
    return [slice(start, start + many) for start in range(0, count, many)]


def _values(
    centre: Centre, tube: Tube, trial: Array, functionals: Functionals, row: Array, k: Array
) -> Array:
    """Upper bounds of the change of some functionals, (n,), at the radii themselves."""
    found = np.empty(len(row))
    for part in _chunks(centre, len(row), functionals.gradients.shape[2]):
        form = quadratic_of(centre, tube, trial, functionals, row[part], k[part])
        found[part] = form.split().largest()
    return found


def largest_changes(centre: Centre, functionals: Functionals, radius: Array, norm: float) -> Array:
    """Upper bounds (B, K) of the functionals' changes within radius (B,)."""
    rows, count = functionals.lengths.shape
    row, k = np.divmod(np.arange(rows * count), count)
    sharp = _values(centre, tube_of(centre, radius), radius, functionals, row, k)
    plain = functionals.lengths * gronwall_ends(centre, norm, radius)[-1][:, None]
    return np.minimum(sharp.reshape(rows, count), plain)


def _radii(
    centre: Centre, tube: Tube, trial: Array, functionals: Functionals, margins: Array
) -> Array:
    """The largest radii, up to those tried, within which no functional reaches its margin."""
    found = np.zeros(margins.shape)
    right = np.asarray((margins > 0.0).all(axis=1))
    row, k = np.nonzero(np.broadcast_to(right[:, None], margins.shape))
    for part in _chunks(centre, len(row), functionals.gradients.shape[2]):
        b, j = row[part], k[part]
        form = quadratic_of(centre, tube, trial, functionals, b, j)
        found[b, j] = _radius_of(form, margins[b, j])
    return found.min(axis=1)


def _radius_of(form: Quadratic, margin: Array) -> Array:
    radius = form.valid.copy()
    hard = np.flatnonzero(~(form.rough() < margin))
    if hard.size:
        radius[hard] = form.of(hard).split().radius(margin[hard])
    return radius


def _without_curvature(
    centre: Centre, first: Array, right: Array, radius: Array, growth: Array
) -> tuple[Array, Array]:
    """The first-order distance, where no slope can change within it: the map is linear there."""
    tube = tube_of(centre, first, pairs=False)
    linear = right.copy()
    for stages in tube.stages:
        for near in stages:
            linear &= (near.slopes.largest == 0.0).all(axis=1)
    return np.where(linear, first, radius), np.where(linear, centre.sizes, growth)


def _or_gronwall(
    centre: Centre, functionals: Functionals, margins: Array, norm: float, *found: Array
) -> tuple[Array, Array]:
    """What Grönwall alone proves, where that is more."""
    radius, growth = found
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = (margins / functionals.lengths).min(axis=1)
    ends = gronwall_ends(centre, norm, np.maximum(radius, TINY / norm))[-1]
    if not (ends < allowed).any():
        return radius, growth
    other, its_growth = gronwall_radii(centre, functionals, margins, norm)
    better = other > radius
    return np.where(better, other, radius), np.where(better, its_growth, growth)


def gronwall_ends(centre: Centre, norm: float, radius: Array) -> Array:
    """Bounds (N + 1, B) of |dx_n| within radius (B,), by Grönwall alone."""
    return tube_of(centre, np.zeros(len(centre)), start=norm * radius).off


def gronwall_radii(
    centre: Centre, functionals: Functionals, margins: Array, norm: float
) -> tuple[Array, Array]:
    """Radii (B,) proved by Grönwall alone, and growth (N + 1, B) within them."""
    right = np.asarray((margins > 0.0).all(axis=1))
    with np.errstate(divide="ignore"):
        allowed = np.where(right[:, None], margins / functionals.lengths, TINY).min(axis=1)
    # The bound of the growth rises with the radius, so that none can be larger than this.
    tiny = np.full(len(centre), TINY / norm)
    with np.errstate(divide="ignore"):
        high = allowed / gronwall_ends(centre, norm, tiny)[-1] * tiny
    high = np.minimum(high, MOST / norm) * (1.0 + 1e-9)
    low = np.zeros_like(high)
    for _ in range(45):
        middle = 0.5 * (low + high)
        kept = gronwall_ends(centre, norm, middle)[-1] < allowed
        low, high = np.where(kept, middle, low), np.where(kept, high, middle)
    within = np.where(right, np.maximum(low, TINY * high), tiny)
    growth = gronwall_ends(centre, norm, within) / within
    return np.where(right, low, 0.0), growth
