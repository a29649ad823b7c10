"""The interactive page of the documentation: a two-dimensional network, precomputed.

    python scripts/make_interactive.py                 # docs/interactive/index.html
    python scripts/make_interactive.py -o page.html --rows 60 --iterations 20

The page is one file that opens from the disk in any browser: the solutions of the inverse problem
for some smoothing lengths and levels of noise are in it, computed here by the package, and its
script does nothing but show them. Everything is drawn with `SEED`.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray
from sklearn.datasets import make_moons

import standalone_node as sn

Array = NDArray[np.float64]

PARTS = Path(__file__).resolve().parents[1] / "docs" / "interactive"
SEED = 0

#: The stops of the sliders.
SMOOTHING = (0.0, 0.1, 0.3, 1.0, 3.0)
NOISE = (0.0, 0.1, 0.2, 0.3, 0.4)

HORIZON, STEPS, EVERY = 4.0, 40, 2
#: Where the two classes have to arrive.
GOALS = np.array([[-1.5, 0.0], [1.5, 0.0]])
#: Half the width of the plane that is shown, of the grid in it, and its lines.
REACH, EDGE, LINES = 3.6, 2.4, 15
#: Positions are kept as whole numbers of this many units a length of one.
UNITS = 4096


@dataclass(frozen=True)
class Study:
    """What is computed: rows to train on, rows that are held out, iterations of each run."""

    rows: int = 120
    held_out: int = 400
    iterations: int = 60


def moons(rows: int, noise: float, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Two interleaved half circles (rows, 2) about the origin, and their classes (rows,).

    The noise is that of one draw, times its level, so that a row moves along a line with it.
    """
    points, classes = make_moons(rows, random_state=seed)
    deviations = np.random.default_rng(seed + 1).standard_normal(points.shape)
    return 1.2 * (points - [0.5, 0.25]) + noise * deviations, classes


def posed(points: Array, classes: NDArray[np.int64]) -> sn.InverseProblem:
    """The inverse problem of these points; theta and state have two dimensions and no more."""
    return sn.InverseProblem(
        points,
        GOALS[classes],
        horizon=HORIZON,
        steps=STEPS,
        activation="tanh",
        penalty=sn.Penalty(l2=1e-4),
    )


def plane_grid() -> Array:
    """The nodes (LINES * LINES, 2) of a grid in the plane of the inputs, row by row."""
    line = np.linspace(-EDGE, EDGE, LINES)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def solved(length: float, noise: float, study: Study) -> dict[str, Any]:
    """One stop of both sliders: weights, the way of the points, and what came out."""
    points, classes = moons(study.rows, noise, SEED)
    fresh, fresh_classes = moons(study.held_out, noise, SEED + 5)
    problem = posed(points, classes)
    result = sn.minimize(
        problem,
        problem.initial_parameters(seed=SEED + 1, scale=0.3),
        metric=sn.Sobolev(length),
        max_iterations=study.iterations,
        tolerance=1e-4,
    )
    p = result.parameters
    shown = np.concatenate([points, plane_grid()])
    nobody = np.zeros(len(shown), dtype=np.int64)
    states = posed(shown, nobody).solve_direct(p)
    arrived = posed(fresh, fresh_classes).solve_direct(p)[-1]
    slopes = np.diff(p.values, axis=0) / np.diff(p.times)[:, None]
    return {
        "smoothing": length,
        "noise": noise,
        "weights": np.round(p.values.T, 4).tolist(),
        "states": packed(states[::EVERY]),
        "cost": result.cost,
        "iterations": result.nit,
        "reason": result.reason,
        "trained": share_right(states[-1, : len(points)], classes),
        "held_out": share_right(arrived, fresh_classes),
        "roughness": float(np.sqrt(np.square(slopes).sum(axis=1) @ np.diff(p.times))),
    }


def share_right(final: Array, classes: NDArray[np.int64]) -> float:
    """The share of final states on the side of their goal."""
    return float(np.mean((final[:, 0] > 0.0) == (classes == 1)))


def packed(states: Array) -> str:
    """States as 16-bit whole numbers in units of 1 / UNITS, in base64.

    Examples
    --------
    >>> packed(np.array([0.0, 1.0, -1.0]))
    'AAAAEADw'
    """
    limit = np.iinfo(np.int16).max
    whole = np.clip(np.round(UNITS * states), -limit, limit).astype("<i2")
    return base64.b64encode(whole.tobytes()).decode("ascii")


def stops(study: Study) -> Iterator[dict[str, Any]]:
    """Every stop, the noise running fastest."""
    for length in SMOOTHING:
        for noise in NOISE:
            print(f"smoothing length {length:g}, noise {noise:g} ...", flush=True)
            yield solved(length, noise, study)


def content(study: Study) -> dict[str, Any]:
    """All that the script of the page is given."""
    found = list(stops(study))
    times = np.linspace(0.0, HORIZON, STEPS + 1)
    return {
        "smoothing": list(SMOOTHING),
        "noise": list(NOISE),
        "horizon": HORIZON,
        "times": times.tolist(),
        "frames": times[::EVERY].tolist(),
        "names": ["W₁₁", "W₁₂", "W₂₁", "W₂₂", "b₁", "b₂"],
        "classes": moons(study.rows, 0.0, SEED)[1].tolist(),
        "goals": GOALS.tolist(),
        "lines": LINES,
        "reach": REACH,
        "units": UNITS,
        "iterations": study.iterations,
        "stops": found,
    }


def page(study: Study) -> str:
    """The page, whole."""
    environment = Environment(
        loader=FileSystemLoader(PARTS), undefined=StrictUndefined, autoescape=True
    )
    given = json.dumps(content(study), separators=(",", ":"), ensure_ascii=False)
    return environment.get_template("page.html.jinja").render(
        study=study,
        css=Markup((PARTS / "page.css").read_text(encoding="utf-8")),
        script=Markup((PARTS / "page.js").read_text(encoding="utf-8")),
        # Nothing in the data can end the element they stand in.
        content=Markup(given.replace("<", "\\u003c")),
        horizon=HORIZON,
        steps=STEPS,
        smoothing=SMOOTHING,
        noise=NOISE,
    )


def main() -> None:
    """Compute, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=PARTS / "index.html")
    parser.add_argument("--rows", type=int, default=Study.rows)
    parser.add_argument("--iterations", type=int, default=Study.iterations)
    given = parser.parse_args()
    text = page(Study(rows=given.rows, iterations=given.iterations))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(text, encoding="utf-8")
    print(f"{given.output}: {len(text.encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
