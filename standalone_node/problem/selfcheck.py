"""The checks of the installed package: every scheme against its tableau, on a small problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.forms import FORM_BLOCKS
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.reversible import ReversibleFlow
from standalone_node.problem.verification import convergence_study, dot_test, taylor_test

#: Grids on which a scheme of that order shows it: fine enough to be asymptotic, coarse enough for
#: the error to stand clear of rounding.
STEPS = {
    1: (2048, 4096, 8192),
    2: (1024, 2048, 4096),
    3: (512, 1024, 2048),
    4: (512, 1024),
    5: (192, 256, 320),
}
#: Where the terms of the next order stand so far above those of its own that both reach rounding
#: together: the grids, and by how much the observed order may be higher.
EARLY = {"tsit5": ((96, 128), 0.5)}
DOT_BOUND, TAYLOR_BOUND, ORDER_BOUND = 1e-13, 0.02, 0.05
#: Of the inputs, after 1000 steps there and back.
RECONSTRUCTED = 1e-10


@dataclass(frozen=True)
class Check:
    """One line of a verification: what was measured, what it has to be, and whether it is."""

    scheme: str
    check: str
    value: float
    expected: str
    ok: bool


def verify(
    schemes: tuple[str, ...] | None = None, *, activation: str = "tanh", seed: int = 0
) -> Iterator[Check]:
    """Dot test, Taylor test and observed orders of each scheme, in all forms, and made reversible.

    Parameters
    ----------
    schemes : tuple of str, optional
        All if not given.
    activation : str
        A smooth one, if the orders are to be seen.
    seed : int

    Yields
    ------
    Check
        Of each check the worst one of the forms; of the reversible scheme, "inside" alone.
    """
    for scheme in TABLEAUX if schemes is None else schemes:
        problems = [_problem(scheme, form, activation, seed) for form in FORM_BLOCKS]
        yield _dot(scheme, problems)
        yield _taylor(scheme, problems, seed)
        yield from _orders(scheme, problems)
        yield from _reversed(scheme, *_problem(scheme, "inside", activation, seed), seed)


def _problem(
    scheme: str, form: str, activation: str, seed: int
) -> tuple[InverseProblem, Parameters]:
    """A rotation, slightly perturbed: on it the leading error terms of no scheme cancel."""
    rng = np.random.default_rng(seed)
    problem = InverseProblem(
        rng.standard_normal((5, 3)),
        rng.standard_normal((5, 2)),
        horizon=8.0,
        steps=8,
        scheme=scheme,
        form=form,
        activation=activation,
        penalty=Penalty(l2=0.01, h1=0.01, output=0.01),
        depth_points=3,
    )
    turning = rng.standard_normal((3, 3))
    turning = turning - turning.T
    rotation = _rotation(turning / np.linalg.norm(turning))
    small = problem.initial_parameters(seed=seed, scale=0.1)
    blocks = {name: small.block(name) + rotation.get(name, 0.0) for name, _ in small.blocks}
    return problem, Parameters.from_blocks(small.times, blocks)


def _rotation(turning: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Blocks by which every form turns the state, those of two layers by pairs of neurons.

    With one of either sign, (sigma(S x) - sigma(-S x)) / 2 is the odd part of sigma(S x); a fifth
    more of that keeps the errors of the highest order clear of rounding.
    """
    d = len(turning)
    pairs, parts = np.vstack([turning, -turning]), 0.6 * np.hstack([np.eye(d), -np.eye(d)])
    return {"W": turning, "W1": pairs, "W2": parts, "w": pairs, "A": 2 * d * parts}


Problems = list[tuple[InverseProblem, Parameters]]


def _dot(scheme: str, problems: Problems) -> Check:
    error = max(dot_test(problem, p) for problem, p in problems)
    return Check(scheme, "dot test", error, f"<= {DOT_BOUND:g}", error <= DOT_BOUND)


def _taylor(scheme: str, problems: Problems, seed: int) -> Check:
    orders = [
        taylor_test(problem, p, problem.initial_parameters(seed=seed + 1, scale=1.0))
        for problem, p in problems
    ]
    worst = float(max(orders, key=lambda order: abs(order - 2.0)))
    expected = f"2.00 ± {TAYLOR_BOUND:.2f}"
    return Check(scheme, "Taylor test", worst, expected, abs(worst - 2.0) <= TAYLOR_BOUND)


def _orders(scheme: str, problems: Problems) -> Iterator[Check]:
    order = TABLEAUX[scheme].order
    steps, above = EARLY.get(scheme, (STEPS[order], ORDER_BOUND))
    expected = f"{order} ± {ORDER_BOUND:.2f}"
    if above > ORDER_BOUND:
        expected = f"{order} - {ORDER_BOUND:.2f} to {order} + {above:.2f}"
    studies = [
        convergence_study(problem, p, problem.initial_parameters(seed=2), steps=steps)
        for problem, p in problems
    ]
    for quantity in ("states", "adjoints", "sensitivities", "derivatives"):
        observed = [study.orders[quantity] for study in studies]
        worst = max(observed, key=lambda found: abs(found - order))
        ok = all(-ORDER_BOUND <= found - order <= above for found in observed)
        yield Check(scheme, f"order of {quantity}", worst, expected, ok)


def _reversed(scheme: str, problem: InverseProblem, p: Parameters, seed: int) -> Iterator[Check]:
    """Exact derivatives from states that are reconstructed, and how well they are."""
    paired = problem.replaced(reversible=True)
    name = f"{scheme} reversible"
    yield _dot(name, [(paired, p)])
    yield _taylor(name, [(paired, p)], seed)
    longer = problem.replaced(reversible=True, steps=1000)
    longer.cost_and_derivative(p)
    assert isinstance(longer.flow, ReversibleFlow)
    error = longer.flow.reconstruction_error
    yield Check(name, "reconstruction", error, f"<= {RECONSTRUCTED:g}", error <= RECONSTRUCTED)
