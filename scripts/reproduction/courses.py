"""Runs of `minimize` followed by their sweeps, until a cost is reached."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

import standalone_node as sn
from standalone_node.errors import StateOverflow


@dataclass
class Course:
    """Sweeps and costs of a run, and where it was when it first reached each of the levels."""

    sweeps: list[float]
    costs: list[float]
    reached: dict[float, tuple[float, sn.Parameters]]

    def sweeps_to(self, level: float) -> float:
        """Sweeps until the cost was reached; nan if it was not."""
        return self.reached[level][0] if level in self.reached else np.nan

    def first(self, level: float) -> float:
        """The same for any cost, from the history."""
        at = np.flatnonzero(np.array(self.costs) <= level)
        return self.sweeps[at[0]] if at.size else np.nan


def course(
    problem: sn.InverseProblem,
    seed: int,
    levels: tuple[float, ...],
    budget: float,
    **options: Any,
) -> Course:
    """A run of `minimize` from the smooth start of that seed."""
    seen = Course([], [], {})

    def look(it: Any) -> None:
        sweeps = float(it.direct + it.adjoint + it.sensitivity)
        seen.sweeps.append(sweeps)
        seen.costs.append(it.cost)
        for level in levels:
            if it.cost <= level and level not in seen.reached and sweeps <= budget:
                seen.reached[level] = sweeps, it.parameters
        if sweeps >= budget or levels[-1] in seen.reached:
            raise StopIteration

    with suppress(StateOverflow):  # too long a step of SGD: the run ends there
        sn.minimize(
            problem,
            problem.initial_parameters(seed),
            max_iterations=int(budget) + 1,
            tolerance=0.0,
            cost_tolerance=0.0,
            callback=look,
            **options,
        )
    return seen


def counted(sweeps: Iterable[float]) -> str:
    """The median, the smallest and the largest number of sweeps; nan, never, is beyond them all."""
    ordered = sorted(np.nan_to_num(list(sweeps), nan=np.inf))
    below, above = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    if np.isinf(ordered[0]):
        return "never"
    shown = ["never" if np.isinf(x) else f"{x:.0f}" for x in (ordered[0], ordered[-1])]
    middle = "never" if np.isinf(above) else f"{(below + above) / 2:.0f}"
    return f"{middle} ({shown[0]}–{shown[1]})"


@dataclass(frozen=True)
class Shown:
    """What a panel of a figure shows: courses by the name of the method, and the given costs."""

    courses: dict[str, Course]
    levels: tuple[float, ...]


#: Methods and their lines: a colour for the metric, dashes for steepest descent, dots for batches.
LINES = {
    "Sobolev(1) NCG": ("#0072B2", "-"),
    "Sobolev(auto) NCG": ("#CC79A7", "-"),
    "L² NCG": ("#009E73", "-"),
    "Euclidean NCG": ("#E69F00", "-"),
    "Sobolev(1) steepest descent": ("#0072B2", "--"),
    "Euclidean steepest descent": ("#E69F00", "--"),
    "Sobolev(1) batch NCG": ("#0072B2", ":"),
    "L² batch NCG": ("#009E73", ":"),
    "SGD": ("0.6", "-"),
    "Adam": ("#000000", "-"),
}


def drawn_courses(shown: dict[str, Shown]) -> Any:
    """Cost against sweeps, two problems a column."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    from standalone_node.plot.style import style

    with style():
        columns = -(-len(shown) // 2)
        figure, axes = plt.subplots(2, columns, figsize=(9.6, 5.4), layout="constrained")
        for place, (name, panel) in zip(axes.T.flat, shown.items(), strict=False):
            for method, run in panel.courses.items():
                colour, dashes = LINES[method]
                place.semilogy(run.sweeps, run.costs, dashes, color=colour, lw=1.3, label=method)
            for level in panel.levels:
                place.axhline(level, color="0.8", lw=0.8, zorder=0)
            ticks = (1.0, *panel.levels)
            place.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
            place.yaxis.set_minor_formatter(NullFormatter())
            place.set(title=name, ylim=(0.8 * panel.levels[-1], 2.0), xlabel="sweeps")
        for place in axes[:, 0]:
            place.set_ylabel("cost")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def drawn_paths(shown: dict[str, Shown]) -> Any:
    """One weight as a function of depth at the higher of the given costs, in three metrics."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import style

    panels = list(shown.items())[::2]
    with style():
        figure, axes = plt.subplots(1, len(panels), figsize=(11.0, 3.2), layout="constrained")
        for place, (name, panel) in zip(axes, panels, strict=True):
            level = panel.levels[0]
            for method in ("L² NCG", "Euclidean NCG", "Sobolev(1) NCG"):
                run = panel.courses[method]
                if level in run.reached:
                    p = run.reached[level][1]
                    colour = LINES[method][0]
                    place.plot(p.times, p.weights[:, 0, -1], color=colour, lw=1.3, label=method)
            place.set(title=f"{name}, cost {level:g}", xlabel="t")
        axes[0].set_ylabel("the last entry of the first row of W")
        axes[-1].legend()
    return figure
