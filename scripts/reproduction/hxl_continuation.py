"""[HXL] 2: depth continuation against training the fine network directly."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import standalone_node as sn
from reproduction.classes import classification, start_of
from reproduction.followed import Course, follow
from reproduction.page import plain_decades, spread, table
from standalone_node.optimize.continuation import LEVEL_TOLERANCE


@dataclass(frozen=True)
class Way:
    """A way of continuation: steps of the levels, when one ends, and their scheme."""

    levels: tuple[int, ...] = (4, 8, 16, 32)
    tolerance: float = LEVEL_TOLERANCE
    scheme: str | None = "euler"

    def below(self, steps: int) -> tuple[int, ...]:
        """Its levels for a fine network of so many steps."""
        return tuple(n for n in self.levels if n < steps)


#: By levels of the fine network's own scheme, for networks that are no ResNets themselves. Of six
#: choices of levels and tolerance the fastest to the last cost, on both data sets together, seeds
#: 10 and 11.
OWN_SCHEME = Way((8,), 0.001, None)
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
    """A direct run, and runs by continuation in some ways, from one start."""

    direct: Course
    continued: dict[Way, Course]

    def level(self, share: float) -> float:
        """The cost of the direct run after that share of its iterations."""
        return self.direct.costs[self._iteration(share)]

    def ratio(self, share: float, way: Way, what: str) -> float:
        """Seconds or sweeps of the continuation to that cost over those of the direct run.

        The cost has to be reached on the fine network. nan if it is not.
        """
        course, fine = self.continued[way], self.direct.levels[0]
        needed = getattr(self.direct, what)[self.direct.first(self.level(share))]
        return course.when(what, self.level(share), fine) / float(needed)

    def change(self, way: Way) -> float:
        """Relative change of the cost from the last level to the fine network, same weights."""
        course = self.continued[way]
        first = course.levels.index(self.direct.levels[0])
        return course.costs[first] / course.costs[first - 1] - 1.0

    def _iteration(self, share: float) -> int:
        last = len(self.direct.costs) - 1
        return max(1, round(share * last)) if last else 0


Key = tuple[str, str]


def both(data: str, fine: str) -> tuple[Way, ...]:
    """From ResNets, and where the fine network is none from levels of its own scheme."""
    return (Way(),) if FINE[fine]["scheme"] == "euler" else (Way(), OWN_SCHEME)


def runs(
    seeds: Sequence[int], ways: Callable[[str, str], Sequence[Way]] = both, scale: float = 1.0
) -> dict[Key, list[Pair]]:
    """Direct and continued for every data set, fine network and seed, one right after the other.

    `ways(data, fine)` are the ways to compare; `scale` takes a share of rows and iterations.
    """
    found: dict[Key, list[Pair]] = {(data, fine): [] for data in DATA for fine in FINE}
    for data, fine in found:
        rows, iterations, options = DATA[data]
        for k, seed in enumerate(seeds):
            problem = classification(
                data, int(scale * rows), seed, **COMMON, **FINE[fine], **options
            )
            if k == 0:  # loads and compiles
                pair(problem, seed, 2, ways(data, fine))
            found[data, fine].append(pair(problem, seed, int(scale * iterations), ways(data, fine)))
            print(f"{data}, {fine}, seed {seed}", file=sys.stderr, flush=True)
    return found


def pair(problem: sn.InverseProblem, seed: int, iterations: int, ways: Sequence[Way]) -> Pair:
    """One direct run, and as many iterations at most on each level of the others.

    These end where they have the cost with which the direct one ends.
    """
    start = start_of(problem, seed)
    options: dict[str, Any] = {
        "max_iterations": iterations,
        "tolerance": 0.0,
        "cost_tolerance": 0.0,
    }

    def direct(callback: Any) -> Any:
        return sn.minimize(problem.replaced(), start, callback=callback, **options)

    def continued(way: Way) -> Course:
        return follow(
            lambda callback: sn.continuation(
                problem.replaced(),
                way.below(problem.times.size - 1),
                start=start,
                scheme=way.scheme,
                level_tolerance=way.tolerance,
                callback=callback,
                **options,
            ),
            until=first.costs[-1],
            level=first.levels[0],
        )[0]

    first = follow(direct)[0]
    return Pair(first, {way: continued(way) for way in ways})


def ratios_table(found: dict[Key, list[Pair]]) -> str:
    """Time and sweeps of the continuation to some costs, as shares of the direct run's."""
    rows = []
    for (data, fine), pairs in found.items():
        for way in pairs[0].continued:
            for share in SHARES:
                ratios = (
                    spread((p.ratio(share, way, what) for p in pairs), "{:.2f}".format)
                    for what in ("seconds", "sweeps")
                )
                cost = spread(p.level(share) for p in pairs)
                first = f"{data}, {fine}"
                rows.append((first, _named(way, fine), round(share * DATA[data][1]), cost, *ratios))
    heads = ("data, fine network", "levels", "direct iterations", "cost")
    return table((*heads, "time, ratio", "sweeps, ratio"), rows)


