"""What to fit: the settings in which fits differ, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.learn.base import NodeEstimator

#: A list of values for each argument, of which all combinations are meant, or a mapping a fit.
Over = Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]

#: They say where a fit runs, which is for the caller of all of them to say.
_PLACES = ("engine", "client")


def settings_of_each(estimator: Any, over: Over) -> list[dict[str, Any]]:
    """A row of arguments for each fit.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Whose arguments they are.
    over : mapping of lists, or sequence of mappings

    Raises
    ------
    ArgumentError
        If the estimator is none of this package, there is nothing to fit, or an argument is named
        that the estimator does not have.

    Examples
    --------
    >>> from standalone_node import NodeClassifier
    >>> settings_of_each(NodeClassifier(), {"steps": [2, 3], "l2": [0.1, 0.01]})[1:3]
    [{'steps': 2, 'l2': 0.01}, {'steps': 3, 'l2': 0.1}]
    """
    if not isinstance(estimator, NodeEstimator):
        raise ArgumentError(
            f"the estimator is {estimator!r}: give a NodeClassifier or a NodeRegressor; "
            "scikit-learn's own tools run others over a cluster (docs/many-fits.md)"
        )
    rows = _combined(over) if isinstance(over, Mapping) else _listed(over)
    if not rows:
        raise ArgumentError(
            f"over = {over!r} has nothing to fit: give a list of values for each argument, as "
            "{'random_state': [0, 1, 2]}, or a list of mappings"
        )
    known = estimator.get_params(deep=False)
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in _PLACES:
            raise ArgumentError(
                f"over has {name!r}, which says where fits run and not what is fitted: give "
                f"{name} beside over"
            )
        if name not in known:
            raise ArgumentError(
                f"over has {name!r}, and {type(estimator).__name__} has no such argument: it has "
                f"{', '.join(sorted(known))}"
            )
    return rows


def words_of(settings: Mapping[str, Any]) -> str:
    """Which fit is meant, as its settings are written.

    Examples
    --------
    >>> words_of({"random_state": 3, "form": "inside"}), words_of({})
    ("random_state = 3, form = 'inside'", 'the settings of the estimator')
    """
    if not settings:
        return "the settings of the estimator"
    return ", ".join(f"{name} = {_plain(value)!r}" for name, value in settings.items())


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _combined(over: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """All combinations of the values, those of the last name changing fastest."""
    for name, values in over.items():
        if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
            raise ArgumentError(
                f"over has {name} = {values!r}, which is no list of values: give "
                f"{{{name!r}: [{values!r}]}}"
            )
    rows = product(*(list(values) for values in over.values()))
    return [dict(zip(over, row, strict=True)) for row in rows]


def _listed(over: Any) -> list[dict[str, Any]]:
    rows = (
        list(over) if isinstance(over, Iterable) and not isinstance(over, str | bytes) else [over]
    )
    for row in rows:
        if not isinstance(row, Mapping):
            raise ArgumentError(
                f"over has {row!r}, which is no mapping of arguments to values: give a list of "
                "mappings, as [{'random_state': 0}, {'random_state': 1}]"
            )
    return [dict(row) for row in rows]
