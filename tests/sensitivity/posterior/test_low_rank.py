"""The inverse of the identity plus a matrix that is known by its products alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from standalone_node.sensitivity.posterior.low_rank import DENSE, LowRank, low_rank

Array = NDArray[Any]
#: One size that is assembled, one that Lanczos' method takes.
SIZES = (30, DENSE + 40)
both_ways = pytest.mark.parametrize("size", SIZES)


@cache
def a_matrix(size: int, seed: int = 0) -> tuple[Array, Array]:
    """Symmetric, with the eigenvalues 100, 50, 25, ..."""
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    values = 100.0 * 0.5 ** np.arange(size)
    return turned @ (values[:, None] * turned.T), values


def of(matrix: Array, rank: int, **options: Any) -> LowRank:
    return low_rank(lambda v: matrix @ v, len(matrix), rank, **options)


def form(found: LowRank, columns: Array) -> Array:
    return found.inverse_form(*found.parts(columns))


@both_ways
def test_the_pairs_are_the_leading_eigenpairs(size: int) -> None:
    matrix, values = a_matrix(size)
    found = of(matrix, 6)
    assert found.values == pytest.approx(values[:6], rel=1e-6)
    assert found.next_value == pytest.approx(values[6], rel=1e-6)
    assert np.abs(found.vectors.T @ found.vectors - np.eye(6)).max() <= 1e-12
    residuals = matrix @ found.vectors - found.vectors * found.values
    assert (np.linalg.norm(residuals, axis=0) <= 1e-3 * found.values).all()


@both_ways
def test_negligible_eigenvalues_are_left_out_and_the_largest_of_them_is_told(size: int) -> None:
    matrix, values = a_matrix(size)
    found = of(matrix, 12, negligible=1.0)
    assert found.values.size == np.sum(values >= 1.0)
    assert found.next_value == pytest.approx(100.0 * 0.5**7, rel=1e-4)


def test_with_all_pairs_it_is_the_inverse() -> None:
    matrix, _ = a_matrix(SIZES[0])
    found, columns = of(matrix, SIZES[0]), np.random.default_rng(1).normal(size=(SIZES[0], 3))
    inverse = np.linalg.inv(np.eye(SIZES[0]) + matrix)
    assert form(found, columns) == pytest.approx(columns.T @ inverse @ columns, rel=1e-12)
    assert found.next_value == 0.0
    assert found.trace == pytest.approx(np.trace(matrix @ inverse), rel=1e-12)
    halved = np.linalg.inv(np.eye(SIZES[0]) + matrix / 2.0)
    expected = columns.T @ halved @ columns
    assert form(found.divided(2.0), columns) == pytest.approx(expected, rel=1e-12)


def test_the_root_times_itself_is_the_inverse() -> None:
    found, xi = of(a_matrix(SIZES[1])[0], 5), np.random.default_rng(1).normal(size=SIZES[1])
    once = found.inverse_root(xi)
    assert once @ once == pytest.approx(form(found, xi[:, None])[0, 0], rel=1e-12)


@both_ways
def test_what_is_left_out_makes_the_inverse_too_large_and_no_more_than_told(size: int) -> None:
    matrix, _ = a_matrix(size)
    columns = np.random.default_rng(1).normal(size=(size, 4))
    exact = columns.T @ np.linalg.inv(np.eye(size) + matrix) @ columns
    for rank in (1, 3, 6):
        found = of(matrix, rank)
        excess = form(found, columns) - exact
        limit = found.next_value / (1.0 + found.next_value) * columns.T @ columns
        rounding = 1e-6 * np.linalg.eigvalsh(exact).max()  # Lanczos' pairs are not to rounding
        assert np.linalg.eigvalsh(excess).min() >= -rounding
        assert np.linalg.eigvalsh(limit - excess).min() >= -rounding


def test_large_eigenvalues_leave_no_negative_variance() -> None:
    """Where a difference of two numbers of size 1 would be of size 1e-16, of either sign."""
    found = LowRank(np.array([1e20]), np.eye(3)[:, :1], 0.0)
    column = np.array([[1.0], [0.0], [0.0]])
    assert form(found, column)[0, 0] == pytest.approx(1e-20, rel=1e-12)


def test_stacked_parts_give_stacked_forms() -> None:
    found, rng = of(a_matrix(SIZES[0])[0], 4), np.random.default_rng(1)
    several = [rng.normal(size=(SIZES[0], 2)) for _ in range(3)]
    along, across = (np.stack(part) for part in zip(*map(found.parts, several), strict=True))
    for k, columns in enumerate(several):
        assert np.allclose(found.inverse_form(along, across)[k], form(found, columns), rtol=1e-13)


def test_the_same_seed_gives_the_same_bits() -> None:
    matrix, _ = a_matrix(SIZES[1])
    assert np.array_equal(of(matrix, 5, seed=3).vectors, of(matrix, 5, seed=3).vectors)


def test_fewer_directions_than_asked_for_are_no_trouble() -> None:
    columns = np.linalg.qr(np.random.default_rng(0).normal(size=(SIZES[1], 3)))[0]
    found = of(columns @ np.diag([9.0, 4.0, 1.0]) @ columns.T, 20, negligible=0.1)
    assert found.values == pytest.approx([9.0, 4.0, 1.0], rel=1e-6)
    assert found.next_value <= 1e-12


def test_a_matrix_of_zeros_has_nothing_to_keep() -> None:
    for size in SIZES:
        found = of(np.zeros((size, size)), 3, negligible=0.1)
        assert found.values.size == 0 and found.next_value == 0.0
        assert form(found, np.ones((size, 1)))[0, 0] == pytest.approx(size)
