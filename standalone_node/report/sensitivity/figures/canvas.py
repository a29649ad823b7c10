"""What the figures of a sensitivity report share: their size, quiet axes, labels at the lines.

The pictures are narrow, so that their letters can be read on a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from standalone_node.report.document import Figure
from standalone_node.report.figures.comparison import spread
from standalone_node.report.figures.style import MANY, OKABE_ITO
from standalone_node.report.figures.theme import GRID, SOFT

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


def plain(value: float, place: object = None) -> str:
    """A tick without mathematical typesetting."""
    return f"{value:g}" if abs(value) < 1e4 or abs(value) >= 1e6 else f"{value:,.0f}"


def log_scale(axis: Axis, values: Array) -> None:
    """A logarithmic axis, if there is anything positive to show on it."""
    shown = np.asarray(values, dtype=np.float64)
    shown = shown[np.isfinite(shown) & (shown > 0.0)]
    if shown.size == 0:
        return
    low, high = float(shown.min()), float(shown.max())
    if high < 1.5 * low:  # nearly the same value: an ordinary axis shows it better
        _around(axis, low, high)
        return
    (axis.axes.set_xscale if _across(axis) else axis.axes.set_yscale)("log")
    decades = np.log10(high) - np.log10(low)
    limits = np.log10([low, high]) + 0.06 * decades * np.array([-1.0, 1.0])
    _set_limits(axis, *(float(10.0**end) for end in np.clip(limits, -250.0, 250.0)))
    few = decades < 1.8
    if decades < 0.7:
        axis.set_major_locator(MaxNLocator(4))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=7))
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_formatter(NullFormatter())


def _around(axis: Axis, low: float, high: float) -> None:
    _set_limits(axis, low - 0.5 * low, high + 0.5 * high)


def _set_limits(axis: Axis, low: float, high: float) -> None:
    (axis.axes.set_xlim if _across(axis) else axis.axes.set_ylim)(low, high)


def _across(axis: Axis) -> bool:
    return axis is axis.axes.xaxis


def ends(values: Array, margin: float = 0.04) -> tuple[float, float]:
    """Limits around the finite values, never of no width."""
    shown = np.asarray(values, dtype=np.float64)
    shown = shown[np.isfinite(shown)]
    if shown.size == 0:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = 0.5 * abs(low) or 0.5
        return low - half, high + half
    return low - margin * (high - low), high + margin * (high - low)


def positive(values: Any) -> Array:
    """Values with NaN where a logarithmic axis has no place for them."""
    found = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(found) & (found > 0.0), found, np.nan)


def shares(axis: Axis) -> None:
    """An axis from 0 to 100 %."""
    _set_limits(axis, -0.02, 1.02)
    axis.set_major_locator(FixedLocator([0.0, 0.25, 0.5, 0.75, 1.0]))
    axis.set_major_formatter(FuncFormatter(lambda value, place: f"{100 * value:.0f} %"))


def grid(axes: Axes, axis: str = "both") -> None:
    """Lines so pale that they do not compete with the data."""
    axes.grid(visible=True, which="major", axis=axis, color=GRID)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def points(axes: Axes, x: Any, y: Any) -> None:
    """A point a row; many are small, and kept as a bitmap, or the picture would be huge."""
    many = len(x) > MANY
    size = 2.5 if many else 4.0
    axes.plot(x, y, "o", color=BLUE, ms=size, alpha=0.6, mew=0.0, rasterized=many)


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


def bands(values: Array) -> dict[str, Array]:
    """Median and the 5 to 95 % band over the rows of values (N, B); infinite values take part."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.shape[1] == 0:
        nothing = np.full(len(sample), np.nan)
        return {"median": nothing, "5 %": nothing, "95 %": nothing}
    # The nearest order statistics: between an infinite and a finite value there is no mean.
    low, middle, high = (
        np.quantile(sample, share, axis=1, method="inverted_cdf") for share in (0.05, 0.5, 0.95)
    )
    return {"median": middle, "5 %": low, "95 %": high}


def draw_band(
    axes: Axes, table: pd.DataFrame, prefix: str, colour: str, dashes: Any = "-", log: bool = False
) -> None:
    """The median of a row of `bands` as a line, the band as a shade."""
    form = positive if log else np.asarray
    depth = table["depth"].to_numpy()
    low, middle, high = (form(table[f"{prefix}{end}"]) for end in ("5 %", "median", "95 %"))
    one = len(depth) == 1
    axes.fill_between(depth, low, high, color=colour, alpha=0.18, lw=0.0)
    axes.plot(depth, middle, color=colour, lw=1.8, ls=dashes, marker="o" if one else None)
