"""What a method may be told beside the objective, the metric and the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from standalone_node.errors import ArgumentError
from standalone_node.optimize.betas import Formula, polak_ribiere_plus
from standalone_node.optimize.line_searches import LINE_SEARCHES, LineSearch


@dataclass(frozen=True)
class Options:
    """The options of all methods; each reads those that concern it.

    Attributes
    ----------
    beta : callable
        The formula of the conjugate direction ("ncg").
    line_search : LineSearch
        The line search ("ncg").
    restart : int, optional
        After how many iterations the direction starts again along the gradient ("ncg").
    rate : float, optional
        The learning rate ("sgd", "adam").
    """

    beta: Formula = polak_ribiere_plus
    line_search: LineSearch = LINE_SEARCHES["sensitivity"]
    restart: int | None = None
    rate: float | None = None


#: The arguments of `minimize` that some methods only read: the methods, and the default.
READERS: dict[str, tuple[tuple[str, ...], Any]] = {
    "beta": (("ncg",), "PR+"),
    "line_search": (("ncg",), "sensitivity"),
    "restart": (("ncg",), None),
    "rate": (("sgd", "adam"), None),
}


def refuse_unread(method: str, given: dict[str, Any]) -> None:
    """ArgumentError if an argument was given that the method does not read."""
    for name, value in given.items():
        readers, default = READERS[name]
        if method not in readers and value != default:
            raise ArgumentError(
                f"the method {method!r} has no {name}: leave {name} = {value!r} away, or choose "
                f"the method {' or '.join(map(repr, readers))}"
            )
