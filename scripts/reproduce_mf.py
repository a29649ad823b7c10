"""Reversible schemes: exact derivatives without keeping states, and what that costs.

    python scripts/reproduce_mf.py [--seeds 5] [--largest 4000] [--figure FILE]

McCallum and Foster (arXiv 2410.11648) make any explicit scheme reversible: a pair of states is
carried along, and the adjoint sweep reconstructs it backwards. Their claims are looked at one by
one: the derivative is that of the discrete map; memory does not grow with the number N of steps;
the order of the scheme is kept; the scheme is stable. "True" is the coupling exp(-6 / N).

The networks are x' = tanh(W(t) x + b(t)): 20 samples in 4 dimensions, theta a random smooth
function on 5 depth intervals, T = 2 ("mild"), and the same with W - 2 I and T = 4 ("contracting"),
where what starts apart comes together. Everything runs on one thread, and seconds are those of the
processor.
"""

from __future__ import annotations

import tracemalloc
import warnings
from math import exp
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reproduction.mf_numpy import optimise_first, stored
from reproduction.page import arguments, save, spread, table

import standalone_node as sn
from standalone_node.problem.reversible import ReversibleFlow

Array = NDArray[Any]
Coupling = float | bool

INTERVALS = 5
FIELDS = {"mild": (2.0, 0.0), "contracting": (4.0, 2.0)}
SCHEMES = ("heun", "rk4")
COUPLINGS: tuple[Coupling, ...] = (True, 0.9, 0.99, 0.999, 1.0)
short = "{:.1e}".format


def network(field: str, seed: int, **options: Any) -> tuple[sn.InverseProblem, sn.Parameters]:
    """A problem and random smooth parameters."""
    horizon, pull = FIELDS[field]
    x, y = np.random.default_rng(seed).standard_normal((2, 20, 4))
    problem = sn.InverseProblem(
        x, y, horizon=horizon, depth_points=INTERVALS + 1, threads=1, **options
    )
    drawn = problem.initial_parameters(seed, scale=1.0)
    weights = drawn.weights - pull * np.eye(4)
    return problem, sn.Parameters(drawn.times, weights, drawn.biases)


def distance(found: Array, right: Array) -> float:
    """The largest difference, relative to the largest entry."""
    return float(np.abs(found - right).max() / np.abs(right).max())


def exactness(field: str, scheme: str, steps: int, seed: int) -> tuple[float, float]:
    """Errors of two derivatives, relative to that of the discrete cost each of them belongs to.

    The reversible one, against all states kept in plain NumPy; and that of optimise, then
    discretise, against the derivative of the plain scheme.
    """
    problem, p = network(field, seed, scheme=scheme, steps=steps, reversible=True)
    reversible = problem.cost_and_derivative(p)[1].values
    exact = problem.replaced(reversible=False).cost_and_derivative(p)[1].values
    with np.errstate(over="ignore", invalid="ignore"):
        first = optimise_first(problem, p)
    return distance(reversible, stored(problem, p, exp(-6.0 / steps))), distance(first, exact)


def exactness_table(seeds: int, numbers: tuple[int, ...]) -> tuple[str, Array]:
    """The table, and the medians (field, scheme, number, kind) for the figure."""
    rows, medians = [], np.empty((len(FIELDS), len(SCHEMES), len(numbers), 2))
    for i, field in enumerate(FIELDS):
        for j, scheme in enumerate(SCHEMES):
            for k, steps in enumerate(numbers):
                found = np.array([exactness(field, scheme, steps, s) for s in range(seeds)])
                medians[i, j, k] = np.median(found, axis=0)
                rows.append((f"{field}, {scheme}", steps, *(spread(e, short) for e in found.T)))
    heads = ("network, scheme", "N", "reversible", "optimise, then discretise")
    return table(heads, rows), medians


