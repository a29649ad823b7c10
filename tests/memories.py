"""Runs that are broken off, and taken up from what was kept of them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any


class Broken(Exception):
    """The run was broken off."""


class MemoryKeeper:
    """A keeper that breaks the run off at its n-th chance, and gives back what it kept.

    Parameters
    ----------
    break_at : int, optional
        Which chance to keep something ends the run; none if not given.
    memory : mapping, optional
        Where the run stood before.
    """

    def __init__(
        self, break_at: int | None = None, memory: Mapping[str, Any] | None = None
    ) -> None:
        self._left = break_at
        self.memory: Any = memory
        self.said: list[str] = []

    def opened(self, identity: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self.identity = identity
        return self.memory

    def __enter__(self) -> MemoryKeeper:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def wanted_between(self) -> bool:
        return self.wanted(0)

    def wanted(self, nit: int) -> bool:
        if self._left is not None:
            self._left -= 1
        return self._left is not None and self._left <= 0

    def keep(self, memory: Mapping[str, Any]) -> None:
        self.memory = deepcopy(dict(memory))
        raise Broken

    def ended(self, memory: Mapping[str, Any]) -> None:
        self.memory = deepcopy(dict(memory))

    def warn(self, sentence: str) -> None:
        self.said.append(sentence)
