"""How small a change leads to a wrong answer?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.report.document import Cell, Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import distances, robust_accuracy
from standalone_node.report.sensitivity.jacobian import signed
from standalone_node.report.sensitivity.words import brief, counted, listed, shortened
from standalone_node.sensitivity.names import ABOUT

Array = NDArray[Any]
#: Rows in the table of the most fragile ones, and features named in each.
_ROWS, _NAMED = 10, 3

DETAILS = (
    "The smallest change is searched for by solving linearised problems one after the other, "
    "from the nearest hyperplane on; it is an upper bound, for there may be a smaller one.\n\n"
    "The accuracy under attack is that under projected gradient descent (Madry et al. 2018) within "
    "a ball, in the Euclidean and in the maximum norm; the fast gradient sign method (Goodfellow "
    "et al. 2015) takes one step. Attacks that use gradients can be fooled by a network whose "
    "gradients say nothing (Athalye et al. 2018): hence the checks."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """Distances, accuracy under attack, the most fragile rows, and checks of the attacks."""
    found, checks = parts.get("perturbations"), parts.get("checks")
    figures: list[Figure] = []
    if found is not None and np.isfinite(distances.right_distances(found)).any():
        figures.append(distances.figure(found, context))
    figures += [robust_accuracy.figure(curve, context) for curve in parts.get("curves") or ()]
    tables = [] if found is None else [fragile(found, context)]
    tables += [] if not checks else [_checks(checks)]
    return Section(
        id="attack",
        question=ABOUT["attack"],
        answer=answer(parts, context),
        figures=tuple(figures),
        tables=tuple(tables),
        notes=context.notes_of("attack"),
        details=DETAILS,
    )


def answer(parts: Mapping[str, Any], context: Context) -> str:
    """The median distance, and whether the attacks can be trusted."""
    found = parts.get("perturbations")
    said = []
    if found is not None:
        known = distances.right_distances(found)
        said.append(
            distances.half(known, context, distances.right_only(found, context))
            if known.size
            else "No row is right to begin with, so that there is nothing to attack."
        )
    checks = parts.get("checks")
    if checks:
        said.append(trusted(checks))
    return " ".join(said) or "This was not computed."


def trusted(checks: Any) -> str:
    """Whether all checks hold, or which do not."""
    failed = [check.name for check in checks if not check.holds]
    if not failed:
        return (
            f"All {len(checks)} checks hold that would show an attack weaker than it seems."
            if len(checks) > 2
            else "The checks hold that would show an attack weaker than it seems."
        )
    return (
        f"{counted(len(failed), 'check')} of {len(checks)} "
        f"{'does' if len(failed) == 1 else 'do'} not hold ({listed(failed)}): the attacks may be "
        "weaker than they seem."
    )


def fragile(found: Any, context: Context) -> Table:
    """The rows that are right, and whose answer the smallest changes make wrong."""
    distance = np.asarray(found.distance, dtype=float)
    usable = np.asarray(found.right, dtype=bool) & np.isfinite(distance)
    order = [int(b) for b in np.argsort(distance, kind="stable") if usable[b]][:_ROWS]
    numbers = context.numbers_of("attack", len(distance))
    change = np.asarray(found.perturbed) - np.asarray(found.rows)
    spread = np.asarray(found.rows).std(axis=0)
    relative = change / np.where(spread > 0.0, spread, 1.0)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            int(numbers[b]),
            *_answers(found, b, context),
            float(distance[b]),
            _change(change[b], relative[b], context),
        )
        for b in order
    )
    judged = context.decides and context.truth is not None
    known = ("true", "predicted") if judged else ("predicted",)
    return Table(
        "fragile-rows",
        "The most fragile rows",
        ("row", *known, "becomes", f"distance ({context.units})", "what changes most"),
        rows,
        f"The smallest changes found that lead to {context.wrong}"
        f"{', of rows that are right without' * context.judged}; features in their own units, "
        "those that change most in relation to their spread first.",
    )


def _answers(found: Any, b: int, context: Context) -> tuple[Cell, ...]:
    if context.decides:
        before = context.classes[int(found.before[b])]
        # Only right rows are listed, so that the true class is the predicted one.
        known = () if context.truth is None else (before,)
        return (*known, before, context.classes[int(found.after[b])])
    return tuple(
        listed([brief(float(v)) for v in np.atleast_1d(values[b])])
        for values in (found.before, found.after)
    )


def _change(change: Array, relative: Array, context: Context) -> str:
    order = np.argsort(-np.abs(relative), kind="stable")[:_NAMED]
    parts = [
        f"{shortened(context.features[i], 30)} {signed(float(change[i]))}"
        for i in order
        if change[i] != 0.0
    ]
    return "; ".join(parts) or "nothing"


def _checks(checks: Any) -> Table:
    holding = sum(bool(check.holds) for check in checks)
    return Table(
        "masking-checks",
        "Are the attacks as strong as they seem?",
        ("check", "outcome", "numbers"),
        tuple((c.name, "holds" if c.holds else "does not hold", c.detail) for c in checks),
        f"{holding} of {len(checks)} hold. It is what honest attacks must satisfy (Athalye, "
        "Carlini and Wagner 2018).",
    )
