"""Rows that have to keep their answer, and what an attack may ask of the network about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.network import Network
from standalone_node.sensitivity.answers import Answers, answers_of
from standalone_node.sensitivity.geometry import Bounds, Geometry, Unit, geometry_of
from standalone_node.sensitivity.subject import positions_of, subject

Array = NDArray[Any]
#: Called with how much is done and how much there is to do.
Progress = Callable[[int, int], object]
#: Bytes that the states and stages of one chunk of rows may take.
_CHUNK = 32_000_000


@dataclass(frozen=True, eq=False)
class Case:
    """Rows (B, p), the answers they have to keep, and how changes of them are measured.

    Attributes
    ----------
    network : Network
    rows : ndarray, shape (B, p)
    outputs : ndarray, shape (B, m)
        Of the unchanged rows.
    answers : Answers
    geometry : Geometry
    """

    network: Network
    rows: Array
    outputs: Array
    answers: Answers
    geometry: Geometry

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def right(self) -> Array:
        """Which rows have the right answer before anything is changed, (B,)."""
        if not self.network.classes:
            return np.ones(len(self), dtype=bool)
        found: Array = self.network.decided(self.outputs) == self.answers.reference
        return found

    def kept(self, outputs: Array) -> Array:
        """Which outputs (B, m) are the answers to keep, (B,)."""
        return self.answers.kept(outputs)

    def of(self, index: Array) -> Case:
        """Some of the rows (repetitions allowed)."""
        return Case(
            self.network,
            self.rows[index],
            self.outputs[index],
            self.answers.of(index),
            self.geometry,
        )

    def points(self, changes: Array) -> Array:
        """The rows after changes (B, p) in units, in the box."""
        return self.geometry.inside(self.rows + changes * self.geometry.unit)

    def room(self) -> tuple[Array, Array]:
        """How far each feature can fall and rise, in units, (B, p) each."""
        geometry = self.geometry
        return geometry.scaled(geometry.low - self.rows), geometry.scaled(geometry.high - self.rows)

    def margin(self, points: Array) -> Array:
        """The smallest margin (B,) of points (B, p); negative where the answer is another one.

        A point whose trajectory overflows is no answer at all: its margin is infinite, so that no
        search takes it for a success.
        """
        return self._smallest(outputs_at(self.network, points))

    def margin_and_slope(self, points: Array, aim: Array | None = None) -> tuple[Array, Array]:
        """The smallest margins (B,), and derivatives (B, p) by features in units.

        The derivatives are those of the smallest margins, or of the ones that `aim` (B,) says.
        """

        def worst(outputs: Array, rows: slice) -> Array:
            answers = self.answers.of(np.arange(len(self))[rows])
            k = answers.margins(outputs).argmin(axis=1) if aim is None else aim[rows]
            return answers.normals[np.arange(k.size), k][:, None]

        outputs, slopes = linearised(self.network, points, worst)
        return self._smallest(outputs), slopes[:, 0] * self.geometry.unit

    def _smallest(self, outputs: Array) -> Array:
        margins = self.answers.margins(outputs).min(axis=1)
        return np.where(np.isnan(margins), np.inf, margins)


def case_of(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    unit: Unit = None,
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
) -> Case:
    """What the arguments that all attacks share mean.

    Raises
    ------
    ArgumentError
        If a row lies outside the bounds, or an argument is none of those described in `answers_of`
        and `geometry_of`.
    """
    network, rows = subject(model, X, parameters)
    geometry = geometry_of(network, unit, bounds)
    outside = np.argwhere((rows < geometry.low) | (rows > geometry.high))
    if outside.size:
        row, feature = outside[0]
        raise ArgumentError(
            f"bounds: row {row + 1} lies outside of them, {network.feature_names[feature]} = "
            f"{rows[row, feature]:g}: widen them"
        )
    outputs = network.solve(rows)
    answers = answers_of(network, outputs, positions_of(model, y), tolerance)
    return Case(network, rows, outputs, answers, geometry)


def outputs_at(network: Network, points: Array) -> Array:
    """The outputs (B, m) of points far from any data: `inf` where the trajectory overflows."""
    found = np.empty((len(points), network.outputs))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _chunks(network, len(points)):
            start = network.initial(points[rows])
            final = network.dynamics.states(network.parameters, start, final=True)
            found[rows] = _finite(network, final)
    return found


def linearised(
    network: Network, points: Array, functionals: Callable[[Array, slice], Array]
) -> tuple[Array, Array]:
    """Outputs, and the derivatives of functionals of them, at points (B, p).

    One direct problem, and one adjoint problem for each of J functionals a row.

    Parameters
    ----------
    network : Network
    points : ndarray, shape (B, p)
    functionals : callable
        The functionals (b, J, m) of some rows (a slice), given their outputs (b, m).

    Returns
    -------
    outputs : ndarray, shape (B, m)
    slopes : ndarray, shape (B, J, p)
        Zero where the trajectory overflows.
    """
    outputs, slopes = np.empty((len(points), network.outputs)), []
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _chunks(network, len(points)):
            start = network.initial(points[rows])
            trajectory = network.dynamics.direct(network.parameters, start)
            outputs[rows] = _finite(network, trajectory.final)
            asked = functionals(outputs[rows], rows)
            pulled = [network.pull_back(trajectory, asked[:, j]) for j in range(asked.shape[1])]
            slopes.append(np.nan_to_num(np.stack(pulled, axis=1), posinf=0.0, neginf=0.0))
    return outputs, np.concatenate(slopes)


def _finite(network: Network, final: Array) -> Array:
    """Outputs in units of x(T) (B, d), those of an overflow marked by nan."""
    values = final[:, : network.outputs].astype(np.float64)
    values[~np.isfinite(final).all(axis=1)] = np.nan
    return np.asarray(network.output_mean + network.output_scale * values)


def _chunks(network: Network, count: int) -> Iterator[slice]:
    """Slices of rows whose trajectories take a bounded amount of memory."""
    each = 8 * network.width * network.times.size * 12
    size = max(_CHUNK // each, 64)
    return (slice(first, min(first + size, count)) for first in range(0, count, size))
