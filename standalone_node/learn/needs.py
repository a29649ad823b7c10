"""What a fit takes of the memory, beside problem and data."""

from __future__ import annotations

from math import prod

from sklearn.base import BaseEstimator

from standalone_node.memory import Need, require
from standalone_node.problem.inverse_problem import InverseProblem

#: Vectors of all that is learnt which a method holds at once: iterates, gradients, what it
#: remembers of earlier ones. Measured.
VECTORS = {
    "ncg": 9,
    "lbfgs": 49,
    "gauss-newton": 26,
    "trust-krylov": 30,
    "sgd": 5,
    "adam": 9,
}
#: Sets of nodal parameters that are made of them, if they are something else.
MADE = 5
#: Functions of depth, or hidden units, if `modes` is not given.
USUAL = 8


def require_fit(estimator: BaseEstimator, problem: InverseProblem) -> None:
    """Refuse a fit whose method would not find room for what it learns.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
    problem : InverseProblem
        Of the rows of the fit.

    Raises
    ------
    NotEnoughMemory
        Naming the argument that makes it large.
    """
    points, entries = problem.depth_times.size, sum(prod(shape) for _, shape in problem.blocks)
    learnt = _learnt(estimator, points, entries)
    method, weights = str(estimator.method), str(estimator.weights)
    size = 8 * VECTORS.get(method, 0) * learnt
    made = 0 if weights == "free" else 8 * MADE * points * entries
    cause = f"method = {method!r} with {learnt} numbers to learn"
    remedy = "make the state narrower, lower steps or choose method='ncg'"
    if estimator.modes is not None and learnt > points * entries:
        cause, remedy = f"modes = {estimator.modes}", "lower modes"
    require(
        [
            *problem.needs(),
            Need(cause, "its vectors", size, remedy),
            Need(f"weights = {weights!r}", "the parameters they make", made, remedy),
        ]
    )


def _learnt(estimator: BaseEstimator, points: int, entries: int) -> int:
    """How many numbers are learnt."""
    modes = USUAL if estimator.modes is None else int(estimator.modes)
    counts = {
        "free": points * entries,
        "constant": entries,
        "galerkin": min(modes, points) * entries,
        "evolving": 2 * (modes + 1) * entries + 2 * modes,
    }
    return counts.get(str(estimator.weights), points * entries)
