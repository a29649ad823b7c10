"""Which class is predicted for which: counts, shaded by their share of the true class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from standalone_node.learn.tabular import Fitted, scores
from standalone_node.plot.inks import INK, ON_SHADE
from standalone_node.plot.style import OKABE_ITO, shortened
from standalone_node.report.figures.shown import inputs_of, refitted_note, shown_part

_MOST_WRITTEN = 25
_LONGEST_LABEL = 14


def suits(fitted: Fitted) -> bool:
    """Classes; whose plane of two inputs says less than their counts, or is not there."""
    return fitted.prepared.task == "classification"


def draw(axes: Axes, fitted: Fitted) -> None:
    """A matrix, true classes down, predicted classes across."""
    name = shown_part(fitted)[1]
    schema = fitted.prepared.schema
    counts = counted(fitted)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # Shaded by opacity, which suits dark paper as well.
    shades = np.empty((*share.shape, 4))
    shades[..., :3], shades[..., 3] = to_rgb(OKABE_ITO[0]), share
    axes.imshow(shades)
    labels = [shortened(label, _LONGEST_LABEL) for label in schema.target.classes]
    places = np.arange(len(labels))
    # Thin lines between the cells, so that empty ones are seen as well.
    axes.set_xticks(places[1:] - 0.5, minor=True)
    axes.set_yticks(places[1:] - 0.5, minor=True)
    axes.grid(visible=True, which="minor")
    tilted = max(map(len, labels)) * len(labels) > 36
    axes.set_xticks(
        places, labels, rotation=40 if tilted else 0, ha="right" if tilted else "center"
    )
    axes.set_yticks(places, labels)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    if len(labels) <= _MOST_WRITTEN:
        size = 10 if len(labels) <= 12 else 7
        for i, j in zip(*np.nonzero(counts), strict=True):
            colour = ON_SHADE if share[i, j] > 0.55 else INK
            axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", color=colour, size=size)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    right = int(np.trace(counts))
    axes.set_title(f"{right:,} of {counts.sum():,} {name} right{refitted_note(fitted)}")


def counted(fitted: Fitted) -> NDArray[Any]:
    """How many rows of each true class (down) the model shown gives each class (across)."""
    part, _ = shown_part(fitted)
    known = fitted.test_scores or fitted.train_scores
    if fitted.refitted or part.weights is not None:  # these are counts, whatever rows weigh
        part = type(part)(part.table, inputs_of(fitted, part), part.targets)
        known = scores(fitted.estimator.schema_, fitted.estimator, part)
    return np.array(known["confusion"])


def numbers(fitted: Fitted) -> pd.DataFrame:
    """A row for each pair of a true and a predicted class."""
    classes, counts = fitted.prepared.schema.target.classes, counted(fitted)
    rows = np.maximum(counts.sum(axis=1), 1)
    pairs = [
        (true, predicted, counts[i, j], counts[i, j] / rows[i])
        for i, true in enumerate(classes)
        for j, predicted in enumerate(classes)
    ]
    return pd.DataFrame(pairs, columns=["true", "predicted", "rows", "share of the true class"])
