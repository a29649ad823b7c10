"""How well are its parameters known?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from standalone_node.report.document import Cell, Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import coverage, reliability, spectrum
from standalone_node.report.sensitivity.words import brief, counted, percent
from standalone_node.sensitivity.names import ABOUT

#: A prior so many times as strong as the penalty leaves nothing open.
NOTHING_OPEN = 1e4
DETAILS = (
    "Laplace's approximation: the parameters are taken as normal about those of the fit, with the "
    "penalty as prior and the Gauss-Newton Hessian of the data as what was learnt. Its eigenvalues "
    "relative to the prior are computed one by one from the largest down; along the directions "
    "left out the prior stands.\n\n"
    "The spread of the outputs that follows is linear in the parameters (the sensitivity "
    "problem).\n\n"
    "A penalty that makes a good fit need not be a good prior. The tuned posterior multiplies it "
    "by the factor whose probabilities serve one half of the rows best; all probabilities are then "
    "judged on the other half (Daxberger and others, Laplace Redux, 2021)."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """The spectrum, and whether probabilities or intervals get better by it."""
    found = parts.get("posterior")
    figures: list[Figure] = []
    if found is not None and np.max(found.eigenvalues, initial=0.0) > 0.0:
        figures.append(spectrum.figure(found.eigenvalues))
    names = {
        "plain": "calibration_plain",
        "posterior": "calibration",
        "tuned posterior": "calibration_tuned",
    }
    known = {name: parts[key] for name, key in names.items() if parts.get(key) is not None}
    if known:
        figures.append(reliability.figure(known, "reliability-posterior"))
    if parts.get("coverage") is not None:
        figures.append(coverage.figure({"": parts["coverage"]}, "coverage-posterior"))
    deviation = parts.get("output_sd")
    return Section(
        id="posterior",
        question=ABOUT["posterior"],
        answer=answer(parts),
        figures=tuple(figures),
        tables=() if deviation is None else (_table(deviation, context),),
        notes=(*context.notes_of("posterior"), *left_out(found)),
        details=DETAILS,
    )


def answer(parts: Mapping[str, Any]) -> str:
    """How many directions the data decide, and what that does to the predictions."""
    found = parts.get("posterior")
    if found is None:
        return "This was not computed."
    values = np.asarray(found.eigenvalues, dtype=float)
    above = int((values > 1.0).sum())
    more = "at least " if above == values.size else ""
    said = (
        f"The data say more than the penalty about {more}{counted(above, 'combination')} of "
        "parameters; along all others the penalty decides."
        if above
        else "The data say more than the penalty about no combination of parameters."
    )
    plain, with_it = parts.get("calibration_plain"), parts.get("calibration")
    if plain is not None and with_it is not None:
        said += f" {compared(plain, with_it)}"
    if all(
        parts.get(key) is not None for key in ("calibration_plain", "calibration_tuned", "tuned")
    ):
        said += f" {tuned(plain, parts['calibration_tuned'], parts['tuned'].factor)}"
    if parts.get("coverage") is not None:
        said += f" {coverage.width(parts['coverage'])}"
    return said


def left_out(found: Any | None) -> tuple[str, ...]:
    """The sentence on directions that were not computed, if they matter."""
    following = float(getattr(found, "next_eigenvalue", 0.0))
    if found is None or following <= 0.5:
        return ()
    return (
        f"Only the {len(found.eigenvalues)} best known directions were computed. Along the others "
        "the parameters count as known no better than by the penalty, so that what is left open is "
        f"overestimated, by a factor of up to {brief(float(np.sqrt(1.0 + following)))}.",
    )


def compared(plain: Any, with_it: Any) -> str:
    """Whether the probabilities get better by the posterior, in a sentence."""
    before, after = float(plain.log_loss), float(with_it.log_loss)
    if abs(after - before) <= 0.01 * max(abs(before), 1e-12):
        change = "hardly changes"
    else:
        change = "improves" if after < before else "worsens"
    return (
        f"Averaging over what is left open {change} the probabilities: mean log loss "
        f"{brief(before)} before, {brief(after)} after; calibration error {percent(plain.ece)} and "
        f"{percent(with_it.ece)}."
    )


def tuned(plain: Any, with_it: Any, factor: float) -> str:
    """What a prior does that was tuned on other rows, in a sentence."""
    if factor >= NOTHING_OPEN:
        return (
            "As a prior the penalty is too weak here: the prior that serves other rows best is so "
            "strong that it leaves nothing open, so that the plain probabilities are the best."
        )
    return (
        f"With a prior {brief(factor)} times as strong as the penalty, chosen on other rows, the "
        f"log loss is {brief(float(with_it.log_loss))} and the calibration error "
        f"{percent(with_it.ece)}, where the plain ones have {brief(float(plain.log_loss))} and "
        f"{percent(plain.ece)}."
    )


def _table(deviation: Any, context: Context) -> Table:
    values = np.asarray(deviation, dtype=float).reshape(len(deviation), -1)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (context.output_name(j), *(float(v) for v in np.quantile(column, (0.05, 0.5, 0.95))))
        for j, column in enumerate(values.T)
    )
    what = "logits" if context.decides else "outputs"
    return Table(
        "output-uncertainty",
        f"What is left open of the {what}",
        ("output", "5 % of rows below", "median row", "95 % of rows below"),
        rows,
        "Standard deviation because the parameters are not known exactly, over the rows.",
    )
