"""Projections: onto half-spaces within a box, and into a ball within a box."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.geometry import Geometry

Array = NDArray[Any]
#: The norms that attacks are measured in.
NORMS = ("linf", "l2")


def check_norm(norm: str) -> None:
    """ArgumentError if it is none of `NORMS`."""
    if norm not in NORMS:
        raise ArgumentError(f"norm = {norm!r} has to be 'linf' or 'l2'")


def dot(a: Array, b: Array) -> Array:
    """The scalar products (B,) of the rows of two arrays (B, p)."""
    found: Array = np.einsum("bp,bp->b", a, b)
    return found


def nearest_change(
    slopes: Array, limits: Array, low: Array, high: Array, sweeps: int = 200
) -> Array:
    """The smallest u with slopes[j] . u <= limits[j] for every j and low <= u <= high, row by row.

    The minimiser is u = clip(-sum_j tau_j slopes[j], low, high) with multipliers tau >= 0, which
    are found one after the other: slopes[j] . u falls with tau_j and is piecewise linear, so that
    Newton's method within a bracket ends after a few steps. With one half-space this is exact.
    Where the box holds no such point, u ends as far along as the box goes.

    Parameters
    ----------
    slopes : ndarray, shape (B, J, p)
    limits : ndarray, shape (B, J)
    low, high : ndarray, shape (B, p)
        A box around zero.
    sweeps : int
        How often to go through the half-spaces, at most, if there is more than one.

    Returns
    -------
    ndarray, shape (B, p)
    """
    count = slopes.shape[1]
    tau = np.zeros_like(limits)
    open_ = np.arange(len(slopes))
    for _ in range(sweeps if count > 1 else 1):
        part, before = slopes[open_], tau[open_]
        now = before.copy()
        for j in range(count):
            now[:, j] = 0.0
            rest = -np.einsum("bj,bjp->bp", now, part)
            now[:, j] = _multiplier(part[:, j], limits[open_, j], rest, low[open_], high[open_])
        tau[open_] = now
        open_ = open_[(np.abs(now - before) > 1e-10 * np.abs(now)).any(axis=1)]
        if not open_.size:
            break
    return np.clip(-np.einsum("bj,bjp->bp", tau, slopes), low, high)


def _multiplier(slope: Array, limit: Array, rest: Array, low: Array, high: Array) -> Array:
    """The smallest tau >= 0 with slope . clip(rest - tau slope, low, high) <= limit, (B,)."""
    found = np.zeros(len(slope))
    tau, least, most = np.zeros_like(found), np.zeros_like(found), np.full_like(found, np.inf)
    state = (np.arange(len(slope)), slope, limit, rest, low, high, tau, least, most)
    for _ in range(50):
        index, slope, limit, rest, low, high, tau, least, most = state
        free = rest - tau[:, None] * slope
        change = np.clip(free, low, high)
        over = dot(slope, change) - limit
        rate = dot(np.where(free == change, slope, 0.0), slope)
        above = over > 0.0
        least, most = np.where(above, tau, least), np.where(above, most, tau)
        near = np.abs(over) <= 1e-12 * (np.abs(limit) + np.abs(over))
        stuck = above & (rate == 0.0)
        entry = np.full_like(tau, np.inf)
        entry[stuck] = _entry(slope[stuck], rest[stuck], low[stuck], high[stuck], free[stuck])
        done = near | (~above & (tau == 0.0)) | (stuck & np.isinf(entry))
        found[index[done]] = tau[done]
        if done.all():
            return found
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = tau + over / rate
        middle = 0.5 * (least + np.where(np.isfinite(most), most, 0.0))
        tau = np.where((newton > least) & (newton < most), newton, middle)
        tau = np.where(stuck, entry, tau)
        state = (index, slope, limit, rest, low, high, tau, least, most)
        if done.any():
            state = tuple(part[~done] for part in state)
    found[state[0]] = state[6]
    return found


def _entry(slope: Array, rest: Array, low: Array, high: Array, free: Array) -> Array:
    """Where the first feature comes away from its bound as tau grows, (B,); infinite if none."""
    above, below = (slope > 0.0) & (free >= high), (slope < 0.0) & (free <= low)
    bound = np.where(above, high, np.where(below, low, rest))
    with np.errstate(divide="ignore", invalid="ignore"):
        where = np.where(above | below, (rest - bound) / slope, np.inf)
    # A little further than the bound, so that the feature moves.
    return np.asarray(where.min(axis=1, initial=np.inf) * (1.0 + 1e-12) + 1e-300)


def into_ball(
    rows: Array, points: Array, radius: Array | float, norm: str, geometry: Geometry
) -> Array:
    """Points (B, p) moved into the ball around rows and into the box, exactly.

    Rows lie in the box; a point is moved into the box first and then towards its row, which does
    not leave the box again. What rounding leaves outside the ball is moved by the last bit.
    """
    radius = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(rows),))[:, None]
    change = geometry.scaled(geometry.inside(points) - rows)
    if norm == "linf":
        change = np.clip(change, -radius, radius)
    else:
        size = np.linalg.norm(change, axis=1, keepdims=True)
        change *= np.minimum(1.0, radius / np.maximum(size, np.finfo(float).tiny))
    found = geometry.inside(rows + change * geometry.unit)
    while True:
        outside = length(geometry.scaled(found - rows), norm)[:, None] > radius
        if not outside.any():
            return found
        found = np.where(outside, np.nextafter(found, rows), found)


def length(changes: Array, norm: str) -> Array:
    """The norms (B,) of changes (B, p)."""
    found: Array = np.linalg.norm(changes, ord=2 if norm == "l2" else np.inf, axis=1)
    return found
