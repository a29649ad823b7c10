"""Which features move an output, and in which direction: signed bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import ends, grid
from standalone_node.plot.inks import FAINT, INK
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, VERMILION, Canvas, picture
from standalone_node.report.sensitivity.words import brief, listed, percent, shortened

#: So many features are shown, the most influential first.
TOP = 15
#: A direction counts as shared by the rows if that share of the squared effect has its sign.
AGREED = 0.75


def figure(importance: Any, place: int, context: Context) -> Figure:
    """The effect on one output, the `place`-th of those of `importance`."""
    order = np.asarray(importance.order)
    table = pd.DataFrame(
        {
            "feature": np.array(importance.feature_names, dtype=object)[order],
            "effect": np.asarray(importance.effect)[place][order],
            "magnitude": np.asarray(importance.magnitude)[order],
            "agreement": np.asarray(importance.agreement)[order],
        }
    )
    first = table.iloc[0]
    return picture(
        "effects",
        f"What moves {goal(context)}",
        caption(table, context),
        f"Bars of the effect of {min(TOP, len(table))} features; the largest influence has "
        f"{shortened(first['feature'], 40)}, {brief(first['effect'])} on average for a typical "
        "change.",
        table,
        lambda canvas: _draw(canvas, table.head(TOP).iloc[::-1], context),
        height=1.3 + 0.26 * max(min(TOP, len(table)), 4),
    )


def goal(context: Context) -> str:
    """What the bars pull towards."""
    if context.decides:
        return f"the decision towards “{shortened(context.classes[-1], 30)}”"
    return shortened(context.output_name(0), 40)


def caption(table: pd.DataFrame, context: Context) -> str:
    """What is seen: who is first, and for whom the direction depends on the row."""
    more = f" The {TOP} most influential of {len(table)} features are shown." * (len(table) > TOP)
    first = table.iloc[0]
    if first["magnitude"] <= 0.0:
        return "No feature moves the output: all derivatives are zero." + more
    what = "the logit" if context.decides else shortened(context.output_name(0), 30)
    seen = (
        f"Bars: by how much {what} changes on average over the rows, to first order, if a feature "
        "rises by its typical change, the standard deviation over the rows; ticks: the root mean "
        "square over the rows."
    )
    mixed = [
        f"“{shortened(name, 30)}”"
        for name in table.head(TOP).loc[table.head(TOP)["agreement"] < AGREED, "feature"]
    ]
    pull = "raises" if first["effect"] > 0 else "lowers"
    lead = f"“{shortened(first['feature'], 40)}” moves it most and {pull} it on average."
    if not mixed:
        return f"{seen} {lead} Every feature shown acts in the same direction in most rows.{more}"
    named = listed(mixed[:3]) + (f" and {len(mixed) - 3} others" if len(mixed) > 3 else "")
    return (
        f"{seen} {lead} Pale bars: less than {percent(AGREED)} of the effect agrees in sign, so "
        f"that the direction depends on the row; so for {named}.{more}"
    )


def _draw(canvas: Canvas, table: pd.DataFrame, context: Context) -> None:
    axes = canvas.add_subplot()
    places = np.arange(len(table))
    effect = table["effect"].to_numpy()
    sides = np.where(effect < 0.0, -1.0, 1.0)
    colours = [VERMILION if side < 0 else BLUE for side in sides]
    bars = axes.barh(places, effect, 0.7, color=colours)
    for bar, agreed in zip(bars, table["agreement"], strict=True):
        if agreed < AGREED:
            bar.set_alpha(0.4)
    ticks = sides * table["magnitude"].to_numpy()
    axes.plot(ticks, places, "|", color=INK, ms=9.0, mew=1.4)
    axes.axvline(0.0, color=FAINT, lw=0.8)
    axes.set_yticks(places, [shortened(name, 18) for name in table["feature"]])
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlim(*ends(np.concatenate([[0.0], effect, ticks]), 0.05))
    grid(axes, "x")
    what = "the logit" if context.decides else shortened(context.target, 18)
    axes.set_xlabel(f"change of {what} for a typical change")
