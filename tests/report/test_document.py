"""The parts of a document refuse what no page or file could show."""

from __future__ import annotations

import pytest
from small_documents import document_of, figure_of, table_of

from standalone_node.errors import ArgumentError
from standalone_node.report.document import Section, Table, Verdict


@pytest.mark.parametrize(
    "name", ["", "Waves", "a b", "../a", "a/b", "-a", "a-", "a--b", "a.svg", "ä"]
)
def test_names_are_stems_of_files_that_every_system_can_write(name: str) -> None:
    for make in (figure_of, table_of):
        with pytest.raises(ArgumentError, match="letters a to z"):
            make(name)
    with pytest.raises(ArgumentError, match="letters a to z"):
        Section(name, "?", ".")


def test_a_table_has_a_cell_for_each_column() -> None:
    with pytest.raises(ArgumentError, match="1 cells where there are 2 columns"):
        Table("t", "T", ("a", "b"), ((1,),))


def test_a_grade_is_one_of_four() -> None:
    with pytest.raises(ArgumentError, match="good, fair, poor, neutral"):
        Verdict("a", "b", "c", "great")  # type: ignore[arg-type]


def test_figures_and_tables_share_the_names_of_their_files() -> None:
    parts = (figure_of("same"),), (table_of("same"),)
    section = Section("one", "?", ".", figures=parts[0], tables=parts[1])
    with pytest.raises(ArgumentError, match="2 parts of a document are called 'same'"):
        document_of(sections=(section,))
    with pytest.raises(ArgumentError, match="2 parts of a document are called 'one'"):
        document_of(sections=(Section("one", "?", "."), Section("one", "?", ".")))


def test_a_document_lists_what_its_sections_hold() -> None:
    document = document_of(("a", "b"))
    assert [figure.name for figure in document.figures] == ["waves-0", "waves-1"]
    assert [table.name for table in document.tables] == ["numbers-0", "numbers-1"]
