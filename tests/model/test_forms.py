"""The forms of the right-hand side."""

from __future__ import annotations

import pytest

from standalone_node.errors import ArgumentError
from standalone_node.kernels.stages import FORMS
from standalone_node.model.forms import FORM_BLOCKS, form_blocks


def test_every_form_has_kernels_and_blocks() -> None:
    assert set(FORMS) == set(FORM_BLOCKS)


@pytest.mark.parametrize("form", FORMS)
def test_the_affine_forms_have_a_matrix_and_a_vector(form: str) -> None:
    assert form_blocks(form, 5) == (("W", (5, 5)), ("b", (5,)))


def test_an_unknown_form_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match=r"'upside'.*inside, outside"):
        form_blocks("upside", 2)
