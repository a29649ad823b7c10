"""Evolving weights: theta solves an initial value problem of its own, which is what is learnt.

References
----------
[HXL] He, Xie and Lin 2019, doi 10.1007/978-3-030-31654-9_51.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.depth import banded_product
from standalone_node.model.grams import DenseGram, DiagonalGram, JoinedGram
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.series import without_fixed
from standalone_node.model.stage_grid import StageGrid
from standalone_node.model.sweeps import Solution, adjoint, direct, sensitivity
from standalone_node.model.weight_field import WeightField
from standalone_node.model.weight_fit import fitted_field, integrals

Array = NDArray[Any]

#: Share of a diagonal entry of the metric that is added to it: hidden units that nearly agree would
#: else be driven apart without limit.
RIDGE = 0.1
#: How much larger the metric makes a change of U, s and c than it is to first order.
CAUTION = 100.0


class EvolvingWeights:
    """theta' = V tanh(U theta + s t + c) + e, theta(0) = theta_0, solved on the depth grid.

    u holds theta_0, the r rows of V transposed, and e, each (P,), then [U, s, c] (r, P + 2): its
    length does not depend on the depth grid. The tangent and its adjoint are exact for the discrete
    solution, by the generic sweeps.

    Parameters
    ----------
    template : Parameters
        Gives the depth grid and the blocks, and the path at which the metric is measured.
    width : int
        r, the number of hidden units.
    scheme : str
        Its nodes are those of the depth grid, one step an interval.
    """

    def __init__(self, template: Parameters, width: int, scheme: str) -> None:
        self._template, self._width = template, width
        self._entries = template.values.shape[1]
        grid = StageGrid.of(template.times, scheme)
        # Each stage has parameters of its own: what a change of u puts in there.
        own = np.arange(grid.stage.size).reshape(grid.stage.shape)
        self._grid = replace(grid, at=grid.at[grid.stage.ravel()], stage=own)
        self._known: tuple[Array, Solution] | None = None

    def coordinates(self, parameters: Parameters) -> Array:
        """A control whose path begins where `parameters` do and follows them closely.

        U = 0, s and c are laid out, V and e fitted by least squares. How closely depends on the
        width: see `follow`.
        """
        field = fitted_field(self._grid, parameters, self._width)
        return self._joined(parameters.values[0], *field)

    def apply(self, u: Array) -> Parameters:
        """The path, at the nodes."""
        return self._template.like(self._solved(u).states[:, 0])

    def tangent(self, u: Array, du: Array) -> Parameters:
        """The change of the path, by one sensitivity sweep."""
        field, solution, change = self._field(u), self._solved(u), self._field(du)
        put_in = np.empty((self._grid.at.size, self._width + self._entries))
        put_in[:, : self._width] = self._units(change.inner, solution)
        hidden = np.tanh(self._units(field.inner, solution))
        np.matmul(hidden, change.outer, out=put_in[:, self._width :])
        put_in[:, self._width :] += change.drift
        xi = sensitivity(
            field, self._grid, self._nothing(), solution, put_in, du[None, : self._entries]
        )
        return self._template.like(xi[:, 0])

    def adjoint(self, u: Array, derivative: Derivative) -> Array:
        """What a derivative with respect to the path is to u, by one adjoint sweep."""
        field, solution = self._field(u), self._solved(u)
        lam, partials = adjoint(
            field, self._grid, self._nothing(), solution, derivative.values[:, None]
        )
        mu, kappa = partials[:, : self._width], partials[:, self._width :]
        return self._joined(
            lam[0, 0],
            np.tanh(self._units(field.inner, solution)).T @ kappa,
            kappa.sum(axis=0),
            np.column_stack([mu.T @ self._stages(solution), mu.T @ self._grid.at, mu.sum(axis=0)]),
        )

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> JoinedGram:
        """The metric of the change of the path, near that of the template.

        With a(t) the integrals of the hidden units, theta = theta_0 + V a + e t: for theta_0, V and
        e it is that of a series in 1, a and t. U, s and c have a scale each, that of the path which
        the change of one entry makes if what it does to the state is left out.
        """
        without_fixed(fixed, "evolving")
        u = self.coordinates(self._template)
        field, solution = self._field(u), self._solved(u)
        hidden = np.tanh(self._units(field.inner, solution))
        times = self._template.times[:, None]
        basis = np.hstack([np.ones_like(times), integrals(self._grid, hidden), times])
        matrix = basis.T @ banded_product(banded, basis)
        matrix += RIDGE * np.diag(_positive(np.diag(matrix)))
        size = (self._width + 2) * self._entries
        return JoinedGram(
            DenseGram(matrix), size, DiagonalGram(self._inner_scales(banded, field, solution))
        )

    def _inner_scales(self, banded: Array, field: WeightField, solution: Solution) -> Array:
        """One scale for each entry of [U, s, c], flat.

        Measured for theta and V of the size that they grow to, |theta|^2 = sqrt(P), as of a matrix
        that keeps the length of a state; a start is usually much smaller.
        """
        slopes = 1.0 - np.tanh(self._units(field.inner, solution)) ** 2
        made_by_time = integrals(self._grid, slopes * self._grid.at[:, None])
        made_by_shift = integrals(self._grid, slopes)
        size = max(np.mean(np.sum(solution.states**2, axis=-1)), np.sqrt(self._entries))
        speeds = np.sum(field.outer**2, axis=1)
        speeds = np.maximum(speeds, size / (self._width * self._template.horizon**2))
        by_time, by_shift = (
            speeds * np.sum(made * banded_product(banded, made), axis=0)
            for made in (made_by_time, made_by_shift)
        )
        scales = np.empty_like(field.inner)
        scales[:, :-2] = size * by_shift[:, None]
        scales[:, -2], scales[:, -1] = by_time, by_shift
        return CAUTION * _positive(scales.ravel())

    def _solved(self, u: Array) -> Solution:
        if self._known is None or not np.array_equal(self._known[0], u):
            solution = direct(self._field(u), self._grid, self._nothing(), u[None, : self._entries])
            self._known = u.copy(), solution
        return self._known[1]

    def _field(self, u: Array) -> WeightField:
        r, p = self._width, self._entries
        outer, drift, inner = np.split(u[p:], [r * p, (r + 1) * p])
        return WeightField(outer.reshape(r, p), drift, inner.reshape(r, p + 2))

    def _nothing(self) -> Array:
        """No change put in at any stage."""
        return np.broadcast_to(0.0, (self._grid.at.size, self._width + self._entries))

    def _stages(self, solution: Solution) -> Array:
        """theta at all stages, (N s, P)."""
        return solution.stages.reshape(self._grid.at.size, -1)

    def _units(self, inner: Array, solution: Solution) -> Array:
        """U theta + s t + c at all stages, (N s, r)."""
        stages = self._stages(solution) @ inner[:, :-2].T
        return stages + np.outer(self._grid.at, inner[:, -2]) + inner[:, -1]

    @staticmethod
    def _joined(first: Array, outer: Array, drift: Array, inner: Array) -> Array:
        return np.concatenate([first, outer.ravel(), drift, inner.ravel()])


def _positive(scales: Array) -> Array:
    """What vanishes at all nodes, as a unit may on a grid of two, has a scale nevertheless."""
    return np.maximum(scales, np.finfo(np.float64).eps * scales.sum())
