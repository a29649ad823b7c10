"""What the arguments of the estimators say about batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from standalone_node.errors import ArgumentError
from standalone_node.learn.defaults import CLASSIFIER
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.stochastic import Stepwise


def seed_of(random_state: Any) -> int:
    """A seed: the whole number itself, or one drawn from a RandomState or from chance."""
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def batches_of(estimator: BaseEstimator, problem: Any = None) -> Batches | None:
    """The batches of `fit`, None for all rows at once.

    A problem may cut them itself: by a subclass of `Batches`, its attribute `batches`.
    """
    if estimator.batch_size is None:
        if estimator.epochs != CLASSIFIER.epochs:
            raise ArgumentError(
                "epochs counts how often the batches are gone through: give batch_size, too"
            )
        return None
    kind: type[Batches] = getattr(problem, "batches", Batches)
    return kind(
        size=estimator.batch_size,
        epochs=estimator.epochs,
        iterations=estimator.batch_iterations,
        seed=seed_of(estimator.random_state),
        proximal=estimator.proximal,
    )


def whole_batch(estimator: BaseEstimator, rows: int) -> Batches:
    """The one batch of `partial_fit`."""
    method = METHODS.get(estimator.method)
    if isinstance(method, Stepwise) and method.remembers:
        raise ArgumentError(
            f"partial_fit starts the method anew on every batch, but {estimator.method!r} lives on "
            "what it remembers: use fit with batch_size, or another method"
        )
    return Batches(
        size=rows, epochs=1, iterations=estimator.batch_iterations, proximal=estimator.proximal
    )
