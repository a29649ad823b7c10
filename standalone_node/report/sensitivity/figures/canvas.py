"""What the figures of a sensitivity report share: their size, and labels at the lines.

The pictures are narrow, so that their letters can be read on a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from standalone_node.plot.inks import SOFT
from standalone_node.plot.style import OKABE_ITO
from standalone_node.report.document import Figure
from standalone_node.report.figures.comparison import spread

Array = NDArray[Any]
Canvas = matplotlib.figure.Figure

#: Inches: on a screen of 390 pixels the letters of 10 points are still 10 pixels high.
WIDTH = 5.2
HEIGHT = 3.4
BLUE, ORANGE, GREEN, VERMILION = OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[2], OKABE_ITO[5]
GREY = SOFT
#: The least distance between two labels, as a share of the height of the axes.
_APART = 0.085


def picture(
    name: str,
    title: str,
    caption: str,
    alt: str,
    table: pd.DataFrame,
    draw: Callable[[Canvas], None],
    height: float = HEIGHT,
) -> Figure:
    """A `Figure` of the width of all, whose panels and labels make room for each other."""

    def arranged(canvas: Canvas) -> None:
        canvas.set_layout_engine("constrained")
        draw(canvas)

    return Figure(
        name=name,
        title=title,
        caption=caption,
        alt=alt,
        table=table,
        draw=arranged,
        size=(WIDTH, height),
    )


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Names in the right margin, at the heights of the ends of their lines or near them.

    `labels` holds (height in data, text, colour); a height that is not finite is put at the bottom.
    """
    low, high = axes.get_ylim()
    logarithmic = axes.get_yscale() == "log"
    forward: Callable[[float], float] = np.log if logarithmic else float
    heights = []
    for height, _, _ in labels:
        usable = np.isfinite(height) and (height > 0.0 or not logarithmic)
        value = forward(height) if usable else forward(low)
        heights.append((value - forward(low)) / (forward(high) - forward(low)))
    apart = _APART * max(1.0, 1.0 + 1.0 * max(text.count("\n") for _, text, _ in labels))
    placed = spread(np.clip(heights, 0.0, 1.0), apart)
    for (_, text, colour), height in zip(labels, placed, strict=True):
        axes.annotate(
            text,
            (1.0, float(height)),
            (4, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=colour,
            va="center",
            size=9,
            annotation_clip=False,
        )


def headroom(axes: Axes) -> None:
    """Make room for a label above lines that reach the top."""
    low, high = axes.get_ylim()
    logarithmic = axes.get_yscale() == "log"
    axes.set_ylim(low, high * (high / low) ** 0.12 if logarithmic else high + 0.12 * (high - low))


def mark_at(axes: Axes, x: float, text: str, *, right: bool = True, height: float = 0.97) -> None:
    """A vertical line with a sentence beside it."""
    axes.axvline(x, color=GREY, lw=0.9, ls=":")
    axes.annotate(
        text,
        (x, height),
        (4 if right else -4, 0),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        color=GREY,
        size=9,
    )


def left_of(axes: Axes, x: float, share: float = 0.5) -> bool:
    """Whether a value lies within that share of the axes, so that text fits to its right."""
    place = axes.transAxes.inverted().transform(axes.transData.transform((x, 1.0)))[0]
    return bool(place < share)
