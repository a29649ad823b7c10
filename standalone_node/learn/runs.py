"""What a run of a comparison may spend, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.learn.contenders import Contender
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.stopping import EndState

Array = NDArray[Any]


@dataclass(frozen=True)
class Limits:
    """What every run may spend, and when it is done.

    Attributes
    ----------
    sweeps : int
        Direct, adjoint and sensitivity sweeps together.
    seconds : float
    tolerance : float
        Of the gradient norm, relative to its start.
    """

    sweeps: int = 1000
    seconds: float = 8.0
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if self.sweeps < 1:
            raise ArgumentError(f"max_sweeps = {self.sweeps} has to be 1 or larger")
        if not 0.0 < self.seconds < np.inf:
            raise ArgumentError(f"time_limit = {self.seconds:g} has to be a positive number")
        if not 0.0 <= self.tolerance < np.inf:
            raise ArgumentError(f"tolerance = {self.tolerance:g} has to be 0 or larger")


@dataclass(frozen=True)
class Attempt:
    """One run of `minimize` within the limits.

    Attributes
    ----------
    end : EndState
        Those of `minimize`, and "sweeps".
    history : dict of ndarray
        A row an iteration, the start first: as in a `Result`, and "sweeps", all kinds together, in
        sweeps of the network that all contenders share.
    parameters : Parameters
        The last ones.
    rate : float or None
        The learning rate.
    """

    end: EndState
    history: dict[str, Array]
    parameters: Parameters
    rate: float | None = None

    @property
    def overflowed(self) -> bool:
        """Whether the run broke off because the state overflowed."""
        return self.end.name == "overflow"

    @property
    def iterations(self) -> int:
        """Iterations done."""
        return len(self.history["cost"]) - 1

    @property
    def cost(self) -> float:
        """The cost at the end; infinite after an overflow."""
        return np.inf if self.overflowed else float(self.history["cost"][-1])

    @property
    def sweeps(self) -> float:
        """The sweeps of the whole run."""
        return float(self.history["sweeps"][-1])

    @property
    def seconds(self) -> float:
        """The seconds of the whole run."""
        return float(self.history["seconds"][-1])

    def reached(self, level: float) -> tuple[float, float] | None:
        """Sweeps and seconds at the first iterate with a cost of `level` or less."""
        found = np.flatnonzero(self.history["cost"] <= level)
        if not found.size:
            return None
        first = int(found[0])
        return float(self.history["sweeps"][first]), float(self.history["seconds"][first])


@dataclass(frozen=True)
class Run:
    """What became of a contender.

    Attributes
    ----------
    name : str
        Its name in `COMPARED`.
    contender : Contender
    kept : Attempt
        The only one, or that of the learning rate that ended with the least cost.
    attempts : tuple of Attempt
        One for each learning rate that was tried, in that order, or the only one.
    loss : float
        The last cost without the penalties; infinite after an overflow.
    roughness : float
        The integral of \\|theta'\\|^2 over the depth of the last parameters.
    train_scores, test_scores : dict or None
        Of the last parameters; None after an overflow, or without held-out rows.
    """

    name: str
    contender: Contender
    kept: Attempt
    attempts: tuple[Attempt, ...]
    loss: float
    roughness: float
    train_scores: dict[str, Any] | None
    test_scores: dict[str, Any] | None
