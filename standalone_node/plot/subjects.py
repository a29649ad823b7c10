"""What figures are asked about: runs, parameters, and several of them by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    unfitted = hasattr(thing, "fit") and not hasattr(thing, "parameters_")
    return f"{name}, which was not fitted: call fit(X, y) first" if unfitted else name


def history_of(run: Any) -> dict[str, Array]:
    """The history of a run: a Result, a fitted estimator, or columns (a mapping or a data frame).

    Raises
    ------
    ArgumentError
        If there is none; a model file keeps none.
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
    return {name: np.asarray(columns[name], dtype=np.float64) for name in columns}


def is_history(columns: Any) -> bool:
    """Whether it has columns by name, and among them a cost."""
    return (isinstance(columns, Mapping) or hasattr(columns, "columns")) and "cost" in columns


def by_name(things: Any, single: bool) -> dict[str, Any]:
    """Several things by name as they are, and one alone under the name ""; `single` says which."""
    if single:
        return {"": things}
    if not things:
        raise ArgumentError("there is nothing to draw: give at least one")
    return {str(name): thing for name, thing in things.items()}
