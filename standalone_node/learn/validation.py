"""Early stopping: rows held out of the training rows, and the score that is watched on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.identity import plain
from standalone_node.problem.inverse_problem import InverseProblem

Array = NDArray[Any]


def held_out(share: Any, targets: Array, classes: bool, seed: int) -> tuple[Array, Array]:
    """The rows to train on and those to validate on, every class in both if there are classes.

    Parameters
    ----------
    share : float
        Between 0 and 1, of the rows to validate on.
    targets : ndarray, shape (B, ...)
    classes : bool
        Whether the targets are classes.
    seed : int

    Raises
    ------
    ArgumentError
        If the share is no such number, or there are too few rows.
    """
    known = isinstance(share, int | float | np.number) and not isinstance(share, bool)
    if not known or not 0.0 < share < 1.0:
        raise ArgumentError(f"validation_share = {share!r} has to be 0 or lie between 0 and 1")
    try:
        train, validation = train_test_split(
            np.arange(len(targets)),
            test_size=float(share),
            random_state=seed,
            stratify=targets if classes else None,
        )
    except ValueError as error:
        raise ArgumentError(
            f"validation_share = {share!r} of {len(targets)} rows leaves too few on one side "
            f"({error}): give more rows, or another share"
        ) from error
    return np.sort(train), np.sort(validation)


class NegativeLoss:
    """The score of parameters: minus the mean loss on the rows of a problem, without penalties.

    The loss tells iterates apart that classify the same rows rightly.

    Parameters
    ----------
    problem : InverseProblem
    """

    def __init__(self, problem: InverseProblem) -> None:
        self._bare = problem.replaced(penalty=None)

    def __call__(self, p: Parameters) -> float:
        """The score of p."""
        self._bare.regrid(p)  # a time grid that suited the start need not suit what was learnt
        return -self._bare.cost(p)

    def identity(self) -> dict[str, Any]:
        """The rows that are looked at: what tells a fit from another one."""
        bare = self._bare
        rows = {"inputs": bare.inputs, "targets": bare.targets, "weights": bare.sample_weight}
        return {name: plain(value) for name, value in rows.items()}

    def remembered(self) -> dict[str, Any] | None:
        """The time grid, as plain values, for a run that goes on later."""
        return self._bare.remembered()

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Go on with the grid that `remembered` gave."""
        self._bare.recall(memory)
