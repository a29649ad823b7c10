"""The classes a model predicts over the plane of its two inputs, and the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from standalone_node.learn.tabular import Fitted, Part, class_positions
from standalone_node.plot import regions
from standalone_node.plot.panels import named
from standalone_node.plot.style import shortened
from standalone_node.report.figures.shown import inputs_of


def suits(fitted: Fitted) -> bool:
    """Classes of two numeric columns."""
    columns = fitted.prepared.schema.columns
    numeric = all(column.kind == "numeric" for column in columns)
    return fitted.prepared.task == "classification" and len(columns) == 2 and numeric


def draw(axes: Axes, fitted: Fitted) -> None:
    """Regions paler where the probability is lower; held-out rows with a rim."""
    schema = fitted.prepared.schema
    parts = _parts(fitted)
    targets = np.concatenate([part.targets for part, _ in parts])
    regions.decision_regions(
        fitted.estimator,
        np.vstack([inputs_of(fitted, part) for part, _ in parts]),
        np.asarray(fitted.estimator.classes_)[targets],
        held_out=np.concatenate([np.full(len(part), held_out) for part, held_out in parts]),
        labels=schema.target.classes,
        ax=axes,
    )
    first, second = schema.columns
    title = f"Predicted {schema.target.name}"
    named(axes, shortened(first.name, 60), shortened(second.name, 40), title)


def numbers(fitted: Fitted) -> pd.DataFrame:
    """The rows, with their true and their predicted class."""
    labels = np.array(fitted.prepared.schema.target.classes, dtype=object)
    frames = []
    for part, held_out in _parts(fitted):
        rows = inputs_of(fitted, part)
        predicted = class_positions(fitted.estimator, fitted.estimator.predict(rows))
        first, second = (column.name for column in fitted.prepared.schema.columns)
        frames.append(
            pd.DataFrame(
                {
                    first: rows[:, 0],
                    second: rows[:, 1],
                    f"true {fitted.prepared.schema.target.name}": labels[part.targets],
                    f"predicted {fitted.prepared.schema.target.name}": labels[predicted],
                    "rows": "held out" if held_out else "trained on",
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _parts(fitted: Fitted) -> list[tuple[Part, bool]]:
    """The rows, and whether they were held out."""
    parts = [(fitted.prepared.train, False)]
    if fitted.prepared.test is not None:
        parts.append((fitted.prepared.test, True))
    return parts
