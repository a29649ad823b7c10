"""What the axes of all figures share: plain ticks, scales that suit the numbers, bands of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from standalone_node.plot.inks import GRID

Array = NDArray[Any]


def tick(value: float, place: object = None) -> str:
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
    log_ticks(axis)


def log_ticks(axis: Axis) -> None:
    """Ticks of a logarithmic axis, as it stands, without mathematical typesetting.

    Between the powers of ten there are numbers only if these are few.
    """
    decades = abs(float(np.diff(np.log10(axis.get_view_interval()))[0]))
    if decades < 0.78:
        axis.set_major_locator(MaxNLocator(4))
    else:
        subs = (1.0, 2.0, 5.0) if decades < 2.0 else (1.0,)
        axis.set_major_locator(LogLocator(subs=subs, numticks=7))
    axis.set_major_formatter(FuncFormatter(tick))
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
