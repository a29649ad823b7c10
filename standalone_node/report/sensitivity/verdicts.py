"""The lines of the summary: one number each, what it is compared with, and a grade."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from standalone_node.report.document import Grade, Verdict
from standalone_node.report.sensitivity.accuracy import baseline
from standalone_node.report.sensitivity.context import Context, Parts, part
from standalone_node.report.sensitivity.figures.certified_share import certified
from standalone_node.report.sensitivity.figures.distances import right_distances, right_only
from standalone_node.report.sensitivity.grades import THRESHOLDS
from standalone_node.report.sensitivity.jacobian import alike
from standalone_node.report.sensitivity.opening import answer
from standalone_node.report.sensitivity.words import (
    brief,
    counted,
    listed,
    median,
    percent,
    shortened,
)
from standalone_node.sensitivity.posterior.calibration import wilson

__all__ = ["answer", "verdicts"]

#: The radius at which the certified share is judged, in units.
JUDGED = 0.1


def verdicts(parts: Parts, context: Context) -> tuple[Verdict, ...]:
    """The summary.

    Parameters
    ----------
    parts : mapping
        For each question that was asked, its results by name.
    context : Context

    Returns
    -------
    tuple of Verdict
        One for each of `RULES` that has something to say.
    """
    found = (rule(parts, context) for rule in RULES)
    return tuple(verdict for verdict in found if verdict is not None)


def _accuracy(parts: Parts, context: Context) -> Verdict | None:
    scores = part(parts, "accuracy", "scores")
    if not scores:
        return None
    if not context.decides:
        return _explained(scores, context)
    total, right = int(scores["rows"]), float(scores["accuracy"])
    size = max(1, round(scores.get("effective_size", total)))
    low, high = map(float, wilson(round(right * size), size))
    detail = f"of {context.counted_rows(total)}; 95 % interval {percent(low)} to {percent(high)}"
    base = baseline(parts["accuracy"])
    grade: Grade = "neutral"
    if base is not None:
        detail += f"; the baseline: {percent(base)}"
        if base < 1.0:
            grade = THRESHOLDS["avoided mistakes"].grade((right - base) / (1.0 - base))
            grade = "poor" if low <= base else grade  # not better for sure
    return Verdict("Right answers", percent(right), detail, grade)


def _explained(scores: Mapping[str, Any], context: Context) -> Verdict:
    r2, error = scores.get("r2"), brief(scores.get("rmse"))
    told = f"root mean square error {error}, in units of {shortened(context.target, 40)}"
    if "targets" in scores:
        told = "the mean of " + ", ".join(
            f"{brief(one['r2'])} of {shortened(one['target'], 40)}" for one in scores["targets"]
        )
    return Verdict(
        "Explained variance (R²)",
        brief(r2),
        f"{told}; always saying the mean would explain 0",
        THRESHOLDS["explained variance"].grade(r2),
    )


def _calibration(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "accuracy", "calibration")
    if found is None:
        return None
    chance = expected_error(found)
    excess = float(found.ece) - chance
    grade = THRESHOLDS["calibration"].grade(-max(excess, 0.0))
    if chance > 0.1 and grade != "poor":
        grade = "neutral"  # too few rows to tell
    return Verdict(
        "Error of its confidence",
        percent(float(found.ece)),
        "mean gap between confidence and accuracy (ECE); with so few rows a perfect one would show "
        f"about {percent(chance)}",
        grade,
    )


def expected_error(found: Any) -> float:
    """The calibration error that perfectly calibrated probabilities would show by chance.

    The mean of |share - c| for a share of n rows of probability c each is about
    sqrt(2 c (1 - c) / (pi n)).
    """
    count = np.asarray(found.count, dtype=float)
    sure = np.clip(np.asarray(found.confidence, dtype=float), 0.0, 1.0)
    if not count.sum() > 0.0:
        return 0.0
    each = np.sqrt(2.0 * sure * (1.0 - sure) / (math.pi * count))
    return float(np.sum(count * each) / count.sum())


def _influence(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "jacobian", "importance")
    if found is None:
        return None
    size = np.asarray(found.magnitude, dtype=float)
    if not size.max() > 0.0:
        why = "the rows are all alike" if alike(found) else "no feature moves the output"
        return Verdict("Most influential", "none", why, "neutral")
    first = int(found.order[0])
    detail = f"{percent(float(size[first] ** 2 / np.square(size).sum()))} of the squared effect"
    if len(found.order) > 1:
        detail += f"; next: {shortened(found.feature_names[int(found.order[1])], 40)}"
    return Verdict("Most influential", shortened(found.feature_names[first], 30), detail, "neutral")


def _noise(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "noise", "monte_carlo")
    if found is None or found.flips is None:
        return None
    stays = 1.0 - float(np.mean(found.flips))
    return Verdict(
        "Same class under noise",
        percent(stays),
        f"of the cases, under {context.noise}",
        THRESHOLDS["stays"].grade(stays),
    )


def _validity(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "noise", "validity")
    if found is None:
        return None
    valid, top = found.valid_up_to, float(np.max(found.levels))
    detail = f"that noise ({context.noise}): so far the linear estimate is within 10 % of sampling"
    if valid is None:
        least = brief(float(np.min(found.levels)))
        value, grade = f"under {least} ×", THRESHOLDS["validity"].grade(0.0)
    else:
        value = f"{'over ' if valid >= top else ''}{brief(valid)} ×"
        grade = THRESHOLDS["validity"].grade(valid)
    return Verdict("First order holds up to", value, detail, grade)


def _distance(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "attack", "perturbations")
    if found is None:
        return None
    known = right_distances(found)
    if not known.size:
        return Verdict("Change that fools it", "–", "no row is right to begin with", "neutral")
    middle = median(known)
    columns = np.shape(found.rows)[1]
    each = middle / math.sqrt(max(columns, 1))
    if not math.isfinite(middle):
        detail = "for most rows no change was found that is enough, which is no proof"
        return Verdict("Change that fools it", "none", detail, "neutral")
    detail = (
        f"{context.units} are enough for {context.wrong} in half of the rows"
        f"{right_only(found, context)}; that is {brief(each)} in each of "
        f"{counted(columns, 'feature')}"
    )
    grade = THRESHOLDS["distance"].grade(each) if context.relative else "neutral"
    checks = part(parts, "attack", "checks") or ()
    if grade == "good" and not all(check.holds for check in checks):
        grade = "fair"  # a stronger attack may need less
    return Verdict("Change that fools it", brief(middle), detail, grade)


def _certified(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "certificate", "certificate")
    if found is None:
        return None
    share = float(certified(found.radius, JUDGED))
    return Verdict(
        "Certain answers",
        percent(share),
        f"of the rows keep their {'right ' * context.judged}answer for every change up to "
        f"{context.amount(JUDGED)}, by proof; half of the rows up to {brief(median(found.radius))}",
        THRESHOLDS["certified share"].grade(share) if context.relative else "neutral",
    )


def _checks(parts: Parts, context: Context) -> Verdict | None:
    found = part(parts, "attack", "checks")
    if not found:
        return None
    failed = [check.name for check in found if not check.holds]
    detail = (
        f"not so: {listed(failed)}; the attacks may be weaker than they seem"
        if failed
        else "the gradients lead the attacks where they should"
    )
    return Verdict(
        "Checks of the attacks",
        f"{len(found) - len(failed)} of {len(found)}",
        detail,
        "poor" if failed else "good",
    )


#: The table: what is judged, in the order of the summary.
RULES: tuple[Callable[[Parts, Context], Verdict | None], ...] = (
    _accuracy,
    _calibration,
    _influence,
    _noise,
    _validity,
    _distance,
    _certified,
    _checks,
)
