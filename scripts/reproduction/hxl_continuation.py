"""[HXL] 2: depth continuation against training the fine network directly."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import standalone_node as sn
from reproduction.classes import classification, start_of
from reproduction.followed import Course, follow
from reproduction.page import plain_decades, spread, table

LEVELS = (4, 8, 16, 32)
#: Fine networks: the continuous one, and ResNets.
FINE: dict[str, dict[str, Any]] = {
    "RK4, 64 steps": {"scheme": "rk4", "steps": 64},
    "ResNet, 64 layers": {"scheme": "euler", "steps": 64},
    "ResNet, 32 layers": {"scheme": "euler", "steps": 32},
}
#: Rows, and what else a data set is given; iterations of the direct run.
DATA: dict[str, tuple[int, int, dict[str, Any]]] = {
    "digits": (400, 60, {"form": "inside", "horizon": 3.0}),
    "spirals": (600, 120, {"form": "outside", "horizon": 4.0}),
}
COMMON: dict[str, Any] = {"activation": "tanh", "penalty": sn.Penalty(l2=1e-4, h1=1e-3)}
#: The costs to reach: those of the direct run after this share of its iterations.
SHARES = (1 / 6, 1 / 3, 2 / 3, 1.0)


@dataclass
class Pair:
    """A direct run, and runs by continuation with some level tolerances, from one start."""

    direct: Course
    continued: dict[float, Course]

    def level(self, share: float) -> float:
        """The cost of the direct run after that share of its iterations."""
        return self.direct.costs[self._iteration(share)]

    def ratio(self, share: float, tolerance: float, what: str) -> float:
        """Seconds or sweeps of the continuation to that cost over those of the direct run.

        The cost has to be reached on the fine network. nan if it is not.
        """
        course, fine = self.continued[tolerance], self.direct.levels[0]
        needed = getattr(self.direct, what)[self.direct.first(self.level(share))]
        return course.when(what, self.level(share), fine) / float(needed)

    def _iteration(self, share: float) -> int:
        last = len(self.direct.costs) - 1
        return max(1, round(share * last)) if last else 0


Key = tuple[str, str]


def runs(
    seeds: Sequence[int], tolerances: Sequence[float], scale: float = 1.0
) -> dict[Key, list[Pair]]:
    """Both ways for every data set, fine network and seed, one right after the other.

    `scale` takes a share of rows and iterations.
    """
    found: dict[Key, list[Pair]] = {(data, fine): [] for data in DATA for fine in FINE}
    for data, fine in found:
        rows, iterations, options = DATA[data]
        for k, seed in enumerate(seeds):
            problem = classification(
                data, int(scale * rows), seed, **COMMON, **FINE[fine], **options
            )
            if k == 0:  # loads and compiles
                pair(problem, seed, 2, tolerances[:1])
            found[data, fine].append(pair(problem, seed, int(scale * iterations), tolerances))
            print(f"{data}, {fine}, seed {seed}", file=sys.stderr, flush=True)
    return found


def pair(
    problem: sn.InverseProblem, seed: int, iterations: int, tolerances: Sequence[float]
) -> Pair:
    """One direct run, and as many iterations at most on each level of the others.

    These end where they have the cost with which the direct one ends.
    """
    start = start_of(problem, seed)
    options: dict[str, Any] = {
        "max_iterations": iterations,
        "tolerance": 0.0,
        "cost_tolerance": 0.0,
    }
    levels = tuple(n for n in LEVELS if n < problem.times.size - 1)

    def direct(callback: Any) -> Any:
        return sn.minimize(problem.replaced(), start, callback=callback, **options)

    def continued(tolerance: float) -> Course:
        return follow(
            lambda callback: sn.continuation(
                problem.replaced(),
                levels,
                start=start,
                level_tolerance=tolerance,
                callback=callback,
                **options,
            ),
            until=first.costs[-1],
            level=first.levels[0],
        )[0]

    first = follow(direct)[0]
    return Pair(first, {tolerance: continued(tolerance) for tolerance in tolerances})


def ratios_table(found: dict[Key, list[Pair]], tolerance: float) -> str:
    """Time and sweeps of the continuation to some costs, as shares of the direct run's."""
    rows = []
    for (data, fine), pairs in found.items():
        for share in SHARES:
            rows.append(
                (
                    f"{data}, {fine}",
                    round(share * DATA[data][1]),
                    spread(p.level(share) for p in pairs),
                    *(
                        spread((p.ratio(share, tolerance, what) for p in pairs), "{:.2f}".format)
                        for what in ("seconds", "sweeps")
                    ),
                )
            )
    heads = ("data, fine network", "direct iterations", "cost", "time, ratio", "sweeps, ratio")
    return table(heads, rows)


def tolerances_table(found: dict[Key, list[Pair]], tolerances: Sequence[float]) -> str:
    """For each level tolerance the ratios of sweeps, medians over the seeds; the means of all."""
    rows = []
    logs: dict[float, list[float]] = {tolerance: [] for tolerance in tolerances}
    for (data, fine), pairs in found.items():
        for share in SHARES:
            cells = []
            for tolerance in tolerances:
                ratios = [p.ratio(share, tolerance, "sweeps") for p in pairs]
                # What is not reached within the run counts as twice the direct run.
                logs[tolerance] += list(np.log(np.nan_to_num(ratios, nan=2.0)))
                cells.append(spread(ratios, "{:.2f}".format))
            rows.append((f"{data}, {fine}", round(share * DATA[data][1]), *cells))
    means = (f"{np.exp(np.mean(logs[tolerance])):.3f}" for tolerance in tolerances)
    rows.append(("geometric mean", "", *means))
    return table(("data, fine network", "direct iterations", *map(str, tolerances)), rows)


def drawn(found: dict[Key, list[Pair]], tolerance: float) -> Any:
    """Cost against seconds: the direct run, and the levels of the continuation; the first seed."""
    import matplotlib.pyplot as plt

    from standalone_node.report.figures.style import OKABE_ITO, style

    keys = [key for key in found if key[1] in list(FINE)[:2]]
    with style():
        figure, axes = plt.subplots(1, len(keys), figsize=(12.0, 3.5), layout="constrained")
        for place, key in zip(axes, keys, strict=True):
            direct = found[key][0].direct
            course = found[key][0].continued[tolerance]
            place.loglog(direct.seconds[1:], direct.costs[1:], color="0.6", label="direct", lw=2.5)
            level, seconds, costs = map(np.asarray, (course.levels, course.seconds, course.costs))
            for colour, layers in zip(OKABE_ITO, dict.fromkeys(course.levels), strict=False):
                on = level == layers
                name = f"{layers} layers" if layers in LEVELS else "fine"
                place.loglog(seconds[on], costs[on], color=colour, label=name)
            plain_decades(place.xaxis, 1.0)
            plain_decades(place.yaxis, 1.0, 2.0, 3.0, 5.0)
            place.set_title(", ".join(key))
            place.set_xlabel("seconds, one thread")
        axes[0].set_ylabel("cost (of the level)")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
