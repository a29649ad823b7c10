"""Where searches for a small perturbation begin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.attacks.case import Case, linearised
from standalone_node.sensitivity.attacks.linearisation import Aim
from standalone_node.sensitivity.attacks.projection import nearest_change

Array = NDArray[Any]
#: How many of the rows are looked through for the nearest ones with another answer.
_MOST = 1000


def starts_of(aim: Aim, everyone: Case, draws: Array) -> Array:
    """Changes (S, B, p), in units, to begin at.

    For each other answer the nearest of the rows that has it, moved along the segment to the
    boundary; where there is none, the nearest point of the linearisation at the row. Then no
    change at all, and one start in the direction of each of the draws.

    Parameters
    ----------
    aim : Aim
        Of B searches, one a row.
    everyone : Case
        All rows, among which the nearest are sought.
    draws : ndarray, shape (R, B, p)
        Standard normal numbers.
    """
    near = _on_boundary(aim, _nearest_others(aim, everyone))
    size = np.linalg.norm(near, axis=2)
    # The first random start is as far away as the others, the next ones are nearer and nearer.
    reach = np.median(size, axis=0)[:, None] * 0.5 ** (np.arange(len(draws))[:, None, None] % 4)
    low, high = aim.case.room()
    random = draws / np.linalg.norm(draws, axis=2, keepdims=True) * np.where(reach > 0, reach, 1.0)
    none = np.zeros((1, *aim.case.rows.shape))
    return np.concatenate([near, none, np.clip(random, low, high)])


def _nearest_others(aim: Aim, everyone: Case) -> Array:
    """Changes (K, B, p) to the nearest rows with each other answer, (1, B, p) to enter one."""
    case, unit = aim.case, aim.case.geometry.unit
    step = max(len(everyone) // _MOST, 1)
    rows, outputs = everyone.rows[::step], everyone.outputs[::step]
    answers = case.answers
    margins = np.einsum("bkm,jm->bjk", answers.normals, outputs) + answers.offsets[:, None]
    lowest = margins.min(axis=2)
    side = np.where(lowest < 0.0, margins.argmin(axis=2), -1)
    if aim.enter:
        side = np.where(lowest > 0.0, 0, -1)
    a, b = case.rows / unit, rows / unit
    squares = (a**2).sum(axis=1)[:, None] - 2.0 * a @ b.T + (b**2).sum(axis=1)
    found = []
    for k in range(1 if aim.enter else answers.offsets.shape[1]):
        apart = np.where(side == k, squares, np.inf)
        nearest = apart.argmin(axis=1)
        change = (rows[nearest] - case.rows) / unit
        missing = np.isinf(apart.min(axis=1))
        if missing.any():
            change[missing] = _linear_guess(aim.of(np.flatnonzero(missing)), k)
        found.append(change)
    return np.array(found)


def _linear_guess(aim: Aim, k: int) -> Array:
    """The smallest changes (b, p) for which a linearisation at the row meets the aim."""
    case = aim.case
    answers = case.answers
    normals = -answers.normals if aim.enter else answers.normals[:, k : k + 1]
    heights = answers.margins(case.outputs)
    heights = -heights if aim.enter else heights[:, k : k + 1]
    _, slopes = linearised(case.network, case.rows, lambda _, rows: normals[rows])
    low, high = case.room()
    return nearest_change(slopes * case.geometry.unit, -heights, low, high)


def _on_boundary(aim: Aim, changes: Array, halvings: int = 8) -> Array:
    """Changes (K, B, p) shortened to where the segment from the row first was seen to meet the aim.

    A change that does not meet it is left as it is.
    """
    count, rows, features = changes.shape
    flat = changes.reshape(-1, features)
    whole = aim.of(np.tile(np.arange(rows), count))
    short, long = np.zeros(len(flat)), np.ones(len(flat))
    short = np.where(whole.is_met_by(flat), short, long)
    for _ in range(halvings):
        middle = 0.5 * (short + long)
        met = whole.is_met_by(middle[:, None] * flat)
        long, short = np.where(met, middle, long), np.where(met, short, middle)
    return (long[:, None] * flat).reshape(changes.shape)
