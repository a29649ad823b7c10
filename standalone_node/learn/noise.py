"""Errors of the inputs, as a share of their spread or as a file says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.cells import quoted, suggestion
from standalone_node.learn.kinds import kind_of, width_of
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table

Array = NDArray[Any]


def measured(schema: Schema) -> Array:
    """Which features are measured, (p,): those of numeric columns; categories and dates are not.

    All of them where there is no numeric column at all.
    """
    flags = [kind_of(column).measured for column in schema.columns for _ in range(width_of(column))]
    found = np.array(flags)
    return found if found.any() else ~found


def share_of_spread(schema: Schema, scale: Array, share: float) -> Array:
    """Standard deviations (p,): a share of the scale of what is measured, 0 for categories."""
    return np.where(measured(schema), share * scale, 0.0)


def noise_of_table(table: Table, schema: Schema) -> Array:
    """Standard deviations (p,) or a covariance (p, p) of the features from a table.

    Two columns, a feature's name and its standard deviation (features that are not there have
    none), or a square table whose header are the features' names.

    Raises
    ------
    DataError
        If it is neither, names what is no feature, or holds no numbers.
    """
    names = list(schema.feature_names)
    if sorted(table.names) == sorted(names) and len(table.frame) == len(names):
        return _square(table, names)
    if len(table.names) == 2 and table.names[0] in names and table.names[1] not in names:
        raise DataError(
            f"{table.source}: the first line is taken for a header, and names the feature "
            f"{quoted(table.names[0])}; put a line such as name,deviation above it."
        )
    if len(table.names) != 2:
        raise DataError(
            f"{table.source}: noise is a table of two columns, a feature and its standard "
            f"deviation, or a covariance whose header are the {len(names)} features, and this has "
            f"{len(table.names)} columns."
        )
    first, second = (table.cells(name) for name in table.names)
    deviations: dict[str, float] = {}
    for place, (name, cell) in enumerate(zip(first, second, strict=True)):
        if name not in names or name in deviations:
            if name in deviations:
                raise DataError(
                    f"{table.source}: {table.where(place)}: {quoted(name)} is there twice; give "
                    "each feature one standard deviation."
                )
            raise DataError(
                f"{table.source}: {table.where(place)}: there is no feature {quoted(name)}; "
                f"{suggestion(str(name), names)}"
            )
        deviations[name] = _number(table, place, cell)
        if deviations[name] < 0.0:
            raise DataError(
                f"{table.source}: {table.where(place)}: a standard deviation is not negative; 0 is "
                "no noise."
            )
    return np.array([deviations.get(name, 0.0) for name in names])


def _square(table: Table, names: list[str]) -> Array:
    columns = [
        [_number(table, place, cell) for place, cell in enumerate(table.cells(name))]
        for name in table.names
    ]
    # Rows are in the order of the header, columns are brought into that of the features.
    order = [table.names.index(name) for name in names]
    return np.array(columns).T[np.ix_(order, order)]


def _number(table: Table, place: int, cell: Any) -> float:
    try:
        value = float(str(cell).replace(table.decimal, "."))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise DataError(
            f"{table.source}: {table.where(place)}: {quoted(cell)} is no finite number."
        )
    return value
