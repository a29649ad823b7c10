"""An L-curve: how a penalty trades the misfit against the size of what is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.many.corner import beaten, corner_of, curvatures
from standalone_node.model.nodal import Parameters
from standalone_node.problem.penalties import Penalty
from standalone_node.summary import Section, Summary, digits

Array = NDArray[Any]


@dataclass(frozen=True)
class Seminorm:
    """What a penalty measures of the parameters.

    Attributes
    ----------
    words : str
    of : callable
        Parameters -> its value, exact for hat functions.
    """

    words: str
    of: Callable[[Parameters], float]


#: The penalties an L-curve can be drawn of: arguments of the estimators.
SEMINORMS = {
    "l2": Seminorm("∫|θ|²", Penalty(l2=2.0).value),
    "h1": Seminorm("∫|θ'|²", Penalty(h1=2.0).value),
}


@dataclass(frozen=True, eq=False, repr=False)
class LCurve:
    """The fits of an L-curve, from the smallest penalty to the largest; prints as a summary.

    Attributes
    ----------
    penalty : {"l2", "h1"}
        The argument of the estimator that was varied.
    values : ndarray, shape (n,)
        What it was, increasing.
    misfit, seminorm : ndarray, shape (n,)
        The mean loss without any penalty, and the integral of \\|theta\\|^2 ("l2") or of
        \\|theta'\\|^2 ("h1").
    fits : tuple of estimators
        One a value, without rows.

    Examples
    --------
    >>> fits = (None, None, None)
    >>> curve = LCurve("l2", np.array([0.01, 0.1, 1.0]), np.array([0.1, 0.1, 1.0]),
    ...                np.array([10.0, 1.0, 1.0]), fits)
    >>> curve.corner
    0.1
    """

    penalty: str
    values: Array
    misfit: Array
    seminorm: Array
    fits: tuple[Any, ...]

    @property
    def curvature(self) -> Array:
        """Of the curve in log-log scale at each value, (n,); see `curvatures` for NaN."""
        return curvatures(self.misfit, self.seminorm)

    @property
    def place(self) -> int | None:
        """The place of the corner in `values`; None if there is none."""
        return corner_of(self.curvature)

    @property
    def corner(self) -> float | None:
        """The value at the corner, where the curvature is largest; None if there is none."""
        return None if self.place is None else float(self.values[self.place])

    @property
    def best(self) -> Any:
        """The fitted estimator at the corner; None if there is none."""
        return None if self.place is None else self.fits[self.place]

    def summary(self) -> Summary:
        """The curve, its corner, and what to doubt of it."""
        words, bends = SEMINORMS[self.penalty].words, self.curvature
        rows = tuple(
            (
                f"{self.penalty} = {digits(value)}" + (" *" if i == self.place else ""),
                f"misfit {digits(self.misfit[i])}, {words} {digits(self.seminorm[i])}"
                + ("" if np.isnan(bends[i]) else f", curvature {digits(bends[i])}"),
            )
            for i, value in enumerate(self.values.tolist())
        )
        return Summary("L-curve", (Section("Fits", rows), Section("Corner", self._corner_rows())))

    def _corner_rows(self) -> tuple[tuple[str, str], ...]:
        place, bends = self.place, self.curvature
        if place is None:
            told = "none: the curve is nowhere bent as an L is; give values of more decades"
            return (("corner", told), *self._doubts())
        told = f"{self.penalty} = {digits(float(self.values[place]))}, the largest curvature"
        inner = np.flatnonzero(~np.isnan(bends))
        if place in (inner[0], inner[-1]):
            told += "; it is at the end of the curve, where values beyond may show another"
        return (("corner", told), *self._doubts())

    def _doubts(self) -> tuple[tuple[str, str], ...]:
        """The fits that are not on the curve."""
        off = beaten(self.misfit, self.seminorm)
        if not off.any():
            return ()
        which = ", ".join(digits(float(value)) for value in self.values[off])
        return (
            (
                "left out",
                f"{self.penalty} = {which}, as another fit has less of both, so that these are no "
                "minimisers: lower the tolerance, raise max_iterations, or try another "
                "random_state",
            ),
        )

    def __repr__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().html()
