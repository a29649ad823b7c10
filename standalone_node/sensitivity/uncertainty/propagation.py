"""What noise in the features makes of the outputs, to first order.

Features with covariance S give outputs with covariance J S J^T, where J is the derivative of the
outputs with respect to the features: exact as far as the network is linear over the noise. How far
that is, `validity` finds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.special
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.network import Network
from standalone_node.sensitivity.answers import same_class
from standalone_node.sensitivity.derivatives.jacobians import output_jacobians
from standalone_node.sensitivity.subject import subject
from standalone_node.sensitivity.uncertainty.predictive import Predictive

Array = NDArray[Any]

#: By how much a covariance, scaled to unit variances, may miss symmetry or definiteness: rounding
#: in a file is forgiven, a wrong sign is not.
_ROUNDING = 1e-8
#: Directions (a power of two) over which the probability that a class stays is averaged.
_DIRECTIONS = 2048
#: Numbers in the largest array at a time.
_MOST = 2**20


def covariance_of(network: Network, spec: ArrayLike, rows: Array | None = None) -> Array:
    """The covariance (p, p) of the features that an argument means.

    Parameters
    ----------
    network : Network
    spec : "data", float or array_like, shape (p,) or (p, p)
        One number: the standard deviation of every feature as a share of `network.scale`. (p,):
        the standard deviations of independent features, in their units. (p, p): the covariance,
        which may be singular. "data": that of the rows, as if each were any of them.
    rows : ndarray, shape (B, p), optional
        For "data": at least two.

    Returns
    -------
    ndarray, shape (p, p)
        Symmetric and positive semidefinite, in the units of the features.

    Raises
    ------
    ArgumentError
        If it has another shape, or is not finite; if a standard deviation is negative; if the
        covariance is not symmetric or not positive semidefinite (up to rounding); if there are not
        two rows for "data".

    Examples
    --------
    >>> from standalone_node import InverseProblem
    >>> from standalone_node.sensitivity.subject import network_of
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros((1, 1)))
    >>> network = network_of(problem, problem.initial_parameters())
    >>> covariance_of(network, [1.0, 2.0])
    array([[1., 0.],
           [0., 4.]])
    >>> covariance_of(network, "data", np.array([[0.0, 0.0], [2.0, 4.0]]))
    array([[2., 4.],
           [4., 8.]])
    """
    if isinstance(spec, str):
        return _of_data(spec, rows)
    p = network.inputs
    try:
        given = np.array(spec, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError("covariance has to be made of numbers") from None
    if not np.isfinite(given).all():
        raise ArgumentError(
            "covariance holds numbers that are not finite: set them, 0 for no noise"
        )
    if given.shape not in ((), (p,), (p, p)):
        raise ArgumentError(
            f"covariance has shape {given.shape}: give one number (a share of the scale of each "
            f"feature), ({p},) standard deviations or a ({p}, {p}) matrix"
        )
    if given.ndim == 2:
        return _checked(given, network.scale)
    if (given < 0.0).any():
        raise ArgumentError("covariance: a standard deviation cannot be negative; 0 is no noise")
    return np.diag(np.broadcast_to(given * (network.scale if given.ndim == 0 else 1.0), p) ** 2)


def _of_data(word: str, rows: Array | None) -> Array:
    """The covariance of rows (B, p)."""
    if word != "data":
        raise ArgumentError(
            f"covariance = {word!r} has to be 'data', for that of the rows, or made of numbers"
        )
    if rows is None or len(rows) < 2:
        raise ArgumentError("covariance = 'data' is that of the rows: give at least two of them")
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _checked(given: Array, scale: Array) -> Array:
    """The symmetric part of a covariance, after the checks that do not depend on units."""
    variances = np.diag(given)
    if (variances < 0.0).any():
        bad = int(np.flatnonzero(variances < 0.0)[0])
        raise ArgumentError(f"covariance: the variance of feature {bad + 1} is negative")
    unit = np.where(variances > 0.0, np.sqrt(variances), scale)
    scaled = given / unit / unit[:, None]
    if np.abs(scaled - scaled.T).max() > _ROUNDING:
        raise ArgumentError("covariance is not symmetric: give (C + C.T) / 2 if that is meant")
    lowest = float(np.linalg.eigvalsh(0.5 * (scaled + scaled.T))[0])
    if lowest < -_ROUNDING * len(given):
        raise ArgumentError(
            f"covariance is not positive semidefinite (scaled to unit variances it has the "
            f"eigenvalue {lowest:.2g}): set its negative eigenvalues to zero"
        )
    noisy = variances > 0.0
    return np.asarray(0.5 * (given + given.T) * noisy * noisy[:, None])


def root_of(covariance: Array) -> Array:
    """R (p, p) with R R^T the covariance (p, p), which may be singular.

    R is D C^(1/2), with the standard deviations D and the symmetric root of the correlations C by
    its eigenvalues: other than a factor of eigenvectors or Cholesky's it is unique, so that
    the same draws make the same noise wherever they are made.
    """
    deviations = np.sqrt(np.diag(covariance))
    unit = np.where(deviations > 0.0, deviations, 1.0)
    return np.asarray(unit[:, None] * _symmetric_root(covariance / unit / unit[:, None]))


def _symmetric_root(matrices: Array) -> Array:
    values, vectors = np.linalg.eigh(matrices)
    roots: Array = np.sqrt(values.clip(0.0))
    found: Array = (vectors * roots[..., None, :]) @ vectors.swapaxes(-1, -2)
    return found


@dataclass(frozen=True, eq=False)
class Propagation:
    """Outputs of noisy features, as normal variables.

    Attributes
    ----------
    network : Network
    rows : ndarray, shape (B, p)
        The features without noise.
    covariance : ndarray, shape (p, p)
        Of the noise in the features.
    outputs : ndarray, shape (B, m)
        Without noise: to first order the mean.
    output_covariance : ndarray, shape (B, m, m)
        J S J^T.
    """

    network: Network
    rows: Array
    covariance: Array
    outputs: Array
    output_covariance: Array

    @property
    def predictive(self) -> Predictive:
        """The outputs as normal variables without noise of their own."""
        return Predictive(
            self.network, self.outputs, self.output_covariance, np.zeros(self.network.outputs)
        )

    @property
    def standard_deviation(self) -> Array:
        """Of each output, (B, m), in its unit."""
        return self.predictive.standard_deviation

    def intervals(self, level: float = 0.95) -> Array:
        """Between which numbers each output lies with this probability, (B, m, 2).

        Each output by itself, with its ends at equal distance from the output without noise.
        """
        return self.predictive.intervals(level)

    def probabilities(self, samples: int = 1000, seed: int = 0) -> Array:
        """The mean probabilities (B, classes) of logits that are normal with this covariance.

        Parameters
        ----------
        samples : int
            How many logits are drawn for each row.
        seed : int

        Raises
        ------
        ArgumentError
            If the outputs are no logits.
        """
        return self.predictive.probabilities(samples, seed)

    @cached_property
    def stays(self) -> Array | None:
        """The probability (B,) that noise leaves the predicted class as it is; None for quantities.

        To first order that is the probability of a normal variable in a polyhedron: exact for two
        classes. For more it is a mean over directions of the probability that a chi variable ends
        before the nearest face in that direction [1]_, off by one or two thousandths, and by
        correspondingly less where a change of class is rare.

        References
        ----------
        .. [1] Deák: Three digit accurate multiple normal probabilities, Numer. Math. 35 (1980).
        """
        if not self.network.classes:
            return None
        answers = same_class(self.network, self.network.decided(self.outputs))
        margins, normals = answers.margins(self.outputs), answers.normals
        faces = normals @ self.output_covariance @ normals.swapaxes(1, 2)
        directions, count = _directions(margins.shape[1]), margins.shape[1]
        found, height = np.empty(len(margins)), max(1, _MOST // directions.size)
        for start in range(0, len(margins), height):
            part = slice(start, start + height)
            fall = np.maximum(-_symmetric_root(faces[part]) @ directions, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                ends = np.where(fall > 0.0, margins[part, :, None] / fall, np.inf)
            nearest = ends.min(axis=1)
            found[part] = scipy.special.gammainc(0.5 * count, 0.5 * nearest**2).mean(axis=1)
        return found


def _directions(count: int) -> Array:
    """Directions (count, Q) spread evenly over the sphere, each with its opposite."""
    if count == 1:
        return np.array([[1.0, -1.0]])
    points = qmc.Sobol(count, scramble=False).random(_DIRECTIONS)
    normal = scipy.special.ndtri((points + 0.5 / _DIRECTIONS).T)
    directions = normal / np.linalg.norm(normal, axis=0)
    return np.concatenate([directions, -directions], axis=1)


def propagate(
    model: Any, X: ArrayLike, covariance: ArrayLike, *, parameters: Parameters | None = None
) -> Propagation:
    """Outputs and their covariance J S J^T for features with covariance S.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    covariance : "data", float or array_like, shape (p,) or (p, p)
        Of the noise in the features, as `covariance_of` reads it.
    parameters : Parameters, optional
        Of a problem.

    Returns
    -------
    Propagation

    Raises
    ------
    ArgumentError
        If the covariance is none.

    Examples
    --------
    >>> import numpy as np
    >>> import standalone_node as sn
    >>> problem = sn.InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), activation="identity")
    >>> p = sn.Parameters(np.array([0.0, 1.0]), np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> propagate(problem, [[1.0, 2.0]], [0.1, 0.3], parameters=p).standard_deviation
    array([[0.1]])
    """
    network, rows = subject(model, X, parameters)
    noise = covariance_of(network, covariance, rows)
    spread = output_jacobians(network, rows) @ root_of(noise)
    return Propagation(network, rows, noise, network.solve(rows), spread @ spread.swapaxes(1, 2))
