"""The digits as a race: the rows, the course of a fit over time, and who counts as arrived."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Held-out accuracy to touch, training cost (cross-entropy) to reach.
SCORE, COST = 0.97, 0.01


class Rows(NamedTuple):
    """Training rows and held-out rows: pixels from 0 to 16, classes."""

    train: Array
    classes: Array
    held: Array
    held_classes: Array


def digits() -> Rows:
    """scikit-learn's digits; rows whose index is a multiple of 5 are held out."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    held = np.arange(y.size) % 5 == 0
    return Rows(X[~held], y[~held], X[held], y[held])


@dataclass(frozen=True, eq=False)
class Course:
    """What one fit had reached after how many seconds; evaluations are not part of the seconds."""

    seconds: Array
    cost: Array
    score: Array
    #: Seconds of the whole call, for who decides himself when to stop.
    total: float

    @property
    def touched(self) -> float:
        """Seconds to the first held-out accuracy of at least SCORE."""
        return first(self.seconds, self.score >= SCORE)

    @property
    def reached(self) -> float:
        """Seconds to the first training cost of at most COST."""
        return first(self.seconds, self.cost <= COST)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "seconds": self.seconds.tolist(),
            "cost": self.cost.tolist(),
            "score": self.score.tolist(),
            "total": self.total,
        }


def first(seconds: Array, there: Array) -> float:
    """The seconds at the first True, infinite if there is none."""
    found = np.flatnonzero(there)
    return float(seconds[found[0]]) if found.size else math.inf


def accuracy(logits: Array, classes: Array) -> float:
    """The share of rows whose largest logit is that of their class."""
    return float((logits.argmax(axis=1) == classes).mean())


def cross_entropy(logits: Array, classes: Array) -> float:
    """The mean of -log softmax at the right class."""
    import scipy.special

    right = np.take_along_axis(logits, classes[:, None], axis=1)[:, 0]
    return float((scipy.special.logsumexp(logits, axis=1) - right).mean())


def median(values: Iterable[float]) -> float:
    """The median, infinite if most are."""
    return float(np.median(list(values)))
