"""A schema as JSON, and back with nothing taken on trust.

A model file may come from anywhere, so every key, type and value is checked before it is used,
and the message names the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from standalone_node.learn.columns import Column
from standalone_node.learn.cycles import CYCLES
from standalone_node.learn.dates import is_format
from standalone_node.learn.json_checks import choice, is_finite, items, record, require, text, texts
from standalone_node.learn.kinds import KINDS
from standalone_node.learn.targets import ClassLabel, Target, Task

if TYPE_CHECKING:
    from standalone_node.learn.schema import Schema

#: Fill values of dates, and from when they are counted, are in the years 1 to 9999.
_FARTHEST = 3e11
#: Keys that a schema need not have: older versions knew none of them.
_OPTIONAL = ("further", "weight")


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """A schema as a dict of JSON types; what is not there is not written."""
    target = schema.target
    found: dict[str, Any] = {
        "columns": [_column_to_json(column) for column in schema.columns],
        "target": {"name": target.name, "task": target.task, "classes": list(target.classes)},
        "na": list(schema.na),
        "missing": schema.missing,
        "decimal": schema.decimal,
    }
    if schema.further:
        found["further"] = list(schema.further)
    if schema.weight is not None:
        found["weight"] = schema.weight
    return found


def _column_to_json(column: Column) -> dict[str, Any]:
    found = {
        "name": column.name,
        "kind": column.kind,
        "categories": list(column.categories),
        "fill": column.fill,
    }
    if column.kind == "date":
        own = {"format": column.format, "origin": column.origin, "parts": list(column.parts)}
        found |= own
    return found


def schema_from_json(data: object) -> dict[str, Any]:
    """The arguments of a schema from what `schema_to_json` wrote.

    Raises
    ------
    ModelFileError
        A key is absent, unknown, or of the wrong type or value; the message names it.
    """
    keys = ("columns", "target", "na", "missing", "decimal")
    top = record(data, "schema", keys, optional=_OPTIONAL)
    entries = items(top["columns"], "schema.columns")
    columns = tuple(_column(e, f"schema.columns[{i}]") for i, e in enumerate(entries))
    target = _target(top["target"], "schema.target")
    further = texts(top.get("further", []), "schema.further")
    single = not further or target.task == "regression"
    require(single and all(further), "schema.further", "a list of names, empty for classification")
    weight = top.get("weight")
    if weight is not None:
        text(weight, "schema.weight")
    names = [*(column.name for column in columns), target.name, *further]
    names += [] if weight is None else [weight]
    require(len(columns) > 0, "schema.columns", "a list of at least one column")
    require(len(set(names)) == len(names), "schema.columns", "a list of columns named once each")
    return {
        "columns": columns,
        "target": target,
        "na": texts(top["na"], "schema.na"),
        "missing": choice(top["missing"], "schema.missing", ("error", "drop", "impute")),
        "decimal": choice(top["decimal"], "schema.decimal", (".", ",")),
        "further": further,
        "weight": weight,
    }


def _column(data: object, key: str) -> Column:
    dated = isinstance(data, dict) and data.get("kind") == "date"
    own = ("format", "origin", "parts") if dated else ()
    entry = record(data, key, ("name", "kind", "categories", "fill", *own))
    name = text(entry["name"], f"{key}.name")
    kind = choice(entry["kind"], f"{key}.kind", tuple(KINDS))
    categories = texts(entry["categories"], f"{key}.categories")
    fill = entry["fill"]
    if KINDS[kind].fill == "median":
        require(not categories, f"{key}.categories", f"an empty list for a {kind} column")
        require(fill is None or is_finite(fill), f"{key}.fill", "null or a finite number")
        number = None if fill is None else float(fill)
        return _date(entry, key, name, number) if dated else Column(name, "numeric", (), number)
    require(len(categories) > 0, f"{key}.categories", "a list of at least one category")
    if kind == "boolean":
        distinct = len({category.casefold() for category in categories}) == len(categories) == 2
        require(distinct, f"{key}.categories", "a list of what is false and what is true")
    known = fill is None or (isinstance(fill, str) and fill in categories)
    require(known, f"{key}.fill", "null or one of the categories")
    return Column(name, cast(Any, kind), categories, cast("str | None", fill))


def _date(entry: dict[str, Any], key: str, name: str, fill: float | None) -> Column:
    format, origin = text(entry["format"], f"{key}.format"), entry["origin"]
    require(is_format(format), f"{key}.format", "a format of dates")
    parts = texts(entry["parts"], f"{key}.parts")
    require(set(parts) <= set(CYCLES), f"{key}.parts", f"a list of some of {', '.join(CYCLES)}")
    require(fill is None or _is_time(fill), f"{key}.fill", "null or the seconds of a date")
    # A schema that was never fitted has none, but no file is written of it.
    require(_is_time(origin), f"{key}.origin", "the seconds of a date")
    return Column(name, "date", (), fill, format, float(origin), parts)


def _is_time(value: object) -> bool:
    return is_finite(value) and abs(cast(float, value)) <= _FARTHEST


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
