"""The classes a model predicts over the plane of its two inputs, and the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from standalone_node.learn.tabular import Fitted, Part, class_positions, probabilities_of
from standalone_node.plot.inks import INK
from standalone_node.plot.style import MANY, MARKERS, colours, shortened
from standalone_node.report.figures.shown import inputs_of

_POINTS = 220
_MARGIN = 0.08


def suits(fitted: Fitted) -> bool:
    """Classes of two numeric columns."""
    columns = fitted.prepared.schema.columns
    numeric = all(column.kind == "numeric" for column in columns)
    return fitted.prepared.task == "classification" and len(columns) == 2 and numeric


def draw(axes: Axes, fitted: Fitted) -> None:
    """Regions paler where the probability is lower; held-out rows with a rim."""
    prepared = fitted.prepared
    labels = prepared.schema.target.classes
    palette = np.array(colours(len(labels)))
    parts = _parts(fitted)
    points = np.vstack([inputs_of(fitted, part) for part, _ in parts])
    _regions(axes, fitted, points, palette)
    for part, held_out in parts:
        _rows(axes, inputs_of(fitted, part), part, palette, held_out)
    columns = prepared.schema.columns
    axes.set_xlabel(shortened(columns[0].name, 60))
    axes.set_ylabel(shortened(columns[1].name, 40))
    axes.set_title(f"Predicted {prepared.schema.target.name}")
    handles = [_handle(i, palette[i], label) for i, label in enumerate(labels)]
    if prepared.test is not None:
        handles.append(Line2D([], [], ls="", marker="o", mfc="none", mec=INK, label="held out"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4)


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


def _handle(place: int, colour: NDArray[Any], label: object) -> Line2D:
    """The entry of a class in the legend; matplotlib leaves out names that begin with "_"."""
    text = shortened(label)
    name = f" {text}" if text.startswith("_") else text
    marker = MARKERS[place % len(MARKERS)]
    return Line2D([], [], ls="", marker=marker, color=tuple(colour), label=name)


def _regions(axes: Axes, fitted: Fitted, points: NDArray[Any], palette: NDArray[Any]) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low)
    low, high = low - margin, high + margin
    across = np.linspace(low[0], high[0], _POINTS)
    up = np.linspace(low[1], high[1], _POINTS)
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    probabilities = probabilities_of(fitted.estimator, plane)
    if probabilities is None:
        winner = class_positions(fitted.estimator, fitted.estimator.predict(plane))
        probabilities = np.eye(len(palette))[winner]
    winner = probabilities.argmax(axis=1)
    least = 1.0 / probabilities.shape[1]
    certainty = (probabilities.max(axis=1) - least) / (1.0 - least)
    # Shaded by opacity, which suits dark paper as well.
    image = np.column_stack([palette[winner], 0.08 + 0.42 * certainty])
    axes.imshow(
        image.reshape(_POINTS, _POINTS, 4),
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        aspect="auto",
        interpolation="nearest",
    )


def _rows(
    axes: Axes, inputs: NDArray[Any], part: Part, palette: NDArray[Any], held_out: bool
) -> None:
    for i in range(len(palette)):
        mine = inputs[part.targets == i]
        axes.scatter(
            mine[:, 0],
            mine[:, 1],
            s=22 if held_out else 12,
            color=palette[i],
            marker=MARKERS[i % len(MARKERS)],
            linewidths=0.9 if held_out else 0.0,
            edgecolors=INK if held_out else "none",
            rasterized=len(part) > MANY,
            alpha=1.0 if held_out else 0.7,
        )
