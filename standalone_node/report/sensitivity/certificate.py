"""Up to which change is it certain?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from standalone_node.report.document import Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import certified_share, radius_distance
from standalone_node.report.sensitivity.words import brief, median, percent
from standalone_node.sensitivity.names import ABOUT

DETAILS = (
    "The certificate bounds how far the discrete trajectory can move if the features change by at "
    "most a radius (Euclidean, in the units named), step by step through the depth; as long as the "
    "bound leaves the margin to every other answer, no change can alter it. It is a proof up to "
    "rounding, and no estimate. The sharper one bounds the Jacobians in a tube about the "
    "trajectory; Grönwall's uses one Lipschitz constant a step."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """The certified share next to the attacked one, and both row by row."""
    found, attacked = parts.get("certificate"), parts.get("perturbations")
    figures: list[Figure] = []
    if found is not None:
        figures.append(certified_share.figure(found, parts.get("gronwall"), attacked, context))
        if attacked is not None:
            pairs = radius_distance.frame(found, attacked, context)
            if radius_distance.ratios(pairs).size:
                figures.append(radius_distance.figure(found, attacked, context))
    return Section(
        id="certificate",
        question=ABOUT["certificate"],
        answer=answer(parts, context),
        figures=tuple(figures),
        tables=() if found is None else (_table(found, parts.get("gronwall"), context),),
        notes=context.notes_of("certificate"),
        details=DETAILS,
    )


def answer(parts: Mapping[str, Any], context: Context) -> str:
    """The median radius, and how far the proof is from what an attack reaches."""
    found, attacked = parts.get("certificate"), parts.get("perturbations")
    if found is None:
        return "This was not computed."
    radius = np.asarray(found.radius, dtype=float)
    middle = median(radius)
    if middle > 0.0:
        said = (
            f"For half of the rows it is proved that no change up to {context.amount(middle)} "
            f"alters the answer."
        )
    else:
        said = f"A radius is proved for {percent(float((radius > 0.0).mean()))} of the rows only."
    if attacked is not None:
        ratio = median(radius_distance.ratios(radius_distance.frame(found, attacked, context)))
        if np.isfinite(ratio):
            said += (
                f" In the median row this is {percent(ratio)} of the distance at which a wrong "
                "answer was found; what lies between is not known."
            )
    return said


def _table(found: Any, gronwall: Any | None, context: Context) -> Table:
    known = {"sharp": found} if gronwall is None else {"sharp": found, "Grönwall": gronwall}
    rows = []
    for name, one in known.items():
        radius = np.asarray(one.radius, dtype=float)
        quantiles = np.quantile(radius, (0.1, 0.5, 0.9), method="inverted_cdf")
        rows.append((name, *(brief(float(q)) for q in quantiles)))
    return Table(
        "radii",
        f"Certified radii ({context.units})",
        ("bound", "10 % of rows below", "median row", "90 % of rows below"),
        tuple(rows),
    )