def orders_table(seeds: int) -> str:
    """The orders of x(T) and of the derivative, observed when the steps are halved."""
    rows = []
    for scheme, steps in {"euler": (640, 1280), "heun": (320, 640), "rk4": (80, 160)}.items():
        for name, coupling in {"no": False, "True": True, "0.999": 0.999, "1": 1.0}.items():
            studies = []
            for seed in range(seeds):
                problem, p = network("mild", seed, scheme=scheme, reversible=coupling)
                studies.append(sn.convergence_study(problem, p, steps=steps))
            rows.append(
                (
                    scheme,
                    name,
                    *(
                        spread((s.orders[what] for s in studies), "{:.2f}".format)
                        for what in ("states", "derivatives")
                    ),
                    spread((s.errors["states"][-1] for s in studies), short),
                )
            )
    heads = ("scheme", "reversible", "order, states", "order, derivatives", "error, states")
    return table(heads, rows)


def large(steps: int, coupling: Coupling) -> tuple[sn.InverseProblem, sn.Parameters]:
    """100 samples in 10 dimensions, RK4, 21 depth points; all stages kept if not reversible."""
    x, y = np.random.default_rng(0).standard_normal((2, 100, 10))
    problem = sn.InverseProblem(
        x, y, steps=steps, depth_points=21, threads=1, reversible=coupling, memory_limit="8GB"
    )
    return problem, problem.initial_parameters()


def work(problem: sn.InverseProblem, p: sn.Parameters) -> None:
    """Cost, derivative and step length along a direction."""
    problem.cost_and_derivative(p)
    problem.line_model(p, p)


def peak(steps: int, coupling: Coupling) -> float:
    """MB that they need at most; the problem and its grid are there before."""
    problem, p = large(steps, coupling)
    work(*large(2, coupling))
    tracemalloc.start()
    work(problem, p)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def time_ratios(steps: int, repeats: int) -> list[float]:
    """Seconds of the same, reversible over kept, as in training: problems and memory are there.

    Of the processor: the machine may be busy with other things.
    """
    pairs = [large(steps, coupling) for coupling in (True, False)]
    ratios = []
    for k in range(repeats + 1):  # one after the other, so that both see the same machine
        needed = []
        for problem, p in pairs:
            changed = (1.0 + 0.01 * k) * p  # the states of the last time are of no use
            began = process_time()
            work(problem, changed)
            needed.append(process_time() - began)
        ratios.append(needed[0] / needed[1])
    return ratios[1:]


def memory_table(numbers: tuple[int, ...], repeats: int = 7) -> tuple[str, Array]:
    """The table, and the peaks (number, kept or reversible) for the figure."""
    rows, peaks = [], np.array([[peak(n, c) for c in (False, True)] for n in numbers])
    for steps, (kept, reversible) in zip(numbers, peaks, strict=True):
        ratios = time_ratios(steps, repeats)
        rows.append((steps, f"{kept:.1f}", f"{reversible:.2f}", spread(ratios, "{:.2f}".format)))
    heads = ("N", "MB, all stages kept", "MB, reversible", "time, reversible over kept")
    return table(heads, rows), peaks


def reconstruction(problem: sn.InverseProblem, p: sn.Parameters) -> float:
    """How wrong the inputs are that the adjoint sweep comes back to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        problem.cost_and_derivative(p)
    assert isinstance(problem.flow, ReversibleFlow)
    return problem.flow.reconstruction_error


def couplings_table(seeds: int, numbers: tuple[int, ...]) -> str:
    """The error of the reconstructed inputs against N."""

    def error(steps: int, coupling: Coupling, seed: int) -> float:
        return reconstruction(*network("mild", seed, steps=steps, reversible=coupling))

    def row(steps: int) -> list[str]:
        found = ((error(steps, c, seed) for seed in range(seeds)) for c in COUPLINGS)
        return [spread(errors, short) for errors in found]

    return table(("N", *map(str, COUPLINGS)), ((n, *row(n)) for n in numbers))


def contraction(depth: int, coupling: Coupling) -> tuple[float, float]:
    """x' = 1 - x over that depth, 400 RK4 steps: errors of x(T) and of the reconstructed x(0)."""
    x = np.linspace(-1.0, 1.0, 5)[:, None]
    problem = sn.InverseProblem(
        x, x, horizon=depth, steps=400, activation="identity", threads=1, reversible=coupling
    )
    p = sn.Parameters([0.0, depth], -np.ones((2, 1, 1)), np.ones((2, 1)))
    final = problem.solve_direct(p)[-1]
    return float(np.abs(final - 1.0 - exp(-depth) * (x - 1.0)).max()), reconstruction(problem, p)


