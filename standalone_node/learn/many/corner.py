"""The corner of an L-curve: where it is bent the most."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

#: Points nearer to the one before than this share of the curve tell nothing of how it is bent:
#: where misfit and seminorm hardly change any more, rounding and early ends do.
APART = 1e-3


def curvatures(misfit: ArrayLike, seminorm: ArrayLike) -> Array:
    """The curvature of an L-curve in log-log scale at each of its points, 1 / decades.

    That of the circle through a point and its neighbours, positive where the curve is bent as an L
    is at its corner.

    Parameters
    ----------
    misfit, seminorm : array_like, shape (n,)
        In the order of increasing penalties.

    Returns
    -------
    ndarray, shape (n,)
        NaN at both ends, at points that are `beaten`, where a value is not positive, and where
        points lie on one another.

    Examples
    --------
    >>> curvatures([0.1, 0.1, 1.0], [10.0, 1.0, 1.0]).round(3)  # a right angle
    array([  nan, 1.414,   nan])
    """
    values = np.column_stack([misfit, seminorm]).astype(np.float64)
    found = np.full(len(values), np.nan)
    good = (np.isfinite(values) & (values > 0.0)).all(axis=1) & ~beaten(misfit, seminorm)
    usable = np.flatnonzero(good)
    points = np.log10(values[usable])
    kept = _apart(points)
    for before, here, after in zip(kept, kept[1:], kept[2:], strict=False):
        found[usable[here]] = _bend(points[before], points[here], points[after])
    return found


def beaten(misfit: ArrayLike, seminorm: ArrayLike) -> Array:
    """Which points have another one that is below them in both, (n,).

    They are no minimisers of misfit + (alpha / 2) seminorm, whatever alpha is.

    Examples
    --------
    >>> beaten([1.0, 3.0, 2.0], [3.0, 2.0, 1.0])
    array([False,  True, False])
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (misfit, seminorm))
    return np.any((x < x[:, None]) & (y < y[:, None]), axis=1)


def corner_of(curvature: Array) -> int | None:
    """The place of the largest curvature; None if the curve is nowhere bent as an L is."""
    bent = np.where(np.isnan(curvature), 0.0, curvature)
    place = int(bent.argmax())
    return place if bent[place] > 0.0 else None


def _apart(points: Array) -> list[int]:
    """The points that are far enough from the one before that was taken."""
    if len(points) == 0:
        return []
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    kept = [0]
    for place in range(1, len(points)):
        far = float(np.linalg.norm(points[place] - points[kept[-1]]))
        if far > APART * length:
            kept.append(place)
    return kept


def _bend(before: Array, here: Array, after: Array) -> float:
    """The signed curvature of the circle through three points, positive for a turn to the left."""
    a, b = here - before, after - here
    sides = np.linalg.norm(a) * np.linalg.norm(b) * np.linalg.norm(a + b)
    return float(2.0 * (a[0] * b[1] - a[1] * b[0]) / sides) if sides > 0.0 else 0.0
