"""Existence of minimisers: fields linear in theta or a kinetic penalty, or else none.

    python scripts/reproduce_io.py [--seeds 5] [--nodes 10 20 40 80 160] [--figure FILE]

Isobe and Okumura (arXiv 2303.05924) show that the cost with an L2 penalty on theta alone need not
have a minimiser if f is not linear in theta: theta may do better and better by switching faster and
faster between two values. A kinetic penalty, or a field that is linear in theta, puts an end to it.

Here 41 points on [-2, 2] are to be carried by depth 1 as x' = (tanh 3(x - 1) + tanh 3(x + 1)) / 2
carries them: by the mean of two neurons. The field "mean-field" with one neuron, M = 1, can only
switch between the two. It is trained on depth grids of more and more intervals (RK4, one step an
interval) from rough starts: a smooth function plus normal nodal noise of standard deviation 3,
by NCG in the L2 metric, which does not smooth; alpha = 1e-5, gamma = 0 or 1e-4; at most 400
iterations. If there is a minimiser, roughness, the integral of |theta'|^2, settles as the grid
becomes finer; if there is none, it grows without bound while the cost falls.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reproduction.page import arguments, save, spread, table

import standalone_node as sn

NOISE = 3.0
INPUTS = np.linspace(-2.0, 2.0, 41)[:, None]
#: Form, inner width, gamma.
CASES: dict[str, tuple[str, int | None, float]] = {
    "mean-field, γ = 0": ("mean-field", 1, 0.0),
    "mean-field, γ = 1e-4": ("mean-field", 1, 1e-4),
    "outside (linear in θ), γ = 0": ("outside", None, 0.0),
}


def carried(x: NDArray[Any], steps: int = 2000) -> NDArray[Any]:
    """Where the mean of the two neurons carries x by depth 1 (midpoint rule)."""

    def f(x: NDArray[Any]) -> NDArray[Any]:
        mean: NDArray[Any] = 0.5 * (np.tanh(3.0 * (x - 1.0)) + np.tanh(3.0 * (x + 1.0)))
        return mean

    h = 1.0 / steps
    for _ in range(steps):
        x = x + h * f(x + 0.5 * h * f(x))
    return x


def trained(case: str, nodes: int, seed: int) -> tuple[float, float, sn.Parameters]:
    """Cost and roughness reached on a grid of that many intervals, and the parameters."""
    form, inner, gamma = CASES[case]
    problem = sn.InverseProblem(
        INPUTS,
        carried(INPUTS),
        steps=nodes,
        form=form,
        inner=inner,
        penalty=sn.Penalty(l2=1e-5, h1=gamma),
    )
    smooth = problem.initial_parameters(seed)
    noise = np.random.default_rng(seed).normal(size=smooth.values.shape)
    result = sn.minimize(
        problem,
        smooth + NOISE * smooth.like(noise),
        metric=sn.L2(),
        max_iterations=400,
        tolerance=1e-8,
        cost_tolerance=1e-6,
    )
    return result.cost, result.parameters.roughness, result.parameters


def main() -> None:
    """Print the table, and draw theta of one seed on three grids."""
    parser = arguments(__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 20, 40, 80, 160])
    given = parser.parse_args()
    rows, found = [], {}
    for case, nodes in product(CASES, given.nodes):
        runs = [trained(case, nodes, seed) for seed in range(given.seeds)]
        found[case, nodes] = runs[0][2]
        costs, roughness = zip(*(run[:2] for run in runs), strict=True)
        rows.append((case, nodes, spread(costs), spread(roughness)))
    print(table(("field", "intervals", "cost", "∫\\|θ′\\|² dt"), rows))
    if given.figure:
        save(drawn(found, given.nodes), given.figure)


def drawn(found: dict[tuple[str, int], sn.Parameters], nodes: list[int]) -> Any:
    """The bias of the one neuron over the depth: faster and faster, or settled."""
    import matplotlib.pyplot as plt

    from standalone_node.plot.style import OKABE_ITO, style

    with style():
        figure, axes = plt.subplots(1, 2, figsize=(9.0, 3.2), sharey=True, layout="constrained")
        for place, case in zip(axes, list(CASES)[:2], strict=True):
            for colour, count in zip(OKABE_ITO, nodes[::2], strict=False):
                p = found[case, count]
                place.plot(p.times, p.block("b")[:, 0], color=colour, lw=1.2, label=f"{count}")
            place.set_title(case)
            place.set_xlabel("t")
        axes[0].set_ylabel("bias b(t)")
        axes[1].legend(title="intervals")
    return figure


if __name__ == "__main__":
    main()
