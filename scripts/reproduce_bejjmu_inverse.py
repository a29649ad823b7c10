"""An inverse problem with a known answer: what noise does, with and without discrepancy stopping.

    python scripts/reproduce_bejjmu_inverse.py [--seeds 5] [--iterations 1000] [--figure FILE]

theta*(t) is known and smooth, d = 3, 200 samples, T = 1, x' = tanh(W x + b). The data x(T) come
from RK4 with 640 steps; the reconstruction uses 40 steps of the midpoint rule and 41 depth points.
Noise is normal, its standard deviation 0, 0.1, 1 or 5 % of the root mean square of the data. A seed
draws theta*, the inputs, the noise and the smooth start. NCG in the metrics Sobolev(1) and L2,
without any penalty, ends by the discrepancy principle (root mean square residual at most tau times
the noise level) or runs on for the given iterations. Without noise there is nothing to stop at.

Flow map: relative L2 error of x(T) over 1000 fresh inputs. Paths: the same of x(t) at all grid
points, about which the data say nothing but at the end. theta: relative L2 error in depth. Each
cell is a median over the seeds, and in brackets the smallest and the largest. Where the states are
observed at 8 times, the field is that of a user (`FieldProblem`), in plain NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from reproduction.known_answer import KnownAnswer, known_answer
from reproduction.page import arguments, save, spread, table

import standalone_node as sn

NOISES = (0.0, 0.001, 0.01, 0.05)
#: The default of `minimize`, and one nearer to 1, since the noise level is known exactly here.
TAUS = (1.1, 1.02)
METRICS: dict[str, Any] = {"Sobolev(1)": sn.Sobolev(1.0), "L²": sn.L2()}
COLOURS = {"Sobolev(1)": "#0072B2", "L²": "#009E73"}


@dataclass(frozen=True)
class Sought:
    """A theta to be found: further arguments of the problem and of `minimize`.

    Attributes
    ----------
    runs_on : bool
        Whether there is a row for the run that is not stopped.
    """

    metric: str
    made: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    runs_on: bool = True


THETAS = {
    "inside, Sobolev(1)": Sought("Sobolev(1)"),
    "inside, L²": Sought("L²"),
    "outside, Sobolev(1)": Sought("Sobolev(1)", {"form": "outside"}),
    "inside, constant in t": Sought("Sobolev(1)", {"constant": True}, {"weights": "constant"}),
    "inside, observed at 8 times": Sought("Sobolev(1)", {"observed": 8}, runs_on=False),
}
#: Errors by iteration: (iteration, residual, error).
Trace = list[tuple[int, float, float]]


def found(known: KnownAnswer, metric: str, iterations: int, **options: Any) -> sn.Parameters:
    """The reconstruction, from the smooth start."""
    parameters: sn.Parameters = sn.minimize(
        known.problem,
        known.start,
        metric=METRICS[metric],
        max_iterations=iterations,
        tolerance=0.0,
        cost_tolerance=0.0,
        **options,
    ).parameters
    return parameters


def stopped(
    known: KnownAnswer, metric: str, iterations: int, tau: float = TAUS[-1], **options: Any
) -> sn.Parameters:
    """The same, ended by the discrepancy principle where there is noise."""
    if known.noise_level > 0.0:
        options |= {"noise_level": known.noise_level, "tau": tau}
    return found(known, metric, iterations, **options)


def traced(known: KnownAnswer, metric: str, iterations: int) -> tuple[Trace, Any]:
    """The errors of the flow map on the way to the end, and the parameters there."""
    trace: Trace = []

    def look(it: Any) -> None:
        if it.nit <= 20 or it.nit % 10 == 0 or it.nit == iterations:
            p = it.parameters
            trace.append((it.nit, known.problem.residual(p), known.flow_error(p)))

    return trace, found(known, metric, iterations, callback=look)


def medians(rows: list[list[float]]) -> list[str]:
    """Each column of the runs, in per cent."""
    return [spread(100.0 * np.array(column)) for column in zip(*rows, strict=True)]


def flow_row(metric: str, noise: float, seeds: range, iterations: int) -> list[str]:
    """Errors of the flow map: stopped, the smallest on the way, and at the end."""
    rows = []
    for seed in seeds:
        known = known_answer(seed, noise=noise)
        ends = [stopped(known, metric, iterations, tau) for tau in TAUS if noise]
        trace, end = traced(known, metric, iterations)
        errors = [error for _, _, error in trace]
        rows.append([*map(known.flow_error, ends), min(errors), errors[-1], known.path_error(end)])
        if ends:
            rows[-1].insert(len(ends), known.path_error(ends[-1]))
    shown = medians(rows)
    return shown if noise else ["–"] * (len(TAUS) + 1) + shown


def theta_rows(seeds: range, iterations: int) -> Iterator[list[str]]:
    """Errors of theta for every noise, stopped and at the end."""
    ends: dict[str, Callable[..., sn.Parameters]] = {
        f"τ = {TAUS[-1]}": stopped,
        f"{iterations} iterations": found,
    }
    for (name, sought), (end, run) in product(THETAS.items(), ends.items()):
        if run is found and not sought.runs_on:
            continue
        rows = []
        for seed in seeds:
            answers = [known_answer(seed, noise=noise, **sought.made) for noise in NOISES]
            given = sought.metric, iterations
            rows.append([a.theta_error(run(a, *given, **sought.options)) for a in answers])
        yield [name, end, *medians(rows)]


def drawn(iterations: int, seed: int = 0) -> Any:
    """Error against iterations at two noises, and an entry of theta found with 5 % noise."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import style

    with style():
        figure, axes = plt.subplots(1, 3, figsize=(11.0, 3.8), layout="constrained")
        for place, noise in zip(axes, (NOISES[-1], NOISES[-2]), strict=False):
            draw_errors(place, known_answer(seed, noise=noise), iterations)
            place.set(title=f"{noise:.0%} noise", xlabel="iterations + 1")
        axes[0].set_ylabel("error of the flow map in %")
        draw_theta(axes[2], known_answer(seed, noise=NOISES[-1]), iterations)
        handles = [line for place in axes[1:] for line in place.get_legend_handles_labels()[0]]
        figure.legend(handles=handles, loc="outside lower center", ncols=7)
    return figure


