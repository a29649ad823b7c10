"""What the sections have to know besides the results: names, units, how many rows, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.report.sensitivity.words import brief

Array = NDArray[Any]
#: For each question that was asked, its results by name.
Parts = Mapping[str, Mapping[str, Any]]


def part(parts: Parts, question: str, name: str) -> Any | None:
    """A result of a question; None if it was not asked or did not come to it."""
    return (parts.get(question) or {}).get(name)


@dataclass(frozen=True, eq=False)
class Context:
    """Names, units and rows.

    Attributes
    ----------
    task : {"classification", "regression"}
    target : str
        The name of the target column.
    classes : tuple of str
        Empty for quantities.
    features : tuple of str, length p
    rows, total : int
        How many rows were used, of how many.
    outputs : tuple of str
        Names of the outputs; the target if there is one and no names are given.
    units : str
        In what distances are measured, in the plural: "spreads of the columns".
    relative : bool
        Whether a unit is the spread of a column, so that distances can be judged.
    truth : ndarray, shape (B,) or (B, m), optional
        Positions of the right classes, or the right values.
    predictions : ndarray, shape (B,) or (B, m), optional
        Positions of the predicted classes, or the predicted values.
    noise : str
        The noise that was asked about: "errors of 5 % of the spread of each column".
    tolerance : float, optional
        By how much a quantity may change before the answer counts as wrong.
    row_words : str
        What the rows are, in the plural: "held-out rows".
    row_numbers : mapping
        For a question, the number in the data of each row that it used; 1, 2, … if not given.
    notes : mapping
        For a question, sentences on the limits that bit.
    """

    task: str
    target: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    rows: int
    total: int
    outputs: tuple[str, ...] = ()
    units: str = "spreads of the columns"
    relative: bool = True
    truth: Array | None = None
    predictions: Array | None = None
    noise: str = "the errors given"
    tolerance: float | None = None
    row_words: str = "rows"
    row_numbers: Mapping[str, Array] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def decides(self) -> bool:
        """Whether the network decides between classes."""
        return self.task == "classification"

    @property
    def judged(self) -> bool:
        """Whether a class can be right or wrong; else answers are kept or given up."""
        return self.decides and self.truth is not None

    @property
    def wrong(self) -> str:
        """What a change of the features leads to."""
        if self.decides:
            return "a wrong class" if self.judged else "another class"
        if self.tolerance is None:
            return "another value"
        return f"a value more than {brief(self.tolerance)} off"

    def counted_rows(self, count: int) -> str:
        """So many rows, called what they are."""
        words = self.row_words if count != 1 else self.row_words.removesuffix("s")
        return f"{count:,} {words}"

    def amount(self, value: float) -> str:
        """A distance with its unit."""
        return f"{brief(value)} {self.units}"

    def output_name(self, place: int) -> str:
        """The name of an output, or of the class it belongs to."""
        names = self.classes if self.decides else self.outputs
        if place < len(names):
            return names[place]
        return self.target if place == 0 else f"output {place + 1}"

    def numbers_of(self, question: str, count: int) -> Array:
        """The numbers in the data of the rows that a question used, (count,)."""
        known = self.row_numbers.get(question)
        if known is not None and len(known) == count:
            return np.asarray(known)
        return np.arange(1, count + 1)

    def notes_of(self, question: str) -> tuple[str, ...]:
        """The limits that bit in a question."""
        return tuple(self.notes.get(question, ()))
