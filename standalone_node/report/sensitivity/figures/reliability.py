"""Whether probabilities mean what they say: accuracy against confidence, and how many rows each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from standalone_node.plot.axes import grid, shares
from standalone_node.plot.inks import FAINT, PAPER
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREEN,
    VERMILION,
    Canvas,
    picture,
)
from standalone_node.report.sensitivity.words import brief, counted, percent

_LOOKS = (
    (BLUE, "-", "o"),
    (VERMILION, (0, (4, 1.5)), "s"),
    (GREEN, (0, (1, 1.2)), "^"),
)


def figure(calibrations: Mapping[str, Any], name: str = "reliability") -> Figure:
    """Up to three calibrations under their names; one name may be ""."""
    table = pd.concat([_rows(key, value) for key, value in calibrations.items()], ignore_index=True)
    errors = ", ".join(
        f"{percent(value.ece)}{f' ({key})' if key else ''}" for key, value in calibrations.items()
    )
    return picture(
        name,
        "Confidence and how often it is right",
        caption(calibrations),
        f"Reliability diagram; mean gap between confidence and accuracy: {errors}.",
        table,
        lambda canvas: _draw(canvas, table),
        height=4.4,
    )


def _rows(key: str, found: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "probabilities": key,
            "from": found.low,
            "to": found.high,
            "confidence": found.confidence,
            "right": found.accuracy,
            "right low": found.accuracy_low,
            "right high": found.accuracy_high,
            "rows": found.count,
        }
    )


def caption(calibrations: Mapping[str, Any]) -> str:
    """What is seen, and for each calibration on which side it errs."""
    seen = (
        "Rows of similar confidence (the largest probability) are taken together: each point shows "
        "how often they are right, with its 95 % interval. On the diagonal a confidence of 80 % is "
        "right in 80 % of the rows. Below: how many rows there are."
    )
    return " ".join([seen, *(side(value, key) for key, value in calibrations.items())])


def side(found: Any, key: str = "") -> str:
    """Whether a calibration is too sure of itself, or not sure enough, in a sentence."""
    count = np.asarray(found.count, dtype=np.float64)
    total = max(float(count.sum()), 1.0)
    gap = float(np.sum(count * (np.asarray(found.confidence) - np.asarray(found.accuracy))) / total)
    inside = (np.asarray(found.accuracy_low) <= np.asarray(found.confidence)) & (
        np.asarray(found.confidence) <= np.asarray(found.accuracy_high)
    )
    what = f"The {key} probabilities" if key else "The probabilities"
    if inside.all():
        return (
            f"{what} agree with the counts: the diagonal lies within the interval of "
            f"{'the only point' if inside.size == 1 else f'all {inside.size} points'}."
        )
    off = f"more than chance at {counted(int((~inside).sum()), 'point')} of {inside.size}"
    if abs(gap) < 0.005:
        return f"{what} err in both directions ({off})."
    word = "too sure" if gap > 0 else "not sure enough"
    return f"{what} are {word}, by {brief(100 * abs(gap))} points on average ({off})."


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    upper, lower = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.0, 1.0]})
    upper.plot([0.0, 1.0], [0.0, 1.0], "-", color=FAINT, lw=1.0)
    for (key, part), look in zip(table.groupby("probabilities", sort=False), _LOOKS, strict=False):
        _points(upper, part, str(key), look)
        width = (part["to"] - part["from"]).to_numpy()
        hollow = look is not _LOOKS[0]
        lower.bar(
            part["from"],
            part["rows"],
            width,
            align="edge",
            color="none" if hollow else look[0],
            alpha=1.0 if hollow else 0.45,
            edgecolor=look[0] if hollow else PAPER,
            ls="--" if hollow else "-",
            lw=1.2 if hollow else 0.8,
        )
    least = min(float(table["from"].min()), 0.5)
    for axis in (upper.xaxis, upper.yaxis):
        shares(axis)
    upper.set_xlim(least - 0.02, 1.02)
    for axes in (upper, lower):
        grid(axes, "y")
    upper.set_ylabel("share that is right")
    lower.set_ylabel("rows")
    lower.set_xlabel("confidence (largest probability)")
    if table["probabilities"].nunique() > 1:
        upper.legend(loc="best", fontsize=9)


def _points(axes: Axes, part: pd.DataFrame, key: str, look: tuple[str, Any, str]) -> None:
    colour, dashes, marker = look
    error = np.maximum([part["right"] - part["right low"], part["right high"] - part["right"]], 0.0)
    axes.errorbar(
        part["confidence"],
        part["right"],
        error,
        color=colour,
        ls=dashes,
        marker=marker,
        ms=5.0,
        lw=1.4,
        elinewidth=1.0,
        capsize=2.0,
        label=key or "probabilities",
    )
