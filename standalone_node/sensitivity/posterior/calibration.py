"""Whether probabilities and intervals mean what they say: held against what was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.uncertainty.predictive import quantile

Array = NDArray[Any]

#: The nominal levels that `coverage` asks about if none are given.
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Confidence and accuracy of predicted classes, by bins of the confidence; (n,) each.

    Attributes
    ----------
    low, high : ndarray
        The ends of the bins that hold a row; the right one belongs to the bin.
    confidence : ndarray
        Mean probability of the predicted class.
    accuracy, accuracy_low, accuracy_high : ndarray
        The share of right predictions, with its Wilson interval of 95 %.
    count : ndarray of int
        Rows in the bin.
    ece : float
        Expected calibration error: the mean over rows of |accuracy - confidence| of their bin.
    log_loss : float
        Mean of minus the logarithm of the probability of the right class.
    brier : float
        Mean over rows of the squared distance between the probabilities and the indicator of the
        right class, between 0 and 2.
    """

    low: Array
    high: Array
    confidence: Array
    accuracy: Array
    accuracy_low: Array
    accuracy_high: Array
    count: Array
    ece: float
    log_loss: float
    brier: float


def calibration(probabilities: ArrayLike, truth: ArrayLike, bins: int = 10) -> Calibration:
    """How well the probabilities of classes agree with how often they are right.

    Parameters
    ----------
    probabilities : array_like, shape (B, classes)
    truth : array_like of int, shape (B,)
        The right classes, by position.
    bins : int
        Of equal width on [0, 1]; those without a row are left out.

    Raises
    ------
    ArgumentError
        If the rows are no probabilities, or the truth is not a position for each.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On Calibration of Modern Neural Networks, ICML
    2017. G. W. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather
    Review 78 (1950).

    Examples
    --------
    >>> calibration([[0.8, 0.2], [0.7, 0.3]], [0, 1], bins=2).ece
    0.25
    """
    shares, right = _checked(probabilities, truth)
    bins = whole_number("bins", bins, 1)
    rows, predicted = np.arange(len(right)), shares.argmax(axis=1)
    confidence, hit = shares[rows, predicted], predicted == right
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    count, hits, total = (np.bincount(place, weights, bins) for weights in (None, hit, confidence))
    used = np.flatnonzero(count)
    count, hits, total = count[used], hits[used], total[used]
    low, high = wilson(hits, count)
    given = np.clip(shares[rows, right], np.finfo(np.float64).eps, 1.0)
    return Calibration(
        low=edges[used],
        high=edges[used + 1],
        confidence=total / count,
        accuracy=hits / count,
        accuracy_low=low,
        accuracy_high=high,
        count=count,
        ece=float(np.abs(hits - total).sum() / len(right)),
        log_loss=float(-np.log(given).mean()),
        brier=float(np.square(shares - np.eye(shares.shape[1])[right]).sum(axis=1).mean()),
    )


def _checked(probabilities: ArrayLike, truth: ArrayLike) -> tuple[Array, Array]:
    shares, right = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    if shares.ndim != 2 or not shares.size:
        raise ArgumentError(f"probabilities have to be (B, classes), not of shape {shares.shape}")
    if not (shares >= 0.0).all() or not np.allclose(shares.sum(axis=1), 1.0, atol=1e-6):
        raise ArgumentError("the probabilities of each row have to be at least 0 and sum up to 1")
    if right.shape != (len(shares),) or right.dtype.kind not in "iu":
        raise ArgumentError("truth has to hold one class a row, as a position in the classes")
    if right.min() < 0 or right.max() >= shares.shape[1]:
        raise ArgumentError(f"truth has to hold classes 0…{shares.shape[1] - 1}, by position")
    return shares, right


@dataclass(frozen=True, eq=False)
class Coverage:
    """How many observations lie inside the central interval of each level; (L,) each.

    Attributes
    ----------
    levels : ndarray
        The nominal shares.
    observed, low, high : ndarray
        The share observed, with its Wilson interval of 95 %.
    count : int
        Observations.
    """

    levels: Array
    observed: Array
    low: Array
    high: Array
    count: int


def coverage(
    outputs: ArrayLike, deviations: ArrayLike, truth: ArrayLike, levels: ArrayLike = LEVELS
) -> Coverage:
    """How well intervals of normal outputs agree with how often they hold the truth.

    Parameters
    ----------
    outputs, deviations, truth : array_like, shape (B,) or (B, m)
        Predicted values, their standard deviations (of an observation: with its noise), and what
        was observed. Several outputs are counted together, as if they were independent; give one
        column to ask about one.
    levels : array_like, shape (L,)
        Between 0 and 1.

    Raises
    ------
    ArgumentError
        If the shapes differ, a deviation is negative, or a level is none.

    Examples
    --------
    >>> coverage([0.0, 0.0], [1.0, 1.0], [0.5, 3.0], levels=[0.5]).observed
    array([0.5])
    """
    values, spread, seen = (np.asarray(a, dtype=np.float64) for a in (outputs, deviations, truth))
    if not values.size or values.shape != spread.shape or values.shape != seen.shape:
        raise ArgumentError(
            f"outputs, deviations and truth have to have one shape, not {values.shape}, "
            f"{spread.shape} and {seen.shape}"
        )
    if not (spread >= 0.0).all():
        raise ArgumentError("deviations have to be 0 or larger")
    nominal = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    error = np.abs(values - seen)
    hits = np.array([np.sum(error <= quantile(level) * spread) for level in nominal])
    low, high = wilson(hits, values.size)
    return Coverage(nominal, hits / values.size, low, high, int(values.size))


def wilson(hits: ArrayLike, count: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's interval of a share, from `hits` among `count` independent trials.

    References
    ----------
    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of
    the American Statistical Association 22 (1927).

    Examples
    --------
    >>> low, high = wilson(0, 10)
    >>> float(low), round(float(high), 3)
    (0.0, 0.278)
    """
    n, q = np.asarray(count, dtype=np.float64), quantile(level)
    share = np.asarray(hits, dtype=np.float64) / n
    centre = share + q * q / (2.0 * n)
    reach = q * np.sqrt(share * (1.0 - share) / n + q * q / (4.0 * n * n))
    whole = 1.0 + q * q / n
    return np.maximum((centre - reach) / whole, 0.0), np.minimum((centre + reach) / whole, 1.0)
