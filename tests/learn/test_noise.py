"""Errors of the inputs from a share or a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standalone_node.errors import DataError
from standalone_node.learn.noise import measured, noise_of_table, share_of_spread
from standalone_node.learn.schema import Schema, infer_schema
from standalone_node.learn.table import Table


@pytest.fixture(scope="module")
def schema() -> Schema:
    frame = pd.DataFrame(
        {
            "length": [1.5, 2.5, 3.0, 4.0],
            "colour": ["red", "blue", "red", "blue"],
            "width": [0.5, 0.1, 0.2, 0.9],
            "kind": ["a", "b", "a", "b"],
        }
    )
    return infer_schema(Table.from_frame(frame), "kind")[0]


def table(**columns: list[object]) -> Table:
    return Table.from_frame(pd.DataFrame(columns), "errors.csv")


def test_a_category_is_not_measured(schema: Schema) -> None:
    assert schema.feature_names == ("length", "colour=blue", "colour=red", "width")
    assert measured(schema).tolist() == [True, False, False, True]


def test_a_share_is_one_of_the_spread_of_what_is_measured(schema: Schema) -> None:
    scale = np.array([2.0, 1.0, 1.0, 4.0])
    assert share_of_spread(schema, scale, 0.5).tolist() == [1.0, 0.0, 0.0, 2.0]


def test_where_all_are_categories_all_of_them_have_errors() -> None:
    frame = pd.DataFrame({"c": ["u", "v", "u", "v"], "kind": ["a", "b", "a", "b"]})
    only = infer_schema(Table.from_frame(frame), "kind")[0]
    assert measured(only).all()


def test_two_columns_are_names_and_standard_deviations(schema: Schema) -> None:
    found = noise_of_table(table(name=["width", "length"], sd=[0.1, 0.3]), schema)
    assert found.tolist() == [0.3, 0.0, 0.0, 0.1]


def test_a_square_table_is_a_covariance_in_the_order_of_its_header(schema: Schema) -> None:
    names = ["width", "length", "colour=red", "colour=blue"]
    values = np.diag([4.0, 1.0, 2.0, 3.0])
    values[0, 1] = values[1, 0] = 0.5
    found = noise_of_table(table(**{n: list(values[:, j]) for j, n in enumerate(names)}), schema)
    assert np.diag(found).tolist() == [1.0, 3.0, 2.0, 4.0]
    assert found[0, 3] == found[3, 0] == 0.5


def test_what_cannot_be_read_is_named_with_its_row(schema: Schema) -> None:
    with pytest.raises(
        DataError, match=r"errors.csv: row 1: there is no feature 'lenght'; did you"
    ):
        noise_of_table(table(name=["lenght"], sd=[0.1]), schema)
    with pytest.raises(DataError, match=r"errors.csv: row 2: 'much' is no finite number"):
        noise_of_table(table(name=["length", "width"], sd=["1", "much"]), schema)
    with pytest.raises(DataError, match=r"this has 3 columns"):
        noise_of_table(table(a=[1], b=[2], c=[3]), schema)
    with pytest.raises(DataError, match=r"errors.csv: row 1: a standard deviation is not negative"):
        noise_of_table(table(name=["length"], sd=["-1"]), schema)
    with pytest.raises(DataError, match=r"errors.csv: row 2: 'length' is there twice"):
        noise_of_table(table(name=["length", "length"], sd=["1", "2"]), schema)


def test_a_file_without_a_header_does_not_lose_its_first_line(schema: Schema) -> None:
    with pytest.raises(DataError, match=r"taken for a header, and names the feature 'length'"):
        noise_of_table(
            Table.from_frame(pd.DataFrame({"length": ["width"], "0.1": ["0.2"]})), schema
        )
