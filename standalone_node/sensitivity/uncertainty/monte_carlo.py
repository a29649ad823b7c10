"""What noise in the features makes of the outputs, by solving the direct problem for samples of it.

It knows nothing of derivatives, and is what the first order is held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import subject
from standalone_node.sensitivity.uncertainty.propagation import covariance_of, root_of

Array = NDArray[Any]

#: Numbers in the states of the samples that are solved for at a time.
_MOST = 2**20
#: Fewer samples say next to nothing about a fourth moment.
LEAST_SAMPLES = 30
#: A difference of covariances that is round-off, relative to the deviations.
_ROUND_OFF = 1e-12


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """Moments of the outputs of noisy features, and how well the samples determine them.

    Attributes
    ----------
    mean : ndarray, shape (B, m)
    covariance : ndarray, shape (B, m, m)
    covariance_error : ndarray, shape (B, m, m)
        The standard error of each entry.
    flips : ndarray, shape (B,), or None
        The share of samples whose class is not that of the row without noise; None for quantities.
    probabilities : ndarray, shape (B, classes), or None
        The mean of the probabilities; None if there are none.
    samples : int
    """

    mean: Array
    covariance: Array
    covariance_error: Array
    flips: Array | None
    probabilities: Array | None
    samples: int

    def contains(self, output_covariance: Array, level: float = 0.95) -> Array:
        """Whether all entries of a covariance (B, m, m) lie within confidence intervals, (B,).

        The intervals hold for all entries of a row at once, with a probability of at least
        `level` for a row if the outputs are normal; see `within`.
        """
        return within(
            output_covariance, self.covariance, self.covariance_error, self.samples, level
        )


def monte_carlo(
    model: Any,
    X: ArrayLike,
    covariance: ArrayLike,
    *,
    samples: int = 1000,
    seed: int = 0,
    parameters: Parameters | None = None,
) -> MonteCarlo:
    """Moments of the outputs for features with normal noise, from independent samples.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    covariance : "data", float or array_like, shape (p,) or (p, p)
        Of the noise in the features, as `covariance_of` reads it.
    samples : int
        For each row; at least 30.
    seed : int
        Each row has draws of its own, which depend on the seed and on its place.
    parameters : Parameters, optional
        Of a problem.

    Returns
    -------
    MonteCarlo

    Raises
    ------
    ArgumentError
        If the covariance is none, or there are too few samples.
    StateOverflow
        If a sample overflows on its way through the depth.

    Examples
    --------
    >>> import numpy as np
    >>> import standalone_node as sn
    >>> problem = sn.InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), activation="identity")
    >>> p = sn.Parameters(np.array([0.0, 1.0]), np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> found = monte_carlo(problem, [[1.0, 2.0]], [0.1, 0.3], parameters=p)
    >>> found.contains(np.array([[[0.01]]])), found.contains(np.array([[[0.02]]]))
    (array([ True]), array([False]))
    """
    network, rows = subject(model, X, parameters)
    root = root_of(covariance_of(network, covariance, rows))
    whole_number("samples", samples, LEAST_SAMPLES)
    before = network.decided(network.solve(rows)) if network.classes else None
    seen = []
    with threadpool_limits(1, "blas"):  # small products: a second thread only gets in the way
        for b in range(len(rows)):
            cloud = noisy_outputs(network, rows[b], root, np.ones(1), samples, (seed, b))[0]
            flips = None if before is None else (network.decided(cloud) != before[b]).mean()
            likely = network.probabilities(cloud).mean(axis=0) if network.logits else None
            seen.append((cloud.mean(axis=0), *covariances(cloud), flips, likely))
    mean, found, error, flips, likely = zip(*seen, strict=True)
    return MonteCarlo(
        np.array(mean),
        np.array(found),
        np.array(error),
        None if before is None else np.array(flips),
        np.array(likely) if network.logits else None,
        samples,
    )


def noisy_outputs(
    network: Network, row: Array, root: Array, levels: Array, samples: int, seed: tuple[int, ...]
) -> Array:
    """The outputs (L, samples, m) of one row (p,) under noise of several sizes.

    The noise of level k is `levels[k]` times `root` (p, p) times standard normal draws that are
    the same for all levels, so that what is made of them is a smooth function of the level. Only
    some of the samples are solved for at a time.

    Raises
    ------
    StateOverflow
        If one of them overflows.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((levels.size, samples, network.outputs))
    size = max(1, _MOST // network.width)
    for start in range(0, samples, size):
        part = slice(start, min(start + size, samples))
        noise = rng.standard_normal((part.stop - start, network.inputs)) @ root.T
        for k, level in enumerate(levels):
            try:
                found[k, part] = network.solve(row + level * noise)
            except StateOverflow:
                raise StateOverflow(
                    f"a sample of the noise at row {seed[-1] + 1} overflows on its way through the "
                    "depth: take less noise"
                ) from None
    return found


def covariances(cloud: Array) -> tuple[Array, Array]:
    """The covariance (..., m, m) of samples (..., n, m), and the standard error of each entry.

    The error is the root of the unbiased estimate of Var(k_11), made of the second k-statistics
    k_20, k_02, k_11 and the fourth one, k_22. For one variable it is the classical
    ((n - 1) k_4 + 2 n k_2^2) / (n (n + 1)).

    References
    ----------
    Kendall, Stuart: The Advanced Theory of Statistics, volume 1 (1958), chapters 12 and 13.
    """
    n = cloud.shape[-2]
    deviations = cloud - cloud[..., :1, :]  # exactly zero where the noise changes nothing
    deviations -= deviations.mean(axis=-2, keepdims=True)
    k11 = deviations.swapaxes(-1, -2) @ deviations / (n - 1)
    squares = deviations**2
    m22 = squares.swapaxes(-1, -2) @ squares / n
    variances = np.einsum("...ii->...i", k11)
    both = variances[..., :, None] * variances[..., None, :]
    biased = ((n - 1) / n) ** 2 * (both + 2.0 * k11**2)
    k22 = n**2 * ((n + 1) * m22 - (n - 1) * biased) / ((n - 1) * (n - 2) * (n - 3))
    normal = ((n - 1) * both + (n - 3) * k11**2) / (n - 2)
    # Rounding, and a few samples of a variable with two values, can leave it below zero.
    error = np.sqrt(((n - 1) / n * k22 + normal).clip(0.0) / (n + 1))
    return k11, error


def within(
    claimed: Array, covariance: Array, error: Array, samples: int, level: float = 0.95
) -> Array:
    """Whether claimed covariances (..., m, m) lie within the confidence intervals, (...,).

    Parameters
    ----------
    claimed : ndarray, shape (..., m, m)
    covariance, error : ndarray, shape (..., m, m)
        As `covariances` finds them.
    samples : int
    level : float
        Of all m (m + 1) / 2 intervals at once, by Bonferroni's inequality.

    Notes
    -----
    A covariance of samples is skewed the more, the fewer there are. So a variance has the
    chi-square interval with the degrees of freedom nu = 2 s^2 / error^2 that its standard error
    leaves it with, exact for normal outputs but for the estimate of nu; a covariance has Student's.
    """
    m = covariance.shape[-1]
    tail = (1.0 - checked_level(level)) / (m * (m + 1))
    reach = scipy.stats.t.isf(tail, samples - 1) * error
    low, high = covariance - reach, covariance + reach
    diagonal = np.arange(m)
    low[..., diagonal, diagonal], high[..., diagonal, diagonal] = variance_interval(
        covariance[..., diagonal, diagonal], error[..., diagonal, diagonal], tail
    )
    deviations = np.sqrt(covariance[..., diagonal, diagonal])
    slack = _ROUND_OFF * deviations[..., :, None] * deviations[..., None, :]
    inside = (claimed >= low - slack) & (claimed <= high + slack)
    found: Array = inside.all(axis=(-1, -2))
    return found


def variance_interval(variance: Array, error: Array, tail: float) -> tuple[Array, Array]:
    """The ends of a confidence interval that a variance misses with probability `tail` on a side.

    Its estimate is taken for a multiple of a chi-square variable (Satterthwaite).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = 2.0 * (variance / error) ** 2
        low = freedom * variance / scipy.stats.chi2.isf(tail, freedom)
        high = freedom * variance / scipy.stats.chi2.ppf(tail, freedom)
    certain = ~(error > 0.0)
    return np.where(certain, variance, low), np.where(certain, variance, high)


def checked_level(level: float, name: str = "level") -> float:
    """A probability strictly between 0 and 1; ArgumentError for anything else."""
    if not isinstance(level, int | float | np.number) or not 0.0 < float(level) < 1.0:
        raise ArgumentError(f"{name} = {level!r} has to lie between 0 and 1, as 0.95")
    return float(level)
