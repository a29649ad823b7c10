"""Cost against sweeps and against seconds, a line a method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from standalone_node.learn.comparison import Comparison
from standalone_node.learn.contenders import COMPARED
from standalone_node.learn.runs import Run
from standalone_node.plot.style import LINES, style, write_figure

#: The least distance between two labels, as a share of the height of the axes.
_APART = 0.062
_PANELS = (("sweeps", "sweeps (direct, adjoint and sensitivity)"), ("seconds", "seconds"))


def save_comparison(comparison: Comparison, path: str | Path, file_format: str) -> None:
    """Draw a comparison and write it to a file.

    Parameters
    ----------
    comparison : Comparison
    path : str or Path
    file_format : {"png", "svg", "pdf"}
    """
    with style():
        write_figure(draw(comparison), path, file_format)


def draw(comparison: Comparison) -> Figure:
    """Two panels with one cost axis; the names stand at the right, where the lines end."""
    figure = Figure(figsize=(11.0, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, (column, label) in zip((left, right), _PANELS, strict=True):
        _panel(axes, comparison, column)
        axes.set_xlabel(label)
    left.set_ylabel("cost E")
    _limits(left, comparison)
    left.annotate(
        "level",
        (0.0, comparison.level),
        (3, 3),
        xycoords=left.get_yaxis_transform(),
        textcoords="offset points",
        color="0.45",
        size=8.5,
    )
    _labels(right, comparison)
    target, data = comparison.prepared.schema.target.name, comparison.prepared.usable.source
    figure.suptitle(f"{target}, from {Path(data).name}: one network, trained by several methods")
    return figure


def _panel(axes: Axes, comparison: Comparison, column: str) -> None:
    # The first contender of the table is drawn last, on top of the others.
    first = _first(comparison, column)
    for run in reversed(comparison.runs):
        history = run.kept.history
        # A start at zero, which a logarithmic axis does not have, is drawn at its left end.
        spent = np.maximum(history[column], first)
        cost = np.where(np.isfinite(history["cost"]), history["cost"], np.nan)
        dashes = "-" if run.contender.same_cost else (0, (4, 1.5))
        width = 2.2 if run.name == next(iter(COMPARED)) else 1.4
        axes.plot(spent, cost, color=_colour(run), lw=width, ls=dashes)
        axes.plot(spent[-1:], cost[-1:], "o", color=_colour(run), ms=4.0)
    axes.axhline(comparison.level, color="0.45", lw=0.8, ls=":", zorder=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(left=first)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, which="major", color="0.92")


def _colour(run: Run) -> str:
    return LINES[list(COMPARED).index(run.name) % len(LINES)]


def _first(comparison: Comparison, column: str) -> float:
    """Where the axis begins: shortly before the first iterate that any run has behind its start."""
    spent = [run.kept.history[column][1] for run in comparison.runs if run.kept.iterations > 0]
    return 0.7 * float(min(spent, default=1.0))


def _limits(axes: Axes, comparison: Comparison) -> None:
    """From below the least cost to above the start: what rises further leaves the picture."""
    lowest = min(float(np.nanmin(run.kept.history["cost"])) for run in comparison.runs)
    highest = max(float(run.kept.history["cost"][0]) for run in comparison.runs)
    axes.set_ylim(0.8 * lowest, 1.6 * highest)
    low, high = axes.get_ylim()
    few = high / low < 300.0
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _labels(axes: Axes, comparison: Comparison) -> None:
    """A name for each line in the margin, at its height or near it."""
    low, high = np.log(axes.get_ylim())
    ends = np.array([_last(run) for run in comparison.runs])
    heights = (np.log(np.maximum(ends, np.exp(low))) - low) / (high - low)
    for run, end, height in zip(comparison.runs, ends, spread(heights, _APART), strict=True):
        mark = "" if run.contender.same_cost else " (other cost)"
        axes.annotate(
            f"{run.contender.label}{mark}",
            (float(run.kept.history["seconds"][-1]), float(end)),
            (1.03, float(height)),
            textcoords="axes fraction",
            color=_colour(run),
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": _colour(run),
                "lw": 0.6,
                "alpha": 0.6,
                "relpos": (0, 0.5),
            },
            annotation_clip=False,
        )


def _last(run: Run) -> float:
    cost: NDArray[Any] = run.kept.history["cost"]
    return float(cost[np.isfinite(cost)][-1])


def spread(heights: NDArray[Any], apart: float) -> NDArray[Any]:
    """Heights in [0, 1], moved as little as possible so that neighbours are apart.

    Least squares: what is left of sorted heights without their distances has to increase.

    Examples
    --------
    >>> spread(np.array([0.5, 0.52, 0.9]), 0.1).round(2).tolist()
    [0.46, 0.56, 0.9]
    """
    order = np.argsort(heights, kind="stable")
    distances = apart * np.arange(len(heights))
    moved = isotonic_regression(heights[order] - distances).x
    placed = np.empty(len(heights))
    placed[order] = np.clip(moved, 0.0, max(0.0, 1.0 - distances[-1])) + distances
    return placed
