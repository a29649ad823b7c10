"""Are standalone neural ODEs more robust than ResNets of the same size? On the digits.

    python scripts/reproduce_snode_robustness.py [--seeds 5] [--only NAME ...] [--figure FILE]

Jaroudi and others (arXiv 2205.13933) report that standalone neural ODEs trained by Sobolev
conjugate gradients withstand noise and adversarial attacks better than ResNets. Here both are one
network: 64 pixels in [0, 1] are the state, its first ten components at T = 3 the outputs,
x' = tanh(W x + b), 20 Euler steps of h = 0.15, each a layer with weights of its own. A ResNet is
that with every layer drawn on its own, trained by Adam without a penalty. Rows with index % 5 == 0
are held out; learning rates were chosen by cross-validation within the others, by accuracy
(`--validate` scores the settings of the table in this way).

Noise is normal, of a standard deviation given as a share of the range of a pixel, and may leave
that range; attacks may not. FGSM and PGD are of the maximum norm, by the exact derivative of the
discrete map; the smallest change that makes an answer wrong is measured in l2. None of this
depends on the scale of the outputs. `--check` adds, for seed 0, checks for masked gradients and
certified radii. `--keep FOLDER` keeps networks and measures for another call.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reproduce_snode import digits, splits
from reproduction.page import arguments, save, spread, table
from reproduction.robust import CONTENDERS, STEPS, Contender, Trained, trained
from reproduction.robust_measures import (
    COLUMNS,
    NOISES,
    SIZES,
    Measures,
    checked,
    decisions,
    difference,
    line,
    measured,
)

Array = NDArray[Any]

#: Two networks and what they differ in.
PAIRS = (
    ("squared-ours", "squared-resnet", "claim, squared loss, ours"),
    ("squared-published", "squared-resnet", "claim, squared loss, as published"),
    ("ours", "resnet", "claim, cross-entropy, ours"),
    ("published", "resnet", "claim, cross-entropy, as published"),
    ("kinetic", "resnet", "claim, cross-entropy, kinetic penalty"),
    ("ours", "resnet-longer", "cross-entropy, ours, at equal sweeps"),
    ("published", "resnet-longer", "cross-entropy, as published, at equal sweeps"),
    ("published", "resnet-unit", "cross-entropy, as published, against unit steps"),
    ("resnet-longer", "resnet", "ResNet: as many sweeps as NCG"),
    ("resnet-ncg", "resnet", "ResNet: Euclidean NCG, not Adam"),
    ("adam-smooth", "resnet", "Adam: smooth start, not layerwise"),
    ("adam-output", "adam-smooth", "Adam: with the output penalty"),
    ("ours", "adam-output", "cost and start of ours: NCG, not Adam"),
    ("kinetic", "adam-kinetic", "kinetic penalty: NCG, not Adam"),
)
#: Heads of what `--check` adds.
CHECKED = ("certified", "smallest change", "stretching", "weights")
#: In the figure.
SHOWN = ("ours", "published", "kinetic", "resnet", "resnet-unit")


@dataclass(frozen=True)
class Rows:
    """Which rows are trained on and which are looked at, and how long the training is."""

    validate: bool = False
    quick: bool = False

    def split(self, seed: int) -> tuple[Array, Array]:
        """Training rows, and those to score on."""
        train, test = splits(seed, self.validate)
        return (train[:120], test[:20]) if self.quick else (train, test)

    def contender(self, name: str) -> Contender:
        """One of the table, with next to no training if it has to be quick."""
        whole = CONTENDERS[name]
        return replace(whole, epochs=min(whole.epochs, 1)) if self.quick else whole


def networks(given: argparse.Namespace) -> Iterator[tuple[int, str, Trained, Array, Array]]:
    """Seed, name, network, and the pixels and labels it was not trained on."""
    rows = Rows(given.validate, given.quick)
    pixels, labels = digits()
    for seed, name in product(range(given.seeds), given.only):
        train, test = rows.split(seed)
        run = trained(
            rows.contender(name),
            seed,
            pixels[train],
            labels[train],
            steps=given.steps,
            kept=file_of(given, name, seed),
        )
        yield seed, name, run, pixels[test], labels[test]


def file_of(given: argparse.Namespace, name: str, seed: int) -> Path | None:
    """Where something is kept."""
    return Path(given.keep) / f"{name}-{seed}.npz" if given.keep else None


def main() -> None:
    """Print the tables, and draw accuracy against noise and attacks."""
    given = options()
    found: dict[str, list[Measures]] = {name: [] for name in given.only}
    runs: dict[str, list[Trained]] = {name: [] for name in given.only}
    scores: dict[str, list[float]] = {name: [] for name in given.only}
    checks: dict[str, list[str]] = {}
    for seed, name, run, pixels, labels in networks(given):
        runs[name].append(run)
        scores[name].append(float(np.mean(decisions(run.network, pixels) == labels)))
        if not given.validate:
            kept = file_of(given, f"{name}-measures", seed)
            found[name].append(measured(run.network, pixels, labels, seed, kept=kept))
            if given.check and seed == 0:
                checks[name] = checked(run.network, pixels, labels, found[name][0])
        print(f"seed {seed}, {name}: {scores[name][-1]:.4f}", file=sys.stderr, flush=True)
    if given.validate:
        rows = ((name, spread(values, "{:.3f}".format)) for name, values in scores.items())
        print(table(("network", "accuracy on folds"), rows))
        return
    print("\n\n".join(tables(found, runs, checks)))
    if given.figure:
        save(drawn({name: found[name] for name in SHOWN if name in found}), given.figure)


def options() -> argparse.Namespace:
    """The command line."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--steps", type=int, default=STEPS, help=f"layers (default {STEPS})")
    parser.add_argument("--keep", metavar="FOLDER", help="where networks and measures stay")
    parser.add_argument("--validate", action="store_true", help="accuracy on folds, nothing else")
    parser.add_argument("--check", action="store_true", help="masked gradients, certificates")
    parser.add_argument("--quick", action="store_true", help="a few rows, hardly any training")
    return parser.parse_args()


