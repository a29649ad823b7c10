"""The products inside the kernels, for every size and rest of a tile."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from standalone_node.kernels import products
from standalone_node.kernels.jit import kernel
from standalone_node.kernels.tiles import HEIGHTS, OUTER, lanes

Array = NDArray[Any]


for precision in ("float64", "float32"):
    products.prepare(np.dtype(precision))
multiply = kernel(products.multiply)
product = kernel(products.product)
add_product = kernel(products.add_product)
divide = kernel(products.divide)
multiply_transposed = kernel(products.multiply_transposed)
add_outer = kernel(products.add_outer)
add_row_sums = kernel(products.add_row_sums)
combine = kernel(products.combine)
TILE_ROWS = HEIGHTS[0]

#: Every rest of rows below a tile and above it.
WIDTHS = [1, 2, 3, OUTER, OUTER + 1, TILE_ROWS - 1, TILE_ROWS, TILE_ROWS + 1, 2 * TILE_ROWS + 7]
#: Vectors of samples: one to eight are cut into ones, twos and threes in every way there is.
VECTORS = [1, 2, 3, 4, 5, 6, 7, 8]
TOLERANCE = {"float64": 1e-13, "float32": 1e-5}


def draw(dtype: str, *shapes: tuple[int, ...]) -> list[Array]:
    rng = np.random.default_rng(sum(map(sum, shapes)))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("p", WIDTHS)
def test_products_are_those_of_linear_algebra(p: int, vectors: int, dtype: str) -> None:
    def agree(found: Array, expected: Array) -> None:
        size = max(1.0, float(np.abs(expected).max()))
        assert float(np.abs(found - expected).max()) <= TOLERANCE[dtype] * size

    samples = vectors * lanes(dtype)
    for q in (1, TILE_ROWS + 2, p + 3):
        W, x, kappa, start, total = draw(dtype, (p, q), (q, samples), (p, samples), (p,), (p, q))
        out, back = np.empty((p, samples), dtype), np.empty((q, samples), dtype)
        multiply(W, x, start, out)
        agree(out, W @ x + start[:, None])
        product(W, x, out)
        agree(out, W @ x)
        expected = out + W @ x
        add_product(W, x, out)
        agree(out, expected)
        multiply_transposed(W, kappa, back)
        agree(back, W.T @ kappa)
        expected = total + kappa @ x.T
        add_outer(kappa, x, total)
        agree(total, expected)
    sums = np.ones(p, dtype)
    add_row_sums(kappa, np.ones((1, samples), dtype), sums)
    agree(sums, 1.0 + kappa.sum(axis=1))


def test_a_sample_does_not_depend_on_its_neighbours() -> None:
    """To the last bit: whichever tile it falls into, its sums are taken in the same order."""
    W, x, start = draw("float64", (11, 11), (11, 8 * lanes("float64")), (11,))
    whole, alone = np.empty_like(x), np.empty((11, lanes("float64")))
    multiply(W, x, start, whole)
    for first in range(0, x.shape[1], lanes("float64")):
        part = slice(first, first + lanes("float64"))
        multiply(W, np.ascontiguousarray(x[:, part]), start, alone)
        assert np.array_equal(alone, whole[:, part])


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_share_is_taken_in_the_precision_of_the_states(dtype: str) -> None:
    (states,) = draw(dtype, (3, 2 * lanes(dtype)))
    expected = states * np.dtype(dtype).type(1.0 / 7.0)
    divide(states, 7)
    assert np.array_equal(states, expected)


def test_a_combination_reads_only_the_stages_it_is_given() -> None:
    base, out, increments = draw("float64", (2, 5), (2, 5), (4, 2, 5))
    increments[1] = np.nan  # its coefficient is zero
    increments[3] = np.nan  # not yet computed
    combine(3.0, base, 0.5, np.array([2.0, 0.0, -1.0, 4.0]), 3, increments, out)
    assert np.allclose(out, 3.0 * base + increments[0] - 0.5 * increments[2], rtol=1e-14)
    combine(3.0, base, 0.5, np.zeros(4), 4, increments, out)
    assert np.array_equal(out, 3.0 * base)


@pytest.mark.compiled
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="has no AVX2")
@pytest.mark.skipif("NUMBA_CPU_NAME" in os.environ, reason="is such a run itself")
def test_all_of_it_holds_on_processors_with_shorter_vectors(tmp_path: Path) -> None:
    """The tiles for AVX2 have other heights; this process may have those for AVX-512."""
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx2,+avx,+fma,+sse4.2,+bmi,+bmi2,+popcnt",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    run = subprocess.run(
        [*command, __file__], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert " passed" in run.stdout
