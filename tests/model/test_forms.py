"""The forms of the right-hand side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node.errors import ArgumentError
from standalone_node.kernels.stages import FORMS
from standalone_node.model.forms import FORM_BLOCKS, form_blocks, inner_width, start_spreads

LAYERED = [form for form, row in FORM_BLOCKS.items() if row.inner]


def test_every_form_has_kernels_and_blocks() -> None:
    assert list(FORMS) == list(FORM_BLOCKS)


@pytest.mark.parametrize("form", ["inside", "outside"])
def test_the_affine_forms_have_a_matrix_and_a_vector(form: str) -> None:
    assert form_blocks(form, 5) == (("W", (5, 5)), ("b", (5,)))


def test_a_bottleneck_has_two_affine_layers() -> None:
    layers = (("W1", (2, 5)), ("b", (2,)), ("W2", (5, 2)), ("c", (5,)))
    assert form_blocks("bottleneck", 5, 2) == layers


def test_a_mean_field_has_no_outer_vector() -> None:
    assert form_blocks("mean-field", 3, 7) == (("w", (7, 3)), ("b", (7,)), ("A", (3, 7)))


def test_there_are_two_neurons_a_component_unless_asked_otherwise() -> None:
    assert {"bottleneck", "mean-field"} <= set(LAYERED)
    for form in LAYERED:
        assert inner_width(form, 5) == 10 and inner_width(form, 5, 3) == 3
        assert form_blocks(form, 5) == form_blocks(form, 5, 10)


def test_what_is_kept_has_the_heights_of_the_layers() -> None:
    for form in ("inside", "outside"):
        assert FORMS[form].heights(4, 0) == (4, 4, 4)
    for form in ("bottleneck", "mean-field"):
        heights = FORMS[form].heights(4, 7)
        assert (heights.feature, heights.slope, heights.work, heights.kept) == (11, 7, 7, 18)


def test_an_unknown_form_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match=r"'upside'.*inside, outside"):
        form_blocks("upside", 2)


@pytest.mark.parametrize("form", ["inside", "outside"])
def test_an_inner_width_is_refused_where_there_is_no_inner_layer(form: str) -> None:
    with pytest.raises(ArgumentError, match=rf"inner = 4.*{form}.*bottleneck, mean-field"):
        form_blocks(form, 2, 4)


@pytest.mark.parametrize("inner", [0, -1, 2.0, True, "4"])
def test_an_inner_width_has_to_be_a_number_of_neurons(inner: Any) -> None:
    with pytest.raises(ArgumentError, match=r"inner = .* whole number of at least 1"):
        inner_width("bottleneck", 2, inner)


def test_the_spread_of_the_start_makes_up_for_the_number_of_neurons() -> None:
    assert np.array_equal(start_spreads("outside", 3), np.ones(12))
    W1_and_b, W2, c = np.split(start_spreads("bottleneck", 4, 16), [16 * 5, 16 * 9])
    assert np.all(W1_and_b == 1.0) and np.all(W2 == 0.5) and np.all(c == 1.0)
    few, many = (start_spreads("mean-field", 4, inner) for inner in (2, 50))
    assert set(few) == set(many) == {1.0, 2.0}
