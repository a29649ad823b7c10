"""Rows after an attack of a given size, and how the worst points are kept on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.attacks.case import Case

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Attacked:
    """Rows after an attack of a given size.

    Attributes
    ----------
    perturbed : ndarray, shape (B, p)
        The worst points met; they lie in the ball around the rows and in the box, exactly.
    broken : ndarray of bool, shape (B,)
        Which of them have a wrong answer.
    margin : ndarray, shape (B,)
        The smallest margin there; negative where the answer is wrong. A search for a row ends as
        soon as it is.
    """

    perturbed: Array
    broken: Array
    margin: Array


class Worst:
    """The points with the smallest margins met so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.points = case.rows.copy()
        self.margin = case.answers.margins(case.outputs).min(axis=1)

    @property
    def standing(self) -> Array:
        """Indices of the rows that are not broken yet."""
        return np.flatnonzero(self.margin >= 0.0)

    def meet(self, index: Array, points: Array, margin: Array) -> None:
        """Points (b, p) and margins (b,) of the rows at an index (b,)."""
        better = margin < self.margin[index]
        self.points[index[better]] = points[better]
        self.margin[index[better]] = margin[better]

    def attacked(self) -> Attacked:
        """What has been found."""
        return Attacked(self.points, self.margin < 0.0, self.margin)
