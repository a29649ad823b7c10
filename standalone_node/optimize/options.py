"""What a method may be told beside the objective, the metric and the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from standalone_node.optimize.betas import Products, polak_ribiere_plus
from standalone_node.optimize.step_length import LINE_SEARCHES, Search


@dataclass(frozen=True)
class Options:
    """The options of all methods; each reads those that concern it.

    Attributes
    ----------
    beta : callable
        The formula of the conjugate direction ("ncg").
    search : callable
        The line search ("ncg").
    restart : int, optional
        After how many iterations the direction starts again along the gradient ("ncg").
    rate : float, optional
        The learning rate ("sgd", "adam").
    """

    beta: Callable[[Products], float] = polak_ribiere_plus
    search: Search = LINE_SEARCHES["sensitivity"]
    restart: int | None = None
    rate: float | None = None
