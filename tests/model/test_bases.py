"""Bases of functions of depth."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node.errors import ArgumentError
from standalone_node.model.bases import BASES, basis_values

TIMES = np.array([0.0, 0.1, 0.25, 0.5, 0.9, 1.2, 1.7, 2.0])
every_basis = pytest.mark.parametrize("name", BASES)


@every_basis
@pytest.mark.parametrize("modes", [1, 2, 3, 4, 5])
def test_a_basis_has_a_column_for_each_mode_and_no_column_too_many(name: str, modes: int) -> None:
    values = basis_values(name, TIMES, modes)
    assert values.shape == (TIMES.size, modes)
    assert np.linalg.matrix_rank(values) == modes


@every_basis
@pytest.mark.parametrize("modes", [1, 2, 5])
def test_every_basis_contains_the_constants(name: str, modes: int) -> None:
    values, one = basis_values(name, TIMES, modes), np.ones(TIMES.size)
    coefficients = np.linalg.lstsq(values, one, rcond=None)[0]
    assert np.abs(values @ coefficients - one).max() <= 1e-13


@every_basis
def test_a_basis_scales_with_the_horizon(name: str) -> None:
    assert np.allclose(basis_values(name, 3.0 * TIMES, 4), basis_values(name, TIMES, 4), atol=1e-14)


@every_basis
def test_more_modes_come_nearer_to_a_smooth_function(name: str) -> None:
    times = np.linspace(0.0, 2.0, 201)
    wave = np.exp(times) * np.sin(2.0 * times)
    errors = []
    for modes in (4, 8, 16):
        values = basis_values(name, times, modes)
        coefficients = np.linalg.lstsq(values, wave, rcond=None)[0]
        errors.append(np.sqrt(np.mean((values @ coefficients - wave) ** 2)))
    assert errors[1] <= errors[0] / 2.0 and errors[2] <= errors[1] / 2.0


def test_the_legendre_polynomials_are_those_of_the_whole_depth() -> None:
    s = TIMES - 1.0
    assert np.allclose(basis_values("legendre", TIMES, 3).T, [0.0 * s + 1.0, s, 1.5 * s**2 - 0.5])


def test_the_fourier_modes_are_half_waves() -> None:
    waves = [np.cos(0.5 * np.pi * k * TIMES) for k in range(3)]
    assert np.allclose(basis_values("fourier", TIMES, 3).T, waves)


@pytest.mark.parametrize("modes", range(1, 9))
def test_b_splines_are_a_partition_of_unity(modes: int) -> None:
    values = basis_values("b-spline", TIMES, modes)
    assert (values >= 0.0).all() and np.allclose(values.sum(axis=1), 1.0)
    assert values[0, 0] == 1.0 and values[-1, -1] == 1.0


def test_b_splines_are_cubic_so_that_cubic_polynomials_are_exact() -> None:
    values = basis_values("b-spline", TIMES, 6)
    cubic = TIMES**3 - 2.0 * TIMES
    assert np.abs(values @ np.linalg.lstsq(values, cubic, rcond=None)[0] - cubic).max() <= 1e-12


@every_basis
def test_more_modes_than_nodes_are_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match="9 modes need as many depth nodes"):
        basis_values(name, TIMES, 9)
