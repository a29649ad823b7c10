"""What the cost asks of the final states: the mean loss, and the penalty on where they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner, parts
from standalone_node.problem.line import LineModel, Parabola
from standalone_node.problem.losses import LOSSES

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Misfit:
    """The weighted mean of the loss, plus (mu / 2) times the mean of |x(T) - x_rest|^2.

    Parameters
    ----------
    loss : str
        A key of `LOSSES`.
    targets : ndarray
        As the loss reads them, one a row.
    outputs : int
        m: the loss sees the first m components of x(T).
    sample_weight : ndarray, shape (B,)
    mu : float
    rest : float
        The components of x_rest.

    Notes
    -----
    `final` is x(T) of some rows of the batch, in any precision; what is returned is float64, but
    for the functionals of x(T), which are as precise as that.
    """

    loss: str
    targets: Array
    outputs: int
    sample_weight: Array
    mu: float
    rest: float

    @cached_property
    def _shares(self) -> Array:
        """What a row counts, (B, 1)."""
        return (self.sample_weight / self.sample_weight.size)[:, None]

    def of(self, index: Array) -> Misfit:
        """That of some of the rows: their own mean."""
        return replace(self, targets=self.targets[index], sample_weight=self.sample_weight[index])

    def value(self, final: Array) -> float:
        """The cost of x(T), (B, d), without the penalties on the parameters."""
        cost, loss, shares = 0.0, LOSSES[self.loss], self._shares
        for part in parts(len(final)):
            rows = loss.value(self._observed(final[part]), self.targets[part])
            cost += inner(shares[part, 0], rows)
        if self.mu:
            offset = self._offset(final)
            cost += 0.5 * self.mu * inner(offset, offset) / len(final)
        return cost

    def derivative(self, final: Array, rows: slice) -> Array:
        """dE/dx(T) of some rows of the batch, given their x(T)."""
        with np.errstate(over="ignore", invalid="ignore"):
            terminal = self._mean_mu * (final - self.rest) if self.mu else np.zeros_like(final)
            partials = LOSSES[self.loss].derivative(self._observed(final), self.targets[rows])
            terminal[:, : self.outputs] += self._shares[rows] * partials
        return terminal

    def change(self, xi: Array, final: Array, rows: slice) -> Array:
        """The change of dE/dx(T) of some rows along the change xi (B, d) of all x(T)."""
        z, dz, change = self._observed(final), self._observed(xi[rows]), xi[rows]
        terminal = self._mean_mu * change
        curvature = LOSSES[self.loss].curvature(z, self.targets[rows], dz)
        terminal[:, : self.outputs] += self._shares[rows] * curvature
        return terminal

    def line(self, final: Array, xi: Array) -> LineModel:
        """The cost of x(T) + eta xi as a function of eta."""
        parabola = Parabola(0.0, 0.0, 0.0)
        if self.mu:
            offset, xi = self._offset(final), xi.astype(np.float64, copy=False)
            terms = (0.5 * inner(offset, offset), inner(offset, xi), inner(xi, xi))
            parabola = Parabola(*(self._mean_mu * term for term in terms))
        z, dz, shares = self._observed(final), self._observed(xi), self._shares[:, 0]
        return LineModel(LOSSES[self.loss], z, dz, self.targets, shares, parabola)

    def residual(self, final: Array) -> float:
        """The root mean square residual of an observed entry; for losses of values only."""
        squares, weight = self.squares(final)
        return float(np.sqrt(squares / weight))

    def squares(self, final: Array) -> tuple[float, float]:
        """The weighted sum of the mean squares of the rows' residuals, and that of the weights."""
        if LOSSES[self.loss].takes_classes or self.loss == "logistic":
            raise ArgumentError(
                f"the loss {self.loss!r} has no residual: noise_level needs 'squared' or 'huber'"
            )
        squares = np.square(self._observed(final) - self.targets).mean(axis=1)
        return inner(self.sample_weight, squares), float(self.sample_weight.sum())

    @property
    def _mean_mu(self) -> float:
        return self.mu / self.sample_weight.size

    def _observed(self, final: Array) -> Array:
        return final[:, : self.outputs].astype(np.float64, copy=False)

    def _offset(self, final: Array) -> Array:
        """x(T) - x_rest."""
        return final.astype(np.float64) - self.rest
