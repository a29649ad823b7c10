"""What figures are asked about: runs, parameters, and several of them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.optimize.result import Result

Array = NDArray[Any]


def parameters_of(model: Any) -> Parameters | Derivative:
    """Parameters or a derivative as they stand, those of a Result, or those of a fitted estimator.

    Raises
    ------
    ArgumentError
        If it is none of those, or an estimator that was not fitted.
    """
    if isinstance(model, Parameters | Derivative):
        return model
    found = model.get("parameters") if isinstance(model, Result) else None
    found = getattr(model, "parameters_", found)
    if not isinstance(found, Parameters):
        raise ArgumentError(
            f"expected Parameters, a Result or a fitted estimator, not {said(model)}"
        )
    return found


def said(thing: Any) -> str:
    """What something is that is not what was asked for, with the remedy if there is one."""
    name = type(thing).__name__
    try:
        check_is_fitted(thing)
    except NotFittedError:
        return f"{name}, which was not fitted: call fit(X, y) first"
    except TypeError:  # no estimator at all
        pass
    return name


def history_of(run: Any) -> dict[str, Array]:
    """The history of a run: a Result, a fitted estimator, or columns (a mapping or a data frame).

    Raises
    ------
    ArgumentError
        If there is none, as in a model file, which keeps none, or one without rows or numbers.
    """
    result = getattr(run, "result_", run)
    columns = result.get("history") if isinstance(result, Result) else result
    if not is_history(columns):
        loaded = hasattr(run, "parameters_") and not hasattr(run, "result_")
        raise ArgumentError(
            "a model file keeps no history of its run: read MODEL.history.csv, which node-fit fit "
            "writes beside it, with pandas, and give that"
            if loaded
            else "expected a Result, a fitted estimator or a history with the column cost, not "
            f"{said(run)}"
        )
    try:
        found = {name: np.asarray(columns[name], dtype=np.float64) for name in columns}
    except (TypeError, ValueError):
        raise ArgumentError("a column of the history holds something else than numbers") from None
    if {values.shape for values in found.values()} != {(found["cost"].size,)}:
        raise ArgumentError("the columns of the history are not of one length: a number a row each")
    if found["cost"].size == 0:
        raise ArgumentError("the history has no row: give that of a run which has begun")
    return found


def is_history(columns: Any) -> bool:
    """Whether it has columns by name, and among them a cost."""
    return (isinstance(columns, Mapping) or hasattr(columns, "columns")) and "cost" in columns


def two_of(given: Any, what: str, place: Callable[[Any], int]) -> tuple[int, int]:
    """The positions of two features or components that span a plane.

    Parameters
    ----------
    given : sequence of int or str
    what : str
        What they are called in the errors.
    place : callable
        The position of one of them.

    Raises
    ------
    ArgumentError
        If they are not two, or both are the same.
    """
    if isinstance(given, str) or not isinstance(given, Sized) or len(given) != 2:
        raise ArgumentError(f"{what} = {given!r} has to be two of them, as (0, 1)")
    two: Any = given
    pair = place(two[0]), place(two[1])
    if pair[0] == pair[1]:
        raise ArgumentError(f"{what} = {given!r} is twice the same: name two of them, as (0, 1)")
    return pair


def by_name(things: Any, single: bool) -> dict[str, Any]:
    """Several things by name as they are, and one alone under the name ""; `single` says which."""
    if single:
        return {"": things}
    if not things:
        raise ArgumentError("there is nothing to draw: give at least one")
    return {str(name): thing for name, thing in things.items()}
