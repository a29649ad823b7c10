"""What errors of the parameters do: to first order, and truly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import grid, log_scale, positive, shares
from standalone_node.plot.inks import GRID
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREEN,
    VERMILION,
    Canvas,
    headroom,
    left_of,
    mark_at,
    picture,
)
from standalone_node.report.sensitivity.words import percent, portion, shortened


def figure(errors: Any, context: Context) -> Figure:
    """The change of the outputs against the size of the errors, and how many classes change."""
    table = pd.DataFrame(
        {
            "level": np.asarray(errors.levels, dtype=float),
            "first order": np.asarray(errors.first_order, dtype=float),
            "true": np.asarray(errors.true, dtype=float),
        }
    )
    if errors.flips is not None:
        table["rows that change class"] = np.asarray(errors.flips, dtype=float)
    valid = errors.valid_up_to
    until = "at no level" if valid is None else f"up to errors of {portion(valid)}"
    return picture(
        "parameter-errors",
        "What errors of the parameters do",
        caption(table, valid),
        f"Change of the outputs against relative errors of the parameters; the first order is good "
        f"{until}.",
        table,
        lambda canvas: _draw(canvas, table, valid, context),
        height=5.0 if errors.flips is not None else 3.6,
    )


def caption(table: pd.DataFrame, valid: float | None) -> str:
    """What is seen: how far the first order holds, and how many classes change."""
    seen = (
        "By how much the outputs change (root mean square over rows and random smooth errors) if "
        "all parameters are wrong by a share of their size: to first order, by the sensitivity "
        "problem, and truly, by solving again. "
    )
    levels = table["level"].to_numpy()
    if not float(table["true"].max()) > 0.0:
        seen += "Here they do not change at all."
    elif valid is None:
        seen += (
            f"The two are more than 10 % apart already at the smallest level, "
            f"{portion(float(levels.min()))}."
        )
    elif valid >= levels.max():
        seen += f"They agree within 10 % at all levels, up to {portion(valid)}."
    else:
        seen += f"They agree within 10 % up to errors of {portion(valid)}."
    if "rows that change class" in table:
        seen += f" {changes(levels, table['rows that change class'].to_numpy())}"
    return seen


def changes(levels: Any, flips: Any) -> str:
    """From where on classes change, in a sentence."""
    place = np.flatnonzero(flips > 0.01)
    if place.size == 0:
        top = portion(float(np.max(levels)))
        return f"Fewer than 1 % of the rows change their class at any level up to {top}."
    first = int(place[0])
    return (
        f"From errors of {portion(float(levels[first]))} on more than 1 % of the rows change their "
        f"class ({percent(float(flips[first]))} there)."
    )


def _draw(canvas: Canvas, table: pd.DataFrame, valid: float | None, context: Context) -> None:
    flips = "rows that change class" in table
    panels = canvas.subplots(2 if flips else 1, 1, sharex=True, squeeze=False)[:, 0]
    axes = panels[0]
    log_scale(axes.xaxis, table["level"].to_numpy())
    log_scale(axes.yaxis, table[["first order", "true"]].to_numpy())
    headroom(axes)
    form = positive if axes.get_yscale() == "log" else np.asarray
    axes.plot(table["level"], form(table["true"]), "-", marker="o", ms=4, color=VERMILION, lw=1.8)
    axes.plot(table["level"], form(table["first order"]), ls=(0, (4, 1.5)), color=BLUE, lw=1.8)
    if valid is not None:
        for panel in panels:
            panel.axvspan(panel.get_xlim()[0], valid, color=GRID, zorder=0)
        mark_at(
            axes,
            valid,
            "10 % apart beyond" if left_of(axes, valid) else "within 10 %",
            right=left_of(axes, valid),
        )
    axes.plot([], [], "-", marker="o", ms=4, color=VERMILION, label="true")
    axes.plot([], [], ls=(0, (4, 1.5)), color=BLUE, label="first order")
    axes.legend(loc="lower right", fontsize=9)
    what = "logits" if context.decides else shortened(context.target, 18)
    axes.set_ylabel(f"change of {what} (rms)")
    if flips:
        panels[1].plot(table["level"], table["rows that change class"], "-s", ms=4, color=GREEN)
        shares(panels[1].yaxis)
        panels[1].set_ylabel("rows that\nchange class")
    for panel in panels:
        grid(panel)
    panels[-1].set_xlabel("error of the parameters, as a share of their size")
