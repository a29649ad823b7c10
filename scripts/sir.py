"""The contact rate of an epidemic, found from weekly counts: a right-hand side of one's own.

    python scripts/sir.py [--seeds 5] [--noise 0.05] [--figure FILE]

A population of 100,000 with shares S, I, R of susceptible, infected and removed,

    S' = -beta(t) S I,   I' = beta(t) S I - gamma I,   R' = gamma I,

is followed for 20 weeks. Once a week the infected and the removed are counted, each count wrong by
an independent normal error of 5 % of its size. Sought are the contact rate beta as a function of
time and the recovery rate gamma. The counts come from a finer grid and another scheme than the
reconstruction uses.

Three ways to deal with the noise, all by conjugate gradients in a Sobolev metric: a penalty on
beta', the largest of a ladder that explains the counts to within their errors; no penalty, but
stopped where the residual is the noise; neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from reproduction.page import arguments, save, spread, table

import standalone_node as sn

Array = NDArray[Any]
Named = dict[str, Array]

POPULATION = 100_000
RECOVERY = 0.1  # a day
START = np.array([0.995, 0.005, 0.0])
WEEKS = 7.0 * np.arange(1, 21)
#: Directions of descent are smooth over two weeks.
METRIC = sn.Sobolev(14.0)
#: From far too much smoothing to hardly any, half a power of ten a time.
LADDER = 10.0 ** np.arange(7.0, 1.9, -0.5)


def contact_rate(t: float) -> float:
    """The truth: people meet freely, then rarely, then more often again; a day."""
    closing, opening = np.tanh((t - 35.0) / 12.0), np.tanh((t - 95.0) / 15.0)
    return float(0.2 - 0.09 * closing + 0.07 * opening)


# The field: the velocity, its change along (dx, dp), and the transpose of that.


def velocity(t: float, x: Array, p: Named) -> Array:
    """f, (B, 3)."""
    s, i, _ = x.T
    new, out = p["beta"] * s * i, p["gamma"] * i
    return np.column_stack([-new, new - out, out])


def change(t: float, x: Array, p: Named, dx: Array, dp: Named) -> Array:
    """f_x dx + f_p dp, (B, 3)."""
    (s, i, _), (ds, di, _) = x.T, dx.T
    new = dp["beta"] * s * i + p["beta"] * (ds * i + s * di)
    out = dp["gamma"] * i + p["gamma"] * di
    return np.column_stack([-new, new - out, out])


def transpose(t: float, x: Array, p: Named, kappa: Array) -> tuple[Array, Named]:
    """f_x^T kappa, (B, 3), and f_p^T kappa by name, summed over the batch."""
    s, i, _ = x.T
    new, out = kappa[:, 1] - kappa[:, 0], kappa[:, 2] - kappa[:, 1]
    by_state = np.column_stack([p["beta"] * i * new, p["beta"] * s * new + p["gamma"] * out, 0 * s])
    return by_state, {"beta": np.sum(s * i * new), "gamma": np.sum(i * out)}


EPIDEMIC = sn.Field(
    velocity,
    jvp=change,
    vjp=transpose,
    varying={"beta": ()},
    constant={"gamma": ()},
    scale={"beta": 0.3, "gamma": 0.1},
)


def counts(seed: int, noise: float) -> Array:
    """Infected and removed at the end of each week, (20, 2): whole persons, with errors."""
    blank = sn.Observations(WEEKS, np.zeros((WEEKS.size, 2)), operator=[1, 2])
    fine = sn.FieldProblem(EPIDEMIC, START, blank, steps=560, scheme="dopri5")
    truth = fine.initial_parameters({"beta": contact_rate, "gamma": RECOVERY})
    exact = POPULATION * fine.solve_direct(truth)[fine.observed, 0, 1:]
    errors = np.random.default_rng(seed).standard_normal(exact.shape)
    return np.maximum(np.round(exact * (1.0 + noise * errors)), 1.0)


def problem_of(weekly: Array, noise: float, steps: int = 140) -> sn.FieldProblem:
    """The inverse problem of weekly counts, weighted by 1 / variance."""
    shares = weekly / POPULATION
    weights = 1.0 / (noise * shares) ** 2
    seen = sn.Observations(WEEKS, shares, operator=[1, 2], weights=weights)
    return sn.FieldProblem(EPIDEMIC, START, seen, steps=steps)


class Found(NamedTuple):
    """What was found, by which penalty, in how many iterations."""

    parameters: sn.Parameters
    h1: float
    iterations: int


def first_guess(problem: sn.FieldProblem) -> sn.Parameters:
    """Constants: an infectious contact every five days, a fortnight of illness."""
    return problem.initial_parameters({"beta": 0.2, "gamma": 1.0 / 14.0})


def smoothed(problem: sn.FieldProblem) -> Found:
    """The largest penalty of the ladder whose minimiser explains the counts within the noise."""
    p, iterations = first_guess(problem), 0
    for h1 in LADDER:
        penalised = problem.replaced(penalty=sn.Penalty(h1={"beta": float(h1)}))
        result = sn.minimize(penalised, p, metric=METRIC, tolerance=1e-4, cost_tolerance=1e-3)
        p, iterations = result.parameters, iterations + result.nit
        if penalised.residual(p) <= problem.noise_level:
            break
    return Found(p, float(h1), iterations)


def stopped(problem: sn.FieldProblem) -> Found:
    """No penalty, stopped where the residual is the noise."""
    result = sn.minimize(
        problem, first_guess(problem), metric=METRIC, noise_level=problem.noise_level, tau=1.0
    )
    return Found(result.parameters, 0.0, result.nit)


def overfitted(problem: sn.FieldProblem, iterations: int = 500) -> Found:
    """No penalty, and so many iterations unless they lead nowhere before."""
    result = sn.minimize(problem, first_guess(problem), metric=METRIC, max_iterations=iterations)
    return Found(result.parameters, 0.0, result.nit)


WAYS: dict[str, Callable[[sn.FieldProblem], Found]] = {
    "penalty by the noise": smoothed,
    "stopped at the noise": stopped,
    "neither": overfitted,
}


def error_of(found: sn.Parameters, problem: sn.FieldProblem) -> float:
    """The relative L2 error of the contact rate."""
    truth = problem.initial_parameters({"beta": contact_rate, "gamma": RECOVERY})
    rates = [
        sn.Parameters.from_blocks(found.times, {"beta": values})
        for values in (found.block("beta") - truth.block("beta"), truth.block("beta"))
    ]
    difference, size = (np.sqrt(sn.L2().inner(rate, rate)) for rate in rates)
    return float(difference / size)


Runs = dict[str, list[tuple[sn.FieldProblem, Found]]]


def rows(runs: Runs) -> list[tuple[str, ...]]:
    """A row a way: what came out over the seeds."""
    found: list[tuple[str, ...]] = []
    for name, each in runs.items():
        gammas = [float(f.parameters.block("gamma")[0]) for _, f in each]
        residuals = [q.residual(f.parameters) / q.noise_level for q, f in each]
        found.append(
            (
                name,
                spread((100.0 * error_of(f.parameters, q) for q, f in each), "{:.1f} %".format),
                spread(gammas, "{:.3f}".format),
                spread(residuals, "{:.2f}".format),
                spread((f.iterations for _, f in each), "{:.0f}".format),
            )
        )
    return found


def drawn(runs: Runs) -> Any:
    """The contact rates found, over the truth; and the counts with the epidemic of seed 0."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import OKABE_ITO, style

    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.4), layout="constrained")
        for colour, name in zip(OKABE_ITO, ("neither", "penalty by the noise"), strict=False):
            for seed, (_, found) in enumerate(runs[name]):
                p, label = found.parameters, name if seed == 0 else None
                left.plot(p.times, p.block("beta"), color=colour, lw=1.0, label=label)
        left.plot(p.times, [contact_rate(t) for t in p.times], "k--", lw=1.5, label="truth")
        left.set(xlabel="day", ylabel="contact rate β, a day", ylim=(0.0, 0.4))
        left.legend()
        problem, found = runs["penalty by the noise"][0]
        states = POPULATION * problem.solve_direct(found.parameters)[:, 0]
        seen = POPULATION * problem.settings["observations"].values
        for component, name in ((1, "infected"), (2, "removed")):
            colour = OKABE_ITO[component + 1]
            right.plot(problem.times, states[:, component], color=colour, lw=1.2)
            right.plot(WEEKS, seen[:, component - 1], "o", color=colour, ms=3.5, label=name)
        right.set(xlabel="day", ylabel="persons")
        right.legend(title="counted")
    return figure


def main() -> None:
    """Print the table, and draw the figure if asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--noise", type=float, default=0.05, help="relative (default 0.05)")
    given = parser.parse_args()
    sn.check_field(EPIDEMIC, width=3).raise_if_wrong()
    problems = [problem_of(counts(seed, given.noise), given.noise) for seed in range(given.seeds)]
    runs = {name: [(q, way(q)) for q in problems] for name, way in WAYS.items()}
    print(table(("", "error of β", "γ", "residual / noise", "iterations"), rows(runs)))
    if given.figure:
        save(drawn(runs), given.figure)


if __name__ == "__main__":
    main()
