"""A schema reads any table of its columns into the same numbers, and names what it cannot read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.schema import DEFAULT_NA, Column, Schema, infer_schema
from standalone_node.learn.table import Table, read_table


def table(**columns: list[Any]) -> Table:
    return Table.from_frame(pd.DataFrame(columns, dtype=object), "data.csv")


def plants(**changed: list[Any]) -> Table:
    """Six plants; a keyword puts another column in."""
    columns: dict[str, list[Any]] = {
        "height": ["1", "2.5", "1e1", "+4", ".5", "6"],
        "colour": ["red", "blue", "red", "blue", "red", "green"],
        "kind": ["moss", "fern", "moss", "fern", "moss", "fern"],
    }
    return table(**(columns | changed))


def test_numbers_stay_and_categories_become_zeros_and_ones() -> None:
    schema, _ = infer_schema(plants(), "kind")
    assert schema.feature_names == ("height", "colour=blue", "colour=green", "colour=red")
    assert schema.features(plants()).tolist() == [
        [1, 0, 0, 1],
        [2.5, 1, 0, 0],
        [10, 0, 0, 1],
        [4, 1, 0, 0],
        [0.5, 0, 0, 1],
        [6, 0, 1, 0],
    ]
    assert schema.targets(plants()).tolist() == [1, 0, 1, 0, 1, 0]
    assert schema.targets(plants()).dtype == np.int64


@given(st.permutations(["height", "colour", "kind", "extra"]))
@settings(max_examples=24, deadline=None)
def test_columns_are_matched_by_name(order: list[str]) -> None:
    schema, _ = infer_schema(plants(), "kind")
    other = plants(extra=["?"] * 6)
    shuffled = Table("data.csv", other.frame[order], None)
    np.testing.assert_array_equal(schema.features(shuffled), schema.features(plants()))
    np.testing.assert_array_equal(schema.targets(shuffled), schema.targets(plants()))


def test_a_typed_frame_gives_the_matrix_of_the_file_it_was_saved_as(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "f": draw.standard_normal(30) * 10.0 ** draw.integers(-300, 300, 30),
            "s": draw.standard_normal(30).astype("f4"),
            "i": draw.integers(-5, 5, 30),
            "b": draw.random(30) < 0.5,
            "c": pd.Categorical(draw.choice(["u", "v"], 30)),
            "y": draw.integers(0, 2, 30).astype(float),
        }
    )
    frame.to_csv(tmp_path / "saved.csv", index=False)
    saved, typed = read_table(tmp_path / "saved.csv"), Table.from_frame(frame)
    schema, _ = infer_schema(saved, "y")
    assert schema == infer_schema(typed, "y")[0]
    np.testing.assert_array_equal(schema.features(saved), schema.features(typed))
    np.testing.assert_array_equal(schema.features(saved)[:, 0], frame["f"])
    np.testing.assert_array_equal(schema.targets(saved), schema.targets(typed))


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["b", "a", "b", "a", "a", "b"], "classification", ("a", "b")),
        (["yes", "no"] * 3, "classification", ("no", "yes")),
        (["True", "False"] * 3, "classification", (False, True)),
        (["10", "9", "9.0", "10", "10", "1e1"], "classification", (9, 10)),
        (["0.5", "1", "2", "1", "2", "3"], "regression", ()),
    ],
)
def test_the_task_is_recognised_and_said(cells: list[str], task: str, classes: tuple) -> None:
    schema, notes = infer_schema(plants(kind=cells), "kind")
    assert (schema.target.task, schema.target.classes) == (task, classes)
    assert [type(label) for label in schema.target.classes] == [type(c) for c in classes]
    assert "'kind'" in notes[0] and task in notes[0]


def test_more_than_twenty_whole_numbers_are_quantities_unless_told_otherwise() -> None:
    x = [str(v) for v in np.random.default_rng(0).standard_normal(42)]
    for count, task in ((20, "classification"), (21, "regression")):
        data = table(x=x[: 2 * count], y=[*range(count), *range(count)])
        assert infer_schema(data, "y")[0].target.task == task
    told, _ = infer_schema(data, "y", task="classification")
    assert told.target.classes == tuple(range(21))
    few, _ = infer_schema(plants(kind=["0", "1"] * 3), "kind", task="regression")
    assert few.targets(plants(kind=["0", "1"] * 3)).tolist() == [0.0, 1.0] * 3


@pytest.mark.parametrize("cells", [["a", "b"] * 3, ["3", "-1"] * 3, [True, False] * 3])
def test_labels_and_positions_are_inverse_to_each_other(cells: list[Any]) -> None:
    data = plants(kind=cells)
    schema, _ = infer_schema(data, "kind")
    labels = schema.labels(schema.targets(data))
    assert labels.dtype == object
    assert [str(label) for label in labels] == [str(cell) for cell in cells]
    assert schema.labels(np.array([[0, 1]])).shape == (1, 2)


def test_whole_numbers_beyond_a_double_stay_apart() -> None:
    data = plants(kind=[str(2**60), str(2**60 + 1)] * 3)
    schema, _ = infer_schema(data, "kind")
    assert schema.target.classes == (2**60, 2**60 + 1)
    assert schema.targets(data).tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    ("changed", "options", "said"),
    [
        ({}, {"target": None}, "name one of 'height', 'colour', 'kind' with --target"),
        ({}, {"target": "knid"}, "no target column 'knid'; did you mean 'kind'?"),
        ({}, {"target": "zzz"}, "the columns are 'height', 'colour', 'kind'."),
        ({}, {"ignore": ["color"]}, "'color' to ignore; did you mean 'colour'?"),
        ({}, {"ignore": ["height", "colour"]}, "no input column is left"),
        ({"kind": ["moss"] * 6}, {}, "is 'moss' in every usable row"),
        ({"kind": ["moss"] * 5 + ["fern"]}, {}, "the class 'fern' has one usable row only, row 6"),
        (
            {"kind": ["a", "b", "c", "c", "d", "d"]},
            {},
            "2 classes of one usable row only ('a', 'b')",
        ),
        ({"kind": list("abcdef")}, {}, "as many classes as usable rows (6)"),
        ({"kind": ["", "", "", "", "", "x"]}, {"missing": "drop"}, "leaves one row only"),
        ({}, {"task": "regression"}, "row 1, column 'kind': 'moss' is not a number"),
        ({"kind": ["1.5", "2"] * 3}, {"task": "classification"}, "not whole, such as '1.5'"),
        ({"height": ["1", "2", "inf", "3", "4", "5"]}, {}, "row 3, column 'height': 'inf' is not"),
        ({"height": ["1", "2", "1e400", "3", "4", "5"]}, {}, "'1e400' is not a finite number"),
        ({"height": ["1", "2", "nan", "3", "4", "5"]}, {"na": ["?"]}, "'nan' is not a finite"),
        ({"kind": ["1", "2", "inf", "1", "2", "1"]}, {}, "column 'kind': 'inf' is not a finite"),
    ],
)
def test_what_cannot_be_learned_from_gets_one_sentence(
    changed: dict[str, list[str]], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError) as caught:
        infer_schema(plants(**changed), **({"target": "kind"} | options))
    message = str(caught.value)
    assert said in message
    assert message.startswith("data.csv: ") and "\n" not in message


def test_wrong_choices_are_wrong_arguments() -> None:
    for options in ({"missing": "guess"}, {"task": "ranking"}, {"ignore": ["kind"]}):
        with pytest.raises(ArgumentError):
            infer_schema(plants(), "kind", **options)


def test_a_word_among_numbers_is_an_error_that_names_it_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n" + "1,a\n2,b\n" * 5 + "\nabc,a\n")
    with pytest.raises(DataError, match=r"row 11 \(line 13\), column 'x': 'abc'.*90 %") as caught:
        infer_schema(read_table(tmp_path / "d.csv"), "y")
    assert "--na 'abc'" in str(caught.value) and "--ignore 'x'" in str(caught.value)
    schema, _ = infer_schema(read_table(tmp_path / "d.csv"), "y", na=["abc"], missing="drop")
    assert schema.columns == (Column("x", "numeric"),)


def test_below_nine_tenths_of_numbers_a_column_is_categorical_and_that_is_said() -> None:
    schema, notes = infer_schema(plants(height=["1", "1", "2", "2", "x", "2"]), "kind")
    assert schema.columns[0] == Column("height", "categorical", ("1", "2", "x"))
    assert any("taken as categories" in note and "'x' in row 5" in note for note in notes)


def long(**columns: list[Any]) -> Table:
    return table(x=[f"{i * i}" for i in range(60)], **columns, y=["a", "b"] * 30)


@pytest.mark.parametrize(
    ("cells", "kept", "said"),
    [
        (["7", "7.0"] * 30, False, "'c' is constant ('7')"),
        (["u"] * 60, False, "'c' is constant ('u')"),
        (["?", ""] * 30, False, "'c' is missing in every row"),
        ([f"n{i}" for i in range(60)], False, "60 distinct values in 60 rows, like an identifier"),
        ([str(99 - i) for i in range(60)], True, "'c' counts the rows"),
    ],
)
def test_columns_of_little_use_are_warned_about(cells: list[str], kept: bool, said: str) -> None:
    schema, notes = infer_schema(long(c=cells), "y", missing="impute")
    assert [column.name for column in schema.columns] == (["x", "c"] if kept else ["x"])
    assert sum(said in note for note in notes) == 1
    assert all(note.endswith(".") and "\n" not in note for note in notes)


def test_an_ordinary_table_is_not_warned_about() -> None:
    assert len(infer_schema(plants(), "kind")[1]) == 1


GAPS = {
    "height": ["1", "NA", "3", "8", "9", "5", "7"],
    "colour": ["red", "blue", "", "blue", "red", "blue", "red"],
    "kind": ["moss", "fern", "moss", "fern", "moss", "?", "fern"],
}


def test_a_missing_cell_is_an_error_that_names_it() -> None:
    schema, _ = infer_schema(plants(**GAPS), "kind")
    with pytest.raises(DataError, match=r"row 2, column 'height': 'NA' counts as.*3 cells") as e:
        schema.complete(plants(**GAPS))
    assert "--missing drop" in str(e.value) and "--missing impute" in str(e.value)
    with pytest.raises(DataError, match="row 2, column 'height'"):
        schema.features(plants(**GAPS))
    with pytest.raises(DataError, match="row 6, column 'kind'"):
        schema.targets(plants(**GAPS))
    whole = plants()
    assert schema.complete(whole) is whole


def test_rows_with_missing_cells_can_be_left_out_and_that_is_said() -> None:
    schema, _ = infer_schema(plants(**GAPS), "kind", missing="drop")
    rest = schema.complete(plants(**GAPS))
    assert rest.frame.index.tolist() == [1, 4, 5, 7]
    assert rest.notes == ("data.csv: 3 rows were left out for a missing cell.",)
    assert schema.complete(plants(**GAPS), need_target=False).frame.index.tolist() == [
        1,
        4,
        5,
        6,
        7,
    ]
    with pytest.raises(DataError, match="every row has a missing cell"):
        schema.complete(plants(height=[""] * 6))


def test_categories_and_classes_come_from_the_rows_that_stay() -> None:
    height = ["1", "3", "4", "5", "6", ""]
    data = plants(colour=["red", "red", "blue", "blue", "red", "pink"], height=height)
    schema, _ = infer_schema(data, "kind", missing="drop")
    assert schema.columns[1].categories == ("blue", "red")
    ones = plants(colour=["red", "red", "red", "red", "red", "blue"], height=height)
    schema, notes = infer_schema(ones, "kind", missing="drop")
    assert [column.name for column in schema.columns] == ["height"]
    assert any("'colour' is constant ('red')" in note for note in notes)


def test_a_constant_column_that_goes_gives_its_incomplete_rows_back() -> None:
    data = plants(same=["1", "1", "1", "1", "1", ""])
    schema, _ = infer_schema(data, "kind", missing="drop")
    assert schema.columns[1].categories == ("blue", "green", "red")  # row 6 alone is green
    assert len(schema.features(schema.complete(data))) == 6


def test_missing_cells_are_filled_in_from_the_training_rows() -> None:
    raw, _ = infer_schema(plants(**GAPS), "kind", missing="impute")
    data = raw.complete(plants(**GAPS))
    assert data.frame.index.tolist() == [1, 2, 3, 4, 5, 7]
    assert "1 row was left out for a missing target 'kind'" in data.notes[0]
    schema = raw.fitted(data)
    # the median of 1, 3, 7, 8, 9; red three times, blue twice
    assert [column.fill for column in schema.columns] == [7.0, "red"]
    before = data.frame.copy()
    assert schema.features(data)[:, 0].tolist() == [1, 7, 3, 8, 9, 7]
    assert schema.features(data)[2].tolist() == [3, 0, 1]
    pd.testing.assert_frame_equal(data.frame, before)
    even = raw.fitted(data.rows([0, 1, 3]))  # 1 and 8; two are blue
    assert [column.fill for column in even.columns] == [4.5, "blue"]
    tie = raw.fitted(data.rows([0, 1]))
    assert tie.columns[1].fill == "blue"
    with pytest.raises(DataError, match="column 'height'"):
        raw.features(data)
    with pytest.raises(DataError, match="missing in every training row"):
        raw.fitted(plants(height=[""] * 6))


def test_na_says_what_is_missing_and_the_empty_cell_always_is() -> None:
    kinds = ["moss", "fern", "moss", "fern", "fern", "fern"]
    data = plants(colour=["red", "none", "red", "NA", "red", ""], kind=kinds)
    schema, _ = infer_schema(data, "kind", na=["none"], missing="drop")
    assert schema.complete(data).frame.index.tolist() == [1, 3, 4, 5]
    assert "" in DEFAULT_NA and "NA" in DEFAULT_NA
    with pytest.raises(DataError, match="row 6, column 'colour': the cell is empty"):
        replace(schema, na=(), missing="error").complete(data)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"Height": ["1"], "colour": ["red"]}, "column 'height' is absent; did you mean 'Height'?"),
        ({"a": ["1"]}, "2 needed columns are absent ('height', 'colour')"),
        ({"height": ["1"], "colour": ["pink"]}, "row 1, column 'colour': the category 'pink'"),
        ({"height": ["tall"], "colour": ["red"]}, "row 1, column 'height': 'tall' is not a number"),
    ],
)
def test_a_prediction_table_that_does_not_fit_gets_one_sentence(
    columns: dict[str, list[str]], said: str
) -> None:
    schema, _ = infer_schema(plants(), "kind")
    with pytest.raises(DataError) as caught:
        schema.features(schema.complete(table(**columns), need_target=False))
    assert said in str(caught.value)


def test_an_unknown_class_is_named_with_the_known_ones() -> None:
    schema, _ = infer_schema(plants(), "kind")
    with pytest.raises(
        DataError, match=r"row 6, column 'kind': 'tree' is none of .*'fern', 'moss'"
    ):
        schema.targets(plants(kind=["moss"] * 5 + ["tree"]))
    counted, _ = infer_schema(plants(kind=["0", "1"] * 3), "kind")
    for cell in ("2", "0.5", "x", "inf"):
        with pytest.raises(DataError, match="none of the classes"):
            counted.targets(plants(kind=["0"] * 5 + [cell]))


def test_a_long_list_of_categories_is_shortened() -> None:
    schema, _ = infer_schema(long(c=[f"n{i}" for i in range(30)] * 2), "y")
    with pytest.raises(DataError, match="and 18 more"):
        schema.features(table(x=["1"], c=["z"]))


def test_decimal_commas_of_the_training_file_are_understood_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x;y\n1,5;a\n2,5;b\n3;a\n4;b\n")
    data = read_table(tmp_path / "d.csv")
    schema, _ = infer_schema(data, "y")
    assert schema.decimal == ","
    assert schema.features(data)[:, 0].tolist() == [1.5, 2.5, 3, 4]
    assert schema.features(table(x=["1.5", "2"])).tolist() == [[1.5], [2]]
    (tmp_path / "e.csv").write_text('x,y\n"1,5",a\n')
    assert schema.features(read_table(tmp_path / "e.csv")).tolist() == [[1.5]]


@pytest.mark.parametrize(
    "name", ["<script>", "größe", "it's", 'a"b', "a,b", "a=b", "\u202e", "x\ny"]
)
def test_a_column_may_have_any_name(name: str) -> None:
    data = Table.from_frame(pd.DataFrame({name: [1, 5, 2, 8], "y": [0, 1, 0, 1]}))
    schema, _ = infer_schema(data, "y")
    assert schema.feature_names == (name,)
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    with pytest.raises(DataError) as caught:
        schema.features(Table.from_frame(pd.DataFrame({name: ["z"]})))
    assert repr(name) in str(caught.value) and "\n" not in str(caught.value)
