"""A normal distribution of the parameters, and what it says of the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.network import Network
from standalone_node.sensitivity.posterior.low_rank import LowRank
from standalone_node.sensitivity.subject import positions_of, rows_of
from standalone_node.sensitivity.uncertainty.predictive import Predictive

Array = NDArray[Any]

#: Factors of the prior precision that `Posterior.tuned` chooses from.
FACTORS = tuple(np.geomspace(0.1, 1e5, 13).tolist())


@dataclass(frozen=True, eq=False)
class Posterior:
    """The normal distribution of the parameters about those of a fit.

    Attributes
    ----------
    model : estimator or InverseProblem
    network : Network
        With the parameters that are the centre.
    learnt : Parametrisation
        The coordinates u of the parameters in which it lives.
    gram : Gram
        The prior precision of u but for the factor 1 / scale^2.
    curvature : LowRank
        What the data add to it, in whitened coordinates.
    scale : float
        s / sqrt(count): the square root of what a unit of the cost stands for.
    noise : ndarray, shape (m,)
        Standard deviation of an observation about its output, in the units of the outputs; 1 for
        logits, of which it means nothing.
    count : float
        The number of observed rows that the posterior stands for.
    factor : float
        By which the prior precision was multiplied after the fit, by `rescaled` or `tuned`.
    """

    model: Any
    network: Network
    learnt: Parametrisation
    gram: Gram
    curvature: LowRank
    scale: float
    noise: Array
    count: float
    factor: float = 1.0

    @property
    def eigenvalues(self) -> Array:
        """(k,) descending: what the data say of a direction, as a multiple of the prior."""
        return self.curvature.values

    @property
    def next_eigenvalue(self) -> float:
        """The largest eigenvalue that was left out; 0 if none was.

        Along the directions left out the posterior has the variance of the prior, which is too
        large by a factor of at most 1 + next_eigenvalue: no variance is too small.
        """
        return self.curvature.next_value

    @property
    def effective_parameters(self) -> float:
        """How many parameters the data determine, the sum of lambda / (1 + lambda)."""
        return self.curvature.trace

    def predict(self, X: ArrayLike) -> Predictive:
        """The outputs of rows (B, p) with their covariance, linearised about the fit.

        One adjoint sweep for each row and output. Ask the result for intervals and probabilities
        if more than one of them is wanted.
        """
        rows = rows_of(self.model, self.network, X)
        return self._predictive(self.network.solve(rows), *self._parts(rows))

    def output_covariance(self, X: ArrayLike) -> Array:
        """The covariance (B, m, m) of the outputs, in their units, by the parameters alone."""
        return self.predict(X).covariance

    def intervals(self, X: ArrayLike, level: float = 0.95) -> Array:
        """The intervals (B, m, 2) of observations, parameters and noise together.

        Of logits, those of the parameters alone.
        """
        return self.predict(X).intervals(level)

    def probabilities(self, X: ArrayLike, samples: int = 1000, seed: int = 0) -> Array:
        """The probabilities (B, classes), averaged over what the parameters may be."""
        return self.predict(X).probabilities(samples, seed)

    def sample(self, count: int = 1, seed: int = 0) -> list[Parameters]:
        """Parameters drawn from the posterior."""
        rng, p = np.random.default_rng(seed), self.network.parameters
        u = self.learnt.coordinates(p)
        draws = rng.normal(size=(whole_number("count", count, 1), u.size))
        return [p + self.learnt.tangent(u, self._coloured(xi)) for xi in draws]

    def rescaled(self, factor: float) -> Posterior:
        """The posterior of a prior whose precision is `factor` times as large.

        The centre stays what it is: the larger the factor, the less is the prior known to the fit.
        """
        if not 0.0 < factor < np.inf:
            raise ArgumentError(f"factor = {factor!r} has to be a positive number")
        return replace(
            self,
            curvature=self.curvature.divided(factor),
            scale=self.scale / float(np.sqrt(factor)),
            factor=self.factor * factor,
        )

    def tuned(self, X: ArrayLike, y: ArrayLike, factors: Sequence[float] = FACTORS) -> Posterior:
        """The posterior whose prior serves rows best that were not part of the fit.

        A penalty that makes a good fit need not be a good prior: it is often much too weak, so that
        parameters count as possible that the fit is far from, and probabilities are too cautious.

        Parameters
        ----------
        X, y : array_like
            Rows that the fit has not seen, with their labels or targets.
        factors : sequence of float
            Of the prior precision; that one is taken whose predictions of y have the largest mean
            log probability (density).

        References
        ----------
        E. Daxberger et al., Laplace Redux - Effortless Bayesian Deep Learning, NeurIPS 2021: the
        prior precision is tuned after the fit.
        """
        rows = rows_of(self.model, self.network, X)
        truth = self._truth(y, len(rows))
        outputs, parts = self.network.solve(rows), self._parts(rows)
        choices = [self.rescaled(factor) for factor in factors]
        scores = [choice._predictive(outputs, *parts).score(truth) for choice in choices]
        return choices[int(np.argmin(scores))]

    def _truth(self, y: ArrayLike, rows: int) -> Array:
        """Positions (B,) for logits, quantities (B, m) otherwise."""
        logits, m = self.network.logits, self.network.outputs
        known = np.asarray(positions_of(self.model, y))
        if len(known) != rows:
            raise ArgumentError(f"X has {rows} rows and y {len(known)}: give as many")
        if logits:
            return known.astype(np.intp)
        if self.network.classes:
            raise ArgumentError("a squared loss of classes gives them no probabilities to tune by")
        return known.astype(np.float64).reshape(rows, m)

    def _coloured(self, xi: Array) -> Array:
        """The change of u that a standard normal vector stands for."""
        return self.scale * self.gram.unwhiten(self.curvature.inverse_root(xi))

    def _predictive(self, outputs: Array, along: Array, across: Array) -> Predictive:
        covariance = self.scale**2 * self.curvature.inverse_form(along, across)
        noise = np.zeros_like(self.noise) if self.network.logits else self.noise
        return Predictive(self.network, outputs, covariance, noise)

    def _parts(self, rows: Array) -> tuple[Array, Array]:
        """What the outputs of each row are of the directions kept (B, k, m), and of the others."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):
            parts = [
                self.curvature.parts(self._functionals(rows[b : b + 1])) for b in range(len(rows))
            ]
        along, across = zip(*parts, strict=True)
        return np.stack(along), np.stack(across)

    def _functionals(self, row: Array) -> Array:
        """The derivative of the outputs of one row (1, p), in whitened coordinates, (n, m)."""
        trajectory = self.network.trajectory(row)
        u = self.learnt.coordinates(self.network.parameters)
        return np.column_stack(
            [
                self.gram.whiten_functional(
                    self.learnt.adjoint(
                        u, self.network.parameter_derivative(trajectory, unit[None])
                    )
                )
                for unit in np.eye(self.network.outputs)
            ]
        )
