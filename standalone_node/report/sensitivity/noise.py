"""What do errors of the inputs do?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from standalone_node.report.document import Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import flips, row_noise, validity
from standalone_node.report.sensitivity.words import brief, percent, shortened
from standalone_node.sensitivity.names import ABOUT

DETAILS = (
    "If the features have the covariance S, the outputs have J S Jᵀ to first order, J the "
    "derivative of the outputs. Monte Carlo solves the direct problem for random copies of each "
    "row; its intervals use the fourth moments of the samples.\n\n"
    "The first order counts as valid as far as its standard deviation is within 10 % of that of "
    "Monte Carlo."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """First order against Monte Carlo, over noise levels and row by row; classes that change."""
    found, sampled = parts.get("propagation"), parts.get("monte_carlo")
    study = parts.get("validity")
    figures: list[Figure] = []
    if study is not None:
        figures.append(validity.figure(study, context))
    if found is not None and sampled is not None:
        figures.append(row_noise.figure(found, sampled, context))
    if sampled is not None and sampled.flips is not None:
        figures.append(flips.figure(sampled.flips, stays_of(found, context)))
    return Section(
        id="noise",
        question=ABOUT["noise"],
        answer=answer(parts, context),
        figures=tuple(figures),
        tables=() if found is None else (_table(found, sampled, context),),
        notes=context.notes_of("noise"),
        details=DETAILS,
    )


def stays_of(found: Any | None, context: Context) -> Any | None:
    """The first-order probability that the class stays; None for quantities."""
    return None if found is None or not context.decides else found.stays


def answer(parts: Mapping[str, Any], context: Context) -> str:
    """What the given noise does, and how far the first order tells it."""
    sampled, found = parts.get("monte_carlo"), parts.get("propagation")
    said = ""
    if sampled is not None and sampled.flips is not None:
        share = float(np.mean(sampled.flips))
        said = f"Under {context.noise} the class changes in {percent(share)} of the cases."
    elif found is not None and not context.decides:
        deviation = np.sqrt(np.mean(np.square(found.standard_deviation), axis=0))
        parts_said = [
            f"{shortened(context.output_name(j), 30)} by {brief(float(value))}"
            for j, value in enumerate(deviation[:3])
        ]
        said = f"{context.noise[:1].upper()}{context.noise[1:]} move {', '.join(parts_said)}"
        said += " (standard deviation, to first order)."
    study = parts.get("validity")
    if study is not None:
        said += f" {told(study)}"
    return said.strip() or "This was not computed."


def told(study: Any) -> str:
    """How far the first order holds, in a sentence."""
    valid, top = study.valid_up_to, float(np.max(study.levels))
    if valid is None:
        least = brief(float(np.min(study.levels)))
        return f"The first order does not tell it, not even at {least} times that noise."
    if valid >= top:
        return (
            "The first order tells it within 10 % at all levels looked at, up to "
            f"{brief(top)} times that noise."
        )
    return f"The first order tells it within 10 % up to {brief(valid)} times that noise."


def _table(found: Any, sampled: Any | None, context: Context) -> Table:
    first = np.sqrt(np.mean(np.square(found.standard_deviation), axis=0))
    rows = []
    for j, value in enumerate(first):
        true = None
        if sampled is not None:
            true = float(np.sqrt(np.mean(np.asarray(sampled.covariance)[:, j, j])))
        rows.append((context.output_name(j), float(value), true))
    return Table(
        "output-noise",
        "Standard deviation of each output",
        ("output", "first order", "Monte Carlo"),
        tuple(rows),
        f"Root mean square over the rows, under {context.noise}.",
    )
