"""Evolving weights, depth continuation and imported ResNets.

    python scripts/reproduce_hxl.py [--seeds 5] [--only weights continuation import] [--figure FILE]

He, Xie and Lin (doi 10.1007/978-3-030-31654-9_51) let the weights of a network of infinitely many
layers evolve by an equation of their own, start it from a trained finite ResNet, and report that it
converges faster than one with fixed weights. Three experiments, with cross-entropy on random rows
of the bundled digits and spirals, outputs in components of their own, tanh, the metric Sobolev(1.0)
and nonlinear conjugate gradients:

weights       Cost against iterations and seconds with constant, evolving (8 hidden units) and free
              weights, all from the same constant weights. 300 rows, T = 4, 20 midpoint steps, both
              forms, 100 iterations. Two constants in the metric of the evolving weights were chosen
              by runs on these data sets with seeds 0 to 4, so that seeds 10, 11, ... are used here.
continuation  Time and sweeps by ResNets of 4, 8, 16, 32 layers, as shares of those of training the
              fine network directly, to the costs that the direct run has at a sixth, a third, two
              thirds and the end of its iterations; for the network of 64 RK4 steps by few RK4 steps
              on the levels, too. 400 digits, "inside", T = 3, 60 iterations; 600 points of the
              spirals, "outside", T = 4, 120 iterations.
import        ResNets of L layers in plain NumPy, trained by Adam, given as arrays: Euler's scheme
              has to reproduce them; cost of the network of 64 RK4 steps right after the import.

Seconds are those of the processor, on one thread. A seed draws rows and start. `--tolerances` runs
the continuation with several level tolerances, on seeds 10, 11, ...: the default was chosen by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reproduction import hxl_continuation, hxl_import, hxl_weights
from reproduction.page import arguments, save

PARTS = ("weights", "continuation", "import")


def main() -> None:
    """Print the tables of the parts asked for, and draw them."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of rows and iterations (default 1)"
    )
    parser.add_argument("--tolerances", type=float, nargs="+", help="level tolerances to compare")
    given = parser.parse_args()
    if given.tolerances:
        _compare_tolerances(given)
        return
    if "weights" in given.only:
        _weights(given)
    if "continuation" in given.only:
        _continuation(given)
    if "import" in given.only:
        iterations = max(1, int(100 * given.scale))
        print("Costs with an imported ResNet\n")
        print(hxl_import.imports_table(given.seeds, iterations), end="\n\n", flush=True)


def _weights(given: Any) -> None:
    iterations = int(100 * given.scale)
    found = hxl_weights.runs(given.seeds, int(300 * given.scale), iterations)
    print("Cost with constant, evolving and free weights\n")
    print(hxl_weights.costs_table(found, iterations), end="\n\n")
    print("To the cost of constant weights after so many iterations, as a share of theirs\n")
    print(hxl_weights.ratios_table(found, iterations), end="\n\n", flush=True)
    if given.figure:
        save(hxl_weights.drawn(found), _named(given.figure, "weights"))


def _continuation(given: Any) -> None:
    found = hxl_continuation.runs(range(given.seeds), scale=given.scale)
    print("Continuation against direct training\n")
    print(hxl_continuation.ratios_table(found), end="\n\n")
    print("From the last level to the fine network\n")
    print(hxl_continuation.changes_table(found), end="\n\n", flush=True)
    if given.figure:
        save(hxl_continuation.drawn(found), _named(given.figure, "continuation"))


def _compare_tolerances(given: Any) -> None:
    seeds = range(10, 10 + given.seeds)
    ways = [hxl_continuation.Way(tolerance=tolerance) for tolerance in given.tolerances]
    found = hxl_continuation.runs(seeds, lambda data, fine: ways, given.scale)
    print("Sweeps of the continuation as a share of the direct run's, by level tolerance\n")
    print(hxl_continuation.tolerances_table(found, ways))


def _named(figure: str, part: str) -> Path:
    """hxl.png becomes hxl-weights.png."""
    path = Path(figure)
    return path.with_name(f"{path.stem}-{part}{path.suffix}")


if __name__ == "__main__":
    main()
