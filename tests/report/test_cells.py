"""Numbers of a column stand under each other with as many digits after the point."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standalone_node.report.cells import grid_of, head_of


def column(*values: object) -> list[str]:
    return [row[0] for row in grid_of(("x",), [(value,) for value in values]).rows]


@pytest.mark.parametrize(
    "values, shown",
    [
        ((1.0, 0.5), ["1.000", "0.500"]),
        ((123.456, 7.0), ["123.5", "7.0"]),
        ((0.00281, 0.08589), ["0.00281", "0.08589"]),
        ((1200, 7), ["1,200", "7"]),
        ((1.0, 2.0), ["1", "2"]),
        ((1e-9, 1e3), ["1.000e-09", "1000"]),
        ((0.5, None, float("nan")), ["0.5000", "–", "–"]),
        ((0.5, float("inf")), ["0.5000", "∞"]),
        ((None, None), ["–", "–"]),
        (("a", 1), ["a", "1"]),
        ((True, False), ["True", "False"]),
        ((np.float64(0.25), np.int64(3)), ["0.250", "3.000"]),
    ],
)
def test_a_column_has_one_kind_of_digits(values: tuple[object, ...], shown: list[str]) -> None:
    assert column(*values) == shown


def test_numbers_are_told_from_text() -> None:
    grid = grid_of(("name", "size", "mixed"), [("a", 1.5, 1), ("b", None, "x")])
    assert grid.numeric == (False, True, False)


def test_the_head_of_a_frame_says_what_it_leaves_out() -> None:
    frame = pd.DataFrame(np.ones((30, 12)), columns=[f"c{i}" for i in range(12)])
    grid = head_of(frame, 20, 10)
    assert (len(grid.rows), len(grid.headers)) == (20, 10)
    assert (grid.left_out, grid.columns_left_out) == (10, 2)
    empty = head_of(frame.iloc[:0], 20, 10)
    assert empty.rows == () and len(empty.headers) == 10
