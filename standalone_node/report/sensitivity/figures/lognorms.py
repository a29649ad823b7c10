"""Where on the way changes can grow: the logarithmic norm, and the bound it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import bands, draw_band, grid, log_scale
from standalone_node.plot.inks import FAINT
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREEN,
    VERMILION,
    Canvas,
    end_labels,
    picture,
)
from standalone_node.report.sensitivity.words import brief, percent


def figure(lognorms: Any, stretching: Any | None = None) -> Figure:
    """The logarithmic norms over the depth, and their bound next to the true stretching."""
    table = pd.DataFrame({"depth": np.asarray(lognorms.times)})
    sources = {"rate": lognorms.values, "bound": lognorms.growth}
    if stretching is not None and len(stretching.times) == len(table):
        sources["true"] = stretching.largest
    for name, values in sources.items():
        for end, row in bands(values).items():
            table[f"{name} {end}"] = row
    last = table.iloc[-1]
    return picture(
        "logarithmic-norms",
        "Where changes can grow",
        caption(table),
        "Logarithmic norm over the depth; the bound on the growth at the end is "
        f"{brief(last['bound median'])} in the median row.",
        table,
        lambda canvas: _draw(canvas, table),
        height=5.0,
    )


def caption(table: pd.DataFrame) -> str:
    """What is seen: the depth of the fastest growth, whether anything contracts, and the slack."""
    rate = table["rate median"].to_numpy()
    where = float(table["depth"][int(rate.argmax())])
    seen = (
        "Above: the largest rate at which any small change can grow at that depth (logarithmic "
        f"norm; below 0 all changes shrink). It is largest at depth {brief(where)}, "
        f"{brief(float(rate.max()))} in the median row"
    )
    contracting = float(np.mean(rate < 0.0))
    seen += f", and below 0 at {percent(contracting)} of the depths." if contracting else "."
    seen += " Below: the growth that these rates allow (Grönwall's bound for the ODE)"
    if "true median" not in table:
        return f"{seen}: {brief(float(table['bound median'].iloc[-1]))} at the end."
    bound, true = (float(table[f"{n} median"].iloc[-1]) for n in ("bound", "true"))
    if bound < true:
        return (
            f"{seen}, and what grows. At the end the growth, {brief(true)}, exceeds the bound, "
            f"{brief(bound)}: the grid is so coarse that the discrete map is not the ODE."
        )
    return f"{seen}, and what grows: {brief(bound)} against {brief(true)} at the end." + (
        f" The bound is {brief(bound / true)} times what happens." if true > 0.0 else ""
    )


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    upper, lower = canvas.subplots(2, 1, sharex=True)
    draw_band(upper, table, "rate ", GREEN)
    upper.axhline(0.0, color=FAINT, lw=0.8, ls=":")
    upper.set_ylabel("rate of growth")
    names = [name for name in ("bound", "true") if f"{name} median" in table]
    columns = [f"{name} {end}" for name in names for end in ("5 %", "median", "95 %")]
    log_scale(lower.yaxis, table[columns].to_numpy())
    log = lower.get_yscale() == "log"
    looks = {"bound": (BLUE, (0, (4, 1.5)), "bound"), "true": (VERMILION, "-", "true")}
    for name in names:
        draw_band(lower, table, f"{name} ", looks[name][0], looks[name][1], log=log)
    last = table.iloc[-1]
    end_labels(lower, [(float(last[f"{n} median"]), looks[n][2], looks[n][0]) for n in names])
    for axes in (upper, lower):
        grid(axes)
        axes.margins(x=0.0)
    lower.set_ylabel("growth since depth 0")
    lower.set_xlabel("depth t")
