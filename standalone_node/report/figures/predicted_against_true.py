"""Predicted against true quantities, with the line on which they agree."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from standalone_node.learn.tabular import Fitted
from standalone_node.report.figures.style import (
    OKABE_ITO,
    inputs_of,
    refitted_note,
    shown_part,
)
from standalone_node.report.numbers import number


def suits(fitted: Fitted) -> bool:
    """Quantities."""
    return fitted.prepared.task == "regression"


def draw(axes: Axes, fitted: Fitted) -> None:
    """One point a row."""
    part, name = shown_part(fitted)
    predicted = np.asarray(fitted.estimator.predict(inputs_of(fitted, part)))
    both = np.concatenate([part.targets, predicted])
    ends = np.array([both.min(), both.max()])
    ends = ends + 0.04 * np.ptp(ends) * np.array([-1.0, 1.0])
    axes.plot(ends, ends, "-", color="0.55", lw=1.0, label="predicted = true")
    axes.plot(part.targets, predicted, "o", color=OKABE_ITO[0], ms=4.0, alpha=0.65, mew=0.0)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_aspect("equal")
    axes.grid(visible=True, color="0.93")
    target = fitted.prepared.schema.target.name
    axes.set_xlabel(f"true {target}")
    axes.set_ylabel(f"predicted {target}")
    error = number(float(np.sqrt(np.mean(np.square(predicted - part.targets)))))
    axes.set_title(f"{len(part):,} {name}{refitted_note(fitted)}: root mean square error {error}")
    axes.legend(loc="upper left")
