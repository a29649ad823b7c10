"""Sobol' indices: what share of the variance a feature explains alone, and with all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from standalone_node.plot.axes import ends, grid
from standalone_node.plot.inks import FAINT, PAPER
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, VERMILION, Canvas, picture
from standalone_node.report.sensitivity.figures.effects import TOP
from standalone_node.report.sensitivity.words import counted, percent, shortened


def figure(sobol: Any, context: Context) -> Figure:
    """First-order and total indices with their intervals, the largest total first."""
    table = frame(sobol)
    first = table.iloc[0]
    return picture(
        "sobol",
        f"Shares of the variance of {shortened(str(sobol.output), 40)}",
        caption(table),
        f"First-order and total Sobol indices; the largest total has {named(first)} with "
        f"{percent(first['total'])}.",
        table,
        lambda canvas: _draw(canvas, table.head(TOP).iloc[::-1]),
        height=1.5 + 0.28 * max(min(TOP, len(table)), 4),
    )


def frame(sobol: Any) -> pd.DataFrame:
    """The indices as a table, sorted by the total."""
    table = pd.DataFrame(
        {
            "feature": np.array(sobol.feature_names, dtype=object),
            "first": np.asarray(sobol.first, dtype=float),
            "first low": np.asarray(sobol.first_low, dtype=float),
            "first high": np.asarray(sobol.first_high, dtype=float),
            "total": np.asarray(sobol.total, dtype=float),
            "total low": np.asarray(sobol.total_low, dtype=float),
            "total high": np.asarray(sobol.total_high, dtype=float),
        }
    )
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)


def named(row: Any) -> str:
    """A feature in quotation marks."""
    return f"“{shortened(str(row['feature']), 40)}”"


def caption(table: pd.DataFrame) -> str:
    """What is seen, and how much of the variance comes from features acting together."""
    seen = (
        "Filled: the share of the variance of the output that disappears if the feature alone is "
        "known; hollow: the share that is left if all others are known. Both take the features as "
        "independent, each with its own distribution in the data; the bars are intervals."
    )
    more = f" The {TOP} largest of {len(table)} are shown." * (len(table) > TOP)
    return f"{seen} {together(table)}{more}"


def together(table: pd.DataFrame) -> str:
    """What the sum of the first-order indices says, in a sentence."""
    total = float(table["first"].clip(lower=0.0).sum())
    none = int((table["total high"] < 0.01).sum())
    idle = (
        f" {counted(none, 'feature')} of {len(table)} "
        f"{'explains' if none == 1 else 'explain'} less than 1 % even with the others."
        if none
        else ""
    )
    if not float(table["total"].max()) > 0.0:
        return "The output does not vary."
    if total >= 0.9:
        return f"Acting alone, the features explain nearly all of the variance.{idle}"
    return (
        f"Acting alone, the features explain {percent(total)} of the variance; the rest comes from "
        f"features acting together.{idle}"
    )


def _draw(canvas: Canvas, table: pd.DataFrame) -> None:
    axes = canvas.add_subplot()
    places = np.arange(len(table))
    looks = (("first", BLUE, "o", BLUE, 0.14), ("total", VERMILION, "s", PAPER, -0.14))
    for name, colour, marker, face, shift in looks:
        middle = table[name].to_numpy()
        error = [
            np.maximum(middle - table[f"{name} low"].to_numpy(), 0.0),
            np.maximum(table[f"{name} high"].to_numpy() - middle, 0.0),
        ]
        axes.errorbar(
            middle,
            places + shift,
            xerr=error,
            ls="",
            marker=marker,
            color=colour,
            mfc=face,
            ms=5.5,
            elinewidth=1.1,
            capsize=2.0,
        )
    axes.axvline(0.0, color=FAINT, lw=0.8)
    axes.set_yticks(places, [shortened(name, 18) for name in table["feature"]])
    axes.set_ylim(-0.6, len(table) - 0.4)
    bounds = table[["first low", "total high", "first high", "total low"]].to_numpy().ravel()
    axes.set_xlim(*ends(np.concatenate([[0.0], bounds])))
    grid(axes, "x")
    axes.set_xlabel("share of the variance")
    handles = [
        Line2D([], [], ls="", marker="o", color=BLUE, label="alone (first order)"),
        Line2D([], [], ls="", marker="s", color=VERMILION, mfc=PAPER, label="with others (total)"),
    ]
    canvas.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=9)
