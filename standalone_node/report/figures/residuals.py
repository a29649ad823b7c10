"""How far predictions are off, beside the one prediction of the baseline."""

from __future__ import annotations

import matplotlib.figure
import numpy as np
import pandas as pd

from standalone_node.learn.tabular import Fitted
from standalone_node.plot.inks import FAINT
from standalone_node.plot.style import LINES, OKABE_ITO, shortened
from standalone_node.report.document import Figure
from standalone_node.report.figures.predicted_against_true import columns_of
from standalone_node.report.figures.shown import shown_part
from standalone_node.report.numbers import number

_MOST_BINS = 30


def suits(fitted: Fitted) -> bool:
    """Quantities."""
    return fitted.prepared.task == "regression"


def figure(fitted: Fitted, place: int = 0) -> Figure:
    """Two histograms on the same bins, of the target at this place."""
    part, rows = shown_part(fitted)
    names = fitted.prepared.schema.target_names
    target = names[place]
    mean = float(np.atleast_1d(fitted.estimator.summary_["baseline_prediction"])[place])
    true, predicted = columns_of(fitted, place)
    own, other = predicted - true, mean - true
    bins = np.histogram_bin_edges(np.concatenate([own, other]), bins=_bins(len(part)))
    counts = [np.histogram(values, bins)[0] for values in (own, other)]
    table = pd.DataFrame(
        {"from": bins[:-1], "to": bins[1:], "rows, model": counts[0], "rows, baseline": counts[1]}
    )

    def draw(canvas: matplotlib.figure.Figure) -> None:
        axes = canvas.add_subplot()
        axes.axvline(0.0, color=FAINT, lw=1.0)
        axes.stairs(counts[0], bins, fill=True, color=OKABE_ITO[0], alpha=0.75, label="model")
        axes.stairs(counts[1], bins, color=LINES[1], lw=1.8, label="baseline")
        axes.grid(visible=True, axis="y")
        axes.set_xlabel(f"predicted − true {shortened(target, 40)}")
        axes.set_ylabel("rows")
        axes.legend(loc="upper right")

    spread = [number(float(np.sqrt(np.mean(np.square(values))))) for values in (own, other)]
    shift = number(float(own.mean()))
    several = len(names) > 1
    return Figure(
        name=f"residuals-{place + 1}" if several else "residuals",
        title=f"How far the predictions{f' of {target}' if several else ''} are off",
        caption=(
            f"The differences of predicted and true {target} over {len(part):,} {rows}: of the "
            f"model, and of a baseline that always answers {number(mean)}, the mean of the "
            "training rows. The narrower the blue hill is than the orange line, the more the model "
            "has learnt. A hill that is not over 0 would mean predictions that are too high or too "
            f"low on average; here the average is {shift}."
        ),
        alt=(
            f"Histogram of the residuals of {len(part):,} {rows}: root mean square {spread[0]} for "
            f"the model, {spread[1]} for the baseline; mean {shift}."
        ),
        table=table,
        draw=draw,
        size=(7.2, 3.4),
    )


def _bins(rows: int) -> int:
    return int(np.clip(2.0 * np.sqrt(rows), 5, _MOST_BINS))
