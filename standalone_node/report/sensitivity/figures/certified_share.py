"""How many rows are certain up to a radius, and how many an attack leaves right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.plot.axes import grid, log_scale, shares
from standalone_node.plot.inks import GRID
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import (
    BLUE,
    GREEN,
    VERMILION,
    Canvas,
    picture,
)
from standalone_node.report.sensitivity.words import median, percent

Array = NDArray[Any]
_POINTS = 121
_LOOKS = {
    "attacked": (VERMILION, "-", "no attack\nfound"),
    "certified": (BLUE, "-", "certified"),
    "Grönwall": (GREEN, (0, (4, 1.5)), "Grönwall\nbound"),
}


def certified(radius: Array, at: Any) -> Array:
    """The share of rows that no change up to a size can make wrong, for each size of `at`."""
    known = np.asarray(radius, dtype=float)
    sizes = np.asarray(at, dtype=float)[..., None]
    share: Array = ((known >= sizes) & (known > 0.0)).mean(axis=-1)
    return share


def unbroken(distance: Array, at: Any) -> Array:
    """The share of rows for which no wrong answer was found within a size, for each of `at`."""
    share: Array = (
        np.asarray(distance, dtype=float) > np.asarray(at, dtype=float)[..., None]
    ).mean(-1)
    return share


def figure(
    certificate: Any, gronwall: Any | None, perturbations: Any | None, context: Context
) -> Figure:
    """Certified share against radius, with the share that survives the attack above it."""
    table = frame(certificate, gronwall, perturbations)
    middle = median(certificate.radius)
    return picture(
        "certified-share",
        "What is certain, and what is not known",
        caption(table, certificate.radius, context),
        f"Certified share against the radius; half of the rows are certain up to "
        f"{context.amount(middle)}.",
        table,
        lambda canvas: _draw(canvas, table, context),
    )


def frame(certificate: Any, gronwall: Any | None, perturbations: Any | None) -> pd.DataFrame:
    """Shares at radii between the smallest and the largest number there is, and at 0."""
    known = [np.asarray(certificate.radius, dtype=float)]
    known += [] if gronwall is None else [np.asarray(gronwall.radius, dtype=float)]
    known += [] if perturbations is None else [np.asarray(perturbations.distance, dtype=float)]
    sizes = np.concatenate(known)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0.0)]
    low, high = (float(sizes.min()), float(sizes.max())) if sizes.size else (0.1, 1.0)
    low = max(low, 1e-4 * high)
    middle = median(known[0][known[0] > 0.0])
    wide = sizes.size > 0 and np.isfinite(middle) and high > 15.0 * middle
    radii = np.geomspace(low, high, _POINTS) if wide else np.linspace(0.0, high, _POINTS)
    table = pd.DataFrame({"radius": radii, "certified": certified(certificate.radius, radii)})
    if gronwall is not None:
        table["Grönwall"] = certified(gronwall.radius, radii)
    if perturbations is not None:
        table["attacked"] = unbroken(perturbations.distance, radii)
    return table


def caption(table: pd.DataFrame, radius: Array, context: Context) -> str:
    """What is seen: the median radius, and how wide the gap to the attack is."""
    middle = median(radius)
    seen = (
        "Certified: the share of all rows whose answer no change up to that length can alter, by "
        f"proof. Half of the rows are certain up to {context.amount(middle)}."
    )
    if middle <= 0.0:
        seen = (
            "Certified: the share of all rows whose answer no change up to that length can alter, "
            f"by proof: {percent(float((np.asarray(radius) > 0.0).mean()))} of the rows have such "
            "a length at all."
        )
    if "attacked" not in table:
        return seen
    gap = (table["attacked"] - table["certified"]).to_numpy()
    if gap.min() < -1e-12:
        return (
            f"{seen} The share that the attack leaves right lies below it somewhere: the two were "
            "taken on different rows, or one of them is wrong."
        )
    where = int(gap.argmax())
    return (
        f"{seen} The upper line: the share for which the search found no wrong answer that near. "
        f"The truth lies between the lines; the gap is widest at "
        f"{context.amount(float(table['radius'][where]))}, where {percent(float(gap[where]))} of "
        "the rows are neither proved safe nor fooled."
    )


def _draw(canvas: Canvas, table: pd.DataFrame, context: Context) -> None:
    axes = canvas.add_subplot()
    radii = table["radius"].to_numpy()
    if radii[0] > 0.0:
        log_scale(axes.xaxis, radii)
    else:
        axes.set_xlim(0.0, float(radii[-1]))
    if "attacked" in table:
        axes.fill_between(
            radii, table["certified"], table["attacked"], color=GRID, lw=0.0, zorder=0
        )
    shares(axes.yaxis)
    names = [name for name in _LOOKS if name in table]
    for name in names:
        axes.plot(radii, table[name], color=_LOOKS[name][0], ls=_LOOKS[name][1], lw=1.8)
    _label(axes, table, names)
    grid(axes)
    axes.set_xlabel(f"length of the change ({context.units})")
    axes.set_ylabel("share of the rows")


def _label(axes: Any, table: pd.DataFrame, names: list[str]) -> None:
    """Names where the lines are furthest apart on the way down: at half of their start."""
    handles = axes.get_lines()
    labels = [_LOOKS[name][2].replace("\n", " ") for name in names]
    axes.legend(handles, labels, loc="best", fontsize=9)
