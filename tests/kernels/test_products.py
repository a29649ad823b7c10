"""The products inside the kernels, on both sides of the widths at which BLAS takes over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from standalone_node.kernels import products
from standalone_node.kernels.jit import kernel
from standalone_node.kernels.products import SMALL, SMALL_OUTER

Array = NDArray[Any]
multiply = kernel(products.multiply)
multiply_transposed = kernel(products.multiply_transposed)
add_outer = kernel(products.add_outer)
add_row_sums = kernel(products.add_row_sums)
combine = kernel(products.combine)

WIDTHS = [1, 2, SMALL_OUTER - 1, SMALL_OUTER, SMALL - 1, SMALL, SMALL + 3]
SAMPLES = [1, 7, 8, 9, 40]


def draw(*shapes: tuple[int, ...]) -> list[Array]:
    rng = np.random.default_rng(sum(map(sum, shapes)))
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("samples", SAMPLES)
@pytest.mark.parametrize("d", WIDTHS)
def test_products_are_those_of_linear_algebra(d: int, samples: int) -> None:
    W, x, kappa, out, total = draw((d, d), (d, samples), (d, samples), (d, samples), (d, d))
    multiply(W, x, out)
    assert np.allclose(out, W @ x, rtol=1e-13, atol=1e-13)
    multiply_transposed(W, x, out)
    assert np.allclose(out, W.T @ x, rtol=1e-13, atol=1e-13)
    expected = total + kappa @ x.T
    add_outer(kappa, x, np.empty((d, d)), total)
    assert np.allclose(total, expected, rtol=1e-13, atol=1e-13)
    sums = np.ones(d)
    add_row_sums(kappa, sums)
    assert np.allclose(sums, 1.0 + kappa.sum(axis=1), rtol=1e-13, atol=1e-13)


def test_a_combination_reads_only_the_stages_it_is_given() -> None:
    base, out, increments = draw((2, 5), (2, 5), (4, 2, 5))
    increments[1] = np.nan  # its coefficient is zero
    increments[3] = np.nan  # not yet computed
    combine(base, 0.5, np.array([2.0, 0.0, -1.0, 4.0]), 3, increments, out)
    assert np.allclose(out, base + increments[0] - 0.5 * increments[2], rtol=1e-14)
