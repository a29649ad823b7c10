"""Numbers for people have four significant digits."""

from __future__ import annotations

import math

import pytest

from standalone_node.report.numbers import number, seconds, short


@pytest.mark.parametrize(
    "value, text",
    [
        (1.0, "1.000"),
        (0.97, "0.9700"),
        (0.99996, "1.000"),
        (9.9996, "10.00"),
        (-3.14159, "-3.142"),
        (12345.6, "12350"),
        (999999.0, "1.000e+06"),
        (1.234e-5, "1.234e-05"),
        (0.0, "0"),
        (None, "–"),
        (math.nan, "–"),
        (-math.inf, "-∞"),
    ],
)
def test_four_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_settings_are_as_short_as_they_can_be() -> None:
    assert [short(value) for value in (1.0, 0.001, 2.5)] == ["1", "0.001", "2.5"]


@pytest.mark.parametrize(
    "value, text",
    [(0.1234, "0.12 s"), (9.999, "10.0 s"), (99.96, "1 min 40 s"), (600, "10 min 00 s")],
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text
