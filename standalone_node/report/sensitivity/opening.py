"""The opening paragraph: for a person who does not know what a neural ODE is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from standalone_node.report.sensitivity.accuracy import of_classes, of_quantities
from standalone_node.report.sensitivity.context import Context, Parts, part
from standalone_node.report.sensitivity.figures.distances import right_distances, right_only
from standalone_node.report.sensitivity.jacobian import alike
from standalone_node.report.sensitivity.jacobian import answer as influence
from standalone_node.report.sensitivity.words import (
    brief,
    counted,
    listed,
    median,
    percent,
    shortened,
)
from standalone_node.sensitivity.names import ABOUT


def answer(parts: Parts, context: Context) -> str:
    """What it is, how good, what moves it, how much it bears, what is certain and what unknown.

    Parameters
    ----------
    parts : mapping
        For each question that was asked, its results by name.
    context : Context

    Returns
    -------
    str
        A paragraph; what was not asked is not told, and named at the end.
    """
    told = (sentence(parts, context) for sentence in SENTENCES)
    return " ".join(text for text in told if text)


def _subject(parts: Parts, context: Context) -> str:
    target, features = shortened(context.target, 60), counted(len(context.features), "feature")
    if context.decides:
        return (
            f"The network reads {features} of a row and says which of "
            f"{counted(len(context.classes), 'class', 'classes')} of “{target}” it belongs to."
        )
    return f"The network reads {features} of a row and predicts its “{target}”."


def _quality(parts: Parts, context: Context) -> str:
    scores = part(parts, "accuracy", "scores")
    if not scores:
        return ""
    return (
        of_classes(parts["accuracy"], context)
        if context.decides
        else of_quantities(parts["accuracy"], context)
    )


def _movers(parts: Parts, context: Context) -> str:
    found = part(parts, "jacobian", "importance")
    if found is None:
        return ""
    if not np.max(found.magnitude) > 0.0:
        return "" if alike(found) else "No feature moves its output."
    names = [f"“{shortened(found.feature_names[i], 40)}”" for i in found.order[:3]]
    spread = " (none stands out)" if "spread:" in influence(found) else ""
    return f"What moves it most {'is' if len(names) == 1 else 'are'} {listed(names)}{spread}."


def _noise(parts: Parts, context: Context) -> str:
    sampled, found = part(parts, "noise", "monte_carlo"), part(parts, "noise", "propagation")
    if sampled is not None and sampled.flips is not None:
        share = float(np.mean(sampled.flips))
        if share <= 0.0:
            return f"Under {context.noise} it never changed its answer."
        return f"Under {context.noise} it changes its answer in {percent(share)} of the cases."
    if found is not None and not context.decides:
        size = brief(float(np.sqrt(np.mean(np.square(found.standard_deviation[:, 0])))))
        name = shortened(context.output_name(0), 40)
        return f"Under {context.noise} its prediction of “{name}” moves by {size} (one deviation)."
    return ""


def _distance(parts: Parts, context: Context) -> str:
    found = part(parts, "attack", "perturbations")
    if found is None:
        return ""
    known = right_distances(found)
    middle = median(known)
    if math.isnan(middle):
        return ""
    what = context.wrong
    if not math.isfinite(middle):
        return f"For most rows no change was found that leads to {what}."
    return (
        f"Chosen with ill will, a change of {context.amount(middle)} is enough for {what} in half "
        f"of the rows{right_only(found, context)}{_gap(parts, middle, context)}."
    )


def _gap(parts: Parts, middle: float, context: Context) -> str:
    """How much more random noise is needed, if the accuracy curve in l2 tells."""
    for curve in part(parts, "attack", "curves") or ():
        if curve.norm == "l2" and max(curve.epsilons) >= middle:
            share = float(np.interp(middle, curve.epsilons, curve.noise))
            what = "right" if context.judged else "as they are"
            return f"; a random change of that size leaves {percent(share)} {what}"
    return ""


def _certain(parts: Parts, context: Context) -> str:
    found = part(parts, "certificate", "certificate")
    if found is None:
        return ""
    middle = median(found.radius)
    if not middle > 0.0:
        share = percent(float((np.asarray(found.radius) > 0.0).mean()))
        return f"By proof, {share} of the rows are safe from small enough changes."
    return (
        f"By proof, no change up to {context.amount(middle)} {_altered(context)} for half of the "
        "rows."
    )


def _altered(context: Context) -> str:
    """What a change cannot do to an answer that is certain."""
    return "can alter the answer" if context.decides else f"leads to {context.wrong}"


def _unknown(parts: Parts, context: Context) -> str:
    said = [] if (beyond := _beyond(parts)) is None else [beyond]
    if parts.get("accuracy") and not part(parts, "accuracy", "scores"):
        said.append("how often it is right")
    said.append("what it does with rows unlike these")
    text = f"Not known: {listed(said)}."
    missing = [ABOUT[name].rstrip("?").lower() for name in ABOUT if name not in parts]
    if missing:
        text += f" Not answered here: {listed([f'“{name}”' for name in missing])}."
    if context.rows < context.total:
        scored = part(parts, "accuracy", "scores")
        text += (
            f" {'Apart from the scores, all' if scored else 'All'} of this was found on "
            f"{context.rows:,} of {context.total:,} {context.row_words}, drawn at random."
        )
    return text


def _beyond(parts: Parts) -> str | None:
    """What is left open between the proof and the attack, as far as both were asked for."""
    attacked, proved = (
        part(parts, "attack", "perturbations"),
        part(parts, "certificate", "certificate"),
    )
    if attacked is None and proved is None:
        return None
    found = attacked is not None and math.isfinite(median(right_distances(attacked)))
    certain = proved is not None and median(proved.radius) > 0.0
    if found and certain:
        return "what changes between these two lengths do"
    if found:
        return "whether smaller changes do the same"
    return "what larger changes do" if certain else "what small changes of other kinds do"


#: The table: what is told, in this order.
SENTENCES: tuple[Callable[[Parts, Context], Any], ...] = (
    _subject,
    _quality,
    _movers,
    _noise,
    _distance,
    _certain,
    _unknown,
)
