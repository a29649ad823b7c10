"""What an analysis knows: the network, the rows, the settings, and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network
from standalone_node.sensitivity.geometry import Bounds, Unit
from standalone_node.sensitivity.sampling import drawn
from standalone_node.sensitivity.subject import positions_of

Array = NDArray[Any]
#: (question, done, total), for whoever shows how far an analysis has come.
Progress = Callable[[str, int, int], Any]


class Clock:
    """A limit of time; none if `limit` is None.

    Parameters
    ----------
    limit : float, optional
        Seconds from now on.
    """

    def __init__(self, limit: float | None = None) -> None:
        if limit is not None and not 0.0 < limit < np.inf:
            raise ArgumentError(f"time_limit = {limit!r} has to be a positive number of seconds")
        self.limit, self._start = limit, time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._start

    @property
    def expired(self) -> bool:
        """Whether the limit is reached."""
        return self.limit is not None and self.seconds >= self.limit


@dataclass(frozen=True, eq=False)
class Study:
    """One network on some rows.

    Attributes
    ----------
    model : estimator, problem or Network
        As it was given.
    network : Network
    rows : ndarray, shape (B, p)
    y : ndarray or None
        Labels (B,) as the model knows them, or quantities (B,) or (B, m).
    truth : ndarray or None
        The classes by position (B,), or the quantities (B, m).
    outputs : ndarray, shape (B, m)
    covariance : ndarray, shape (p, p)
        Of errors of the features.
    unit, bounds
        As `geometry_of` takes them.
    tolerance : float, ndarray (m,) or None
        By how much a quantity may change and be the same answer; None for classes.
    fit_rows : tuple of X and y, or None
        The rows the posterior of the parameters stands on.
    fit_count : int or None
        How many rows the fit had, if it was not these.
    samples : int
        Of a Monte Carlo estimate, for each row.
    seed : int
    clock : Clock
    """

    model: Any
    network: Network
    rows: Array
    y: Array | None
    truth: Array | None
    outputs: Array
    covariance: Array
    unit: Unit
    bounds: Bounds
    tolerance: Any
    fit_rows: tuple[Array, Array] | None
    fit_count: int | None
    samples: int
    seed: int
    clock: Clock

    def __len__(self) -> int:
        return len(self.rows)

    def sample(self, most: int) -> Array:
        """At most so many row numbers, drawn at random and in their order."""
        return drawn(len(self), most, self.seed)

    def known(self, index: Array) -> Array | None:
        """The right classes of some rows by position; None for quantities, or if unknown."""
        if self.truth is None or not self.network.classes:
            return None
        found: Array = self.truth[index]
        return found


def read_truth(model: Any, network: Network, y: ArrayLike | None, count: int) -> Array | None:
    """Known targets: classes by position (B,), or quantities (B, m); None for None.

    Raises
    ------
    ArgumentError
        If there are more or fewer than rows, or a class the model does not know.
    """
    if y is None:
        return None
    given = np.asarray(y)
    if len(given) != count:
        raise ArgumentError(f"X has {count} rows and y {len(given)}: give as many")
    if network.classes:
        return positions_of(model, given)
    values = given.astype(np.float64).reshape(count, -1)
    if values.shape[1] != network.outputs:
        raise ArgumentError(f"y has {values.shape[1]} columns, the network {network.outputs}")
    return values


def default_tolerance(outputs: Array, truth: Array | None, scale: Array) -> Array:
    """What counts as a change of quantities, (m,), if nobody says.

    The root mean square error where the truth is known: a change that cannot be told from the
    error the network makes anyway is none. Else a quarter of the spread of the outputs, and where
    they do not vary of the `scale` (m,) of the targets of the fit.
    """
    if truth is not None:
        error = np.sqrt(np.mean(np.square(outputs - truth), axis=0))
        if (error > 0.0).all():
            return np.asarray(error)
    spread = 0.25 * outputs.std(axis=0)
    return np.where(spread > 0.0, spread, 0.25 * scale)
