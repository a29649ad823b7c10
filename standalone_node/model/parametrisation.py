"""Parametrisations: the map from a flat control vector u to the nodal parameters theta(u).

Whoever minimises sees u, and never asks what it stands for. A parametrisation offers the map, its
tangent, the adjoint of the tangent, and the Gram operator that a metric on the functions theta
induces on u.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.depth import banded_product
from standalone_node.model.nodal import Derivative, Parameters

Array = NDArray[np.float64]


class Gram(Protocol):
    """A metric in the coordinates u: <u, v> = u . apply(v), its inverse, and its square root.

    In the coordinates v = R u with R^T R = the metric, the metric is the identity.
    """

    def apply(self, u: Array) -> Array:
        """The functional <u, .> as a flat vector."""
        ...

    def solve(self, functional: Array) -> Array:
        """The Riesz representative of a functional."""
        ...

    def whiten(self, u: Array) -> Array:
        """v = R u."""
        ...

    def unwhiten(self, v: Array) -> Array:
        """u = R^-1 v."""
        ...

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f: what a functional of u is as one of v."""
        ...


class Parametrisation(Protocol):
    """How a control vector becomes parameters."""

    def coordinates(self, parameters: Parameters) -> Array:
        """The control u that these parameters belong to."""
        ...

    def apply(self, u: Array) -> Parameters:
        """theta(u)."""
        ...

    def tangent(self, u: Array, du: Array) -> Parameters:
        """theta'(u) du."""
        ...

    def adjoint(self, u: Array, derivative: Derivative) -> Array:
        """theta'(u)^T dE."""
        ...

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> Gram:
        """The Gram operator of the banded nodal metric (2, K + 1), `fixed` nodes held."""
        ...


class BandedGram:
    """A tridiagonal metric on nodal values, the same for every entry of theta.

    One Cholesky factorisation serves all entries. At `fixed` nodes representatives vanish.
    ArgumentError if the matrix is singular in floating-point numbers.
    """

    def __init__(self, banded: Array, fixed: tuple[int, ...] = ()) -> None:
        self._banded = banded
        self._fixed = [k % banded.shape[1] for k in fixed]
        held = banded.copy()
        for k in self._fixed:
            held[1, k], held[0, k] = 1.0, 0.0
            if k + 1 < held.shape[1]:
                held[0, k + 1] = 0.0
        try:
            self._factor = scipy.linalg.cholesky_banded(held)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise ArgumentError(
                f"the metric is singular in floating-point numbers ({error}): its smoothing length "
                "is out of proportion to the horizon; lower smoothing, or raise horizon"
            ) from error

    def apply(self, u: Array) -> Array:
        """The functional <u, .>, flat (n,)."""
        nodes = self._banded.shape[1]
        return banded_product(self._banded, u.reshape(nodes, -1)).ravel()

    def solve(self, functional: Array) -> Array:
        """The Riesz representative, flat (n,)."""
        nodal = self._held(functional)
        if nodal.shape[1] > nodal.shape[0]:
            return _backward(self._factor, _forward(self._factor, nodal)).ravel()
        solution: Array = scipy.linalg.cho_solve_banded(
            (self._factor, False), nodal, overwrite_b=True
        )
        return solution.ravel()

    def whiten(self, u: Array) -> Array:
        """R u with R^T R = the metric, flat (n,)."""
        beside, pivots = self._factor[:, :, None]
        nodal = u.reshape(self._banded.shape[1], -1)
        v = pivots * nodal
        v[:-1] += beside[1:] * nodal[1:]
        return v.ravel()

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v, flat (n,)."""
        return _backward(self._factor, v.reshape(self._banded.shape[1], -1).copy()).ravel()

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f, flat (n,), which vanishes at fixed nodes."""
        return _forward(self._factor, self._held(functional)).ravel()

    def _held(self, functional: Array) -> Array:
        """A copy by nodes, (K + 1, P), that is zero at fixed ones."""
        nodal = functional.reshape(self._banded.shape[1], -1).copy()
        if self._fixed:
            nodal[self._fixed] = 0.0
        return nodal


# Node by node and in place: where nodes are few and their entries many, LAPACK, which takes the
# entries one by one, is slower.


def _forward(factor: Array, nodal: Array) -> Array:
    """R^-T times `nodal`, which it overwrites."""
    beside, pivots = factor.tolist()
    above = nodal[0]
    above /= pivots[0]
    for k in range(1, len(nodal)):
        row = nodal[k]
        row -= beside[k] * above
        row /= pivots[k]
        above = row
    return nodal


def _backward(factor: Array, nodal: Array) -> Array:
    """R^-1 times `nodal`, which it overwrites."""
    beside, pivots = factor.tolist()
    below = nodal[-1]
    below /= pivots[-1]
    for k in range(len(nodal) - 2, -1, -1):
        row = nodal[k]
        row -= beside[k + 1] * below
        row /= pivots[k]
        below = row
    return nodal


class Free:
    """The identity: u holds the nodal values themselves, flat ((K + 1) P,).

    Parameters
    ----------
    template : Parameters
        Gives the depth grid and the blocks.
    """

    def __init__(self, template: Parameters) -> None:
        self._template = template

    def coordinates(self, parameters: Parameters) -> Array:
        """The nodal values, flat."""
        return parameters.values.ravel()

    def apply(self, u: Array) -> Parameters:
        """The parameters with these nodal values."""
        return self._template.like(u.copy())

    def tangent(self, u: Array, du: Array) -> Parameters:
        """The direction with these nodal values."""
        return self._template.like(du.copy())

    def adjoint(self, u: Array, derivative: Derivative) -> Array:
        """The partials, flat."""
        return derivative.values.ravel()

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> BandedGram:
        """The nodal metric itself."""
        return BandedGram(banded, fixed)
