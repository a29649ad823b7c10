"""Where a run stands, kept as plain values, and a run that goes on from there bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.record import Record
from standalone_node.optimize.state import State, plain_state, recalled_state

Array = NDArray[Any]

#: Plain values, arrays, and lists and dicts of them.
Memory = Mapping[str, Any]


class Keeper(Protocol):
    """Who keeps where a run stands; `standalone_node.Checkpoint` keeps it in files."""

    def opened(self, identity: Memory) -> Memory | None:
        """A run of this identity begins: where it stood when it was last kept, None if never."""
        ...

    def wanted(self, nit: int | None) -> bool:
        """Whether to keep the run after iteration `nit`; None is between two of them."""
        ...

    def keep(self, memory: Memory) -> None:
        """Keep where the run stands; may raise, to end it here."""
        ...

    def ended(self, memory: Memory) -> None:
        """Keep how the run has ended."""
        ...

    def close(self) -> None:
        """The run is over, whatever its end."""
        ...

    def say(self, sentence: str) -> None:
        """Something that whoever started the run should know."""
        ...


class Trail:
    """Reports the states of a run to its record, and keeps where it stands.

    Parameters
    ----------
    objective : Objective
    record : Record
    keeper : Keeper, optional
        Nothing is kept without one.

    Attributes
    ----------
    record : Record
    length : float or None
        The smoothing length that the run chose or recalled.
    """

    def __init__(self, objective: Objective, record: Record, keeper: Keeper | None) -> None:
        self._objective, self.record, self._keeper = objective, record, keeper
        self.length: float | None = None
        self._state: State | None = None

    def recalled(self, identity: Callable[[], Memory]) -> State | None:
        """The state to go on from, after everything else is as it was there; None to begin.

        Parameters
        ----------
        identity : callable
            What the run is, for the keeper: problem, start and settings.
        """
        keeper = self._keeper
        memory = None if keeper is None else keeper.opened(identity())
        if keeper is None or memory is None:
            return None
        try:
            state = self._recall(memory)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ArgumentError(
                f"what was kept of this run does not fit together ({error}): begin afresh, without "
                "resume"
            ) from error
        if not state.memory and self.record.verdict is None:
            keeper.say(
                "this method begins anew where the checkpoint was written, as its memory is not "
                "ours to keep: the end may differ in the last digits"
            )
        return state

    def _recall(self, memory: Memory) -> State:
        state = recalled_state(memory["state"])
        self.length = memory["length"]
        self._objective.recall(memory["objective"], state.u)
        self.record.recall(memory["record"], state, memory["end"])
        self._state = state
        return state

    def report(self, state: State) -> bool:
        """Take down a state; whether the run has to stop here."""
        stop = self.record.report(state)
        self._state = state
        if not stop:
            self._pass(state, self.record.last.nit)
        return stop

    def report_anew(self) -> Callable[[State], bool]:
        """`report` for a method that begins anew where the run stands: that state is known."""
        known = True

        def report(state: State) -> bool:
            nonlocal known
            if known:
                known = False
                return False
            return self.report(state)

        return report

    def between(self, u: Array, memory: Callable[[], Memory]) -> None:
        """A place between two reports, at the end of a batch."""
        keeper = self._keeper
        if keeper is not None and keeper.wanted(None):
            newest = self._state
            assert newest is not None
            state = State(u, newest.cost, newest.derivative, newest.gradient, memory=memory())
            keeper.keep(self._memory(state, None))

    def ended(self) -> None:
        """The run has ended."""
        if self._keeper is not None and self._state is not None:
            self._keeper.ended(self._memory(self._state, self.record.end()))

    def _pass(self, state: State, nit: int) -> None:
        if self._keeper is not None and self._keeper.wanted(nit):
            with self.record.aside():
                self._keeper.keep(self._memory(state, None))

    def _memory(self, state: State, end: str | None) -> dict[str, Any]:
        return {
            "state": plain_state(state),
            "length": self.length,
            "objective": self._objective.memory(state.u),
            "record": self.record.memory(state),
            "end": end,
        }