def draw_errors(place: Any, known: KnownAnswer, iterations: int) -> None:
    """The error on the way in both metrics, and where the discrepancy principle stops."""
    for metric, colour in COLOURS.items():
        trace, _ = traced(known, metric, iterations)
        nit, residual, error = np.array(trace).T
        place.loglog(1 + nit, 100.0 * error, color=colour, label=metric)
        for tau, marker in zip(TAUS, "os", strict=True):
            at = np.flatnonzero(residual <= tau * known.noise_level)[:1]
            place.plot(1 + nit[at], 100.0 * error[at], marker, color=colour)
    for tau, marker in zip(TAUS, "os", strict=True):
        place.plot([], [], marker, color="0.5", label=f"stop, τ = {tau}")


def draw_theta(place: Any, known: KnownAnswer, iterations: int) -> None:
    """One entry of theta: true, where the run stopped, and where it ran on to."""
    true = known.theta.weights[:, 0, 0]
    place.plot(known.theta.times, true, "k", lw=2.5, label="true")
    for metric, colour in COLOURS.items():
        p = stopped(known, metric, iterations)
        place.plot(p.times, p.weights[:, 0, 0], color=colour, lw=1.3)
        p = found(known, metric, iterations)
        place.plot(p.times, p.weights[:, 0, 0], ":", color=colour, lw=1.0)
    place.plot([], [], ":", color="0.5", label="ran on")
    place.set(title=f"W₁₁(t), {NOISES[-1]:.0%} noise", xlabel="t")
    place.set_ylim(true.min() - 1.5, true.max() + 1.5)


def main() -> None:
    """Print the two tables, and draw the figure."""
    parser = arguments(__doc__)
    parser.add_argument("--iterations", type=int, default=1000, help="of the runs not stopped")
    given = parser.parse_args()
    seeds = range(given.seeds)
    heads = ["metric", "noise", *(f"stopped, τ = {tau}" for tau in TAUS)]
    heads += ["its paths", "least on the way", f"{given.iterations} iterations", "its paths"]
    rows = [
        [metric, f"{noise:.1%}", *flow_row(metric, noise, seeds, given.iterations)]
        for metric in METRICS
        for noise in NOISES
    ]
    print("Error of the flow map in per cent", table(heads, rows), sep="\n\n", end="\n\n")
    heads = ["field and metric", "ended by", *(f"noise {noise:.1%}" for noise in NOISES)]
    thetas = table(heads, theta_rows(seeds, given.iterations))
    print("Error of θ in per cent", thetas, sep="\n\n")
    if given.figure:
        save(drawn(given.iterations), given.figure)


if __name__ == "__main__":
    main()
