"""How much small changes of a row are stretched on the way through the depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import bands, draw_band, grid, log_scale
from standalone_node.plot.inks import FAINT
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    VERMILION,
    Canvas,
    end_labels,
    picture,
)
from standalone_node.report.sensitivity.words import brief, percent


def figure(stretching: Any) -> Figure:
    """The largest and the smallest singular value of the fundamental matrix over the depth."""
    table = pd.DataFrame({"depth": np.asarray(stretching.times)})
    for name in ("largest", "smallest"):
        for end, values in bands(getattr(stretching, name)).items():
            table[f"{name} {end}"] = values
    last = table.iloc[-1]
    return picture(
        "stretching",
        "How much a small change grows on the way",
        caption(table),
        "Singular values over the depth; at the end the largest is "
        f"{brief(last['largest median'])} and the smallest {brief(last['smallest median'])} in the "
        "median row.",
        table,
        lambda canvas: _draw(canvas, table),
    )


def caption(table: pd.DataFrame) -> str:
    """What is seen: growth at the end, and where most of it happens."""
    last = table.iloc[-1]
    seen = (
        "Of all small changes of a state on its way from depth 0, the length of the one that grows "
        "most and of the one that grows least, relative to their start; lines: the median row, "
        "shades: 5 to 95 % of the rows. "
    )
    largest, smallest = float(last["largest median"]), float(last["smallest median"])
    seen += f"At the end the first has {became(largest)}, the second {became(smallest)}."
    return f"{seen}{fastest(table)}"


def became(factor: float) -> str:
    """What a stretching by a factor is, in a few words."""
    if abs(factor - 1.0) < 5e-4:
        return "kept its length"
    return f"{'grown' if factor > 1.0 else 'shrunk'} to {brief(factor)} times its length"


def fastest(table: pd.DataFrame) -> str:
    """Where half of the growth of the largest is reached, in a sentence; "" if it hardly grows."""
    values = table["largest median"].to_numpy()
    depth = table["depth"].to_numpy()
    if len(values) < 3 or not (np.isfinite(values).all() and values.min() > 0.0):
        return ""
    growth = np.log(values)
    if growth[-1] - growth[0] < np.log(1.5):
        return ""
    half = float(np.interp(0.5 * (growth[0] + growth[-1]), np.maximum.accumulate(growth), depth))
    share = (half - depth[0]) / (depth[-1] - depth[0])
    return f" Half of that growth, in doublings, is reached after {percent(share)} of the depth."


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    columns = [c for c in table if c != "depth"]
    log_scale(axes.yaxis, table[columns].to_numpy())
    axes.axhline(1.0, color=FAINT, lw=0.8, ls=":")
    log = axes.get_yscale() == "log"
    draw_band(axes, table, "largest ", VERMILION, log=log)
    draw_band(axes, table, "smallest ", BLUE, (0, (4, 1.5)), log=log)
    last = table.iloc[-1]
    end_labels(
        axes,
        [
            (float(last["largest median"]), "grows\nmost", VERMILION),
            (float(last["smallest median"]), "grows\nleast", BLUE),
        ],
    )
    grid(axes)
    axes.margins(x=0.0)
    axes.set_xlabel("depth t")
    axes.set_ylabel("length relative to the start")
