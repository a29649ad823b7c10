"""Scores with their spread: the network fitted and scored fold by fold."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from standalone_node.engines.opening import opened
from standalone_node.learn.folds import folding_words, folds_of
from standalone_node.learn.many.alone import on_threads
from standalone_node.learn.many.elsewhere import worths
from standalone_node.learn.preparation import Prepared, part_of
from standalone_node.learn.scores import SCORE_NAMES, scalars
from standalone_node.learn.tabular import (
    baseline_scores,
    constant_prediction,
    estimator_of,
    learn,
    scores,
)
from standalone_node.learn.terms import Terms
from standalone_node.learn.where import is_local
from standalone_node.optimize.identity import plain

Array = NDArray[Any]
Numbers = dict[str, float | None]

#: What the numbers of a fold tell beside its scores, which begin with these words.
_TEST, _BASELINE = "test_", "baseline_"


@dataclass(frozen=True)
class Fold:
    """One fit of a cross-validation.

    Attributes
    ----------
    train_rows, test_rows : int
    scores, baseline : dict
        The scores that are one number, on the rows that were not trained on: of the fit, and of
        the most frequent class or the mean of those that were.
    iterations : int
    converged : bool
    """

    train_rows: int
    test_rows: int
    scores: Numbers
    baseline: Numbers
    iterations: int
    converged: bool


@dataclass(frozen=True)
class CrossValidation:
    """The folds, and what follows from them.

    Attributes
    ----------
    folds : tuple of Fold
    rows : int
        All that were parted into folds: the training rows.
    words : str
        How they were parted.
    seconds : float
        Spent on the folds that were fitted now.

    Examples
    --------
    >>> fold = lambda r2: Fold(8, 2, {"r2": r2}, {"r2": -0.5}, 10, True)
    >>> found = CrossValidation((fold(0.5), fold(0.7)), 10, "at random", 0.1)
    >>> mean, spread = found.spread()["r2"]
    >>> round(mean, 3), round(spread, 3)
    (0.6, 0.141)
    """

    folds: tuple[Fold, ...]
    rows: int
    words: str
    seconds: float

    def spread(self, baseline: bool = False) -> dict[str, tuple[float | None, float | None]]:
        """Mean and standard deviation over the folds (n - 1 below the sum) of each score.

        None for a score that a fold does not have.
        """
        each = [fold.baseline if baseline else fold.scores for fold in self.folds]
        return {name: _mean_and_spread([of.get(name) for of in each]) for name in each[0]}

    def facts(self) -> dict[str, float | int | None]:
        """For the summary of a model: plain values under names such as "cv_accuracy"."""
        found: dict[str, float | int | None] = {"cv_folds": len(self.folds)}
        for name, (mean, spread) in self.spread().items():
            found |= {f"cv_{name}": mean, f"cv_{name}_spread": spread}
        return found


def cross_validate(
    prepared: Prepared,
    arguments: Mapping[str, Any],
    folds: int,
    terms: Terms,
    *,
    stage: Callable[[str], Any] | None = None,
    done: Callable[[Fold], Any] | None = None,
    runs_after: int = 0,
) -> CrossValidation:
    """Fit and score fold by fold; nothing of the rows a fold is scored on is known to its fit.

    Parameters
    ----------
    prepared : Prepared
        Its training rows are parted; held-out rows stay unseen.
    arguments : mapping
        Of the estimator; with an engine beyond this process the folds are fitted over it, each
        whole on a worker, to the same bits.
    folds : int
    terms : Terms
        Of the time that is left each fold gets as much as any run that is still to come.
    stage : callable, optional
        Called with a few words before each fold, beyond this process before it is told of.
    done : callable, optional
        Called with each `Fold`.
    runs_after : int
        The fits that are to come after the folds.

    Raises
    ------
    DataError, ArgumentError
        There are too few rows, or an argument cannot be used.
    """
    began, tell = time.perf_counter(), stage or (lambda words: None)
    table, schema = prepared.train.table, prepared.schema
    pairs = folds_of(schema, table, folds, prepared.seed, prepared.parting)
    data = {"inputs": prepared.train.inputs, "targets": prepared.train.targets}
    if prepared.train.weights is not None:
        data["weights"] = prepared.train.weights
    known = {} if terms.checkpoint is None else plain(data)  # once for all folds
    limits = {name: arguments.get(name) for name in ("max_iterations", "epochs")}
    settings = [{**known, "cv": len(pairs), "fold": test} for _, test in pairs]
    found: list[Fold] = []

    def begins(place: int) -> None:
        tell(f"Fold {place + 1} of {len(pairs)}, on {len(pairs[place][0]):,} rows")

    def over(place: int, worth: Numbers) -> None:
        found.append(_fold(worth, *map(len, pairs[place])))
        if done is not None:
            done(found[-1])

    if not is_local(arguments.get("engine") or "local"):
        tell(f"{len(pairs)} folds, each on a worker")

        def over_there(place: int, worth: Numbers) -> None:
            begins(place)  # so that what is told next is told of this one
            over(place, worth)

        kept: dict[str, Any] = {"settings": settings, "limits": limits, "done": over_there}
        _all_folds(prepared, arguments, pairs, terms.for_one_of(len(pairs) + runs_after), kept)
    else:
        for place, (train, test) in enumerate(pairs):
            begins(place)
            own = terms.for_one_of(len(pairs) - place + runs_after)
            numbers = partial(_fitted_fold, prepared, arguments, train, test, own)
            over(place, terms.worth(settings[place], limits, numbers))
    _warn(found)
    _warn_of_gaps(found)
    words = folding_words(prepared.parting, bool(schema.target.classes))
    return CrossValidation(tuple(found), len(table.frame), words, time.perf_counter() - began)


def _all_folds(
    prepared: Prepared,
    arguments: Mapping[str, Any],
    pairs: Sequence[tuple[Array, Array]],
    terms: Terms,
    kept: Mapping[str, Any],
) -> None:
    """The folds over the engine of the arguments, each whole on a worker, on these terms."""
    # What is held out is no fold's, and stays here.
    rows = replace(prepared, test=None, usable=prepared.train.table)
    whole = {name: value for name, value in arguments.items() if name not in ("engine", "client")}
    with opened(arguments["engine"], arguments.get("client")) as engine:
        shared = engine.broadcast((rows, whole)), terms.limit
        worths(terms, engine, _distant_fold, pairs, *shared, **kept)


def _distant_fold(
    pair: tuple[Array, Array], threads: int | None, sent: Any, limit: float | None
) -> Numbers:
    """`_fitted_fold` where a worker is."""
    (prepared, arguments), (train, test) = sent, pair
    terms = Terms.starting_now(None, None, limit)
    return _fitted_fold(prepared, arguments, train, test, terms, threads)


def _fitted_fold(
    prepared: Prepared,
    arguments: Mapping[str, Any],
    train: Array,
    test: Array,
    terms: Terms,
    threads: int | None = None,
) -> Numbers:
    """The scores of a fold, and how its fit went, by name."""
    table = prepared.train.table
    schema = prepared.schema.fitted(table.rows(train))
    learnt, scored = (part_of(schema, table.rows(rows)) for rows in (train, test))
    estimator = estimator_of(prepared, arguments)
    with warnings.catch_warnings(), on_threads(estimator, threads):
        warnings.simplefilter("ignore", ConvergenceWarning)  # told of all folds together
        learn(estimator, schema, learnt, terms)
    prediction = constant_prediction(schema, learnt)
    always = baseline_scores(schema, prediction, scored)
    always.pop("prediction")
    return {
        **scalars(scores(schema, estimator, scored), _TEST.rstrip("_")),
        **scalars(always, _BASELINE.rstrip("_")),
        "iterations": int(estimator.result_.nit),
        "converged": float(estimator.result_.success),
    }


def _fold(worth: Numbers, train: int, test: int) -> Fold:
    named = {
        prefix: {
            name.removeprefix(prefix): value
            for name, value in worth.items()
            if name.startswith(prefix) and name not in (f"{prefix}rows", f"{prefix}effective_size")
        }
        for prefix in (_TEST, _BASELINE)
    }
    iterations, converged = int(worth.get("iterations") or 0), bool(worth.get("converged"))
    return Fold(train, test, named[_TEST], named[_BASELINE], iterations, converged)


def _mean_and_spread(values: list[float | None]) -> tuple[float | None, float | None]:
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values):
        return None, None
    return float(np.mean(numbers)), float(np.std(numbers, ddof=1))


def _warn_of_gaps(folds: list[Fold]) -> None:
    """A sentence on each score that a fold does not have, whose mean is not known therefore."""
    for name in folds[0].scores:
        without = [str(i) for i, fold in enumerate(folds, 1) if fold.scores.get(name) is None]
        if without:
            words, _, target = name.partition("[")
            what = SCORE_NAMES.get(words, words) + (f" of {target.rstrip(']')}" if target else "")
            which = (
                f"fold {without[0]} has"
                if len(without) == 1
                else f"folds {', '.join(without)} have"
            )
            warnings.warn(
                f"{which} no {what}, as the target is constant there, so that mean and spread of "
                "it are not known: take fewer folds",
                UserWarning,
                stacklevel=3,
            )


def _warn(folds: list[Fold]) -> None:
    unfinished = sum(not fold.converged for fold in folds)
    if unfinished:
        warnings.warn(
            f"{unfinished} of {len(folds)} folds did not converge: raise max_iterations or "
            "time_limit, or take the scores as those of fits that were cut short",
            ConvergenceWarning,
            stacklevel=3,
        )
