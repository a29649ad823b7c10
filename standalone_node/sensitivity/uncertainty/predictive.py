"""What a Gaussian of the outputs says: intervals of quantities, probabilities of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.network import Network

Array = NDArray[Any]

#: Numbers that are drawn at once.
AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False)
class Predictive:
    """Rows whose outputs are normal, about `outputs` with `covariance`.

    Attributes
    ----------
    network : Network
    outputs : ndarray, shape (B, m)
        In their own units.
    covariance : ndarray, shape (B, m, m)
        In these units, without the noise.
    noise : ndarray, shape (m,)
        Standard deviation of an observation about the output; 0 for logits.
    """

    network: Network
    outputs: Array
    covariance: Array
    noise: Array

    @property
    def standard_deviation(self) -> Array:
        """Of an observation, (B, m): covariance and noise together."""
        variances = np.diagonal(self.covariance, axis1=1, axis2=2)
        found: Array = np.sqrt(variances + np.square(self.noise))
        return found

    def intervals(self, level: float = 0.95) -> Array:
        """The central intervals that hold an observation with probability `level`, (B, m, 2)."""
        reach = quantile(level) * self.standard_deviation
        return np.stack([self.outputs - reach, self.outputs + reach], axis=-1)

    def probabilities(self, samples: int = 1000, seed: int = 0) -> Array:
        """The mean probabilities (B, classes) of normal logits."""
        return mean_probabilities(self.network, self.outputs, self.covariance, samples, seed)

    def score(self, truth: Array) -> float:
        """The mean over rows of minus the logarithm of the probability (density) of the truth.

        `truth` are the right classes by position (B,), or the observed quantities (B, m).
        """
        if self.network.logits:
            shares = self.probabilities()[np.arange(len(truth)), truth]
            return float(-np.log(np.maximum(shares, np.finfo(np.float64).tiny)).mean())
        whole = self.covariance + np.diag(np.square(self.noise))
        error = (truth - self.outputs)[..., None]
        distance = (error * np.linalg.solve(whole, error)).sum(axis=(1, 2))
        constant = self.noise.size * np.log(2.0 * np.pi)
        return float(0.5 * (distance + np.linalg.slogdet(whole)[1] + constant).mean())


def quantile(level: float) -> float:
    """Half the width of the central interval of the standard normal distribution.

    Examples
    --------
    >>> round(quantile(0.95), 4)
    1.96
    """
    if not 0.0 < level < 1.0:
        raise ArgumentError(f"level = {level!r} has to lie between 0 and 1")
    return float(scipy.special.ndtri(0.5 + 0.5 * level))


def mean_probabilities(
    network: Network, outputs: Array, covariance: Array, samples: int = 1000, seed: int = 0
) -> Array:
    """The mean over N(outputs, covariance) of the probabilities that logits stand for.

    Parameters
    ----------
    network : Network
        One of logits; ArgumentError if it is none.
    outputs : ndarray, shape (B, m)
    covariance : ndarray, shape (B, m, m)
        Symmetric and positive semidefinite; what rounding leaves below zero is taken for zero.
    samples : int
        Draws, in pairs on both sides of the mean; the same standard normal numbers for every row,
        so that rows compare.
    seed : int

    Returns
    -------
    ndarray, shape (B, classes)
        With a sampling error of at most 0.5 / sqrt(samples).
    """
    half = (whole_number("samples", samples, 2) + 1) // 2
    draws = np.random.default_rng(seed).normal(size=(half, outputs.shape[1]))
    draws = np.concatenate([draws, -draws])
    squares, axes = np.linalg.eigh(covariance)
    roots = axes * np.sqrt(np.maximum(squares, 0.0))[:, None, :]
    found, step = [], max(1, AT_ONCE // draws.size)
    for first in range(0, len(outputs), step):
        part = slice(first, first + step)
        logits = outputs[part, None, :] + draws @ roots[part].transpose(0, 2, 1)
        shares = network.probabilities(logits.reshape(-1, outputs.shape[1]))
        found.append(shares.reshape(*logits.shape[:2], -1).mean(axis=1))
    return np.concatenate(found)
