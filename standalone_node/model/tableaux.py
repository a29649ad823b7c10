"""Explicit Runge-Kutta schemes: a scheme is one tableau and one row of `TABLEAUX`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError


@dataclass(frozen=True)
class ButcherTableau:
    """An explicit Runge-Kutta scheme in fractions: exact ones, or the decimals of its source.

    Parameters
    ----------
    name : str
        What users call it.
    order : int
        Order of convergence for smooth right-hand sides.
    rows : tuple of tuple of Fraction
        Row i holds a_ij for j < i, so that row 0 is empty.
    weights : tuple of Fraction
        The b_i, as many as rows.
    source : str
        Where the coefficients are from.
    embedded : tuple of Fraction
        The weights of the scheme of one order less on the same stages, whose distance to this one
        estimates the error of a step; empty if there is none.
    """

    name: str
    order: int
    rows: tuple[tuple[Fraction, ...], ...]
    weights: tuple[Fraction, ...]
    source: str
    embedded: tuple[Fraction, ...] = ()

    @property
    def stages(self) -> int:
        """Number of stages of the tableau as published."""
        return len(self.weights)

    @property
    def used(self) -> tuple[int, ...]:
        """The stages that the weights or a later used stage ask for."""
        needed: set[int] = set()
        for i in reversed(range(self.stages)):
            if self.weights[i] or any(i < len(self.rows[j]) and self.rows[j][i] for j in needed):
                needed.add(i)
        return tuple(sorted(needed))

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(a (s, s), b (s,), c (s,)) of the s used stages, in double precision."""
        return self._of(self.used)

    def all_arrays(self) -> tuple[NDArray[np.float64], ...]:
        """(a, b, c, e) of all stages: h times the sum of e_i k_i estimates the error of a step."""
        weights = zip(self.weights, self.embedded, strict=True)
        return *self._of(tuple(range(self.stages))), np.array([float(b - e) for b, e in weights])

    def _of(
        self, used: tuple[int, ...]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        a = np.zeros((len(used), len(used)))
        for row, i in enumerate(used):
            for column, j in enumerate(used[:row]):
                a[row, column] = float(self.rows[i][j])
        b = np.array([float(self.weights[i]) for i in used])
        c = np.array([float(sum(self.rows[i], Fraction(0))) for i in used])
        return a, b, c


def _tableau(
    name: str, order: int, rows: str, weights: str, source: str, embedded: str = ""
) -> ButcherTableau:
    def fractions(text: str) -> tuple[Fraction, ...]:
        return tuple(Fraction(entry) for entry in text.split())

    lines = tuple(fractions(line) for line in rows.split(";"))
    b = fractions(weights)
    return ButcherTableau(name, order, ((), *lines)[: len(b)], b, source, fractions(embedded))


_ALL = (
    _tableau("euler", 1, "", "1", "Euler 1768"),
    _tableau("midpoint", 2, "1/2", "0 1", "Runge 1895"),
    _tableau("heun", 2, "1", "1/2 1/2", "Heun 1900"),
    _tableau("ralston", 2, "2/3", "1/4 3/4", "Ralston 1962"),
    _tableau("ssprk3", 3, "1; 1/4 1/4", "1/6 1/6 2/3", "Shu and Osher 1988"),
    _tableau("rk4", 4, "1/2; 0 1/2; 0 0 1", "1/6 1/3 1/3 1/6", "Kutta 1901"),
    _tableau("rk38", 4, "1/3; -1/3 1; 1 -1 1", "1/8 3/8 3/8 1/8", "Kutta 1901"),
    _tableau(
        "bs3",
        3,
        "1/2; 0 3/4; 2/9 1/3 4/9",
        "2/9 1/3 4/9 0",
        "Bogacki and Shampine 1989",
        embedded="7/24 1/4 1/3 1/8",
    ),
    _tableau(
        "dopri5",
        5,
        "1/5; 3/40 9/40; 44/45 -56/15 32/9; 19372/6561 -25360/2187 64448/6561 -212/729;"
        "9017/3168 -355/33 46732/5247 49/176 -5103/18656;"
        "35/384 0 500/1113 125/192 -2187/6784 11/84",
        "35/384 0 500/1113 125/192 -2187/6784 11/84 0",
        "Dormand and Prince 1980",
        embedded="5179/57600 0 7571/16695 393/640 -92097/339200 187/2100 1/40",
    ),
    # As published, to 16 digits: the last two stages lie at the end of the step to the bit, the
    # order conditions hold to 2e-15.
    _tableau(
        "tsit5",
        5,
        "0.161; -0.008480655492357 0.335480655492357;"
        "2.897153057105494 -6.359448489975075 4.362295432869581;"
        "5.32586482843925895 -11.74888356406283 7.495539342889836 -0.09249506636175525;"
        "5.86145544294642038 -12.92096931784711 8.159367898576159 -0.071584973281401"
        " -0.02826905039406838;"
        "0.0964607668180654 0.01 0.4798896504144996 1.379008574103742 -3.290069515436081"
        " 2.324710524099774",
        "0.0964607668180654 0.01 0.4798896504144996 1.379008574103742 -3.290069515436081"
        " 2.324710524099774 0",
        "Tsitouras 2011",
        embedded="0.09468075576584025 0.009183565540343 0.4877705284247616 1.234297566930479"
        " -2.707712349983526 1.866628418170587 1/66",
    ),
)

#: The table: a name and its scheme.
TABLEAUX = {tableau.name: tableau for tableau in _ALL}


#: Those with an error estimate, which can choose their steps.
EMBEDDED = {name: tableau for name, tableau in TABLEAUX.items() if tableau.embedded}


def tableau(name: str) -> ButcherTableau:
    """The scheme of that name; ArgumentError lists the names if there is none."""
    if name not in TABLEAUX:
        raise ArgumentError(f"unknown scheme {name!r}: choose one of {', '.join(TABLEAUX)}")
    return TABLEAUX[name]
