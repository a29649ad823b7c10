"""Inner products are exact to rounding and leave the threads of BLAS alone."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node.kernels.sums import inner


@pytest.mark.parametrize("shape", [(1,), (7, 3), (300_001,)])
def test_an_inner_product_is_the_sum_of_products(shape: tuple[int, ...]) -> None:
    u, v = np.random.default_rng(2).normal(size=(2, *shape))
    exact = float(np.sum(u.astype(np.longdouble) * v.astype(np.longdouble)))
    assert abs(inner(u, v) - exact) <= 1e-13 * float(np.abs(u * v).sum())
