"""The choice of a penalty weight by cross-validation on the training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold

from standalone_node.engines.local import Local
from standalone_node.learn.base import to_stderr
from standalone_node.learn.batching import seed_of
from standalone_node.learn.canonical import mean_one
from standalone_node.learn.many.alone import on_threads
from standalone_node.learn.many.elsewhere import worths
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.terms import Terms
from standalone_node.learn.training import fitted
from standalone_node.learn.where import is_local
from standalone_node.optimize.identity import plain

Array = NDArray[Any]
#: Numbers of training rows, and of validation rows.
Split = tuple[Array, Array]

#: The values l2="auto" chooses from, the largest first.
CANDIDATES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
FOLDS = 5
#: A candidate ends the search if it is worse than the best one by so many standard errors.
DOUBT = 2.0


def chosen_l2(
    errors_of: Callable[[list[Split], float], Sequence[float]],
    samples: int,
    seed: int,
    enough: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda words: None,
    weights: Array | None = None,
) -> tuple[float, dict[float, float]]:
    """The candidate with the least cross-validated error, and the error of each that was tried.

    Parameters
    ----------
    errors_of : callable
        (folds, l2) -> for each fold, training and validation rows, the error on the latter.
    samples : int
    seed : int
        Of the folds.
    enough : callable
        Asked after every candidate whether to leave it at those that were tried.
    tell : callable
        Takes a line on every candidate.
    weights : ndarray, shape (samples,), optional
        Of the samples: a fold counts as much as its validation rows weigh together.

    Notes
    -----
    From the largest candidate downwards, until two in a row are worse than the best, or one is
    worse beyond doubt, by more than `DOUBT` standard errors of its differences from the best, fold
    by fold: a smaller penalty takes longer to fit, and once the network fits noise it will not get
    better.
    """
    folds = KFold(min(FOLDS, samples), shuffle=True, random_state=seed)
    splits = list(folds.split(np.empty((samples, 1))))
    shares = np.array(
        [float(len(test) if weights is None else weights[test].sum()) for _, test in splits]
    )
    shares /= shares.sum()
    found: dict[float, Array] = {}
    errors: dict[float, float] = {}
    best = CANDIDATES[0]
    for l2 in CANDIDATES:
        found[l2] = np.array(errors_of(splits, l2))
        errors[l2] = float(shares @ found[l2])
        tell(f"l2 = {l2:g}: cross-validated error {errors[l2]:.4g}")
        tried = list(errors.values())
        worse = len(tried) > 2 and min(tried[-2:]) > errors[best]
        if enough() or worse or _doubtless(found[l2] - found[best], shares):
            break
        best = min(errors, key=errors.__getitem__)
    return min(errors, key=errors.__getitem__), errors


def _doubtless(differences: Array, shares: Array) -> bool:
    """Whether differences, one a fold, are positive by more than chance."""
    mean = float(shares @ differences)
    # Of equal shares it is the standard deviation over the root of the number of folds.
    deviation = np.linalg.norm(shares * (differences - mean))
    deviation *= np.sqrt(differences.size / (differences.size - 1))
    return bool(mean > DOUBT * deviation)


def cross_validated_l2(
    estimator: Any, X: Array, values: Array, weights: Array, terms: Terms
) -> tuple[float, dict[float, float]]:
    """`chosen_l2` for a regressor, whose settings but l2 are those of every fit.

    Parameters
    ----------
    estimator : NodeRegressor
        With its `target_scaling_`, whose units the errors have.
    X, values, weights : ndarray, shapes (B, p), (B, m), (B,)
        Rows as they go into a fit.
    terms : Terms
        With an engine beyond this process the folds of a candidate are fitted over it, each whole.
    """
    if X.shape[0] < 2:
        return 1.0, {}
    limits = {"max_iterations": estimator.max_iterations, "epochs": estimator.epochs}
    data = {"inputs": X, "targets": values, "sample_weight": weights}
    if terms.checkpoint is not None:
        data = plain(data)  # once for all folds

    rows = X, values, weights
    engine = None if is_local(terms.engine or "local") else terms.engine
    sent = None if engine is None else engine.broadcast((estimator, rows))

    def errors_of(splits: list[Split], l2: float) -> list[float]:
        settings = [{**data, "l2": l2, "fold": test} for _, test in splits]
        if engine is None:
            each = zip(settings, splits, strict=True)
            compute = partial(_error, estimator, rows, l2=l2, terms=terms)
            return [terms.worth(own, limits, partial(compute, split)) for own, split in each]
        # As if they came one after the other: there may be one worker for all of them.
        shared = sent, l2, terms.for_one_of(len(splits)).limit
        known: dict[str, Any] = {"settings": settings, "limits": limits}
        return worths(terms, engine, _distant_error, splits, *shared, **known)

    def enough() -> bool:
        # Kept as well: a fit that goes on has no time to measure, but a choice to repeat.
        return bool(terms.worth({**data, "enough": True}, limits, terms.is_over))

    tell = to_stderr if estimator.verbose else lambda words: None
    seed = seed_of(estimator.random_state)
    return chosen_l2(errors_of, X.shape[0], seed, enough, tell, weights)


def _error(
    estimator: Any, rows: tuple[Array, Array, Array], split: Split, *, l2: float, terms: Terms
) -> float:
    """The mean square error on the validation rows of a fit to the others, in scaled units."""
    (train, test), (X, values, weights) = split, rows
    model = _fitted_fold(estimator, X[train], values[train], weights[train], l2, terms)
    squares = np.square((model(X[test]) - values[test]) / estimator.target_scaling_.scale)
    return float(np.average(squares.mean(axis=1), weights=weights[test]))


def _distant_error(
    split: Split, threads: int | None, sent: Any, l2: float, limit: float | None
) -> float:
    """The same where a worker is: a fit that is whole there, within so many seconds."""
    estimator, rows = sent
    terms = replace(Terms.starting_now(None, None, limit), engine=Local())
    with on_threads(estimator, threads):
        return _error(estimator, rows, split, l2=l2, terms=terms)


def _fitted_fold(
    estimator: Any, X: Array, values: Array, weights: Array, l2: float, terms: Terms
) -> Callable[[Array], Array]:
    """The prediction of a fit to the training rows of a fold, and to nothing else."""
    weights = mean_one(weights)
    scaling = Scaling.of_features(X, weights)
    target = Scaling.of_targets(values, weights)
    layout = estimator._layout(X)
    states = layout.states(scaling.apply(X))
    problem, start = estimator._posed(states, target.apply(values), weights, l2)
    result, times = fitted(estimator, problem, start, terms)
    network = estimator._network(scaling, layout, result.parameters, times)
    return lambda rows: target.undo(network.final(rows))
