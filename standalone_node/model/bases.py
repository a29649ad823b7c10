"""Bases of functions of depth: a basis is one function and one row of `BASES`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError

Array = NDArray[np.float64]


def legendre(times: Array, modes: int) -> Array:
    """Legendre polynomials of degree 0 to modes - 1 on [0, T], at the nodes (K + 1, modes)."""
    return np.polynomial.legendre.legvander(2.0 * times / times[-1] - 1.0, modes - 1)


def fourier(times: Array, modes: int) -> Array:
    """The cosines of 0 to modes - 1 half waves on [0, T], at the nodes (K + 1, modes).

    Half waves, as the full ones would make every function of depth end where it began.
    """
    return np.cos(np.pi * np.outer(times / times[-1], np.arange(modes)))


def b_spline(times: Array, modes: int) -> Array:
    """Cubic B-splines on equal intervals of [0, T], at the nodes (K + 1, modes).

    Of lower degree where there are fewer than four. They are a partition of unity, and the first
    and the last are 1 at the ends.

    References
    ----------
    C. de Boor, A Practical Guide to Splines, Springer 1978.
    """
    from scipy.interpolate import BSpline

    degree = min(3, modes - 1)
    inside = np.linspace(0.0, 1.0, modes - degree + 1)
    knots = np.concatenate([np.zeros(degree), inside, np.ones(degree)])
    values: Array = BSpline.design_matrix(times / times[-1], knots, degree).toarray()
    return values


#: The table: a basis and its values at the nodes (K + 1,) for a number of modes.
BASES: dict[str, Callable[[Array, int], Array]] = {
    "legendre": legendre,
    "fourier": fourier,
    "b-spline": b_spline,
}


def basis_values(name: str, times: Array, modes: int) -> Array:
    """That basis at the nodes, (K + 1, modes).

    Raises
    ------
    ArgumentError
        If there is no such basis, or fewer nodes than modes, so that no nodal values tell the modes
        apart.
    """
    if modes > times.size:
        raise ArgumentError(
            f"{modes} modes need as many depth nodes, but the grid has {times.size}: take fewer "
            "modes or more depth points"
        )
    return BASES[name](times, modes)
