"""The prior that a penalty is, and the inverse problem whose cost is a negative log posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.depth import mass, stiffness
from standalone_node.model.nodal import Blocks, Parameters, block_slices
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.model.weights import Constant, Free, Galerkin, Weights, weights_of
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.network import Network
from standalone_node.problem.penalties import Penalty, Weight
from standalone_node.sensitivity.subject import network_of

Array = NDArray[Any]
Choice = TypeVar("Choice")


def posed(
    model: Any, X: ArrayLike | None, y: ArrayLike | None, parameters: Parameters | None
) -> tuple[InverseProblem, Network]:
    """The inverse problem of a model on some rows, and the network that it is asked about.

    Parameters
    ----------
    model : estimator or InverseProblem
    X, y : array_like, optional
        Rows and targets as in `fit`, or initial states and targets of a problem; the problem's own
        rows if it is one and they are not given.
    parameters : Parameters, optional

    Raises
    ------
    ArgumentError
        If the model has no cost (a `Network`, a `FieldProblem`), or rows or targets are missing.
    """
    network = network_of(model, parameters)
    if (X is None) != (y is None):
        raise ArgumentError("the posterior needs the rows X and their targets y: give both")
    if isinstance(model, InverseProblem):
        model.cost(network.parameters)  # an adaptive problem chooses its time grid here
        problem = model if X is None or y is None else _with_rows(model, X, y)
        return problem, network_of(model, parameters)
    pose = getattr(model, "problem_of", None)
    if pose is None:
        raise ArgumentError(
            "a posterior is the curvature of a cost: give a fitted NodeClassifier or NodeRegressor "
            f"or an InverseProblem, not {type(model).__name__}"
        )
    if X is None:
        raise ArgumentError("an estimator keeps no rows: give the X and y of its fit")
    problem = pose(X, y)
    return problem, network


def _with_rows(problem: InverseProblem, X: ArrayLike, y: ArrayLike) -> InverseProblem:
    """The same problem of other rows, on the same time grid."""
    other = problem.replaced(inputs=X, targets=y, outputs=problem.outputs, sample_weight=None)
    if problem.tolerance is not None:
        other.use_grid(problem.times)
        other.grids = list(problem.grids)
    return other


def linear_weights(model: Any, weights: str | Weights | None) -> Weights:
    """What is learnt: `weights`, or what an estimator says; free nodal values of a problem.

    Raises
    ------
    ArgumentError
        If the parameters do not depend linearly on what is learnt.
    """
    learnt = getattr(model, "learnt", None)
    given = weights if weights is not None or learnt is None else learnt()
    choice = weights_of(given)
    if not isinstance(choice, Free | Constant | Galerkin):
        raise ArgumentError(
            f"the posterior of weights = {given!r} is not offered, as its prior is no Gaussian of "
            "the penalty alone: fit with weights='free', 'constant' or 'galerkin'"
        )
    return choice


def prior_gram(penalty: Penalty, learnt: Parametrisation, template: Parameters) -> Gram:
    """The penalty's second derivative in the coordinates of what is learnt.

    Parameters
    ----------
    penalty : Penalty
        alpha and gamma, numbers or by block; its other terms are not asked.
    learnt : Parametrisation
        Linear, one function of depth for each entry of theta.
    template : Parameters
        With the depth grid and the blocks.

    Returns
    -------
    Gram
        alpha M + gamma S of the hat functions, factorised once for all entries with the same
        weights.

    Raises
    ------
    ArgumentError
        If alpha is not positive for every block: constants in depth would have no prior.
    """
    penalty.check(template.blocks)
    groups: dict[tuple[float, float], list[Array]] = {}
    for name, part in block_slices(template.blocks).items():
        pair = _of_block(penalty.l2, name), _of_block(penalty.h1, name)
        if pair[0] <= 0.0:
            raise ArgumentError(_no_prior(penalty.l2, name, template.blocks))
        groups.setdefault(pair, []).append(np.arange(part.start, part.stop))
    grams = [
        (np.concatenate(columns), learnt.gram(_precision(template.times, *pair), ()))
        for pair, columns in groups.items()
    ]
    return grams[0][1] if len(grams) == 1 else GroupedGram(grams, template.values.shape[1])


def _of_block(weight: Weight, name: str) -> float:
    return float(weight.get(name, 0.0) if isinstance(weight, Mapping) else weight)


def _no_prior(l2: Weight, name: str, blocks: Blocks) -> str:
    if not isinstance(l2, Mapping):
        return (
            "without an L2 penalty there is no proper prior, hence no posterior: pass "
            "prior=sn.Penalty(l2=...) with a positive number"
        )
    names = ", ".join(known for known, _ in blocks)
    return (
        f"the block {name!r} has no L2 penalty, hence no proper prior: pass "
        f"prior=sn.Penalty(l2=...) with a positive number for each of {names}"
    )


def _precision(times: Array, alpha: float, gamma: float) -> Array:
    """alpha M + gamma S, banded (2, K + 1)."""
    found: Array = alpha * mass(times) + gamma * stiffness(times)
    return found


class GroupedGram:
    """A metric on controls (r, P) that is another one for some entries of theta than for others.

    Parameters
    ----------
    grams : list of (columns, Gram)
        Which of the P entries, and their metric; every entry once.
    entries : int
        P.
    """

    def __init__(self, grams: list[tuple[Array, Gram]], entries: int) -> None:
        self._grams, self._entries = grams, entries

    def apply(self, u: Array) -> Array:
        """The functional <u, .>."""
        return self._each("apply", u)

    def solve(self, functional: Array) -> Array:
        """The Riesz representative."""
        return self._each("solve", functional)

    def whiten(self, u: Array) -> Array:
        """R u, R^T R the metric."""
        return self._each("whiten", u)

    def unwhiten(self, v: Array) -> Array:
        """R^-1 v."""
        return self._each("unwhiten", v)

    def whiten_functional(self, functional: Array) -> Array:
        """R^-T f."""
        return self._each("whiten_functional", functional)

    def _each(self, name: str, flat: Array) -> Array:
        rows = flat.reshape(-1, self._entries)
        found = np.empty_like(rows)
        for columns, gram in self._grams:
            part = getattr(gram, name)(rows[:, columns].ravel())
            found[:, columns] = part.reshape(len(rows), -1)
        return found.ravel()