def changes_table(found: dict[Key, list[Pair]]) -> str:
    """How much of the cost is a matter of the last level's discretisation."""
    rows = [
        (
            f"{data}, {fine}",
            _named(way, fine),
            spread((p.change(way) for p in pairs), "{:+.4f}".format),
        )
        for (data, fine), pairs in found.items()
        for way in pairs[0].continued
    ]
    return table(("data, fine network", "levels", "change of the cost"), rows)


def _named(way: Way, fine: str) -> str:
    layers = ", ".join(map(str, way.below(FINE[fine]["steps"])))
    return f"{'ResNet' if way.scheme == 'euler' else FINE[fine]['scheme'].upper()} {layers}"


def tolerances_table(found: dict[Key, list[Pair]], ways: Sequence[Way]) -> str:
    """For each level tolerance the ratios of sweeps, medians over the seeds; the means of all."""
    rows = []
    logs: dict[Way, list[float]] = {way: [] for way in ways}
    for (data, fine), pairs in found.items():
        for share in SHARES:
            cells = []
            for way in ways:
                ratios = [p.ratio(share, way, "sweeps") for p in pairs]
                # What is not reached within the run counts as twice the direct run.
                logs[way] += list(np.log(np.nan_to_num(ratios, nan=2.0)))
                cells.append(spread(ratios, "{:.2f}".format))
            rows.append((f"{data}, {fine}", round(share * DATA[data][1]), *cells))
    means = (f"{np.exp(np.mean(logs[way])):.3f}" for way in ways)
    rows.append(("geometric mean", "", *means))
    tolerances = (str(way.tolerance) for way in ways)
    return table(("data, fine network", "direct iterations", *tolerances), rows)


def drawn(found: dict[Key, list[Pair]]) -> Any:
    """Cost against seconds: the direct run, and the levels of the continuation; the first seed."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import style

    keys = [key for key in found if key[1] in list(FINE)[:2]]
    panels = [(key, way) for key in keys for way in found[key][0].continued]
    with style():
        figure, axes = plt.subplots(2, len(panels) // 2, figsize=(10.5, 6.0), layout="constrained")
        for place, (key, way) in zip(axes.flat, panels, strict=True):
            _draw(place, found[key][0], way)
            place.set_title(f"{key[0]}, {key[1]}, from {_named(way, key[1])}", fontsize="small")
        for place in axes[-1]:
            place.set_xlabel("seconds, one thread")
        for place in axes[:, 0]:
            place.set_ylabel("cost (of the level)")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _draw(place: Any, runs: Pair, way: Way) -> None:
    from standalone_node.plot.style import OKABE_ITO

    direct, course = runs.direct, runs.continued[way]
    place.loglog(direct.seconds[1:], direct.costs[1:], color="0.6", label="direct", lw=2.5)
    level, seconds, costs = map(np.asarray, (course.levels, course.seconds, course.costs))
    fine = direct.levels[0]
    for colour, steps in zip(OKABE_ITO, (*Way().below(fine), fine), strict=False):
        on = level == steps
        name = "fine" if steps == fine else f"level of {steps} steps"
        if on.any():
            place.loglog(seconds[on], costs[on], color=colour, label=name)
    plain_decades(place.xaxis, 1.0)
    plain_decades(place.yaxis, 1.0, 2.0, 3.0, 5.0)
