"""What is asked of the columns of a table, held against the columns that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.cells import DEFAULT_NA, listed, quoted, suggestion
from standalone_node.learn.dates import form
from standalone_node.learn.targets import Task

Missing = Literal["error", "drop", "impute"]


@dataclass(frozen=True)
class Roles:
    """Which columns are what.

    Attributes
    ----------
    goals : tuple of str
        The targets, in the order they were asked for.
    inputs : tuple of str
        The columns that may be inputs, in the order of the table.
    weight : str or None
        The column of the sample weights.
    dates : mapping
        The formats of the columns that are told to hold dates.
    """

    goals: tuple[str, ...]
    inputs: tuple[str, ...]
    weight: str | None
    dates: Mapping[str, str]

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are looked at: inputs and targets."""
        return (*self.inputs, *self.goals)


@dataclass(frozen=True)
class Asked:
    """What is asked of the columns of a table.

    Attributes
    ----------
    target : str, sequence of str, or None
        The column to learn, or several of numbers; None is an error that lists the columns.
    ignore : sequence of str
        Columns to leave out.
    missing : {"error", "drop", "impute"}
    na : sequence of str
        What counts as missing besides the empty cell.
    task : {"classification", "regression"} or None
        Overrides what is recognised.
    dates : mapping
        A column of dates and the format they have, for those that are not recognised.
    weight : str or None
        A column of sample weights, which is no input.
    aside : sequence of str
        Further columns that are no inputs, although they are read: those that part the rows.

    Raises
    ------
    ArgumentError
        An argument is none of the choices, or a format is none.
    """

    target: str | Sequence[str] | None
    ignore: Sequence[str] = ()
    missing: Missing = "error"
    na: Sequence[str] = DEFAULT_NA
    task: Task | None = None
    dates: Mapping[str, str] = field(default_factory=dict)
    weight: str | None = None
    aside: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.missing not in get_args(Missing):
            raise ArgumentError(
                f"missing is {self.missing!r}; choose error, drop or impute (--missing)."
            )
        if self.task is not None and self.task not in get_args(Task):
            raise ArgumentError(
                f"task is {self.task!r}; choose classification or regression (--task)."
            )
        for format in self.dates.values():
            form(format)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The texts that count as missing, the empty one first."""
        return tuple(dict.fromkeys(("", *(token.strip() for token in self.na))))

    def roles(self, source: str, names: Sequence[str]) -> Roles:
        """Which of the columns `names` is what.

        Parameters
        ----------
        source : str
            What messages call the table.
        names : sequence of str

        Raises
        ------
        DataError
            A column is not there.
        ArgumentError
            A column is asked to be two things at once, or the task is none of several targets.
        """
        if self.target is None or not len(self.target):
            raise DataError(
                f"{source}: no target column is named; name one of {listed(names)} with --target."
            )
        asked = (self.target,) if isinstance(self.target, str) else tuple(self.target)
        goals = tuple(_present(source, name, names, "target column ", "") for name in asked)
        for name in self.ignore:
            _present(source, name, names, "column ", " to ignore", strip=False)
        weight = self.weight
        if weight is not None:
            weight = _present(source, weight, names, "column ", " of weights (--weight)")
        dates = {
            _present(source, name, names, "column ", " of dates (--date)"): format
            for name, format in self.dates.items()
        }
        self._refuse_two_roles(goals, weight, dates)
        aside = {*goals, *self.ignore, weight, *self.aside}
        return Roles(goals, tuple(n for n in names if n not in aside), weight, dates)

    def _refuse_two_roles(
        self, goals: Sequence[str], weight: str | None, dates: Mapping[str, str]
    ) -> None:
        for i, goal in enumerate(goals):
            if goal in goals[:i]:
                raise ArgumentError(f"the target {quoted(goal)} is named twice; drop one of them.")
            if goal in self.ignore:
                raise ArgumentError(
                    f"the target {quoted(goal)} is also to be ignored; drop one of the two."
                )
            if goal == weight:
                raise ArgumentError(
                    f"the target {quoted(goal)} is also the --weight; name another column for one "
                    "of the two."
                )
            if goal in dates:
                raise ArgumentError(
                    f"the target {quoted(goal)} cannot be learnt as dates; leave --date {goal}=… "
                    "out, and give it as numbers."
                )
        for name in dates:
            if (name in self.ignore and name not in self.aside) or name == weight:
                what = "to be ignored" if name in self.ignore else "the --weight"
                raise ArgumentError(
                    f"the column {quoted(name)} of --date is also {what}; drop one of the two."
                )
        if len(goals) > 1 and self.task == "classification":
            raise ArgumentError(
                f"--task classification is for one target, and there are {len(goals)}; name one "
                "--target, or fit a model for each."
            )


def _present(
    source: str, name: str, names: Sequence[str], what: str, purpose: str, *, strip: bool = True
) -> str:
    """The column of this name; DataError if there is none."""
    found = name if name in names or not strip else name.strip()
    if found not in names:
        raise DataError(
            f"{source}: there is no {what}{quoted(found)}{purpose}; {suggestion(found, names)}"
        )
    return found
