"""Rows drawn at random while they pass by, so many of every class, none of them remembered."""

from __future__ import annotations

import numpy as np


class Draw:
    """Draws an exact number of rows of each class, every set of them with the same probability.

    Parameters
    ----------
    counts : ndarray of int, (classes,)
        The rows that will come of each class.
    drawn : ndarray of int, (classes,)
        How many of them are drawn.
    seed : int

    Examples
    --------
    >>> draw = Draw(np.array([4, 2]), np.array([2, 1]), seed=0)
    >>> sum(draw.of(np.array(part)).sum() for part in ([0, 0, 1], [1, 0, 0])).item()
    3
    """

    def __init__(self, counts: np.ndarray, drawn: np.ndarray, seed: int) -> None:
        self._left, self._wanted = counts.astype(np.int64), drawn.astype(np.int64)
        self._random = np.random.default_rng(seed)

    def of(self, classes: np.ndarray) -> np.ndarray:
        """Which of the next rows are drawn, a mask; given the class of each."""
        mask = np.zeros(classes.size, dtype=bool)
        for label in np.unique(classes):
            places = np.flatnonzero(classes == label)
            wanted, left = int(self._wanted[label]), int(self._left[label])
            count = int(self._random.hypergeometric(wanted, left - wanted, places.size))
            mask[self._random.choice(places, count, replace=False)] = True
            self._wanted[label] -= count
            self._left[label] -= places.size
        return mask


def shared_out(counts: np.ndarray, total: int) -> np.ndarray:
    """`total` rows shared out to the classes in proportion, none of them emptied.

    What is left after rounding down goes to the largest remainders.

    Examples
    --------
    >>> shared_out(np.array([50, 30, 2]), 16).tolist()
    [10, 6, 0]
    """
    exact = counts * (total / counts.sum())
    found = np.minimum(np.floor(exact).astype(np.int64), counts - 1)
    order = np.argsort(found - exact, kind="stable")
    while found.sum() < total and (found < counts - 1).any():
        for place in order:
            if found.sum() < total and found[place] < counts[place] - 1:
                found[place] += 1
    return found
