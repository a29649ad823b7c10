"""How closely evolving weights follow given paths, against their width.

    python scripts/follow_paths.py [--points 401] [--widths 2 4 8 16 32 64 128]

theta' = V tanh(U theta + s t + c) + e is fitted to paths theta*(t) of ten entries on [0, 2] and
solved by the classical Runge-Kutta scheme on the given depth points. Printed is the largest
|theta - theta*| over all depths and entries, relative to max |theta*|, as a table in Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node import Parameters
from standalone_node.model.following import following

Array = NDArray[Any]
HORIZON = 2.0
ENTRIES = 10


def smooth(s: Array, draw: Array) -> Array:
    """Six cosines whose coefficients fall as 1 / (1 + j)**2."""
    waves = np.cos(np.pi * np.outer(s, np.arange(6))) / (1.0 + np.arange(6)) ** 2
    return waves @ draw[:6]


def oscillating(s: Array, draw: Array) -> Array:
    """Two and three full periods."""
    return np.outer(np.cos(4.0 * np.pi * s), draw[0]) + np.outer(np.sin(6.0 * np.pi * s), draw[1])


def kinked(s: Array, draw: Array) -> Array:
    """A constant and, from 2/5 of the way on, another direction."""
    return draw[0] + np.outer(np.abs(s - 0.4), draw[1])


#: The table: a path and its values at shares of the horizon, for random coefficients.
PATHS: dict[str, Callable[[Array, Array], Array]] = {
    "smooth": smooth,
    "oscillating": oscillating,
    "with a kink": kinked,
}


def path(name: str, points: int, seed: int = 0) -> Parameters:
    """A path of the table on so many depth points."""
    times = np.linspace(0.0, HORIZON, points)
    draw = np.random.default_rng(seed).standard_normal((6, ENTRIES))
    return Parameters.from_values(times, PATHS[name](times / HORIZON, draw), (("b", (ENTRIES,)),))


def relative_error(target: Parameters, width: int) -> float:
    """max |theta - theta*| / max |theta*|."""
    return following(target, width).error / float(np.abs(target.values).max())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=401)
    parser.add_argument("--widths", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64, 128])
    given = parser.parse_args()
    print("| path | " + " | ".join(f"r = {width}" for width in given.widths) + " |")
    print("| --- " * (1 + len(given.widths)) + "|")
    for name in PATHS:
        target = path(name, given.points)
        errors = (f"{relative_error(target, width):.1e}" for width in given.widths)
        print(f"| {name} | " + " | ".join(errors) + " |")


if __name__ == "__main__":
    main()
