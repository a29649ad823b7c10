"""Up to which noise the first order can be trusted: propagation against Monte Carlo, by level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import numbers, whole_number
from standalone_node.problem.network import Network
from standalone_node.sensitivity.sampling import drawn
from standalone_node.sensitivity.uncertainty.monte_carlo import (
    LEAST_SAMPLES,
    covariances,
    noisy_outputs,
    variance_interval,
    within,
)
from standalone_node.sensitivity.uncertainty.propagation import Propagation, propagate, root_of

Array = NDArray[Any]

#: The confidence level of the intervals.
CONFIDENCE = 0.99
#: A first-order standard deviation is valid if it is this close to that of the samples.
TOLERANCE = 0.1


@dataclass(frozen=True, eq=False)
class Validity:
    """The first order against Monte Carlo for noise of several sizes.

    Attributes
    ----------
    levels : ndarray, shape (L,)
        Factors of the standard deviations of the given noise.
    first_order : ndarray, shape (L,)
        Standard deviation of the outputs to first order, root mean square over rows and outputs:
        in the unit of the outputs; of several quantities in shares of their `output_scale`,
        so that none drowns the others by its unit.
    monte_carlo : ndarray, shape (L,)
        The same of the samples.
    low, high : ndarray, shape (L,)
        Its confidence interval of 99 %.
    inside : ndarray, shape (L,)
        The share of rows whose covariance J S J^T lies in all entries within the simultaneous
        confidence intervals of 99 % of the samples; about 0.99 while the first order holds.
    flips : ndarray, shape (L,), or None
        The share of samples whose class is not that of the row without noise.
    rows : ndarray of int
        Which rows of X were looked at.
    samples : int
        For each row and level.
    """

    levels: Array
    first_order: Array
    monte_carlo: Array
    low: Array
    high: Array
    inside: Array
    flips: Array | None
    rows: Array
    samples: int

    @property
    def error(self) -> Array:
        """first order / Monte Carlo - 1, (L,); zero where both are."""
        ratio = np.ones(self.levels.size)
        with np.errstate(divide="ignore"):
            np.divide(
                self.first_order,
                self.monte_carlo,
                out=ratio,
                where=(self.first_order > 0.0) | (self.monte_carlo > 0.0),
            )
        return ratio - 1.0

    @property
    def valid_up_to(self) -> float | None:
        """Up to which level the first order is within 10 % of Monte Carlo; None if nowhere.

        From the lowest level on, with linear interpolation of the error between the two levels
        where it passes 10 %; the highest level if it never does. Between levels as far apart as
        the default ones that is off by a few per cent.
        """
        size = np.abs(self.error)
        beyond = np.flatnonzero(~(size <= TOLERANCE))
        if not beyond.size:
            return float(self.levels[-1])
        k = int(beyond[0])
        if k == 0:
            return None
        if not np.isfinite(size[k]):
            return float(self.levels[k - 1])
        share = (TOLERANCE - size[k - 1]) / (size[k] - size[k - 1])
        return float((1.0 - share) * self.levels[k - 1] + share * self.levels[k])

    @property
    def leaves_at(self) -> float | None:
        """The first level at which the first order lies outside of [low, high]; None if none."""
        outside = np.flatnonzero((self.first_order < self.low) | (self.first_order > self.high))
        return float(self.levels[outside[0]]) if outside.size else None


def validity(
    model: Any,
    X: ArrayLike,
    covariance: ArrayLike,
    *,
    levels: ArrayLike | None = None,
    samples: int = 1000,
    seed: int = 0,
    most_rows: int = 100,
    parameters: Parameters | None = None,
) -> Validity:
    """How large noise may be for its first-order propagation to hold.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    covariance : "data", float or array_like, shape (p,) or (p, p)
        Of the noise at level 1, as `covariance_of` reads it.
    levels : array_like, shape (L,), optional
        Factors of its standard deviations, rising; ten from 0.01 to 10 if not given.
    samples : int
        For each row, at least 30; the same draws for all levels.
    seed : int
    most_rows : int
        If there are more, so many of them are drawn.
    parameters : Parameters, optional
        Of a problem.

    Returns
    -------
    Validity

    Raises
    ------
    ArgumentError
        If the covariance is none, the levels do not rise, or there are too few samples.
    StateOverflow
        If a sample overflows on its way through the depth.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), steps=1, scheme="euler",
    ...     activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> found = validity(problem, [[1.0, 2.0]], 0.1, levels=[0.1, 1.0, 10.0], parameters=p)
    >>> found.valid_up_to  # the network is linear
    10.0

    Notes
    -----
    For normal noise the covariance of the outputs lies between E[J] S E[J]^T and E[J S J^T] [1]_,
    with the derivative J at the noisy features. So the first order is wrong by a relative amount
    that grows with the square of the level.

    References
    ----------
    .. [1] Cacoullos: On upper and lower bounds for the variance of a function of a random
       variable, Annals of Probability 10 (1982).
    """
    sizes = _levels(levels)
    whole_number("samples", samples, LEAST_SAMPLES)
    linear = propagate(model, X, covariance, parameters=parameters)
    chosen = drawn(len(linear.rows), most_rows, seed)
    with threadpool_limits(1, "blas"):  # small products: a second thread only gets in the way
        root = root_of(linear.covariance)
        seen = [_row(linear, int(b), root, sizes, samples, seed) for b in chosen]
    variance, error, inside, flips = (np.array(part) for part in zip(*seen, strict=True))
    mean, spread = variance.mean(axis=0), np.sqrt((error**2).sum(axis=0)) / chosen.size
    low, high = variance_interval(mean, spread, 0.5 - 0.5 * CONFIDENCE)
    exact = np.einsum("bii,i->b", linear.output_covariance[chosen], _weights(linear.network)).mean()
    return Validity(
        levels=sizes,
        first_order=sizes * np.sqrt(exact),
        monte_carlo=np.sqrt(mean),
        low=np.sqrt(low),
        high=np.sqrt(high),
        inside=inside.mean(axis=0),
        flips=flips.mean(axis=0) if linear.network.classes else None,
        rows=chosen,
        samples=samples,
    )


def _row(
    linear: Propagation, b: int, root: Array, levels: Array, samples: int, seed: int
) -> tuple[Array, Array, Array, Array]:
    """Of one row: weighted variance, its standard error, inside, share of flips, (L,) each."""
    network = linear.network
    cloud = noisy_outputs(network, linear.rows[b], root, levels, samples, (seed, b))
    found, error = covariances(cloud)
    claimed = levels[:, None, None] ** 2 * linear.output_covariance[b]
    inside = within(claimed, found, error, samples, CONFIDENCE)
    weights = _weights(network)
    centred = cloud - cloud.mean(axis=1, keepdims=True)
    # n / (n - 1): the mean of the squares is to be the unbiased variance.
    squares = samples / (samples - 1) * (centred**2 @ weights)
    spread = squares.std(axis=1, ddof=1) / np.sqrt(samples)
    flips = np.zeros(levels.size)
    if network.classes:
        before = network.decided(linear.outputs[b : b + 1])
        flips = np.array([(network.decided(each) != before).mean() for each in cloud])
    return squares.mean(axis=1), spread, inside, flips


def _weights(network: Network) -> Array:
    """What the variances of the outputs are multiplied by before they are summed up, (m,)."""
    m = network.outputs
    several = not network.classes and m > 1
    return np.ones(m) / m / (network.output_scale**2 if several else 1.0)


def _levels(levels: ArrayLike | None) -> Array:
    if levels is None:
        return np.geomspace(0.01, 10.0, 10)
    given = numbers("levels", levels)
    if given.ndim != 1 or given.size == 0 or not np.isfinite(given).all():
        raise ArgumentError("levels have to be numbers in a row, at least one")
    if given[0] <= 0.0 or (np.diff(given) <= 0.0).any():
        raise ArgumentError("levels have to be positive and to rise: sort them")
    return given
