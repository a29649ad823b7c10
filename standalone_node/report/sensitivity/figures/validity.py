"""Up to which noise the first order tells what errors of the inputs do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import grid, log_scale, positive
from standalone_node.plot.inks import GRID
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREY,
    VERMILION,
    Canvas,
    headroom,
    left_of,
    mark_at,
    picture,
)
from standalone_node.report.sensitivity.words import brief, shortened


def figure(validity: Any, context: Context) -> Figure:
    """Standard deviations of the outputs against the noise, and their ratio."""
    table = frame(validity)
    valid = validity.valid_up_to
    until = "at no level" if valid is None else f"up to {brief(valid)} times the given noise"
    return picture(
        "validity",
        "Up to which noise the first order holds",
        caption(table, valid, validity.leaves_at),
        "Standard deviation of the outputs to first order and by Monte Carlo; they agree within "
        f"10 % {until}.",
        table,
        lambda canvas: _draw(canvas, table, valid, validity.leaves_at, context),
        height=5.0,
    )


def frame(validity: Any) -> pd.DataFrame:
    """The numbers of the study, and Monte Carlo relative to the first order."""
    first = np.asarray(validity.first_order, dtype=float)
    table = pd.DataFrame(
        {
            "level": np.asarray(validity.levels, dtype=float),
            "first order": first,
            "Monte Carlo": np.asarray(validity.monte_carlo, dtype=float),
            "Monte Carlo low": np.asarray(validity.low, dtype=float),
            "Monte Carlo high": np.asarray(validity.high, dtype=float),
            "rows inside": np.asarray(validity.inside, dtype=float),
        }
    )
    base = np.where(first > 0.0, first, np.nan)
    for end in ("", " low", " high"):
        table[f"ratio{end}"] = table[f"Monte Carlo{end}"].to_numpy() / base
    return table


def caption(table: pd.DataFrame, valid: float | None, leaves: float | None) -> str:
    """What is seen: how far the two agree, and where the difference is no chance any more."""
    seen = (
        "Standard deviation of the outputs (root mean square over rows) for noise of that many "
        "times the given size: to first order, and by Monte Carlo with 99 % intervals. Below: "
        "Monte Carlo over first order; grey: within 10 %. "
    )
    top = float(table["level"].max())
    if not float(table["first order"].max()) > 0.0:
        return f"{seen}To first order the noise changes nothing."
    if valid is None:
        seen += "They are more than 10 % apart at every level."
    elif valid >= top:
        seen += f"They agree within 10 % at all levels, up to {brief(top)} times the noise."
    else:
        seen += f"They agree within 10 % up to {brief(valid)} times the noise."
    if leaves is None:
        return f"{seen} Nowhere is the difference more than chance."
    return f"{seen} From {brief(leaves)} times on the difference is more than chance."


def _draw(
    canvas: Canvas,
    table: pd.DataFrame,
    valid: float | None,
    leaves: float | None,
    context: Context,
) -> None:
    upper, lower = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1.6, 1.0]})
    log_scale(upper.xaxis, table["level"].to_numpy())
    log_scale(upper.yaxis, table[["first order", "Monte Carlo"]].to_numpy())
    headroom(upper)
    form = positive if upper.get_yscale() == "log" else np.asarray
    level = table["level"]
    upper.errorbar(
        level, form(table["Monte Carlo"]), _bars(table, "Monte Carlo"), color=VERMILION, ls="",
        marker="o", ms=5, capsize=2.0, label="Monte Carlo",
    )  # fmt: skip
    upper.plot(level, form(table["first order"]), "-", color=BLUE, lw=1.6, label="first order")
    upper.legend(loc="lower right", fontsize=9)
    lower.axhspan(0.9, 1.1, color=GRID, zorder=0)
    lower.axhline(1.0, color=BLUE, lw=1.2)
    lower.errorbar(
        level, table["ratio"], _bars(table, "ratio"), color=VERMILION, ls="-", lw=1.0,
        marker="o", ms=5, capsize=2.0,
    )  # fmt: skip
    _ratio_limits(lower, table)
    if valid is not None:
        beside = left_of(upper, valid)
        mark_at(upper, valid, "within 10 %\nup to here", right=beside)
        lower.axvline(valid, color=GREY, lw=0.9, ls=":")
    what = "logits" if context.decides else shortened(context.target, 18)
    upper.set_ylabel(f"standard deviation\nof {what}")
    lower.set_ylabel("ratio")
    for axes in (upper, lower):
        grid(axes)
    lower.set_xlabel("noise, in multiples of that given")
    if leaves is not None:
        beside = left_of(lower, leaves, 0.3)  # there the ratio is 1, and below it is room
        mark_at(lower, leaves, "more than chance\nfrom here", right=beside, height=0.25)


def _bars(table: pd.DataFrame, name: str) -> Any:
    """The lengths below and above of error bars."""
    middle = table[name].to_numpy()
    low, high = table[f"{name} low"].to_numpy(), table[f"{name} high"].to_numpy()
    return np.nan_to_num(np.maximum([middle - low, high - middle], 0.0), posinf=0.0)


def _ratio_limits(axes: Any, table: pd.DataFrame) -> None:
    shown = table[["ratio low", "ratio high", "ratio"]].to_numpy().ravel()
    shown = shown[np.isfinite(shown)]
    low, high = min(0.85, shown.min(initial=1.0)), max(1.15, shown.max(initial=1.0))
    axes.set_ylim(low - 0.03 * (high - low), min(high, 5.0) + 0.03 * (high - low))
