"""One fit of many, wherever it runs: what comes back of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

from standalone_node.engines.opening import opened
from standalone_node.errors import NodeError
from standalone_node.learn.many.alone import alone, on_threads
from standalone_node.learn.printing import NOT_IN_A_COPY

Settings = Mapping[str, Any]
#: X, y and sample weights.
Data = tuple[Any, Any, Any]
#: (fitted estimator, data) -> what is wanted of it where the data are.
Measure = Callable[[Any, Data], Any]

#: What the arguments of an estimator are while it is fitted: a fit is whole where it runs.
_WHOLE = {"engine": "local", "client": None}


@dataclass(frozen=True)
class Attempt:
    """What became of one fit.

    Attributes
    ----------
    fitted : estimator or None
        Without rows; None if the fit failed.
    measured : object
        What was asked of it.
    error : Exception or None
    told : tuple of (type of warning, str)
    """

    fitted: Any
    measured: Any
    error: Exception | None
    told: tuple[tuple[type[Warning], str], ...]


def attempts(
    estimator: Any,
    data: Data,
    rows: Sequence[Settings],
    *,
    measure: Measure | None = None,
    engine: Any = "local",
    client: Any = None,
) -> list[Attempt]:
    """All fits, one a row of settings, over an engine; in the order of the rows.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        A copy of it is fitted, never itself.
    data : tuple
        X, y and sample weights, which are sent once.
    rows : sequence of mappings
    measure : callable, optional
        Importable, as it is called where the fit is.
    engine, client
        See `standalone_node.fit_many`.

    Raises
    ------
    ClusterError
        If the cluster is not there, or is lost.
    """
    asked = estimator.get_params(deep=False)
    places = {name: asked[name] for name in _WHOLE if name in asked}
    # On a copy: clone hands on what is no argument, such as the requests of metadata.
    whole = clone(estimator).set_params(**{name: _WHOLE[name] for name in places})
    with opened(engine, client) as over:
        found: list[Attempt] = over.over(attempt, list(rows), whole, over.broadcast(data), measure)
    for one in found:
        if one.fitted is not None:
            one.fitted.set_params(**places)
    return found


def attempt(settings: Settings, estimator: Any, data: Data, measure: Measure | None) -> Attempt:
    """One fit, whole, where it is called; what goes wrong in it is an answer, too."""
    X, y, sample_weight = data
    fitted, measured, failed = None, None, None
    with alone() as most, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            # Of a generator of random numbers each fit has its own copy, as if it were sent.
            fitted = clone(estimator).set_params(**deepcopy(dict(settings)))
            with on_threads(fitted, most):
                fitted.fit(X, y, sample_weight)
                measured = None if measure is None else measure(fitted, data)
        # The other fits are not to be lost by it, whatever it is.
        except Exception as error:
            fitted, failed = None, _sendable(error)
    told = tuple((one.category, str(one.message)) for one in seen)
    return Attempt(_without_rows(fitted), measured, failed, told)


def _without_rows(fitted: Any) -> Any:
    """The estimator as it would come from another process, whatever process it comes from."""
    for name in NOT_IN_A_COPY if fitted is not None else ():
        vars(fitted).pop(name, None)
    return fitted


def _sendable(error: Exception) -> Exception:
    """The error, or its words if it cannot be sent."""
    try:
        deepcopy(error)  # by the same means
    except Exception:
        return NodeError(f"{type(error).__name__}: {error}")
    return error
