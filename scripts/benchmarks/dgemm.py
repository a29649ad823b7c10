"""The rate of the matrix products alone: (S, d) by (d, d) in NumPy, as fast as it goes.

Two ways, of which the faster counts: BLAS with its own threads on the whole batch, or as many
Python threads, each with BLAS at one thread on its share of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

from benchmarks.task import Array, Size

#: A timed run does about so many operations, for starting threads not to count, but so many
#: products at most.
FLOPS_A_RUN, MOST_PRODUCTS = 1.0e9, 2000
Run = Callable[[], object]


def repetitions(size: Size) -> int:
    """How many products a timed run does one after the other."""
    product = 2.0 * size.samples * size.width**2
    return min(MOST_PRODUCTS, math.ceil(FLOPS_A_RUN / product))


def flops(size: Size) -> float:
    """Operations of a timed run."""
    return 2.0 * size.samples * size.width**2 * repetitions(size)


def runs(size: Size, threads: int) -> dict[str, Run]:
    """The ways to do `repetitions` products of that size."""
    generator = np.random.default_rng(0)
    batch = generator.standard_normal((size.samples, size.width))
    matrix = generator.standard_normal((size.width, size.width))
    count = repetitions(size)
    controller = ThreadpoolController()
    pool = ThreadPoolExecutor(threads)
    parts = [np.ascontiguousarray(part) for part in np.array_split(batch, threads)]

    def whole() -> None:
        with controller.limit(limits=threads, user_api="blas"):
            _products(batch, matrix, count)

    def shared() -> None:
        with controller.limit(limits=1, user_api="blas"):
            list(pool.map(lambda part: _products(part, matrix, count), parts))

    return {"DGEMM, BLAS threads": whole, "DGEMM, Python threads": shared}


def _products(batch: Array, matrix: Array, count: int) -> None:
    out = np.empty_like(batch)
    for _ in range(count):
        np.matmul(batch, matrix, out=out)
