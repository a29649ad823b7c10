"""Fits of which only a number, or scores, are wanted: over an engine, kept by the checkpoint."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from standalone_node.learn.many.alone import alone
from standalone_node.learn.terms import Terms

#: (item, threads of the worker, *shared) -> what it is worth.
Work = Callable[..., Any]
#: The types and words of warnings.
Said = list[tuple[type[Warning], str]]


def worths(
    terms: Terms,
    engine: Any,
    work: Work,
    items: Sequence[Any],
    *shared: Any,
    settings: Sequence[dict[str, Any]],
    limits: dict[str, Any],
    done: Callable[[int, Any], Any] | None = None,
) -> list[Any]:
    """What each item is worth: as the checkpoint knows it, else by a task of its own.

    They are kept, and told of, in the order of the items, as they would be one after the other, so
    that a checkpoint of the one goes on as the other.

    Parameters
    ----------
    terms : Terms
    engine : Engine
    work : callable
        Importable: (item, threads, *shared) -> float, or dict of numbers.
    items : sequence
    *shared
        What `broadcast` of the engine gave, or small values.
    settings : sequence of dict
        What tells each item from others, for the checkpoint.
    limits : dict
    done : callable, optional
        Called with the place of an item and what it is worth.
    """
    tell = done or (lambda place, worth: None)
    found: list[Any] = []
    for own in settings:
        known = terms.known(own, limits)
        if known is None:
            break
        tell(len(found), known)
        found.append(known)
    first, waiting = len(found), {}

    def ended(place: int, answer: tuple[Any, Said]) -> None:
        waiting[first + place] = answer
        while len(found) in waiting:
            worth, said = waiting.pop(len(found))
            for category, words in said:
                warnings.warn(words, category, stacklevel=2)
            terms.learnt(settings[len(found)], limits, worth)
            tell(len(found), worth)
            found.append(worth)

    engine.over(partial(_watched, work), items[first:], *shared, done=ended)
    return found


def _watched(work: Work, item: Any, *shared: Any) -> tuple[Any, Said]:
    """The answer, and the warnings on the way to it, which nobody would see where it runs."""
    with alone() as threads, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        worth = work(item, threads, *shared)
    return worth, [(one.category, str(one.message)) for one in seen]
