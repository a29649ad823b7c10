"""The runs of a fit, one after the other: what is known of each, and whether it is still the same.

An entry is either where a run of `minimize` stands or how it ended, or, where nothing but a number
or some scores were wanted of runs (a fold of a cross-validation), these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from standalone_node.learn.checkpoint_identity import differences

Entry = dict[str, Any]

#: A number, or numbers by their names.
Worth = TypeVar("Worth", float, dict[str, float | None])


class AnotherFit(Exception):
    """The runs are those of another fit; `found` says in what it differs."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(", ".join(found))
        self.found = found


class Runs:
    """The entries of a fit, and the place of the run at work.

    Parameters
    ----------
    entries : list of dict
        Those of a checkpoint, if there is one.
    tell : callable
        Takes sentences.

    Attributes
    ----------
    entries : list of dict
    """

    def __init__(self, entries: list[Entry], tell: Callable[[str], Any]) -> None:
        self.entries, self._tell = entries, tell
        self._at = self._depth = 0

    @property
    def inside(self) -> bool:
        """Whether the run at work is one of which only a number will be kept."""
        return self._depth > 0

    def opened(self, identity: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A run begins: where it stood, None if it did not yet; AnotherFit if it is another."""
        if self._at == len(self.entries):
            self.entries.append({"identity": dict(identity), "memory": None})
            return None
        entry = self.entries[self._at]
        if "value" in entry:
            raise AnotherFit(["other runs came before this one"])
        _same(entry["identity"]["settings"], identity["settings"])
        entry["identity"] = dict(identity)
        memory: Mapping[str, Any] | None = entry["memory"]
        return memory

    def stands(self, memory: Mapping[str, Any]) -> bool:
        """The run at work stands there; whether that is news.

        What came after an end that is no more, as a limit was raised, has to be done anew.
        """
        entry = self.entries[self._at]
        before = entry["memory"]
        if before is not None and (before["end"], rows_of(before)) == (
            memory["end"],
            rows_of(memory),
        ):
            return False
        entry["memory"] = dict(memory)
        if self._at + 1 < len(self.entries):
            self._forget(self._at + 1)
        return True

    def over(self) -> None:
        """The run at work is over: the next one is expected."""
        self._at += 1

    def worth(self, identity: Mapping[str, Any], compute: Callable[[], Worth]) -> Worth:
        """What takes runs: of these nothing but that is kept when they are over.

        `identity` has "settings" and "limits", as that of a run; with other limits it is computed
        anew, and so is all that came after. The runs may have such numbers among them, as a fold
        in which a penalty is chosen by folds of its own.
        """
        known: Worth | None = self.known(identity)
        if known is not None:
            return known
        first = self._at
        self._depth += 1
        try:
            value = compute()
        finally:
            self._depth -= 1
        self.entries[first : self._at] = [self._over(identity, value)]
        self._at = first + 1
        return value

    def known(self, identity: Mapping[str, Any]) -> Any:
        """What is known to be worth it, as in `worth`; None if nothing is."""
        entry = self.entries[self._at] if self._at < len(self.entries) else {}
        if "value" in entry and entry.get("depth", 0) <= self._depth:
            if entry.get("depth", 0) < self._depth:
                raise AnotherFit(["other runs came before this one"])
            _same(entry["identity"]["settings"], identity["settings"])
            if not differences(entry["identity"]["limits"], identity["limits"]):
                self._at += 1
                return entry["value"]
            self._forget(self._at)
        return None

    def learnt(self, identity: Mapping[str, Any], value: Any) -> None:
        """What it is worth was found elsewhere: runs that were begun for it here are forgotten."""
        self.entries[self._at :] = [self._over(identity, value)]
        self._at += 1

    def _over(self, identity: Mapping[str, Any], value: Any) -> Entry:
        over = {"identity": dict(identity), "value": value}
        return over | ({"depth": self._depth} if self._depth else {})

    def _forget(self, first: int) -> None:
        del self.entries[first:]
        self._tell(f"with other limits the runs after the first {first} are done anew")

    def where(self) -> str:
        """Where the fit stands, in words."""
        runs = len(self.entries)
        memory = self.entries[-1].get("memory") if self.entries else None
        if memory is None:
            return f"after run {runs}"
        where = "after iteration" if memory["end"] is None else "after the end, iteration"
        return f"{where} {rows_of(memory)}" + (f" of run {runs}" if runs > 1 else "")


def rows_of(memory: Mapping[str, Any]) -> int:
    """The iterations a run has done."""
    return len(memory["record"]["columns"]["cost"]) - 1


def _same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    found = differences(before, now)
    if found:
        raise AnotherFit(found)