def title(name: str) -> str:
    """Loss, network and training."""
    short = {"squared": "squared", "cross-entropy": "cross-ent."}
    return f"{short[CONTENDERS[name].loss]}: {CONTENDERS[name].label}"


def tables(
    found: dict[str, list[Measures]], runs: dict[str, list[Trained]], checks: dict[str, list[str]]
) -> Iterator[str]:
    """What stands under noise and attacks; differences seed by seed; checks."""
    lines = [
        (
            title(name),
            *line(found, name),
            spread((run.sweeps for run in runs[name]), "{:.0f}".format),
        )
        for name in found
    ]
    yield table(("loss: network, training", *COLUMNS, "sweeps"), lines)
    pairs = [
        (what, *difference(found, first, second))
        for first, second, what in PAIRS
        if first in found and second in found
    ]
    if pairs:
        yield table(("difference", *COLUMNS), pairs)
    if checks:
        yield table(
            ("seed 0", "no masked gradients", *CHECKED),
            [(title(name), *cells) for name, cells in checks.items()],
        )


def drawn(found: dict[str, list[Measures]]) -> Any:
    """Accuracy against noise and the two attacks, the median and what lies between the seeds."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import style

    lengths = np.linspace(0.0, 1.2, 49)
    panels: dict[str, tuple[Any, Callable[[Measures], Array]]] = {
        "normal noise, standard deviation": ((0.0, *NOISES), lambda m: np.append(m.clean, m.noise)),
        "PGD, maximum norm": ((0.0, *SIZES), lambda m: np.append(m.clean, m.pgd)),
        "smallest change, l2": (lengths, lambda m: np.mean(m.distance > lengths[:, None], axis=1)),
    }
    with style():
        figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.6), sharey=True, layout="constrained")
        for panel, (head, (places, curve)) in zip(axes, panels.items(), strict=True):
            curves = {name: np.array([curve(m) for m in found[name]]) for name in found}
            draw(panel, np.asarray(places), curves)
            panel.set_xlabel(head)
        axes[0].set_ylabel("accuracy, rows held out")
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


def draw(panel: Any, places: Array, curves: dict[str, Array]) -> None:
    """Curves (seeds, places) of the networks."""
    from standalone_node.plot.style import LINES, MARKERS

    few = places.size < 10
    for (name, seeds), colour, marker in zip(curves.items(), LINES, MARKERS, strict=False):
        panel.plot(
            places,
            np.median(seeds, axis=0),
            color=colour,
            marker=marker if few else None,
            markersize=4.0,
            label=CONTENDERS[name].label,
        )
        low, high = seeds.min(axis=0), seeds.max(axis=0)
        panel.fill_between(places, low, high, color=colour, alpha=0.15, lw=0.0)
    panel.set_xticks(places if few else places[::8])


if __name__ == "__main__":
    main()
