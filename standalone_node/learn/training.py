"""What the arguments of an estimator say to the problem and to the optimiser."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier

from standalone_node.errors import ArgumentError
from standalone_node.learn.batching import batches_of, seed_of, whole_batch
from standalone_node.learn.canonical import mean_one
from standalone_node.learn.needs import require_fit
from standalone_node.learn.terms import Terms
from standalone_node.learn.validation import NegativeLoss, held_out
from standalone_node.learn.where import on_engine
from standalone_node.model.forms import inner_width
from standalone_node.model.nodal import Parameters
from standalone_node.model.weights import Evolving, Galerkin, Weights, weights_of
from standalone_node.optimize.continuation import continuation
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.metrics import Metric, Sobolev
from standalone_node.optimize.minimize import minimize
from standalone_node.optimize.result import Result
from standalone_node.optimize.stochastic import Stepwise
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.reversible import FLOW_ARGUMENTS

Array = NDArray[Any]

#: The spread of the start function, times 1 / sqrt(d). Small, as what the data do not remove of it
#: stays; not zero, where the features would move only at second order.
START = 0.1
#: The same for forms with an inner layer: the product of two layers that both start small is near
#: a saddle, where nothing is learnt for long.
INNER_START = 0.5
#: A fit also ends when five iterations lower the cost by less than this share of `tolerance`.
COST_SHARE = 0.1
#: Iterations without a lower validation loss, if `patience` is not given.
PATIENCE = 20


def number(name: str, value: Any) -> float:
    """A constructor argument that has to be a number of at least 0."""
    known = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not known or not 0.0 <= value < np.inf:
        raise ArgumentError(f"{name} = {value!r} has to be a finite number, 0 or larger")
    return float(value)


def network_of(estimator: BaseEstimator) -> dict[str, Any]:
    """The arguments that make a flow on a time grid."""
    return {name: getattr(estimator, name) for name in FLOW_ARGUMENTS}


def metric_of(smoothing: Any) -> Sobolev:
    """The metric of a smoothing length, a number or "auto"."""
    return Sobolev("auto" if smoothing == "auto" else number("smoothing", smoothing))


def weights_of_settings(estimator: BaseEstimator) -> Weights:
    """What is learnt: `weights`, with `basis` and `modes` where they mean something."""
    name, basis, modes = estimator.weights, estimator.basis, estimator.modes
    if basis is not None and name != "galerkin":
        raise ArgumentError(f"basis = {basis!r} is for weights='galerkin', not for {name!r}")
    if modes is not None and name not in ("galerkin", "evolving"):
        raise ArgumentError(
            f"modes = {modes!r} is for weights='galerkin' or 'evolving', not for {name!r}"
        )
    if name == "galerkin":
        given = {"basis": basis, "modes": modes}
        return Galerkin(**{key: value for key, value in given.items() if value is not None})
    if name == "evolving" and modes is not None:
        return Evolving(width=modes)
    return weights_of(name)


def posed(
    estimator: BaseEstimator, states: Array, targets: Array, weights: Array, l2: float, outputs: int
) -> tuple[InverseProblem, Parameters]:
    """The inverse problem of initial states with their targets and weights, and its start."""
    problem = InverseProblem(
        states,
        targets,
        horizon=estimator.horizon,
        steps=estimator.steps,
        rtol=estimator.rtol,
        atol=estimator.atol,
        loss=estimator.loss,
        outputs=outputs,
        penalty=Penalty(l2=l2 * float(np.sqrt(states.shape[1])), h1=number("h1", estimator.h1)),
        sample_weight=weights,
        **network_of(estimator),
    )
    two_layers = inner_width(estimator.form, problem.width, estimator.inner) > 0
    scale = (INNER_START if two_layers else START) / float(np.sqrt(problem.width))
    seed = seed_of(estimator.random_state)
    return problem, problem.initial_parameters(seed=seed, scale=scale)


def fitted(
    estimator: BaseEstimator, problem: InverseProblem, start: Parameters, terms: Terms
) -> tuple[Result, Array]:
    """The problem solved as the arguments say, by levels, by batches, watched or not.

    Returns
    -------
    result : Result
    times : ndarray, shape (N + 1,)
        The time grid it was solved on.
    """
    options = _options(estimator)
    require_fit(estimator, problem)
    watch: dict[str, Any] = {
        "callback": terms.callback,
        "checkpoint": terms.checkpoint,
        "time_limit": terms.left,
    }
    if estimator.validation_share:
        seed = seed_of(estimator.random_state)
        classes = is_classifier(estimator)
        labels = labels_of_targets(problem.targets) if classes else problem.targets
        rest, validation = held_out(estimator.validation_share, labels, classes, seed)
        watch["monitor"] = NegativeLoss(_of_rows(problem, validation))
        watch["patience"] = PATIENCE if estimator.patience is None else estimator.patience
        problem = _of_rows(problem, rest)
    elif estimator.patience is not None:
        raise ArgumentError(
            f"patience = {estimator.patience!r} waits for the validation loss: give "
            "validation_share, too"
        )
    batches = batches_of(estimator, problem)
    options |= {**watch, "batches": batches}
    problem = on_engine(problem, terms.engine, batches=batches is not None)
    if estimator.continuation is None:
        return minimize(problem, start, **options), problem.times
    levels = estimator.continuation
    return continuation(problem, levels, start=start, **options), problem.times


def _of_rows(problem: InverseProblem, rows: Array) -> InverseProblem:
    """The problem of some rows, whose weights have mean 1 again, as the penalty supposes."""
    some = problem.rows(rows)
    return some.with_rows(some.inputs, some.targets, mean_one(some.sample_weight))


def labels_of_targets(targets: Array) -> Array:
    """The classes (B,) that targets stand for: themselves, 0 and 1, or one-hot rows."""
    if targets.ndim == 1:
        return targets
    labels: Array = targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1)
    return labels


def fitted_part(
    estimator: BaseEstimator, problem: InverseProblem, start: Parameters
) -> tuple[Result, Array]:
    """Some iterations on the rows of the problem, a batch; as `fitted`."""
    for name in ("validation_share", "continuation"):
        value = getattr(estimator, name)
        if value is not None and not (np.isscalar(value) and value == 0):
            raise ArgumentError(
                f"partial_fit is one batch of many: {name} = {value!r} has no meaning there, "
                "use fit"
            )
    options = _options(estimator)
    require_fit(estimator, problem)
    batches = whole_batch(estimator, problem.samples)
    return minimize(problem, start, **options, batches=batches), problem.times


def _options(estimator: BaseEstimator) -> dict[str, Any]:
    """The arguments of `minimize` that are arguments of the estimator."""
    tolerance = number("tolerance", estimator.tolerance)
    stepwise = isinstance(METHODS.get(estimator.method), Stepwise)
    metric: Metric | None = None if stepwise else metric_of(estimator.smoothing)
    names = ("method", "beta", "line_search", "restart", "rate", "max_iterations", "time_limit")
    return {
        **{name: getattr(estimator, name) for name in names},
        "metric": metric,
        "weights": weights_of_settings(estimator),
        "tolerance": tolerance,
        "cost_tolerance": COST_SHARE * tolerance,
    }
