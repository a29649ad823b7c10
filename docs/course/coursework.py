"""What all lessons of the course share: the check of the exercises, and the look of the pictures.

Lies beside the notebooks, which say ``from coursework import Lesson, moons, style, table``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, MutableMapping
from numbers import Number
from typing import Any

import numpy as np

#: Colours that can be told apart without seeing red or green, in print, too (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Of each exercise the significant digits that are asked for; None: a word, or a whole number.
Digits = Mapping[int, int | None]


class Lesson:
    """The names of a lesson as they are when this is made, which is before its exercises.

    In ``with`` they are back, whatever the answers have made of them in between; afterwards the
    reader's names are as they were, and nothing is new but the ``solution_1``, ``solution_2``, ...
    So a solution cannot spoil an answer, nor an answer a solution.

    Parameters
    ----------
    names : mapping
        ``globals()`` of the notebook.

    Examples
    --------
    >>> names = {"p": 3.0}
    >>> lesson = Lesson(names)
    >>> names["p"] = "mine"
    >>> with lesson:
    ...     names["solution_1"] = 2.0 * names["p"]
    >>> names["p"], names["solution_1"]
    ('mine', 6.0)
    """

    def __init__(self, names: MutableMapping[str, Any]) -> None:
        self.names = names
        self.kept = self._now()

    def _now(self) -> dict[str, Any]:
        own = re.compile(r"_|(answer|solution)_\d+$")
        return {name: value for name, value in self.names.items() if not own.match(name)}

    def __enter__(self) -> None:
        self.readers = self._now()
        self.names.update(self.kept)

    def __exit__(self, *error: object) -> None:
        for name in self._now().keys() - self.readers.keys():
            del self.names[name]
        self.names.update(self.readers)

    def check(self, digits: Digits, sealed: str | None = None) -> int:
        """Say of each exercise whether its answer is right, and count those that are.

        Parameters
        ----------
        digits : mapping
            From the number n of an exercise to the significant digits that ``answer_n`` has to
            have in common with ``solution_n``; None if it has to be the same. An answer that is
            ``...`` was not given.
        sealed : str, optional
            The solutions by ``seal``, for a notebook that has none.

        Returns
        -------
        int
            The number of right answers.

        Examples
        --------
        >>> names = {"answer_1": 2.0, "solution_1": 2.0004, "answer_2": ..., "solution_2": 3}
        >>> Lesson(names).check({1: 3, 2: None})
        exercise 1: right
        exercise 2: not answered
        1
        """
        known = self.names if sealed is None else json.loads(base64.b64decode(sealed))
        right = 0
        for number, asked in digits.items():
            answer = self.names.get(f"answer_{number}", ...)
            word = "not answered"
            if f"solution_{number}" not in known:
                word = "the cell of its solution has to be run first"
            elif answer is not ...:
                wrong = complaint(answer, known[f"solution_{number}"], asked)
                word = f"not yet: {wrong}" if wrong else "right"
            print(f"exercise {number}: {word}")
            right += word == "right"
        return right

    def seal(self, digits: Digits) -> str:
        """The solutions, rounded to one digit more than is asked for, in a form nobody reads."""
        made = {}
        for number, asked in digits.items():
            value = np.asarray(self.names[f"solution_{number}"])
            if asked is not None:
                value = np.round(value, asked - _magnitude(value))
            made[f"solution_{number}"] = value.tolist()
        return base64.b64encode(json.dumps(made).encode()).decode()


def complaint(answer: Any, solution: Any, digits: int | None) -> str:
    """What is wrong with an answer, in a few words; nothing if it is right."""
    kind = _wrong_kind(answer, solution)
    if kind or isinstance(solution, str | bool | np.bool_):
        return kind or ("" if _plain(answer) == _plain(solution) else "think again")
    given, known = np.asarray(answer), np.asarray(solution, dtype=float)
    if np.iscomplexobj(given):
        if np.any(given.imag != 0.0):
            return "this is complex, and the imaginary part has to be zero"
        given = given.real
    given = given.astype(float)
    if given.shape != known.shape:
        wanted = f"an array of the shape {known.shape}" if known.shape else "a single number"
        found = f"an array of the shape {given.shape}" if given.shape else "a single number"
        return f"this is {found}, and {wanted} is asked for"
    return _wrong_value(given, known, digits)


def _plain(answer: Any) -> Any:
    """A word without what does not count: (C) is c."""
    return answer.strip(" ().").lower() if isinstance(answer, str) else bool(answer)


def _wrong_kind(answer: Any, solution: Any) -> str:
    """Whether an answer is of another kind than the solution, in words."""
    if callable(answer):
        return "this is a function, and what it returns is asked for: call it"
    if answer is None:
        return "this is None: does something fail to return?"
    truth, word = isinstance(answer, bool | np.bool_), isinstance(answer, str)
    if isinstance(solution, str):
        return "" if word else "a word or a letter is asked for, in quotes"
    if isinstance(solution, bool | np.bool_):
        return "" if truth else "True or False is asked for"
    if word:
        return "this is text, and a number is asked for: leave the quotes away"
    if truth:
        return "this is True or False, and a number is asked for"
    try:
        kind = np.asarray(answer).dtype.kind
    except ValueError:  # rows of different lengths
        kind = "O"
    return "" if kind in "iufc" else "numbers are asked for, and nothing else"


def _wrong_value(given: np.ndarray, known: np.ndarray, digits: int | None) -> str:
    """Whether numbers differ from those that are right, and how, in words."""
    if not np.isfinite(given).all():
        return "this is not finite"
    unit = 0.0 if digits is None else 10.0 ** (_magnitude(known) - digits + 1)

    def off(numbers: np.ndarray) -> float:
        return float(np.max(np.abs(numbers - known), initial=0.0))

    bound = unit * (1.0 + 1e-9)
    # Each case that a reader can do something about; the first that holds is told.
    cases = (
        (off(given) <= bound, ""),
        (digits is None and (given != np.round(given)).any(), "a whole number is asked for"),
        (off(-given) <= bound, "right but for the sign"),
        (
            known.ndim == 1 and off(np.sort(given)[np.argsort(np.argsort(known))]) <= bound,
            "the right numbers, in another order",
        ),
        (digits is None and off(given) == 1.0, "close: off by one"),
        (
            digits is not None and off(given) <= 0.02 * np.max(np.abs(known), initial=0.0),
            f"close: it has to be right to {digits} significant digits",
        ),
        (True, "another number"),
    )
    return next(sentence for holds, sentence in cases if holds)


def _magnitude(numbers: np.ndarray) -> int:
    """The power of ten of the largest; 0 if all are zero."""
    largest = float(np.max(np.abs(numbers), initial=0.0))
    return int(np.floor(np.log10(largest))) if largest > 0.0 else 0


def moons(count: int, seed: int, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 2) of two half circles with normal errors, and which half each is of."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    angle = np.pi * rng.random(count)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points[classes == 1] = [1.0, 0.5] - points[classes == 1]
    return points + noise * rng.normal(size=points.shape), classes


def style() -> None:
    """Sober pictures: no frame on two sides, thin lines, room for the labels."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.6,
            "lines.markersize": 5.0,
            "legend.frameon": False,
            "font.size": 10.0,
        }
    )


def table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Print rows of numbers under their heads, each number with what can be read of it.

    Examples
    --------
    >>> table(("N", "error"), [(10, 0.125), (20, 0.03125)])
     N      error
    10      0.125
    20    0.03125
    """
    lines = [heads, *(tuple(_text(entry) for entry in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    widths = [widths[0], *(max(width, 9) for width in widths[1:])]
    for line in lines:
        print("  ".join(entry.rjust(width) for entry, width in zip(line, widths, strict=True)))


def _text(entry: Any) -> str:
    return (
        f"{entry:.4g}" if isinstance(entry, Number) and not isinstance(entry, int) else str(entry)
    )
