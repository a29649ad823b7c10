"""What a fit comes to: the opening paragraph of its report, and its verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from standalone_node.learn.tabular import Fitted
from standalone_node.report.document import Grade, Verdict
from standalone_node.report.figures.weights_over_depth import variation_of
from standalone_node.report.numbers import count, number
from standalone_node.report.sensitivity.grades import THRESHOLDS
from standalone_node.report.text import always
from standalone_node.sensitivity.posterior import calibration

Facts = Mapping[str, Any]

#: A training score that is better than the held-out one by more than this is called poor.
_LARGE_GAP = 0.1


def percent(share: float, decimals: int = 1) -> str:
    """A share as a percentage, with a no-break space.

    Examples
    --------
    >>> percent(0.9667).split()
    ['96.7', '%']
    """
    return f"{100.0 * share:.{decimals}f}\N{NO-BREAK SPACE}%"


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share of rows, by Wilson's formula (1927).

    Examples
    --------
    >>> low, high = wilson(0.9, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    low, high = calibration.wilson(round(share * rows), rows)
    return float(low), float(high)


def _interval(low: float, high: float) -> str:
    return f"95\N{NO-BREAK SPACE}% interval {percent(low)} to {percent(high)}"


def opening(facts: Facts) -> str:
    """The first paragraph: how good the predictions are, and whether the fit is at its end."""
    return f"{_quality(facts)} {_arrival(facts)}"


def _quality(facts: Facts) -> str:
    target, test, baseline = facts["target"], facts["test"], facts["baseline"]
    if test is None or baseline is None:
        return (
            f"No rows were held out, so that nothing is known about predictions of {target} for "
            "rows that the model has not seen."
        )
    rows = test["rows"]
    if "accuracy" in test:
        low, high = wilson(test["accuracy"], _size(test))
        right = f"{count(round(test['accuracy'] * rows))} of {count(rows)} held-out rows"
        if "effective_size" in test:
            right = f"most of the weight of {count(rows)} held-out rows"
        return (
            f"The model is right about {target} in {right} "
            f"({percent(test['accuracy'])}; {_interval(low, high)}). "
            f"The guess “{always(baseline)}” is right in {percent(baseline['accuracy'])}."
        )
    if "targets" in test:
        return (
            f"On {count(rows)} held-out rows the predictions explain of the variance "
            f"{explained_by_target(test)}."
        )
    return (
        f"On {count(rows)} held-out rows the predictions of {target} are off by "
        f"{number(test['rmse'])} (root mean square error), where the mean of the training rows is "
        f"off by {number(baseline['rmse'])}. {_explained(test)}"
    )


def _size(scores: Facts) -> int:
    """The rows of a score, or as many of equal weight as tell as much."""
    return max(1, round(scores.get("effective_size", scores["rows"])))


def explained_by_target(scores: Facts) -> str:
    """The explained variance of each of several targets, in words.

    Examples
    --------
    >>> explained_by_target({"targets": [{"target": "a", "r2": 0.5}, {"target": "b", "r2": None}]})
    '50.0\xa0% of a, – of b'
    """
    return ", ".join(
        f"{'–' if entry['r2'] is None else percent(max(0.0, entry['r2']))} of {entry['target']}"
        for entry in scores["targets"]
    )


def _explained(test: Facts) -> str:
    if test["r2"] is None:
        return "All true values are equal, so that no share of a variance can be explained."
    return f"The model explains {percent(max(0.0, test['r2']))} of the variance."


def _arrival(facts: Facts) -> str:
    if facts["end_state"]["success"]:
        return f"The optimisation came to its end after {count(facts['iterations'])} iterations."
    return (
        f"The optimisation was stopped after {count(facts['iterations'])} iterations, before it "
        "had converged."
    )


def verdicts(fitted: Fitted, facts: Facts) -> tuple[Verdict, ...]:
    """The lines of the summary."""
    found = []
    if facts["test"] is not None and facts["baseline"] is not None:
        by_classes = "accuracy" in facts["test"]
        found.append(_accuracy(facts) if by_classes else _error(fitted, facts))
        found.append(_gap(facts))
    else:
        detail = "no rows were held out, so nothing was measured on rows the model has not seen"
        found.append(Verdict("Held-out score", "unknown", detail, "poor"))
    return (*found, _converged(facts), _cost(facts), _smoothness(fitted))


def _accuracy(facts: Facts) -> Verdict:
    test, baseline = facts["test"], facts["baseline"]
    low, high = wilson(test["accuracy"], _size(test))
    return Verdict(
        "Held-out accuracy",
        percent(test["accuracy"]),
        f"{_interval(low, high)}; “{always(baseline)}” gives {percent(baseline['accuracy'])}",
        _worse(
            _beyond(low - baseline["accuracy"], test["accuracy"] - baseline["accuracy"]),
            THRESHOLDS["avoided mistakes"].grade(_avoided(test, baseline)),
        ),
    )


def _avoided(test: Facts, baseline: Facts) -> float | None:
    """The share of the mistakes of the baseline that are avoided; None if it makes none."""
    mistakes = 1.0 - baseline["accuracy"]
    return (test["accuracy"] - baseline["accuracy"]) / mistakes if mistakes > 0.0 else None


def _error(fitted: Fitted, facts: Facts) -> Verdict:
    """R2, graded by its size and by whether the errors are below the baseline's beyond chance."""
    test, baseline = facts["test"], facts["baseline"]
    value = "–" if test["r2"] is None else f"{test['r2']:.2f}"
    grade: Grade
    if fitted.refitted:  # the model that was scored is gone, and with it the errors row by row
        grade = "neutral" if test["rmse"] < baseline["rmse"] else "poor"
    else:
        gain = _gain(fitted, baseline["prediction"])
        margin = 1.96 * float(gain.std(ddof=1)) / np.sqrt(gain.size) if gain.size > 1 else np.inf
        grade = _beyond(float(gain.mean() - margin), float(gain.mean()))
    words = {
        "good": "beyond what chance explains (95 %)",
        "fair": "within what chance explains (95 %)",
        "poor": "no better",
        "neutral": "whether by chance is not known after a refit",
    }
    told = f"root mean square error {number(test['rmse'])}, of the mean {number(baseline['rmse'])}"
    if "targets" in test:
        told = f"the mean of {explained_by_target(test)}"
    return Verdict(
        "Held-out R²",
        value,
        f"{told}: {words[grade]}",
        _worse(grade, THRESHOLDS["explained variance"].grade(test["r2"])),
    )


