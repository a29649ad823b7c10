"""A schema survives JSON, and nothing else that is JSON passes for one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, get_args

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standalone_node.errors import ModelFileError, NodeError
from standalone_node.learn.schema import Column, Missing, Schema, Target
from standalone_node.learn.table import Table

TEXTS = st.text(min_size=1, max_size=5)
COLUMNS = st.one_of(
    st.tuples(st.just("numeric"), st.just(()), st.none() | st.floats(-1e308, 1e308)),
    st.lists(TEXTS, min_size=1, max_size=4, unique=True).flatmap(
        lambda found: st.tuples(
            st.just("categorical"), st.just(tuple(found)), st.none() | st.sampled_from(found)
        )
    ),
    st.tuples(
        st.just("boolean"), st.just(("no", "yes")), st.none() | st.sampled_from(["no", "yes"])
    ),
    st.tuples(
        *(st.just("date"), st.just(()), st.none() | st.floats(-1e11, 1e11)),
        st.sampled_from(["%Y-%m-%d", "%d/%m/%y %H:%M"]),
        st.floats(-1e11, 1e11),
        st.lists(st.sampled_from(["year", "week", "day"]), unique=True).map(tuple),
    ),
)
CLASSES = st.one_of(
    st.lists(TEXTS, min_size=2, max_size=4, unique=True),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=4, unique=True),
    st.just([False, True]),
)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(TEXTS, min_size=4, max_size=6, unique=True))
    columns = tuple(Column(name, *draw(COLUMNS)) for name in names[3:])
    target = draw(
        st.just(Target(names[0], "regression"))
        | CLASSES.map(lambda labels: Target(names[0], "classification", tuple(labels)))
    )
    na = tuple(draw(st.lists(st.text(max_size=3), unique=True, max_size=3)))
    missing: Missing = draw(st.sampled_from(get_args(Missing)))
    further = () if target.classes else draw(st.sampled_from([(), (names[1],)]))
    weight = draw(st.sampled_from([None, names[2]]))
    return Schema(columns, target, na, missing, draw(st.sampled_from(".,")), further, weight)


@given(schemas())
@settings(max_examples=100, deadline=None)
def test_a_schema_survives_json(schema: Schema) -> None:
    back = Schema.from_json(json.loads(json.dumps(schema.to_json())))
    assert back == schema
    assert repr(back.target.classes) == repr(schema.target.classes)  # True is no 1


def good() -> dict[str, Any]:
    return {
        "columns": [
            {"name": "x", "kind": "numeric", "categories": [], "fill": 1.5},
            {"name": "c", "kind": "categorical", "categories": ["u", "v"], "fill": "u"},
            {"name": "b", "kind": "boolean", "categories": ["no", "yes"], "fill": "yes"},
            {
                **{"name": "d", "kind": "date", "categories": [], "fill": 86400.0},
                **{"format": "%Y-%m-%d", "origin": 0.0, "parts": ["year"]},
            },
        ],
        "target": {"name": "y", "task": "classification", "classes": [1, 2]},
        "na": ["", "NA"],
        "missing": "impute",
        "decimal": ".",
    }


def places(data: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths to every value inside JSON data."""
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@pytest.mark.parametrize("path", list(places(good())), ids=str)
@pytest.mark.parametrize(
    "bad", [{}, [[]], {"x": 1}, 1e400, 10**400, "\ud800", -1, True, "", "gone", None], ids=repr
)
def test_hostile_values_are_refused_or_harmless(path: tuple, bad: object) -> None:
    data = copy.deepcopy(good())
    holder: Any = data
    for key in path[:-1]:
        holder = holder[key]
    if bad == "gone":
        del holder[path[-1]]
    else:
        holder[path[-1]] = bad
    try:
        schema = Schema.from_json(data)
    except ModelFileError as error:
        message = str(error)
    else:
        message = reading_error(schema)
    assert message.isprintable()


def reading_error(schema: Schema) -> str:
    """What a schema that was let in says to a table, if it says anything."""
    assert Schema.from_json(schema.to_json()) == schema
    try:
        schema.features(
            Table.from_frame(
                pd.DataFrame({"x": ["1"], "c": ["u"], "b": ["YES"], "d": ["2020-02-29"]})
            )
        )
    except NodeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda d: d.pop("na"), "schema.na"),
        (lambda d: d.update(more=1), "schema.more"),
        (lambda d: d.update(columns=[]), "schema.columns"),
        (lambda d: d["columns"][0].update(name="y"), "schema.columns"),
        (lambda d: d["columns"][0].update(fill=float("nan")), "schema.columns[0].fill"),
        (lambda d: d["columns"][0].update(fill=True), "schema.columns[0].fill"),
        (lambda d: d["columns"][0].update(categories=["a"]), "schema.columns[0].categories"),
        (lambda d: d["columns"][1].update(fill="w"), "schema.columns[1].fill"),
        (lambda d: d["columns"][1].update(kind="ordinal"), "schema.columns[1].kind"),
        (lambda d: d["columns"][2].update(categories=["no"]), "schema.columns[2].categories"),
        (lambda d: d["columns"][2].update(fill="maybe"), "schema.columns[2].fill"),
        (lambda d: d["columns"][3].update(format="%Q"), "schema.columns[3].format"),
        (lambda d: d["columns"][3].update(format="%d" * 99), "schema.columns[3].format"),
        (lambda d: d["columns"][3].update(parts=["month"]), "schema.columns[3].parts"),
        (lambda d: d["columns"][3].update(origin=1e300), "schema.columns[3].origin"),
        (lambda d: d["columns"][3].update(origin=None), "schema.columns[3].origin"),
        (lambda d: d["columns"][3].update(fill=1e300), "schema.columns[3].fill"),
        (lambda d: d["columns"][0].update(format="%Y"), "schema.columns[0].format"),
        (lambda d: d.update(further=["z"]), "schema.further"),
        (lambda d: d.update(weight="x"), "schema.columns"),
        (lambda d: d.update(weight=""), "schema.weight"),
        (lambda d: d["target"].update(classes=[1, True]), "schema.target.classes"),
        (lambda d: d["target"].update(classes=[1, 2, 1]), "schema.target.classes"),
        (lambda d: d["target"].update(classes=[1, 2**63]), "schema.target.classes"),
        (lambda d: d["target"].update(classes=[1]), "schema.target.classes"),
        (lambda d: d["target"].update(task="regression"), "schema.target.classes"),
        (lambda d: d.update(missing="guess"), "schema.missing"),
        (lambda d: d.update(decimal="_"), "schema.decimal"),
    ],
)
def test_a_damaged_schema_is_refused_by_key(change: Any, key: str) -> None:
    data = good()
    change(data)
    with pytest.raises(ModelFileError) as caught:
        Schema.from_json(data)
    assert repr(key) in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_what_is_no_object_is_no_schema(data: object) -> None:
    with pytest.raises(ModelFileError, match="'schema' is not an object"):
        Schema.from_json(data)
