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

    def wanted(self, nit: int) -> bool:
        """Whether to keep the run after iteration `nit`."""
        ...

    def wanted_between(self) -> bool:
        """Whether to keep the run between two iterations, in the midst of an epoch."""
        ...

    def keep(self, memory: Memory) -> None:
        """Keep where the run stands; may raise, to end it here."""
        ...

    def ended(self, memory: Memory) -> None:
        """Keep how the run has ended."""
        ...

    def __enter__(self) -> Any:
        """A run begins."""
        ...

    def __exit__(self, *error: object) -> None:
        """The run is over, whatever its end."""
        ...

    @property
    def warn(self) -> Callable[[str], Any]:
        """Takes sentences that whoever started the run should know."""
        ...


#: The cost of what was kept is that of the problem up to this share of it, even on another machine.
DIGITS = 1e-6


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

    def recalled(self, identity: Callable[[], Memory], size: tuple[int, ...]) -> State | None:
        """The state to go on from, after everything else is as it was there; None to begin.

        Parameters
        ----------
        identity : callable
            What the run is, for the keeper: problem, start and settings.
        size : tuple of int
            The shape of u.

        Raises
        ------
        ArgumentError
            If what was kept is of another problem.
        """
        keeper = self._keeper
        memory = None if keeper is None else keeper.opened(identity())
        if keeper is None or memory is None:
            return None
        state = recalled_state(memory["state"])
        if state.u.shape != size:
            raise ArgumentError("what was kept is of another size: begin afresh, without resume")
        self.length = memory["length"]
        self._objective.recall(memory["objective"])
        self._compare(state, memory["record"]["newest"], keeper)
        if memory["objective"]["solved"]:
            self._objective.solve(state.u)
        self.record.recall(memory["record"], state, memory["end"])
        self._state = state
        if not state.memory and self.record.verdict is None:
            keeper.warn(
                "this method begins anew where the checkpoint was written, as its memory is not "
                "ours to keep: the end may differ in the last digits"
            )
        return state

    def _compare(self, state: State, newest: Memory | None, keeper: Keeper) -> None:
        """Refuse what was kept of another problem: what no identity tells, as a field's formula."""
        told = state if newest is None else recalled_state(newest)
        cost = self._objective.cost_anew(told.u)
        if not abs(cost - told.cost) <= DIGITS * max(abs(cost), abs(told.cost)):
            raise ArgumentError(
                f"the parameters that were kept have the cost {told.cost:.6g} there and {cost:.6g} "
                "here, so this is another problem: begin afresh, without resume"
            )
        if cost != told.cost:
            keeper.warn(
                "the cost of what was kept differs in the last digits, as on another machine: the "
                "end may do so, too"
            )

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
        if keeper is not None and keeper.wanted_between():
            with self.record.aside():
                newest = self.record.newest
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
