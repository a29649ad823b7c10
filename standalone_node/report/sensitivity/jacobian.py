"""Which inputs matter, and which way?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.report.document import Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import effect_map, effects, output_stretch
from standalone_node.report.sensitivity.words import brief, listed, percent, shortened
from standalone_node.sensitivity.names import ABOUT

Array = NDArray[Any]
#: Rows in the table of directions, and features named in each.
_ROWS, _NAMED = 8, 3

DETAILS = (
    "The derivative of the outputs with respect to the features is that of the discrete map, by "
    "the adjoint problem. The effect of a feature is the mean over the rows of the derivative "
    "times its typical change, the standard deviation over the rows (of a single row the spread of "
    "the column); its magnitude the root mean square over rows and outputs. Of logits the mean "
    "over the classes is taken away, for a common shift changes nothing.\n\n"
    "All of it is of first order: true for small changes, about each row by itself."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """Signed effects of the features, and how strongly the outputs react in which direction."""
    importance, jacobians = parts.get("importance"), parts.get("jacobians")
    figures: list[Figure] = []
    tables: list[Table] = []
    if importance is not None:
        count = len(np.asarray(importance.effect))
        single = count == 1 or (count == 2 and context.decides)
        figures.append(
            effects.figure(importance, count - 1, context)
            if single
            else effect_map.figure(importance, context)
        )
        tables.append(_influence(importance))
    if jacobians is not None:
        figures.append(output_stretch.figure(jacobians.output_singular_values))
        tables.append(directions(jacobians, context))
    return Section(
        id="jacobian",
        question=ABOUT["jacobian"],
        answer=answer(importance),
        figures=tuple(figures),
        tables=tuple(tables),
        notes=context.notes_of("jacobian"),
        details=DETAILS,
    )


def answer(importance: Any | None) -> str:
    """The features that matter, and how much of the effect they make up."""
    if importance is None:
        return "This was not computed."
    size = np.square(np.asarray(importance.magnitude, dtype=float))
    if not size.sum() > 0.0:
        if alike(importance):
            return "The rows are all alike: no feature changes over them, and so none stands out."
        return "No feature moves the output: all derivatives are zero."
    names = [f"“{shortened(importance.feature_names[i], 40)}”" for i in importance.order]
    share = np.cumsum(size[np.asarray(importance.order)]) / size.sum()
    enough = min(int(np.searchsorted(share, 0.8)) + 1, len(names))
    if enough > 5:
        return (
            f"Most of all {listed(names[:3])}; but the influence is spread: it takes {enough} of "
            f"{len(names)} features to make up 80 % of the squared effect."
        )
    if enough == 1:
        return f"{names[0]}: it alone makes up {percent(float(share[0]))} of the squared effect."
    if enough == len(names):
        lead = percent(float(share[0]))
        return f"Every feature; {names[0]} alone makes up {lead} of the squared effect."
    together = percent(float(share[enough - 1]))
    return f"{listed(names[:enough])} make up {together} of the squared effect."


def alike(importance: Any) -> bool:
    """Whether no feature varies over the rows, so that no effect says anything."""
    return not np.any(np.asarray(importance.spread, dtype=float) > 0.0)


def _influence(importance: Any) -> Table:
    rows = tuple(
        (
            str(importance.feature_names[i]),
            float(importance.magnitude[i]),
            float(importance.agreement[i]),
            float(importance.spread[i]),
        )
        for i in importance.order
    )
    return Table(
        "influence",
        "Influence of the features",
        ("feature", "magnitude", "agreement of the sign", "typical change"),
        rows,
        "Typical change: the standard deviation over the rows. Magnitude: root mean square of "
        "derivative times typical change. Agreement: the share of the squared effect in rows in "
        "which it has the sign of the mean.",
    )


def directions(jacobians: Any, context: Context) -> Table:
    """The rows whose outputs react most, and the change of features they react to."""
    values = np.asarray(jacobians.output_singular_values)[:, 0]
    numbers = context.numbers_of("jacobian", len(values))
    first = np.argsort(-values, kind="stable")[:_ROWS]
    rows = tuple(
        (
            int(numbers[b]),
            float(values[b]),
            told(np.asarray(jacobians.output_directions)[b, 0], jacobians.network.scale, context),
        )
        for b in first
    )
    return Table(
        "directions",
        "The most reactive rows, and what they react to",
        ("row", "change of the outputs", "change of the features"),
        rows,
        "To first order, for a change of length one spread in the most effective direction (its "
        "largest components are named; its opposite does the opposite).",
    )


def told(direction: Array, scale: Array, context: Context) -> str:
    """A direction in words: the features that take the largest part, with their changes."""
    relative = np.abs(direction / scale)
    order = np.argsort(-relative, kind="stable")[:_NAMED]
    parts = [
        f"{shortened(context.features[i], 30)} {signed(float(direction[i]))}"
        for i in order
        if relative[i] > 0.0
    ]
    return "; ".join(parts) or "none"


def signed(value: float) -> str:
    """A number with its sign, a true minus."""
    return f"{'−' if value < 0 else '+'}{brief(abs(value))}"
