"""The choice of a penalty weight by cross-validation on the training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold

Array = NDArray[Any]

#: The values l2="auto" chooses from, the largest first.
CANDIDATES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
FOLDS = 5
#: A candidate ends the search if it is worse than the best one by so many standard errors.
DOUBT = 2.0


def chosen_l2(
    error: Callable[[Array, Array, float], float],
    samples: int,
    seed: int,
    enough: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda words: None,
) -> tuple[float, dict[float, float]]:
    """The candidate with the least cross-validated error, and the error of each that was tried.

    Parameters
    ----------
    error : callable
        (training rows, validation rows, l2) -> error on the validation rows.
    samples : int
    seed : int
        Of the folds.
    enough : callable
        Asked after every candidate whether to leave it at those that were tried.
    tell : callable
        Takes a line on every candidate.

    Notes
    -----
    From the largest candidate downwards, until two in a row are worse than the best, or one is
    worse beyond doubt, by more than `DOUBT` standard errors of its differences from the best, fold
    by fold: a smaller penalty takes longer to fit, and once the network fits noise it will not get
    better.
    """
    folds = KFold(min(FOLDS, samples), shuffle=True, random_state=seed)
    splits = list(folds.split(np.empty((samples, 1))))
    found: dict[float, Array] = {}
    errors: dict[float, float] = {}
    best = CANDIDATES[0]
    for l2 in CANDIDATES:
        found[l2] = np.array([error(train, test, l2) for train, test in splits])
        errors[l2] = float(np.mean(found[l2]))
        tell(f"l2 = {l2:g}: cross-validated error {errors[l2]:.4g}")
        tried = list(errors.values())
        worse = len(tried) > 2 and min(tried[-2:]) > errors[best]
        if enough() or worse or _doubtless(found[l2] - found[best]):
            break
        best = min(errors, key=errors.__getitem__)
    return min(errors, key=errors.__getitem__), errors


def _doubtless(differences: Array) -> bool:
    """Whether differences, one a fold, are positive by more than chance."""
    deviation = differences.std(ddof=1) / np.sqrt(differences.size)
    return bool(differences.mean() > DOUBT * deviation)
