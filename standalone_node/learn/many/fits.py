"""Many fits of one estimator on the same rows, each with settings of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from standalone_node.errors import FitsFailed
from standalone_node.learn.many.attempts import Attempt, Settings, attempts
from standalone_node.learn.many.settings import Over, settings_of_each, words_of

#: So many fits are named in a sentence, no more.
_NAMED = 3


def fit_many(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    over: Over,
    *,
    sample_weight: ArrayLike | None = None,
    engine: Any = "local",
    client: Any = None,
) -> list[Any]:
    """Fit copies of an estimator, one for each row of a table of settings.

    The fits do not depend on one another. With ``engine="dask"`` the rows of X are sent once, and
    each fit runs whole on one worker; the fitted estimators are those of ``engine="local"``, where
    one runs after the other, bit for bit.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Stays as it is, fitted or not.
    X, y : array_like
        As in its `fit`.
    over : mapping of lists, or sequence of mappings
        What to fit: for each argument the values it takes, as ``{"random_state": [0, 1, 2]}``, of
        which all combinations are fitted, those of the last name changing fastest; or for each
        fit its arguments.
    sample_weight : array_like, shape (B,), optional
    engine : {"local", "dask"} or Engine
        Where the fits run.
    client : distributed.Client or str, optional
        For "dask": a client, or the address of a scheduler. If not given, the current client, or
        else processes on this machine that are closed at the end.

    Returns
    -------
    list of estimators
        In the order of the settings. They hold no rows: to tell their accuracy
        `measure_accuracy` needs some.

    Raises
    ------
    ArgumentError
        If there is nothing to fit, or a name that is no argument of the estimator.
    FitsFailed
        If a fit failed: which, and why. The others are done first, and are in its `fits`.
    ClusterError
        If the cluster is not there, or is lost.

    Warns
    -----
    ConvergenceWarning
        Once, if fits did not converge: which.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from standalone_node import NodeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> seeds = fit_many(NodeClassifier(), X, y, {"random_state": [0, 1, 2]})
    >>> [model.random_state for model in seeds], min(m.score(X, y) for m in seeds) > 0.95
    ([0, 1, 2], True)
    """
    rows = settings_of_each(estimator, over)
    found = attempts(estimator, (X, y, sample_weight), rows, engine=engine, client=client)
    return fitted_of(found, rows)


def fitted_of(found: Sequence[Attempt], rows: Sequence[Settings]) -> list[Any]:
    """The fitted estimators, when what there is to say of them has been said.

    Raises
    ------
    FitsFailed
        If one is missing.
    """
    _warn(found, rows)
    fits = [one.fitted for one in found]
    failures = {i: one.error for i, one in enumerate(found) if one.error is not None}
    if failures:
        error = next(iter(failures.values()))
        raise FitsFailed(
            f"{len(failures)} of {_counted(len(rows))} failed: "
            + _named([f"that of {words_of(rows[i])}" for i in failures])
            + f" ({'' if len(failures) == 1 else 'the first: '}{type(error).__name__}: {error}); "
            "the fits that were done are in `fits` of this error, and why the others failed in "
            "`failures`",
            fits,
            failures,
        ) from error
    return fits


def _warn(found: Sequence[Attempt], rows: Sequence[Settings]) -> None:
    """Each warning once, with the fits it is of; those of convergence in one sentence."""
    unfinished = []
    said: dict[tuple[type[Warning], str], list[str]] = {}
    for one, settings in zip(found, rows, strict=True):
        for category, words in one.told:
            if issubclass(category, ConvergenceWarning):
                unfinished.append(words_of(settings))
            else:
                said.setdefault((category, words), []).append(words_of(settings))
    for (category, words), which in said.items():
        warnings.warn(f"{words} (fit of {_named(which)})", category, stacklevel=4)
    if unfinished:
        warnings.warn(
            f"{len(unfinished)} of {_counted(len(rows))} did not converge: {_named(unfinished)}; "
            "`result_` of each says why, raise max_iterations or time_limit",
            ConvergenceWarning,
            stacklevel=4,
        )


def _counted(count: int) -> str:
    return "1 fit" if count == 1 else f"{count} fits"


def _named(which: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(which) - _NAMED
    return "; ".join(which[:_NAMED]) + (f" and {more} more" if more > 0 else "")
