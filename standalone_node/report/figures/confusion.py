"""Which class is predicted for which: counts, shaded by their share of the true class."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from standalone_node.learn.tabular import Fitted, scores
from standalone_node.report.figures.style import refitted_note, shown_part

_MOST_WRITTEN = 25
_LONGEST_LABEL = 14


def suits(fitted: Fitted) -> bool:
    """Classes; whose plane of two inputs says less than their counts, or is not there."""
    return fitted.prepared.task == "classification"


def draw(axes: Axes, fitted: Fitted) -> None:
    """A matrix, true classes down, predicted classes across."""
    part, name = shown_part(fitted)
    schema = fitted.prepared.schema
    known = fitted.test_scores or fitted.train_scores
    if fitted.refitted:
        part = type(part)(part.table, fitted.estimator.schema_.features(part.table), part.targets)
        known = scores(fitted.estimator.schema_, fitted.estimator, part)
    counts = np.array(known["confusion"])
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    labels = [_shortened(str(label)) for label in schema.target.classes]
    places = np.arange(len(labels))
    tilted = max(map(len, labels)) > 4
    axes.set_xticks(
        places, labels, rotation=40 if tilted else 0, ha="right" if tilted else "center"
    )
    axes.set_yticks(places, labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(labels) <= _MOST_WRITTEN:
        size = 10 if len(labels) <= 12 else 7
        for i, j in zip(*np.nonzero(counts), strict=True):
            colour = "white" if share[i, j] > 0.55 else "black"
            axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", color=colour, size=size)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    right = int(np.trace(counts))
    axes.set_title(f"{right:,} of {counts.sum():,} {name} right{refitted_note(fitted)}")


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
