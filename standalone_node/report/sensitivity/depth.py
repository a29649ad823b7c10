"""Where on the way does it react?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from standalone_node.report.document import Cell, Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import (
    depth_profile,
    lognorms,
    parameter_errors,
    stretching,
)
from standalone_node.report.sensitivity.figures.stretching import became
from standalone_node.report.sensitivity.words import brief, median, portion
from standalone_node.sensitivity.names import ABOUT

DETAILS = (
    "The fundamental matrix dx(t)/dx(0) is the solution of the sensitivity problem from the unit "
    "vectors; its singular values are the factors by which small changes have been stretched.\n\n"
    "The logarithmic norm of f_x is the largest eigenvalue of its symmetric part (Söderlind 2006). "
    "Grönwall's inequality turns its integral into a bound on the growth for the ODE; on a coarse "
    "grid the discrete map can exceed it.\n\n"
    "The sensitivity to θ(t) is the derivative by the adjoint problem, per unit of depth, so that "
    "it does not depend on how fine the depth grid is."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """Stretching, logarithmic norms, the profile over the depth, and errors of the parameters."""
    stretched, norms = parts.get("stretching"), parts.get("lognorms")
    profile, errors = parts.get("profile"), parts.get("parameter_errors")
    figures: list[Figure] = []
    if stretched is not None:
        figures.append(stretching.figure(stretched))
    if norms is not None:
        figures.append(lognorms.figure(norms, stretched))
    if profile is not None:
        figures.append(depth_profile.figure(profile, context))
    if errors is not None:
        figures.append(parameter_errors.figure(errors, context))
    return Section(
        id="depth",
        question=ABOUT["depth"],
        answer=answer(parts),
        figures=tuple(figures),
        tables=() if stretched is None else (_exponents(stretched),),
        notes=context.notes_of("depth"),
        details=DETAILS,
    )


def _exponents(stretched: Any) -> Table:
    """Finite-time Lyapunov exponents and the condition, over the rows."""
    horizon = float(stretched.times[-1])
    largest, smallest = np.asarray(stretched.largest[-1]), np.asarray(stretched.smallest[-1])
    with np.errstate(divide="ignore"):
        found = {
            "largest exponent": np.log(largest) / horizon,
            "smallest exponent": np.log(smallest) / horizon,
            "condition": largest / smallest,
        }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *(float(q) for q in np.quantile(values, (0.05, 0.5, 0.95), method="nearest")))
        for name, values in found.items()
    )
    return Table(
        "lyapunov",
        "Rates of growth from the start to the end",
        ("of the state", "5 % of rows below", "median row", "95 % of rows below"),
        rows,
        "Finite-time Lyapunov exponents, log of the growth over the depth: above 0 the change that "
        "grows most grows, below 0 all shrink. Condition: the largest growth over the smallest.",
    )


def answer(parts: Mapping[str, Any]) -> str:
    """How much changes grow, and at which depth the parameters count."""
    said = []
    if parts.get("stretching") is not None:
        said.append(growth(median(parts["stretching"].largest[-1])))
    profile = parts.get("profile")
    if profile is not None:
        middle = np.median(profile.sensitivity, axis=0)
        times = np.asarray(profile.times)
        if middle.max() > 0.0:
            place = float(times[int(middle.argmax())])
            said.append(
                f"Errors of the parameters count most at depth {brief(place)} of "
                f"{brief(float(times[-1]))}."
            )
    errors = parts.get("parameter_errors")
    if errors is not None and errors.valid_up_to is not None:
        said.append(
            "The first order tells what they do up to errors of "
            f"{portion(errors.valid_up_to)} of their size."
        )
    return " ".join(said) or "This was not computed."


def growth(factor: float) -> str:
    """What becomes of the worst small change on its way."""
    if factor < 1.0:
        return (
            "Every small change of the state shrinks on its way in the median row: the one that "
            f"shrinks least ends at {brief(factor)} times its length."
        )
    return (
        "On its way through the depth the small change of the state that grows most has "
        f"{became(factor)} in the median row."
    )
