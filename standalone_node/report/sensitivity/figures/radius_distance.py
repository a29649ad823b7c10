"""The radius up to which a row is certain against the distance at which it was fooled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import grid, log_scale, positive
from standalone_node.plot.inks import FAINT
from standalone_node.plot.style import MANY
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, GREY, Canvas, picture
from standalone_node.report.sensitivity.words import counted, median, percent


def figure(certificate: Any, perturbations: Any, context: Context) -> Figure:
    """Of the rows that both know."""
    table = frame(certificate, perturbations, context)
    ratio = median(ratios(table))
    return picture(
        "radius-distance",
        "Certain radius and distance found, row by row",
        caption(table),
        f"Certified radius against the distance found; in the median row the radius is "
        f"{percent(ratio)} of the distance.",
        table,
        lambda canvas: _draw(canvas, table, context),
        height=4.2,
    )


def frame(certificate: Any, perturbations: Any, context: Context) -> pd.DataFrame:
    """Distance and radius of the rows that both are about; they have to be the same rows."""
    radius = np.asarray(certificate.radius, dtype=float)
    distance = np.asarray(perturbations.distance, dtype=float)
    if len(radius) != len(distance):
        radius = distance = np.empty(0)
    return pd.DataFrame(
        {
            "row": context.numbers_of("certificate", len(radius)),
            "distance": distance,
            "radius": radius,
        }
    )


def ratios(table: pd.DataFrame) -> Any:
    """Radius over distance of the rows that have both."""
    shown = np.isfinite(table["distance"]) & (table["distance"] > 0.0)
    return (table["radius"] / table["distance"].where(shown))[shown].to_numpy()


def caption(table: pd.DataFrame) -> str:
    """What is seen: no point above the diagonal (or which), and how sharp the bound is."""
    ratio = ratios(table)
    if ratio.size == 0:
        return "There is no row for which the search found a wrong answer and a radius is known."
    above = int((ratio > 1.0 + 1e-9).sum())
    seen = "A point a row. A radius can never be larger than a distance at which the answer changed"
    if above:
        seen += (
            f", and yet it is in {counted(above, 'row')}, above the line: this contradicts the "
            "proof and should be reported."
        )
    else:
        seen += ": no point lies above the line."
    left_out = len(table) - ratio.size
    more = (
        f" {counted(left_out, 'row')} that {'was' if left_out == 1 else 'were'} wrong from the "
        f"start or not fooled {'is' if left_out == 1 else 'are'} not shown."
        if left_out
        else ""
    )
    return (
        f"{seen} In the median row the radius is {percent(median(ratio))} of the distance, at best "
        f"{percent(float(ratio.max()))}: the nearer to 100 %, the less is left open.{more}"
    )


def _draw(canvas: Canvas, table: pd.DataFrame, context: Context) -> None:
    axes = canvas.add_subplot()
    shown = np.isfinite(table["distance"]) & (table["distance"] > 0.0) & (table["radius"] > 0.0)
    both = table.loc[shown, ["distance", "radius"]].to_numpy()
    for axis in (axes.xaxis, axes.yaxis):  # the same scale, on which the diagonal is one
        log_scale(axis, both)
    span = axes.get_xlim()
    axes.plot(span, span, "-", color=FAINT, lw=1.0)
    axes.plot(
        positive(table["distance"]),
        positive(table["radius"]),
        "o",
        color=BLUE,
        ms=4.0 if len(table) <= MANY else 2.5,
        alpha=0.6,
        mew=0.0,
        rasterized=len(table) > MANY,
    )
    axes.set_xlim(*span)
    axes.set_ylim(*span)
    axes.text(
        0.03, 0.97, "above the line: impossible", transform=axes.transAxes, va="top", color=GREY,
        size=9,
    )  # fmt: skip
    grid(axes)
    axes.set_xlabel(f"distance of another answer ({context.units})")
    axes.set_ylabel("certain radius")
