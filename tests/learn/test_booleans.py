"""Columns of two spellings of false and true."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from standalone_node.errors import DataError
from standalone_node.learn.schema import Column, infer_schema
from standalone_node.learn.table import Table


def table(cells: Any) -> Table:
    count = len(cells)
    numbers = [(i * 7 % 11) / 10 for i in range(count)]
    return Table.from_frame(
        pd.DataFrame({"b": cells, "x": numbers, "y": list("ab") * (count // 2)})
    )


@pytest.mark.parametrize(
    ("cells", "categories"),
    [
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["yes", "no"], ("no", "yes")),
        ([True, False], ("False", "True")),
        (["t", "f"], ("f", "t")),
        (["Y", "N"], ("N", "Y")),
        (["on", "off"], ("off", "on")),
    ],
)
def test_they_are_one_feature_of_0_and_1(cells: list[Any], categories: tuple[str, str]) -> None:
    data = table([cells[0], *cells, cells[1]] * 5)
    schema, notes = infer_schema(data, "y")
    assert schema.columns[0] == Column("b", "boolean", categories)
    assert schema.feature_names == (f"b={categories[1]}", "x")
    assert schema.features(data)[:4, 0].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert "column 'b' holds true or false: one input of 0 and 1." in notes


@pytest.mark.parametrize("cells", [["0", "1"], ["0.0", "1.0"]])
def test_0_and_1_stay_numbers(cells: list[str]) -> None:
    schema, _ = infer_schema(table([*cells, cells[0], cells[0]] * 5), "y")
    assert schema.columns[0].kind == "numeric"


@pytest.mark.parametrize("cells", [["yes", "no", "maybe", "no"], ["yes", "false"] * 2])
def test_other_words_are_categories(cells: list[str]) -> None:
    schema, _ = infer_schema(table(cells * 5), "y")
    assert schema.columns[0].kind == "categorical"


def test_case_does_not_matter_and_other_words_are_refused_by_row() -> None:
    schema, _ = infer_schema(table(["yes", "yes", "no", "no"] * 5), "y")
    assert schema.features(table(["YES", "No"]))[:, 0].tolist() == [1.0, 0.0]
    with pytest.raises(DataError, match=r"row 2, column 'b': 'true' is neither 'no' nor 'yes'"):
        schema.features(table(["yes", "true"]))


def test_a_missing_one_is_filled_in_with_the_most_frequent() -> None:
    data = table(["yes", "yes", "no", ""] * 5)
    schema = infer_schema(data, "y", missing="impute")[0].fitted(data)
    assert schema.columns[0].fill == "yes"
    assert schema.features(data)[:4, 0].tolist() == [1.0, 1.0, 0.0, 1.0]
