"""What is learnt of the parameters: free nodal values, constants, a series, an equation.

A choice is a small object that is put `on` given parameters, whose depth grid and blocks it takes,
and is then a parametrisation: a map from a flat control to nodal parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.model import parametrisation
from standalone_node.model.bases import BASES, basis_values
from standalone_node.model.evolving import EvolvingWeights
from standalone_node.model.nodal import Parameters
from standalone_node.model.parametrisation import Parametrisation
from standalone_node.model.series import Series
from standalone_node.model.tableaux import tableau

#: Functions of a series, if their number is not given.
MODES = 8


class Weights(Protocol):
    """A choice of what is learnt."""

    def on(self, template: Parameters) -> Parametrisation:
        """The parametrisation on the depth grid of `template`, with its blocks."""
        ...


@dataclass(frozen=True)
class Free:
    """The nodal values themselves: theta is any piecewise linear function on the depth grid."""

    def on(self, template: Parameters) -> parametrisation.Free:
        """The identity on nodal values."""
        return parametrisation.Free(template)


@dataclass(frozen=True)
class Constant:
    """One value for all depths: the plain neural ODE.

    References
    ----------
    R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, Neural Ordinary Differential
    Equations, NeurIPS 2018.
    """

    def on(self, template: Parameters) -> Series:
        """The constants; those nearest to given parameters are their means over depth."""
        return Series(template, np.ones((template.times.size, 1)), "constant")


@dataclass(frozen=True)
class Galerkin:
    """The coefficients of a series of few smooth functions of depth.

    Parameters
    ----------
    basis : {"legendre", "fourier", "b-spline"}
        Legendre polynomials, cosines of half waves, or cubic B-splines on equal intervals.
    modes : int, optional
        How many functions; at most as many as the depth grid has nodes. Not given 8, or as many
        as there are nodes if these are fewer.

    Raises
    ------
    ArgumentError
        If there is no such basis, or the number is not positive; from ``on``, if the grid has
        fewer nodes than modes.

    References
    ----------
    S. Massaroli, M. Poli, J. Park, A. Yamashita, H. Asama, Dissecting Neural ODEs, NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node import Parameters
    >>> line = Parameters([0.0, 0.5, 1.0], np.zeros((3, 1, 1)), [[1.0], [2.0], [3.0]])
    >>> legendre = Galerkin("legendre", modes=2).on(line)
    >>> legendre.coordinates(line).reshape(2, 2)[:, 1].round(12)
    array([2., 1.])
    """

    basis: str = "legendre"
    modes: int | None = None

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ArgumentError(f"unknown basis {self.basis!r}: choose one of {', '.join(BASES)}")
        if self.modes is not None:
            _check_count("modes", self.modes)

    def on(self, template: Parameters) -> Series:
        """The series in that basis."""
        modes = min(MODES, template.times.size) if self.modes is None else self.modes
        return Series(template, basis_values(self.basis, template.times, modes), "galerkin")


@dataclass(frozen=True)
class Evolving:
    """Weights that solve theta' = V tanh(U theta + s t + c) + e from theta_0, all of it learnt.

    Parameters
    ----------
    width : int
        Hidden units r: 2 (r + 1) P + 2 r numbers are learnt, P those of one depth.
    scheme : str
        By which theta is solved for, one step an interval of the depth grid.

    Raises
    ------
    ArgumentError
        If the width is not positive or the scheme unknown.

    References
    ----------
    [HXL] He, Xie and Lin 2019, doi 10.1007/978-3-030-31654-9_51.
    """

    width: int = 8
    scheme: str = "rk4"

    def __post_init__(self) -> None:
        _check_count("width", self.width)
        tableau(self.scheme)

    def on(self, template: Parameters) -> EvolvingWeights:
        """The paths on the depth grid; a start is fitted to given parameters."""
        return EvolvingWeights(template, self.width, self.scheme)


#: The table: a name and what is then learnt.
WEIGHTS: dict[str, type[Free] | type[Constant] | type[Galerkin] | type[Evolving]] = {
    "free": Free,
    "constant": Constant,
    "galerkin": Galerkin,
    "evolving": Evolving,
}


def weights_of(given: str | Weights | None) -> Weights:
    """What is learnt, by its name or as it is given; free nodal values for None.

    Raises
    ------
    ArgumentError
        If there is no such name, or the object cannot be put on parameters.

    Examples
    --------
    >>> weights_of("galerkin")
    Galerkin(basis='legendre', modes=None)
    """
    if given is None:
        return Free()
    if isinstance(given, str):
        if given not in WEIGHTS:
            raise ArgumentError(f"unknown weights {given!r}: choose one of {', '.join(WEIGHTS)}")
        return WEIGHTS[given]()
    if isinstance(given, type) or not callable(getattr(given, "on", None)):
        raise ArgumentError(
            f"weights = {given!r} has to be one of {', '.join(WEIGHTS)}, or an object such as "
            'Galerkin("legendre", modes=8)'
        )
    return given


def _check_count(name: str, count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ArgumentError(f"{name} = {count!r} has to be a whole number, 1 or larger")
