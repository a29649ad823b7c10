"""The figures of docs/cluster.md: what goes through the wires, and when more workers pay.

python scripts/cluster_figures.py [--folder docs/figures]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cluster_model import LARGE, MEASURED, seconds, speed_up
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from standalone_node.engines.cutting import groups_of
from standalone_node.plot.style import OKABE_ITO, style
from standalone_node.problem.shards.tree import covering

ROOT = Path(__file__).resolve().parents[1]
#: What the picture of the tree shows.
SHARDS, WORKERS = 11, 3
INK, SOFT = "#333333", "#999999"


def tree() -> Figure:
    """A tree over shards, cut among workers, and the partial sums that each of them sends."""
    figure = Figure(figsize=(8.4, 3.5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    height = (SHARDS - 1).bit_length()
    owners = {}
    for worker, group in enumerate(groups_of([1.0] * SHARDS, [1.0] * WORKERS)):
        a, b = group.start, group.stop
        owners.update(dict.fromkeys(covering(a, b, SHARDS), worker))
        axes.text(0.5 * (a + b - 1), -0.95, f"worker {worker + 1}", ha="center", va="center")
        box = {"facecolor": OKABE_ITO[worker], "alpha": 0.18, "edgecolor": "none"}
        axes.axvspan(a - 0.45, b - 0.55, ymin=0.0, ymax=0.26, **box)
    for level in range(height + 1):
        for place in range(-(-SHARDS // (1 << level))):
            _node(axes, level, place, owners)
    axes.set_xlim(-0.9, SHARDS - 0.1)
    axes.set_ylim(-1.35, height + 0.55)
    axes.axis("off")
    return figure


def _middle(level: int, place: int) -> float:
    first = place << level
    return 0.5 * (first + min((place + 1) << level, SHARDS) - 1)


def _node(axes: Any, level: int, place: int, owners: dict[Any, int]) -> None:
    at = _middle(level, place), float(level)
    for child in (2 * place, 2 * place + 1) if level else ():
        if child << (level - 1) < SHARDS:
            below = _middle(level - 1, child), level - 1.0
            axes.plot(*zip(at, below, strict=True), color=SOFT, lw=0.9, zorder=1)
    if level and (2 * place + 1) << (level - 1) >= SHARDS:
        return  # nothing to its right: it is the node below
    owner = owners.get((level, place))
    look = {"s": 210.0, "zorder": 2, "edgecolor": INK}
    if owner is None:
        axes.scatter(*at, facecolor="white", linewidth=0.8, **look)
    else:
        axes.scatter(*at, facecolor=OKABE_ITO[owner], linewidth=1.4, **look)
    if level == 0:
        dark = owner is not None and owner == 0
        axes.text(*at, str(place + 1), ha="center", va="center", fontsize=8.5,
                  color="white" if dark else INK, zorder=3)  # fmt: skip


def speed() -> Figure:
    """Times as fast as one machine against workers, and where the time goes at a thousand."""
    figure = Figure(figsize=(8.4, 3.3), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    names = {10**7: "10 million rows", 10**8: "100 million", 10**9: "1,000 million"}
    for colour, (rows, label) in zip(OKABE_ITO, names.items(), strict=False):
        cases = [replace(LARGE, rows=rows, workers=w) for w in counts]
        left.loglog(counts, [speed_up(c) for c in cases], "o-", ms=3.5, color=colour, label=label)
    left.loglog(counts, counts, "--", color=SOFT, lw=1.0, label="as many")
    left.set_xlabel("machines of 16 threads")
    left.set_ylabel("times as fast as one")
    for axis in (left.xaxis, left.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    left.legend(frameon=False, fontsize=9)
    left.grid(True, which="major", lw=0.4)
    points = (3, 6, 11, 21)
    parts = [seconds(replace(LARGE, workers=1000, depth_points=k), MEASURED) for k in points]
    below = [0.0] * len(points)
    for colour, name in zip(OKABE_ITO, ("work", "rounds", "link"), strict=False):
        height = [getattr(part, name) for part in parts]
        right.bar(range(len(points)), height, 0.62, below, color=colour, label=name)
        below = [a + b for a, b in zip(below, height, strict=True)]
    right.set_xticks(range(len(points)), [str(k) for k in points])
    right.set_xlabel("depth points, 1,000 machines")
    right.set_ylabel("seconds an iteration")
    right.set_ylim(0.0, 1.3 * max(below))
    right.legend(frameon=False, fontsize=9, ncols=3, loc="upper left", handlelength=1.2,
                 columnspacing=1.0)  # fmt: skip
    return figure


FIGURES = {"cluster-tree.png": tree, "cluster-speed.png": speed}


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "figures")
    folder = parser.parse_args(arguments).folder
    with style():
        for name, draw in FIGURES.items():
            draw().savefig(folder / name, metadata={"Software": None})
    return 0


if __name__ == "__main__":
    sys.exit(main())
