"""A schema as JSON, and back with nothing taken on trust.

A model file may come from anywhere, so every key, type and value is checked before it is used,
and the message names the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from standalone_node.learn.columns import Column
from standalone_node.learn.json_checks import choice, is_finite, items, record, require, text, texts
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
    top = record(data, "schema", ("columns", "target", "na", "missing", "decimal"))
    entries = items(top["columns"], "schema.columns")
    columns = tuple(_column(e, f"schema.columns[{i}]") for i, e in enumerate(entries))
    target = _target(top["target"], "schema.target")
    names = [*(column.name for column in columns), target.name]
    require(len(columns) > 0, "schema.columns", "a list of at least one column")
    require(len(set(names)) == len(names), "schema.columns", "a list of columns named once each")
    na = texts(top["na"], "schema.na")
    missing = choice(top["missing"], "schema.missing", ("error", "drop", "impute"))
    decimal = choice(top["decimal"], "schema.decimal", (".", ","))
    return columns, target, na, missing, decimal


def _column(data: object, key: str) -> Column:
    entry = record(data, key, ("name", "kind", "categories", "fill"))
    name = text(entry["name"], f"{key}.name")
    kind = choice(entry["kind"], f"{key}.kind", ("numeric", "categorical"))
    categories = texts(entry["categories"], f"{key}.categories")
    fill = entry["fill"]
    if kind == "numeric":
        require(not categories, f"{key}.categories", "an empty list for a numeric column")
        require(fill is None or is_finite(fill), f"{key}.fill", "null or a finite number")
        return Column(name, "numeric", (), None if fill is None else float(cast(float, fill)))
    require(len(categories) > 0, f"{key}.categories", "a list of at least one category")
    known = fill is None or (isinstance(fill, str) and fill in categories)
    require(known, f"{key}.fill", "null or one of the categories")
    return Column(name, "categorical", categories, cast("str | None", fill))


def _target(data: object, key: str) -> Target:
    entry = record(data, key, ("name", "task", "classes"))
    name = text(entry["name"], f"{key}.name")
    task = cast(Task, choice(entry["task"], f"{key}.task", ("classification", "regression")))
    classes = items(entry["classes"], f"{key}.classes")
    if task == "regression":
        require(not classes, f"{key}.classes", "an empty list for regression")
        return Target(name, task)
    kinds = {type(label) for label in classes}
    fine = len(kinds) == 1 and kinds <= {str, int, bool} and len(set(classes)) == len(classes) > 1
    require(fine, f"{key}.classes", "a list of two or more distinct texts, integers or booleans")
    if kinds == {int}:
        inside = all(-(2**63) <= label < 2**63 for label in cast("list[int]", classes))
        require(inside, f"{key}.classes", "a list of integers of 64 bits")
    return Target(name, task, tuple(cast("list[ClassLabel]", classes)))
