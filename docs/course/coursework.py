"""What all lessons of the course share: the check of the exercises, and the look of the pictures.

Lies beside the notebooks, which say ``from coursework import check, style``.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np

#: Colours that can be told apart without seeing red or green, in print, too (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
Pair = tuple[Any, Any] | tuple[Any, Any, float]


def check(exercises: Mapping[int, Pair], rtol: float = 1e-6) -> int:
    """Say of each exercise whether its answer is right, and count those that are.

    Parameters
    ----------
    exercises : mapping
        From the number of an exercise to ``(answer, solution)``, or ``(answer, solution, rtol)``
        if that one has a tolerance of its own. An answer that is ``...`` was not given.
    rtol : float
        How far a number may be from the solution, relative to the largest entry of the solution;
        absolutely if the solution is zero.

    Returns
    -------
    int
        The number of right answers.

    Examples
    --------
    >>> check({1: (2.0, 2.0), 2: (..., 3.0), 3: ("explicit", "implicit")})
    exercise 1: right
    exercise 2: not answered
    exercise 3: not yet
    1
    """
    right = 0
    for number, (answer, solution, *own) in exercises.items():
        word = "not answered"
        if answer is not ...:
            word = "right" if agrees(answer, solution, own[0] if own else rtol) else "not yet"
        print(f"exercise {number}: {word}")
        right += word == "right"
    return right


def agrees(answer: Any, solution: Any, rtol: float) -> bool:
    """Whether an answer is the solution: a number or array to within rtol, all else exactly.

    Small and capital letters of a text count as the same. A shape that differs is wrong, and so
    is NaN.
    """
    if isinstance(solution, str):
        return isinstance(answer, str) and answer.strip().lower() == solution.strip().lower()
    if isinstance(solution, bool | np.bool_):
        return isinstance(answer, bool | np.bool_) and bool(answer) == bool(solution)
    try:
        given, known = np.asarray(answer, dtype=float), np.asarray(solution, dtype=float)
    except (TypeError, ValueError):
        return False
    if given.shape != known.shape or isinstance(answer, str | bool):
        return False
    scale = float(np.max(np.abs(known), initial=0.0)) or 1.0
    return bool((np.abs(given - known) <= rtol * scale).all())


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
