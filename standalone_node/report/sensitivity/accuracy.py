"""How often is it right?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.report.document import Figure, Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import confusion, coverage, predicted, reliability
from standalone_node.report.sensitivity.words import brief, percent
from standalone_node.sensitivity.names import ABOUT
from standalone_node.sensitivity.posterior.calibration import wilson

Array = NDArray[Any]
#: Of more outputs than these the predictions are not drawn.
_MOST_OUTPUTS = 4

DETAILS = (
    "The interval of the accuracy is Wilson's (1927). The baseline always says the most frequent "
    "class, or the mean, of the rows of the fit.\n\n"
    "The expected calibration error is the mean over rows of the distance between the mean "
    "confidence and the accuracy of their bin (Guo et al. 2017)."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """Scores, confusion or predictions, and whether confidence means what it says."""
    scores, calibration = parts.get("scores"), parts.get("calibration")
    figures: list[Figure] = []
    if scores and "confusion" in scores:
        figures.append(confusion.figure(scores["confusion"], context))
    if not context.decides:
        figures += _predictions(context)
    if calibration is not None:
        figures.append(reliability.figure({"": calibration}))
    return Section(
        id="accuracy",
        question=ABOUT["accuracy"],
        answer=answer(parts, context),
        figures=tuple(figures),
        tables=_tables(scores, context),
        notes=context.notes_of("accuracy"),
        details=DETAILS,
    )


def answer(parts: Mapping[str, Any], context: Context) -> str:
    """How good it is, next to knowing nothing, in a sentence or two."""
    scores = parts.get("scores")
    if not scores:
        return "The right answers are not known for these rows, so nothing can be said of it."
    said = of_classes(parts, context) if context.decides else of_quantities(parts, context)
    calibration = parts.get("calibration")
    if calibration is not None:
        said += f" {reliability.side(calibration)}"
    if parts.get("coverage") is not None:
        said += f" {coverage.width(parts['coverage'])}"
    return said


def of_classes(parts: Mapping[str, Any], context: Context) -> str:
    """The accuracy with its interval and the baseline."""
    scores = parts["scores"]
    total = int(scores["rows"])
    size = max(1, round(scores.get("effective_size", total)))  # of weighted rows: fewer
    low, high = map(float, wilson(round(scores["accuracy"] * size), size))
    said = (
        f"It is right for {percent(scores['accuracy'])} of {context.counted_rows(total)} (95 % "
        f"interval: {percent(low)} to {percent(high)})"
    )
    base = baseline(parts)
    if base is None:
        return f"{said}."
    return f"{said}; whoever always names the most frequent class is right for {percent(base)}."


def of_quantities(parts: Mapping[str, Any], context: Context) -> str:
    """The share of the variance, and the error in units."""
    scores = parts["scores"]
    error = brief(scores.get("rmse"))
    r2 = scores.get("r2")
    if r2 is None:
        return f"Its root mean square error is {error}; the true values do not vary."
    if r2 <= 0.0:
        return (
            f"It predicts no better than the mean of the true values (R² = {brief(r2)}); its root "
            f"mean square error is {error}."
        )
    said = (
        f"It explains {percent(r2)} of the variance of "
        f"{context.counted_rows(int(scores['rows']))} (R²)"
    )
    if "targets" in scores:
        each = (f"{brief(one['r2'])} of “{one['target']}”" for one in scores["targets"])
        return f"{said}, the mean of {', '.join(each)}."
    return f"{said}; its root mean square error is {error}."


def baseline(parts: Mapping[str, Any]) -> float | None:
    """The accuracy of always saying the most frequent class: of the fit, or of these rows."""
    scores, known = parts["scores"], parts.get("baseline")
    if known and known.get("accuracy") is not None:
        return float(known["accuracy"])
    counts = np.asarray(scores.get("confusion", ()), dtype=float)
    return float(counts.sum(axis=1).max() / counts.sum()) if counts.size and counts.sum() else None


def _predictions(context: Context) -> list[Figure]:
    if context.truth is None or context.predictions is None:
        return []
    truth, found = (
        np.asarray(values, dtype=float).reshape(len(values), -1)
        for values in (context.truth, context.predictions)
    )
    if truth.shape != found.shape or truth.shape[1] > _MOST_OUTPUTS:
        return []
    return [predicted.figure(truth[:, j], found[:, j], j, context) for j in range(truth.shape[1])]


def _tables(scores: Mapping[str, Any] | None, context: Context) -> tuple[Table, ...]:
    if not scores or "classes" not in scores:
        return ()
    rows = tuple(
        (str(entry["class"]), entry["rows"], entry["precision"], entry["recall"], entry["f1"])
        for entry in scores["classes"]
    )
    return (
        Table(
            "classes",
            "Class by class",
            ("class", "rows", "precision", "recall", "F1"),
            rows,
            "Precision: of the rows given that class, the share that is right. Recall: of the rows "
            "of that class, the share that is found. F1: their harmonic mean.",
        ),
    )
