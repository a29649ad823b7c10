"""The bundled data sets: the table of names agrees with the files."""

from __future__ import annotations

import pytest

from standalone_node.errors import ArgumentError
from standalone_node.learn.bundled import DATA_SETS, data_set
from standalone_node.learn.schema import infer_schema
from standalone_node.learn.table import read_table


def test_every_file_in_the_data_folder_has_a_name() -> None:
    folder = DATA_SETS["iris"].path.parent
    assert {path.stem for path in folder.glob("*.csv")} == set(DATA_SETS)


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_target_is_a_column_and_the_description_counts_the_rows(name: str) -> None:
    chosen = data_set(name)
    table = read_table(chosen.path)
    assert chosen.about.startswith(f"{len(table.frame):,} ")
    schema, _ = infer_schema(table, chosen.target)
    assert schema.target.task == ("regression" if name == "diabetes" else "classification")


def test_an_unknown_name_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(ArgumentError, match=r"'irises'; choose one of spirals, .*diabetes"):
        data_set("irises")
