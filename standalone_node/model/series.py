"""Series: parameters that are linear combinations of few functions of depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.depth import banded_product, mass
from standalone_node.model.grams import DenseGram
from standalone_node.model.nodal import Derivative, Parameters

Array = NDArray[np.float64]


def without_fixed(fixed: tuple[int, ...], weights: str) -> None:
    """ArgumentError if a metric holds ends of weights that have no nodal values of their own."""
    if fixed:
        raise ArgumentError(
            f"a metric with fixed ends needs nodal values to hold, which {weights} weights do not "
            'have: take ends="natural", or weights="free"'
        )


class Series:
    """theta = B c: u holds the coefficients c, flat (m P,), of m functions of depth.

    Parameters
    ----------
    template : Parameters
        Gives the depth grid and the blocks.
    basis : ndarray, shape (K + 1, m)
        The functions at the nodes.
    name : str
        What these weights are called in messages.

    Raises
    ------
    ArgumentError
        If the functions are linearly dependent at the nodes.
    """

    def __init__(self, template: Parameters, basis: Array, name: str) -> None:
        self._template, self._basis, self._name = template, basis, name
        self._weighted = banded_product(mass(template.times), basis)
        self._projection = DenseGram(basis.T @ self._weighted)

    def coordinates(self, parameters: Parameters) -> Array:
        """The coefficients of the best approximation in L2."""
        return self._projection.solve((self._weighted.T @ parameters.values).ravel())

    def apply(self, u: Array) -> Parameters:
        """The sum of the series."""
        return self._template.like(self._basis @ self._rows(u))

    def tangent(self, u: Array, du: Array) -> Parameters:
        """The same, as the map is linear."""
        return self.apply(du)

    def adjoint(self, u: Array, derivative: Derivative) -> Array:
        """B^T dE, flat."""
        return (self._basis.T @ derivative.values).ravel()

    def gram(self, banded: Array, fixed: tuple[int, ...]) -> DenseGram:
        """B^T H B, for all entries of theta; ArgumentError where ends are fixed."""
        without_fixed(fixed, self._name)
        return DenseGram(self._basis.T @ banded_product(banded, self._basis))

    def _rows(self, u: Array) -> Array:
        return u.reshape(self._basis.shape[1], -1)
