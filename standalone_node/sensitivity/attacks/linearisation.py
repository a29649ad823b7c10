"""Iterated linearisation: from a point, the nearest change of the row that meets an aim.

A step linearises the aim at the iterate and goes to the change u that minimises

    s |u|^2 + (1 - s) |u - iterate|^2   in the box, where the linearisation meets the aim.

With s = 1 this is the search for the design point of structural reliability, the point of a
failure surface that is nearest to the origin (R. Rackwitz, B. Fiessler, Computers & Structures 9
(1978) 489); with s = 0 the iterate is projected, not the row, as in DeepFool (S.-M.
Moosavi-Dezfooli, A. Fawzi, P. Frossard, CVPR 2016). The fixed points are the same for every s > 0:
local minima of the distance. Where the surface is curved more than the sphere through the iterate,
s has to be small, or the iterates oscillate. So `anneal` lets s fall from large to small, which
also carries the iterates over shallow minima, and `polish` chooses it by the decrease of a merit
function (as P.-L. Liu and A. Der Kiureghian, Structural Safety 9 (1991) 161, do for the step) and
the spectral length of J. Barzilai and J. Borwein (IMA J. Numer. Anal. 8 (1988) 141).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.answers import Answers
from standalone_node.sensitivity.attacks.case import Case, linearised, outputs_at
from standalone_node.sensitivity.attacks.projection import dot, nearest_change

Array = NDArray[Any]
#: How often the multipliers of several half-spaces are gone through in a step, at most.
_SWEEPS = 30
#: How many hyperplanes a step looks at where all of them have to be passed:
#: at the nearest point more of them are hardly ever active.
_MOST = 3
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class Aim:
    """What searches have to reach: to leave the answers of a case, or to enter them.

    Attributes
    ----------
    case : Case
        One row for each search.
    enter : bool
        To leave, one margin has to become negative; to enter, all of them positive.
    slack : ndarray, shape (n,)
        By how much, so that rounding does not decide. Searches aim at twice the slack, so that
        they arrive from whichever side.
    """

    case: Case
    enter: bool
    slack: Array

    def __len__(self) -> int:
        return len(self.case)

    def of(self, index: Array) -> Aim:
        """Those of some of the searches (repetitions allowed)."""
        return Aim(self.case.of(index), self.enter, self.slack[index])

    def heights(self, outputs: Array) -> Array:
        """What has to become negative or zero, (n, J); infinite where a trajectory overflows."""
        found = self._signed(np.take_along_axis(*_lowest(self.case.answers, outputs, self.most), 1))
        return np.where(np.isnan(found), np.inf, found + 2.0 * self.slack[:, None])

    @property
    def most(self) -> int:
        """How many hyperplanes are looked at in a step, those of the smallest margins."""
        return _MOST if self.enter else 1

    def _signed(self, margins: Array) -> Array:
        return -margins if self.enter else margins

    def met(self, heights: Array) -> Array:
        """Which searches are where they have to go, (n,)."""
        return np.asarray((heights <= self.slack[:, None]).all(axis=1))

    def is_met_by(self, changes: Array) -> Array:
        """Which changes (n, p), in units, lead there, (n,)."""
        outputs = outputs_at(self.case.network, self.case.points(changes))
        return self.met(self.heights(outputs))

    def linearised(self, changes: Array) -> tuple[Array, Array]:
        """The heights (n, J) after changes (n, p), and their derivatives (n, J, p), in units."""

        def functionals(outputs: Array, rows: slice) -> Array:
            answers = self.case.answers.of(np.arange(len(self))[rows])
            _, lowest = _lowest(answers, outputs, self.most)
            return self._signed(np.take_along_axis(answers.normals, lowest[:, :, None], 1))

        outputs, slopes = linearised(self.case.network, self.case.points(changes), functionals)
        return self.heights(outputs), slopes * self.case.geometry.unit


def _lowest(answers: Answers, outputs: Array, most: int) -> tuple[Array, Array]:
    """The margins (n, K), and where the smallest of them are, (n, J)."""
    margins = answers.margins(outputs)
    return margins, margins.argsort(axis=1, kind="stable")[:, :most]


class Searches:
    """n searches: where each of them is, and the smallest change met that meets its aim.

    Attributes
    ----------
    aim : Aim
    change : ndarray, shape (n, p)
        Where they are, in units.
    best : ndarray, shape (n, p)
    distance : ndarray, shape (n,)
        The length of the best change; infinite if there is none yet.
    merit : ndarray, shape (n,)
        The length of the last change that was looked at, plus twice the way that its
        linearisation sees to the aim.
    """

    def __init__(self, aim: Aim, change: Array) -> None:
        self.aim, self.change, self.best = aim, change, change.copy()
        self.distance = np.full(len(aim), np.inf)
        self.merit = np.full(len(aim), np.inf)
        self.room = aim.case.room()

    def look(self, index: Array, trial: Array) -> tuple[Array, Array, Array]:
        """The heights, slopes and merits of trials of some of the searches; keeps the best."""
        heights, slopes = self.aim.of(index).linearised(trial)
        size = np.linalg.norm(trial, axis=1)
        better = self.aim.of(index).met(heights) & (size < self.distance[index])
        self.best[index[better]] = trial[better]
        self.distance[index[better]] = size[better]
        steep = np.maximum(np.linalg.norm(slopes, axis=2), _TINY)
        with np.errstate(over="ignore"):  # where nothing slopes, the way is without end
            away = 2.0 * (np.maximum(heights, 0.0) / steep).max(axis=1)
        return heights, slopes, size + away

    def steps(self, index: Array, change: Array, heights: Array, slopes: Array, s: Array) -> Array:
        """The next changes, from linearisations at changes (b, p), for s (b,)."""
        low, high = self.room[0][index], self.room[1][index]
        centre = (1.0 - s)[:, None] * change
        limits = s[:, None] * np.einsum("bjp,bp->bj", slopes, change) - heights
        return centre + nearest_change(slopes, limits, low - centre, high - centre, _SWEEPS)

    def kept(self, count: int, groups: int, value: Array) -> Searches:
        """The `count` searches of each of `groups` rows with the smallest values (n,).

        The searches are ordered start by start, with a row in the same place each time.
        """
        first = np.argsort(value.reshape(-1, groups), axis=0, kind="stable")[:count]
        index = (first * groups + np.arange(groups)).ravel()
        found = Searches(self.aim.of(index), self.change[index])
        found.best, found.distance = self.best[index], self.distance[index]
        found.merit = self.merit[index]
        return found


def anneal(searches: Searches, lengths: Array) -> None:
    """One step for each of the lengths s, whether it makes things better or not."""
    every = np.arange(len(searches.aim))
    for s in lengths:
        heights, slopes, searches.merit = searches.look(every, searches.change)
        same = np.full(every.size, s)
        searches.change = searches.steps(every, searches.change, heights, slopes, same)


def polish(searches: Searches, iterations: int, *, first: float = 0.05) -> None:
    """Steps from the best changes that lower the merit function, until they move no more."""
    index = np.flatnonzero(np.isfinite(searches.distance))
    if not index.size:
        return
    change = searches.best[index]
    heights, slopes, merit = searches.look(index, change)
    s = np.full(index.size, first)
    for _ in range(iterations):
        trial = searches.steps(index, change, heights, slopes, s)
        moving = np.linalg.norm(trial - change, axis=1) > 1e-7 * s * np.linalg.norm(change, axis=1)
        if not moving.any():
            break
        state = (index, change, heights, slopes, merit, s, trial)
        index, change, heights, slopes, merit, s, trial = (part[moving] for part in state)
        tried = searches.look(index, trial)
        lower = tried[2] < merit
        spectral = _spectral(trial - change, slopes, tried[1], change)
        s = np.where(lower, np.clip(spectral, 0.5 * s, 3.0 * s), 0.3 * s).clip(1e-3, 1.0)
        change = np.where(lower[:, None], trial, change)
        heights = np.where(lower[:, None], tried[0], heights)
        slopes = np.where(lower[:, None, None], tried[1], slopes)
        merit = np.where(lower, tried[2], merit)


def _spectral(move: Array, slopes: Array, after: Array, change: Array) -> Array:
    """|move|^2 / (move . change of u + sum_j tau_j slopes_j), and 1 where that is not positive."""
    steep = np.maximum((slopes**2).sum(axis=2), _TINY)
    tau = np.maximum(-np.einsum("bjp,bp->bj", slopes, change) / steep, 0.0)
    bent = dot(move, move + np.einsum("bj,bjp->bp", tau, after - slopes))
    return np.where(bent > 0.0, dot(move, move) / np.maximum(bent, _TINY), 1.0)


def land(searches: Searches, halvings: int = 24) -> None:
    """Move the best changes back towards their rows, as far as they still meet the aim."""
    index = np.flatnonzero(np.isfinite(searches.distance))
    if not index.size:
        return
    aim, whole = searches.aim.of(index), searches.best[index]
    short, long = np.zeros(index.size), np.ones(index.size)
    for _ in range(halvings):
        middle = 0.5 * (short + long)
        met = aim.is_met_by(middle[:, None] * whole)
        long, short = np.where(met, middle, long), np.where(met, short, middle)
    searches.best[index] = long[:, None] * whole
    searches.distance[index] = np.linalg.norm(searches.best[index], axis=1)
