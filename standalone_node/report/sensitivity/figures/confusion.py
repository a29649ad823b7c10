"""Which class is predicted for which: counts, shaded by their share of the true class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from standalone_node.plot.inks import INK, ON_SHADE
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, Canvas, picture
from standalone_node.report.sensitivity.words import counted, percent, shortened

Array = NDArray[Any]
#: Up to so many classes the counts are written into the cells, and each class has a tick.
_WRITTEN, _NAMED = 12, 30


def figure(counts: Array, context: Context) -> Figure:
    """The counts (classes, classes): the true class down, the predicted one across."""
    counts = np.asarray(counts, dtype=int)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    truth, predicted = np.indices(counts.shape)
    names = np.array(context.classes, dtype=object)
    table = pd.DataFrame(
        {
            "true": names[truth.ravel()],
            "predicted": names[predicted.ravel()],
            "rows": counts.ravel(),
            "share of the true class": share.ravel(),
        }
    )
    right, total = int(np.trace(counts)), int(counts.sum())
    return picture(
        "confusion",
        "Predicted against true classes",
        caption(counts, context),
        f"Confusion matrix of {counted(len(counts), 'class', 'classes')}: {right:,} of {total:,} "
        "rows lie on the diagonal, where the predicted class is the true one.",
        table,
        lambda canvas: _draw(canvas, counts, share, context),
        height=2.2 + 0.28 * min(max(len(counts), 3), 12),
    )


def caption(counts: Array, context: Context) -> str:
    """What is seen: how many are right, and which mistake is made most often."""
    right, total = int(np.trace(counts)), int(counts.sum())
    seen = (
        "Each row of the matrix is a true class, each column a predicted one; on the diagonal, "
        f"where they agree, {'is' if right == 1 else 'are'} {right:,} of {counted(total, 'row')} "
        f"({percent(right / max(total, 1))})."
    )
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return f"{seen} No class is taken for another one."
    i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
    often = int(wrong[i, j])
    true, taken = (shortened(context.classes[int(k)], 40) for k in (i, j))
    return (
        f"{seen} The most frequent mistake: “{true}” is taken for “{taken}” "
        f"{times(often)}, in "
        f"{percent(often / max(int(counts[i].sum()), 1))} of its rows."
    )


def times(count: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _draw(canvas: Canvas, counts: Array, share: Array, context: Context) -> None:
    axes = canvas.add_subplot()
    # Shaded by opacity, which suits dark paper as well.
    shades = np.empty((*share.shape, 4))
    shades[..., :3], shades[..., 3] = to_rgb(BLUE), share
    axes.imshow(shades)
    labels = [shortened(name, 12) for name in context.classes]
    places = np.arange(len(labels))
    step = -(-len(labels) // _NAMED)
    tilted = max(map(len, labels)) * min(len(labels), _NAMED) > 30
    turned: dict[str, Any] = {"rotation": 40, "ha": "right"} if tilted else {}
    axes.set_xticks(places[::step], labels[::step], **turned)
    axes.set_yticks(places[::step], labels[::step])
    axes.tick_params(length=0, labelsize=9 if len(labels) <= _WRITTEN else 7)
    axes.spines[:].set_visible(False)
    if len(labels) <= _WRITTEN:
        for i, j in zip(*np.nonzero(counts), strict=True):
            colour = ON_SHADE if share[i, j] > 0.55 else INK
            size = 10 if len(labels) <= 8 else 8
            axes.text(j, i, f"{counts[i, j]:,}", ha="center", va="center", color=colour, size=size)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
