"""How small a change of a row leads to a wrong answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.plot.axes import grid, shares
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, GREY, Canvas, left_of, picture
from standalone_node.report.sensitivity.words import brief, counted, median, percent

Array = NDArray[Any]


def right_distances(perturbations: Any) -> Array:
    """The distances of the rows that are right to begin with; inf where nothing was found."""
    right = np.asarray(perturbations.right, dtype=bool)
    return np.sort(np.asarray(perturbations.distance, dtype=float)[right])


def right_only(perturbations: Any, context: Context) -> str:
    """What the rows are that are attacked, where some are wrong from the start."""
    if not context.judged or np.all(np.asarray(perturbations.right, dtype=bool)):
        return ""
    return " that are right"


def figure(perturbations: Any, context: Context) -> Figure:
    """The distribution of the distances found."""
    distances = right_distances(perturbations)
    wrong = int(len(perturbations.distance) - len(distances))
    found = distances[np.isfinite(distances)]
    table = pd.DataFrame(
        {
            "distance": np.concatenate([[0.0], found]),
            "share fooled": np.arange(len(found) + 1) / max(len(distances), 1),
        }
    )
    middle = median(distances)
    return picture(
        "distances",
        "How small a change is enough",
        caption(distances, wrong, context),
        f"Distribution of the smallest changes found for {counted(len(distances), 'row')}; the "
        f"median is {context.amount(middle)}.",
        table,
        lambda canvas: _draw(canvas, table, middle, context),
    )


def caption(distances: Array, wrong: int, context: Context) -> str:
    """What is seen: the median, the most fragile tenth, and rows for which nothing was found."""
    left_out = (
        f" {counted(wrong, 'row')} that {'is' if wrong == 1 else 'are'} wrong without any change "
        f"{'is' if wrong == 1 else 'are'} left out."
        if wrong
        else ""
    )
    if distances.size == 0:
        return f"No row is right to begin with, so that there is nothing to attack.{left_out}"
    missed = int(np.isinf(distances).sum())
    seen = (
        f"The share of the rows for which a change of at most that length leads to "
        f"{context.wrong}, as far as the search found one. {half(distances, context)}"
    )
    if missed:
        seen += f" For {counted(missed, 'row')} nothing was found, which is no proof."
    return f"{seen}{left_out}"


def half(distances: Array, context: Context, which: str = "") -> str:
    """The median and the most fragile tenth in a sentence; `which` tells the rows."""
    middle = median(distances)
    tenth = float(np.quantile(distances, 0.1, method="inverted_cdf"))
    if not np.isfinite(tenth) and not np.isfinite(distances).any():
        return "For no row was a change found that is enough."
    if not np.isfinite(middle):
        share = percent(float(np.isfinite(distances).mean()))
        return f"Only for {share} of the rows{which} was a change found that is enough."
    return (
        f"For half of the rows{which} {context.amount(middle)} are enough, for the most fragile "
        f"tenth {context.amount(tenth)}."
    )


def _draw(canvas: Canvas, table: pd.DataFrame, middle: float, context: Context) -> None:
    axes = canvas.add_subplot()
    axes.plot(table["distance"], table["share fooled"], color=BLUE, lw=1.8, drawstyle="steps-post")
    shares(axes.yaxis)
    top = float(table["distance"].max())
    axes.set_xlim(0.0, 1.04 * top if top > 0.0 else 1.0)
    if np.isfinite(middle) and len(table) > 1:
        axes.plot([0.0, middle, middle], [0.5, 0.5, -0.02], ":", color=GREY, lw=1.1, label="_guide")
        # The curve rises: below it there is room at its right, above it at its left.
        right = left_of(axes, middle, 0.6)
        axes.annotate(
            f"half: {brief(middle)}",
            (middle, 0.5), (6, -3) if right else (-6, 3), textcoords="offset points",
            ha="left" if right else "right", va="top" if right else "bottom", color=GREY, size=9,
        )  # fmt: skip
    grid(axes)
    axes.set_xlabel(f"length of the change ({context.units})")
    axes.set_ylabel("share of the rows")
