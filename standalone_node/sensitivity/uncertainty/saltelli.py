"""The points and the estimators of Sobol' indices.

References
----------
Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola: Variance based sensitivity analysis of model
output, Comput. Phys. Commun. 181 (2010).
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import NDArray
from scipy.stats import qmc

Array = NDArray[Any]

#: Numbers in the weights of the resamples that are worked on at a time.
_MOST = 2**20
#: Resamples of the bootstrap.
_RESAMPLES = 999


def function_values(
    seen: Callable[[Array], Array], rows: Array, features: Array, samples: int, seed: int
) -> tuple[Array, Array, Array]:
    """f(A) and f(B), (n, q), and f(AB) (k, n, q), where AB is A with one column of B."""
    # The keyword of the generator has been renamed, and the old name is to go.
    keyword = "rng" if "rng" in signature(qmc.Sobol).parameters else "seed"
    generator = {keyword: np.random.default_rng(seed)}
    p = rows.shape[1]
    shares = qmc.Sobol(2 * p, scramble=True, **generator).random(samples)
    # The empirical quantile function: each value in X as often as it is there.
    place = (shares * len(rows)).astype(np.intp).clip(max=len(rows) - 1)
    quantiles = np.sort(rows, axis=0)
    values, others = (
        np.take_along_axis(quantiles, half, axis=0) for half in (place[:, :p], place[:, p:])
    )
    f_A, f_B = seen(values), seen(others)
    f_AB = np.empty((features.size, *f_A.shape))
    for k, i in enumerate(features):
        mixed = values.copy()
        mixed[:, i] = others[:, i]
        f_AB[k] = seen(mixed)
    return f_A, f_B, f_AB


def indices_of(f_A: Array, f_B: Array, f_AB: Array) -> tuple[Array, Array]:
    """First-order and total indices (k,), generalised if there are several outputs."""
    k, n, q = f_AB.shape
    # SciPy stumbles over one index of one output: with a single feature it gets that one twice.
    pages = f_AB.transpose(0, 2, 1).repeat(2 if k == 1 else 1, axis=0)
    found = scipy.stats.sobol_indices(func={"f_A": f_A.T, "f_B": f_B.T, "f_AB": pages}, n=n)
    weights = np.concatenate([f_A, f_B]).var(axis=0)
    first, total = (
        weights @ each.reshape(q, -1)[:, :k] / weights.sum()
        for each in (found.first_order, found.total_order)
    )
    return first, total


def intervals_of(
    f_A: Array, f_B: Array, f_AB: Array, confidence: float, seed: int
) -> tuple[Array, Array]:
    """The ends (2, k) of the intervals of first-order and total indices, by the bootstrap."""
    k, n = f_AB.shape[:2]
    mean = 0.5 * (f_A + f_B).mean(axis=0)
    f_A, f_B, f_AB = f_A - mean, f_B - mean, f_AB - mean
    # Both indices are ratios of means over the n points: a resample is a row of weights.
    explained = np.einsum("nq,knq->nk", f_B, f_AB - f_A)
    left = 0.5 * np.einsum("knq,knq->nk", f_AB - f_A, f_AB - f_A)
    squares = 0.5 * (f_A**2 + f_B**2).sum(axis=1)
    terms = np.column_stack([explained, left, squares, 0.5 * (f_A + f_B)])
    rng, size = np.random.default_rng([seed, 1]), max(1, _MOST // n)
    parts = []
    for start in range(0, _RESAMPLES, size):
        count = min(size, _RESAMPLES - start)
        drawn = rng.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)
        parts.append(weights / n @ terms)
    means = np.concatenate(parts)
    variance = means[:, 2 * k] - (means[:, 2 * k + 1 :] ** 2).sum(axis=1)
    varies = variance[:, None] > 0.0
    indices = np.divide(
        means[:, : 2 * k], variance[:, None], out=np.zeros((len(means), 2 * k)), where=varies
    )
    ends = np.quantile(indices, [0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence], axis=0)
    return ends[:, :k], ends[:, k:]
