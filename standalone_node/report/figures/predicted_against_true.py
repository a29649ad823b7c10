"""Predicted against true quantities, with the line on which they agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from standalone_node.learn.tabular import Fitted
from standalone_node.plot.inks import FAINT
from standalone_node.plot.style import MANY, OKABE_ITO
from standalone_node.report.figures.shown import inputs_of, refitted_note, shown_part
from standalone_node.report.numbers import number


def suits(fitted: Fitted) -> bool:
    """Quantities."""
    return fitted.prepared.task == "regression"


def draw(axes: Axes, fitted: Fitted) -> None:
    """One point a row."""
    part, name = shown_part(fitted)
    predicted = predictions(fitted)
    both = np.concatenate([part.targets, predicted])
    ends = np.array([both.min(), both.max()])
    ends = ends + 0.04 * np.ptp(ends) * np.array([-1.0, 1.0])
    axes.plot(ends, ends, "-", color=FAINT, lw=1.0, label="predicted = true")
    (points,) = axes.plot(
        part.targets, predicted, "o", color=OKABE_ITO[0], ms=4.0, alpha=0.65, mew=0.0
    )
    points.set_rasterized(len(part) > MANY)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_aspect("equal")
    axes.grid(visible=True)
    target = fitted.prepared.schema.target.name
    axes.set_xlabel(f"true {target}")
    axes.set_ylabel(f"predicted {target}")
    error = number(float(np.sqrt(np.mean(np.square(predicted - part.targets)))))
    axes.set_title(f"{len(part):,} {name}{refitted_note(fitted)}: root mean square error {error}")
    axes.legend(loc="upper left")


def predictions(fitted: Fitted) -> NDArray[Any]:
    """What the model says of the rows shown, (rows,)."""
    part, _ = shown_part(fitted)
    return np.asarray(fitted.estimator.predict(inputs_of(fitted, part)), dtype=np.float64)


def numbers(fitted: Fitted) -> pd.DataFrame:
    """True and predicted values and their differences, a row of the data each."""
    part, _ = shown_part(fitted)
    predicted = predictions(fitted)
    return pd.DataFrame(
        {"true": part.targets, "predicted": predicted, "residual": predicted - part.targets}
    )
