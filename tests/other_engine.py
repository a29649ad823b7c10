"""An engine that is not this process, in this process: what it is given has to bear the way."""

from __future__ import annotations

import pickle
from typing import Any


def sent(value: Any) -> Any:
    """A value as it arrives elsewhere."""
    return pickle.loads(pickle.dumps(value))


class Reversed:
    """Works from the last item to the first, with copies; counts what it was asked for."""

    name = "reversed"
    frugal = True

    def __init__(self) -> None:
        self.asked = 0

    def broadcast(self, value: Any) -> Any:
        return sent(value)

    def over(self, function: Any, items: Any, *shared: Any, done: Any = None) -> list[Any]:
        results: dict[int, Any] = {}
        for place in reversed(range(len(items))):
            self.asked += 1
            given = sent((function, items[place], shared))
            results[place] = sent(given[0](given[1], *given[2]))
            if done is not None:
                done(place, results[place])
        return [results[place] for place in range(len(items))]

    def each(self, *given: Any) -> list[Any]:
        raise NotImplementedError("no shards here")

    place = each

    def close(self) -> None:
        pass
