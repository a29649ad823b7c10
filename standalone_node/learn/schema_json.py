"""A schema as JSON, and back with nothing taken on trust.

A model file may come from anywhere, so every key, type and value is checked before it is used,
and the message names the key.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn, cast

from standalone_node.errors import ModelFileError
from standalone_node.learn.columns import Column
from standalone_node.learn.targets import ClassLabel, Target, Task

Parts = tuple[tuple[Column, ...], Target, tuple[str, ...], str, str]


def schema_to_json(
    columns: Sequence[Column], target: Target, na: Sequence[str], missing: str, decimal: str
) -> dict[str, Any]:
    """The parts of a schema as a dict of JSON types."""
    return {
        "columns": [
            {
                "name": column.name,
                "kind": column.kind,
                "categories": list(column.categories),
                "fill": column.fill,
            }
            for column in columns
        ],
        "target": {"name": target.name, "task": target.task, "classes": list(target.classes)},
        "na": list(na),
        "missing": missing,
        "decimal": decimal,
    }


def schema_from_json(data: object) -> Parts:
    """The parts of a schema from what `schema_to_json` wrote.

    Raises
    ------
    ModelFileError
        A key is absent, unknown, or of the wrong type or value; the message names it.
    """
    top = _record(data, "schema", ("columns", "target", "na", "missing", "decimal"))
    entries = _items(top["columns"], "schema.columns")
    columns = tuple(_column(e, f"schema.columns[{i}]") for i, e in enumerate(entries))
    target = _target(top["target"], "schema.target")
    names = [*(column.name for column in columns), target.name]
    _require(len(columns) > 0, "schema.columns", "a list of at least one column")
    _require(len(set(names)) == len(names), "schema.columns", "a list of columns named once each")
    na = _texts(top["na"], "schema.na")
    missing = _choice(top["missing"], "schema.missing", ("error", "drop", "impute"))
    decimal = _choice(top["decimal"], "schema.decimal", (".", ","))
    return columns, target, na, missing, decimal


def _column(data: object, key: str) -> Column:
    record = _record(data, key, ("name", "kind", "categories", "fill"))
    name = _text(record["name"], f"{key}.name")
    kind = _choice(record["kind"], f"{key}.kind", ("numeric", "categorical"))
    categories = _texts(record["categories"], f"{key}.categories")
    fill = record["fill"]
    if kind == "numeric":
        _require(not categories, f"{key}.categories", "an empty list for a numeric column")
        _require(fill is None or _is_finite(fill), f"{key}.fill", "null or a finite number")
        return Column(name, "numeric", (), None if fill is None else float(cast(float, fill)))
    _require(len(categories) > 0, f"{key}.categories", "a list of at least one category")
    known = fill is None or (isinstance(fill, str) and fill in categories)
    _require(known, f"{key}.fill", "null or one of the categories")
    return Column(name, "categorical", categories, cast("str | None", fill))


def _target(data: object, key: str) -> Target:
    record = _record(data, key, ("name", "task", "classes"))
    name = _text(record["name"], f"{key}.name")
    task = cast(Task, _choice(record["task"], f"{key}.task", ("classification", "regression")))
    classes = _items(record["classes"], f"{key}.classes")
    if task == "regression":
        _require(not classes, f"{key}.classes", "an empty list for regression")
        return Target(name, task)
    kinds = {type(label) for label in classes}
    fine = len(kinds) == 1 and kinds <= {str, int, bool} and len(set(classes)) == len(classes) > 1
    _require(fine, f"{key}.classes", "a list of two or more distinct texts, integers or booleans")
    if kinds == {int}:
        inside = all(-(2**63) <= label < 2**63 for label in cast("list[int]", classes))
        _require(inside, f"{key}.classes", "a list of integers of 64 bits")
    return Target(name, task, tuple(cast("list[ClassLabel]", classes)))


def _record(data: object, key: str, keys: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(data, dict):
        _refuse(key, f"an object with the keys {', '.join(keys)}")
    for name in keys:
        _require(name in data, f"{key}.{name}", "present")
    for name in data:
        _require(name in keys, f"{key}.{str(name)[:60]}", "a key of this format")
    return data


def _items(data: object, key: str) -> list[Any]:
    if not isinstance(data, list):
        _refuse(key, "a list")
    return data


def _text(data: object, key: str) -> str:
    if not isinstance(data, str) or not data:
        _refuse(key, "a text that is not empty")
    return data


def _texts(data: object, key: str) -> tuple[str, ...]:
    items = _items(data, key)
    fine = all(isinstance(item, str) for item in items) and len(set(items)) == len(items)
    _require(fine, key, "a list of distinct texts")
    return tuple(items)


def _choice(data: object, key: str, choices: tuple[str, ...]) -> str:
    if not isinstance(data, str) or data not in choices:
        _refuse(key, f"one of {', '.join(repr(choice) for choice in choices)}")
    return data


def _is_finite(data: object) -> bool:
    if isinstance(data, bool) or not isinstance(data, int | float):
        return False
    try:
        return math.isfinite(data)
    except OverflowError:  # an integer beyond the range of a double
        return False


def _require(fine: bool, key: str, what: str) -> None:
    if not fine:
        _refuse(key, what)


def _refuse(key: str, what: str) -> NoReturn:
    raise ModelFileError(
        f"the model file is damaged or foreign: {key!r} is not {what}; fit the model again."
    )
