"""What noise and attacks leave of the accuracy of a network, and how two networks compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduction.page import spread
from standalone_node.problem.network import Network
from standalone_node.sensitivity import (
    certificate,
    fgsm,
    jacobians,
    masking_checks,
    pgd,
    smallest_perturbation,
)

Array = NDArray[Any]

#: Standard deviations of the noise, and sizes of the attacks, as shares of the range of a pixel.
NOISES, SIZES = (0.1, 0.2, 0.3, 0.4, 0.5), (0.05, 0.1, 0.15)
DRAWS, BOX = 5, (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Measures:
    """Of one network, on rows that it was not trained on.

    Attributes
    ----------
    clean : float
        Accuracy.
    noise : ndarray, shape (5,)
        Accuracy under normal noise of each of `NOISES`, the mean of `DRAWS` draws.
    fgsm, pgd : ndarray, shape (3,)
        Accuracy under attacks of each of `SIZES` in the maximum norm; what PGD breaks at one size
        is broken at the next.
    distance : ndarray, shape (B,)
        The l2 length of the smallest change that makes the answer wrong, as far as the attacks
        find it; 0 where it is wrong from the start.
    """

    clean: float
    noise: Array
    fgsm: Array
    pgd: Array
    distance: Array

    @property
    def right(self) -> Array:
        """Which rows have the right answer, (B,)."""
        return self.distance > 0.0


def measured(
    network: Network, pixels: Array, labels: Array, seed: int, *, kept: Path | None = None
) -> Measures:
    """Noise and attacks, or what a file says of the same parameters and rows."""
    subject = np.concatenate([network.parameters.values.ravel(), pixels.ravel(), [seed]])
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            if np.array_equal(file["subject"], subject):
                columns = {f.name: file[f.name] for f in fields(Measures)}
                return Measures(**columns | {"clean": float(columns["clean"])})
    found = _measured(network, pixels, labels, seed)
    if kept is not None:
        np.savez(kept, subject=subject, **{f.name: getattr(found, f.name) for f in fields(found)})
    return found


def _measured(network: Network, pixels: Array, labels: Array, seed: int) -> Measures:
    """Noise and attacks; the noise of a seed is the same for all networks."""
    distance = smallest_perturbation(network, pixels, labels, bounds=BOX).distance.copy()
    simple, strong, standing = [], [], distance > 0.0
    for size in SIZES:
        attack: dict[str, Any] = {"epsilon": size, "norm": "linf", "bounds": BOX}
        one = fgsm(network, pixels, labels, **attack)
        simple.append(float(np.mean(~one.broken)))
        rows = np.flatnonzero(standing)
        if rows.size:
            many = pgd(network, pixels[rows], labels[rows], restarts=1, **attack)
            # Whatever breaks an answer is an upper bound on the smallest change, in any norm.
            length = np.linalg.norm(many.perturbed - pixels[rows], axis=1)
            distance[rows] = np.minimum(distance[rows], np.where(many.broken, length, np.inf))
            standing[rows[many.broken]] = False
        strong.append(float(np.mean(standing)))
    return Measures(
        clean=float(np.mean(decisions(network, pixels) == labels)),
        noise=under_noise(network, pixels, labels, seed),
        fgsm=np.array(simple),
        pgd=np.array(strong),
        distance=distance,
    )


def decisions(network: Network, pixels: Array) -> Array:
    """The classes that the network decides for, (B,)."""
    return network.decided(network.solve(pixels))


def under_noise(network: Network, pixels: Array, labels: Array, seed: int) -> Array:
    """The accuracy under normal noise of each of `NOISES`; pixels may leave their range."""
    rng = np.random.default_rng(seed)
    draws = rng.standard_normal((DRAWS, *pixels.shape))
    return np.array(
        [np.mean([decisions(network, pixels + sd * z) == labels for z in draws]) for sd in NOISES]
    )


#: Of the rows so many are looked at for masked gradients, and one in so many is certified.
LOOKED_AT, ONE_IN = 100, 12


def checked(network: Network, pixels: Array, labels: Array, found: Measures) -> list[str]:
    """Cells: masked gradients, radius certified, smallest change, stretching, size of weights."""
    checks = masking_checks(
        network, pixels, labels, bounds=BOX, most_rows=LOOKED_AT, distance=found.distance
    )
    failed = [check.name for check in checks if not check.holds]
    some = slice(None, None, ONE_IN)
    radius = certificate(network, pixels[some], labels[some]).radius
    return [
        f"{len(checks) - len(failed)} of {len(checks)} hold"
        + "".join(f"; not: {n}" for n in failed),
        f"{np.median(radius):.3f}",
        f"{np.median(found.distance[some]):.3f}",
        f"{np.median(jacobians(network, pixels[some]).singular_values[:, 0]):.3g}",
        f"{np.sqrt(np.mean(network.parameters.values[:-1] ** 2)):.3f}",
    ]


def common(of_one_seed: Iterable[Measures]) -> Array:
    """Rows that all networks of a seed answer rightly, (B,): there the clean accuracy is equal."""
    return np.logical_and.reduce([m.right for m in of_one_seed])


Found = Mapping[str, "list[Measures]"]


def length(found: Found, name: str, seed: int) -> float:
    """The median length of the smallest change, over the rows that all networks answer rightly."""
    rows = common(measures[seed] for measures in found.values())
    return float(np.median(found[name][seed].distance[rows]))


#: Head of a column -> its value, from all measures, a name and a seed.
Column = Callable[[Found, str, int], float]
COLUMNS: dict[str, Column] = {
    "accuracy": lambda f, name, s: f[name][s].clean,
    "noise 0.2": lambda f, name, s: float(f[name][s].noise[1]),
    "noise 0.4": lambda f, name, s: float(f[name][s].noise[3]),
    "FGSM 0.1": lambda f, name, s: float(f[name][s].fgsm[1]),
    "PGD 0.1": lambda f, name, s: float(f[name][s].pgd[1]),
    "smallest change": length,
}


def line(found: Found, name: str) -> list[str]:
    """The cells of a network: medians over the seeds, the smallest and the largest."""
    seeds = range(len(found[name]))
    return [
        spread([column(found, name, s) for s in seeds], "{:.3f}".format)
        for column in COLUMNS.values()
    ]


def difference(found: Found, first: str, second: str) -> list[str]:
    """The cells of a pair: first minus second seed by seed, and in how many seeds it is ahead."""
    cells = []
    for column in COLUMNS.values():
        seeds = range(len(found[first]))
        each = [column(found, first, s) - column(found, second, s) for s in seeds]
        low, middle, high = min(each), float(np.median(each)), max(each)
        ahead = sum(e > 0.0 for e in each)
        cells.append(f"{middle:+.3f} ({low:+.3f} to {high:+.3f}), {ahead}")
    return cells
