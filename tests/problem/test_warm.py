"""Kernels can be compiled ahead of the first problem that needs them."""

from __future__ import annotations

import pytest

from standalone_node.kernels.inventory import kept_kernels, to_be_compiled
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.kernels.places import cache_folder
from standalone_node.problem.warm import compile_sweeps

pytestmark = pytest.mark.skipif(cache_folder() is None, reason="kernels cannot be kept here")


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_whatever_a_problem_calls_is_compiled_and_kept(dtype: str) -> None:
    assert compile_sweeps("outside", "identity", dtype) > 0.0
    assert not to_be_compiled("outside", "identity", dtype)


def test_a_second_time_there_is_nothing_to_compile() -> None:
    compile_sweeps("outside", "identity")
    before = kept_kernels()
    compile_sweeps("outside", "identity")
    assert kept_kernels() == before