def contraction_table(depths: tuple[int, ...]) -> str:
    """Both errors against the depth; last, a coupling that falls as fast as the flow contracts."""

    def cell(depth: int, coupling: Coupling | None) -> str:
        chosen = exp(-depth / 400) if coupling is None else coupling
        return " / ".join(short(error) for error in contraction(depth, chosen))

    rows = ((t, *(cell(t, coupling) for coupling in (*COUPLINGS, None))) for t in depths)
    return table(("T", *map(str, COUPLINGS), "exp(-T/N)"), rows)


def drawn(numbers: tuple[int, ...], medians: Array, grids: tuple[int, ...], peaks: Array) -> Any:
    """Errors of derivatives against N, and memory against N."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import MARKERS, OKABE_ITO, style

    with style():
        figure, axes = plt.subplots(1, 3, figsize=(11.0, 3.4), layout="constrained")
        for place, field, errors in zip(axes, FIELDS, medians, strict=False):
            for scheme, marker, both in zip(SCHEMES, MARKERS, errors, strict=False):
                place.loglog(numbers, both[:, 1], marker=marker, color=OKABE_ITO[5],
                             label=f"{scheme}, optimise, then discretise")  # fmt: skip
                place.loglog(numbers, both[:, 0], marker=marker, color=OKABE_ITO[0],
                             label=f"{scheme}, reversible")  # fmt: skip
            place.set_title(f"error of the derivative, {field}")
            place.set_xlabel("N")
        axes[0].sharey(axes[1])
        axes[1].legend(loc="center left", bbox_to_anchor=(0.0, 0.3), fontsize=8.5)
        for name, colour, marker, most in zip(
            ("all stages kept", "reversible"), (OKABE_ITO[5], OKABE_ITO[0]), MARKERS, peaks.T,
            strict=False,
        ):  # fmt: skip
            axes[2].loglog(grids, most, color=colour, marker=marker, label=name)
        axes[2].set_title("peak memory, MB")
        axes[2].set_xlabel("N")
        axes[2].legend()
    return figure


def main() -> None:
    """Print the tables and draw the figure."""
    parser = arguments(__doc__)
    parser.add_argument("--largest", type=int, default=4000, help="N, at most (default 4000)")
    given = parser.parse_args()
    numbers = tuple(n for n in (10, 40, 160) if n <= given.largest)
    grids = tuple(n for n in (100, 1000, 4000) if n <= given.largest) or (given.largest,)
    text, medians = exactness_table(given.seeds, numbers)
    print("Relative error of the derivative, against that of the discrete cost\n", text, sep="\n")
    print("\nObserved orders, network mild\n", orders_table(given.seeds), sep="\n")
    text, peaks = memory_table(grids)
    print("\nMemory and time of cost, derivative and step length, RK4\n", text, sep="\n")
    print("\nError of the reconstructed inputs, network mild, RK4, by coupling\n")
    print(couplings_table(given.seeds, grids))
    print(
        "\nx' = 1 - x, 400 steps of RK4: error of x(T) / of the reconstructed x(0), by coupling\n"
    )
    print(contraction_table((2, 5, 10, 15, 20)))
    if given.figure:
        save(drawn(numbers, medians, grids, peaks), given.figure)


if __name__ == "__main__":
    main()
