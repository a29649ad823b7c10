"""The choice of a penalty weight by cross-validation on the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold

Array = NDArray[Any]

#: The values l2="auto" chooses from, the largest first.
CANDIDATES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
FOLDS = 5
#: A candidate whose error is so many times the least one so far ends the search.
MUCH = 1.5


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

    Returns
    -------
    best : float
    errors : dict
        The mean over the folds of each candidate that was tried; of one that was given up after
        some folds, as it could not become the best any more, what its mean is at the least.

    Notes
    -----
    From the largest candidate downwards, until two in a row are worse than the best, or one is
    much worse: a smaller penalty takes longer to fit, and once the network fits noise it will not
    get better.
    """
    folds = KFold(min(FOLDS, samples), shuffle=True, random_state=seed)
    splits = list(folds.split(np.empty((samples, 1))))
    errors: dict[float, float] = {}
    for l2 in CANDIDATES:
        best = min(errors.values(), default=np.inf)
        errors[l2] = _mean((error(train, test, l2) for train, test in splits), len(splits), best)
        tell(f"l2 = {l2:g}: cross-validated error {errors[l2]:.4g}")
        tried = list(errors.values())
        worse = len(tried) > 2 and min(tried[-2:]) > min(tried)
        if enough() or worse or errors[l2] > MUCH * best:
            break
    return min(errors, key=errors.__getitem__), errors


def _mean(errors: Iterable[float], count: int, best: float) -> float:
    """The mean of so many errors; what it is at the least once that is more than the best."""
    total = 0.0
    for error in errors:
        total += error
        if total > MUCH * best * count:
            break
    return total / count
