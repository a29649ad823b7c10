"""Predicted against true quantities, with the line on which they agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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

#: Of more targets than these, the first have a panel.
PANELS = 4


def suits(fitted: Fitted) -> bool:
    """Quantities."""
    return fitted.prepared.task == "regression"


def shown_targets(fitted: Fitted) -> tuple[str, ...]:
    """The targets that have a panel: all of them, or the first few."""
    return fitted.prepared.schema.target_names[:PANELS]


def drawn(fitted: Fitted) -> list[Callable[[Axes], None]]:
    """How each panel is drawn, one a target."""
    return [
        partial(_draw, fitted=fitted, place=place) for place in range(len(shown_targets(fitted)))
    ]


def draw(axes: Axes, fitted: Fitted) -> None:
    """One point a row; of the first target, should there be several."""
    _draw(axes, fitted, 0)


def _draw(axes: Axes, fitted: Fitted, place: int) -> None:
    part, name = shown_part(fitted)
    true, predicted = columns_of(fitted, place)
    both = np.concatenate([true, predicted])
    ends = np.array([both.min(), both.max()])
    ends = ends + 0.04 * np.ptp(ends) * np.array([-1.0, 1.0])
    axes.plot(ends, ends, "-", color=FAINT, lw=1.0, label="predicted = true")
    (points,) = axes.plot(true, predicted, "o", color=OKABE_ITO[0], ms=4.0, alpha=0.65, mew=0.0)
    points.set_rasterized(len(part) > MANY)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_aspect("equal")
    axes.grid(visible=True)
    target = shown_targets(fitted)[place]
    axes.set_xlabel(f"true {target}")
    axes.set_ylabel(f"predicted {target}")
    squares = np.average(np.square(predicted - true), weights=part.weights)
    error = number(float(np.sqrt(squares)))
    axes.set_title(f"{len(part):,} {name}{refitted_note(fitted)}: root mean square error {error}")
    axes.legend(loc="upper left")


def columns_of(fitted: Fitted, place: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The true and the predicted values of a target in the rows shown, (rows,) each."""
    part, _ = shown_part(fitted)
    predicted = np.asarray(fitted.estimator.predict(inputs_of(fitted, part)), dtype=np.float64)
    rows = len(part)
    return part.targets.reshape(rows, -1)[:, place], predicted.reshape(rows, -1)[:, place]


def numbers(fitted: Fitted) -> pd.DataFrame:
    """True and predicted values and their differences, a row of the data each."""
    names = fitted.prepared.schema.target_names
    found: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(names):
        true, predicted = columns_of(fitted, place)
        whose = f" {name}" if len(names) > 1 else ""
        found |= {
            f"true{whose}": true,
            f"predicted{whose}": predicted,
            f"residual{whose}": predicted - true,
        }
    return pd.DataFrame(found)