def _gain(fitted: Fitted, baseline: float | list[float]) -> np.ndarray:
    """By how much the squared error of each held-out row is below the baseline's, (rows,).

    Targets are in units of their spread, and several of them added up; rows are weighted.
    """
    part = fitted.prepared.test
    assert part is not None
    scale, rows = fitted.estimator.target_scaling_.scale, len(part)
    own = np.asarray(fitted.estimator.predict(part.inputs)) - part.targets
    other = np.array(baseline) - part.targets
    gain = np.square(other.reshape(rows, -1) / scale) - np.square(own.reshape(rows, -1) / scale)
    found: np.ndarray = gain.sum(axis=1)
    return found if part.weights is None else found * (part.weights / part.weights.mean())


def _beyond(at_least: float, found: float) -> Grade:
    """Good if better than a baseline for certain, fair if perhaps."""
    return "good" if at_least > 0.0 else "fair" if found > 0.0 else "poor"


def _worse(one: Grade, other: Grade) -> Grade:
    """The worse of two grades; neutral if the first is."""
    order: tuple[Grade, ...] = ("neutral", "good", "fair", "poor")
    return one if one == "neutral" else max(one, other, key=order.index)


def _gap(facts: Facts) -> Verdict:
    train, test = facts["train"], facts["test"]
    if "accuracy" in test:
        gap = train["accuracy"] - test["accuracy"]
        inside = train["accuracy"] <= wilson(test["accuracy"], _size(test))[1]
        value = f"{100.0 * gap:+.1f} points"
        told = f"accuracy {percent(train['accuracy'])} on the rows trained on"
    elif train["r2"] is None or test["r2"] is None:
        return Verdict("Training against held-out rows", "–", "R² is not defined", "neutral")
    else:
        gap = train["r2"] - test["r2"]
        inside = gap <= 0.5 * _LARGE_GAP
        value, told = f"{gap:+.2f}", f"R² {train['r2']:.2f} on the rows trained on"
    grade: Grade = "good" if inside else "fair" if gap <= _LARGE_GAP else "poor"
    meaning = {
        "good": "no sign of overfitting",
        "fair": "a little better than on held-out rows",
        "poor": "much better than on held-out rows: a larger --l2 or --h1 may help",
        "neutral": "",
    }
    return Verdict("Training against held-out rows", value, f"{told}: {meaning[grade]}", grade)


def _converged(facts: Facts) -> Verdict:
    end = facts["end_state"]
    return Verdict(
        "Converged",
        "yes" if end["success"] else "no",
        f"{count(facts['iterations'])} iterations, end state “{end['name']}”",
        "good" if end["success"] else "fair",
    )


def _cost(facts: Facts) -> Verdict:
    cost, norm = facts["cost"], facts["gradient_norm"]
    return Verdict(
        "Cost",
        f"{number(cost['start'])} → {number(cost['end'])}",
        f"the gradient norm fell to {number(norm['reduction'])} of its start",
        "neutral",
    )


def _smoothness(fitted: Fitted) -> Verdict:
    varies = variation_of(fitted.estimator.parameters_)
    return Verdict(
        "Weights over the depth",
        f"vary by {percent(varies.share, 0)}",
        f"of their size; from one depth point to the next by {percent(varies.largest_step, 0)} "
        "at most",
        "neutral",
    )
