"""The beta formulas against their text in the literature, in a metric of its own."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from standalone_node.optimize.betas import BETAS, Products


def products(seed: int) -> tuple[Products, dict[str, float]]:
    """Random g, g_old, d with <d, y> > 0, and the formulas written out with vectors."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 6))
    H = root @ root.T + np.eye(6)

    def inner(u: np.ndarray, v: np.ndarray) -> float:
        return float(u @ H @ v)

    g, old, d = rng.normal(size=(3, 6))
    y = g - old
    d = d if inner(d, y) > 0.0 else -d
    pr, fr = inner(g, y) / inner(old, old), inner(g, g) / inner(old, old)
    hager = inner(y - 2.0 * d * inner(y, y) / inner(d, y), g) / inner(d, y)
    bound = -1.0 / (np.sqrt(inner(d, d)) * min(0.01, np.sqrt(inner(old, old))))
    expected = {
        "SD": 0.0,
        "FR": fr,
        "PR+": max(0.0, pr),
        "FR-PR": float(np.clip(pr, -fr, fr)),
        "HS+": max(0.0, inner(g, y) / inner(d, y)),
        "DY": inner(g, g) / inner(d, y),
        "HS-DY": max(0.0, min(inner(g, y), inner(g, g)) / inner(d, y)),
        "HZ": max(hager, bound),
    }
    given = Products(
        new=inner(g, g),
        old=inner(old, old),
        cross=inner(g, old),
        slope=inner(g, d),
        old_slope=inner(old, d),
        direction=inner(d, d),
    )
    return given, expected


def test_the_table_holds_these_formulas_and_no_other() -> None:
    assert set(products(0)[1]) == set(BETAS)


@pytest.mark.parametrize("name", BETAS)
def test_a_formula_is_the_one_of_its_paper(name: str) -> None:
    for seed in range(40):  # enough for every cut-off to bind now and then
        given, expected = products(seed)
        formula = inspect.unwrap(BETAS[name])  # as published, without Powell's test
        assert formula(given) == pytest.approx(expected[name], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", BETAS)
def test_formulas_that_ignore_the_change_of_the_gradient_have_powells_test(name: str) -> None:
    far = Products(new=2.0, old=3.0, cross=1.0, slope=-0.1, old_slope=-3.0, direction=4.0)
    near = replace(far, cross=0.99)
    formula = inspect.unwrap(BETAS[name])
    assert BETAS[name](near) == formula(near)
    assert BETAS[name](far) == (0.0 if name in ("FR", "DY") else formula(far))


@pytest.mark.parametrize("name", sorted(set(BETAS) - {"SD"}))
def test_after_an_exact_step_on_a_quadratic_all_formulas_agree(name: str) -> None:
    """Then <g, g_old> = <g, d> = 0 and <g_old, d> = -<g_old, g_old>."""
    exact = Products(new=2.0, old=5.0, cross=0.0, slope=0.0, old_slope=-5.0, direction=7.0)
    assert BETAS[name](exact) == pytest.approx(0.4, rel=1e-14)


def test_the_bound_of_hager_and_zhang_is_that_of_the_norms() -> None:
    """-1 / (|d| min(eta, |g_old|)) with eta = 0.01: either of the two may be the smaller one."""
    base = Products(new=1.0, old=4.0, cross=0.5, slope=1.0, old_slope=0.5, direction=25.0)
    assert BETAS["HZ"](base) == pytest.approx(-1.0 / (5.0 * 0.01))
    near = replace(base, old=1e-6, cross=0.0, slope=30.0, old_slope=29.0)
    assert BETAS["HZ"](near) == pytest.approx(1.0 - 60.0 * (1.0 + 1e-6))
    nearer = replace(near, slope=300.0, old_slope=299.0)
    assert BETAS["HZ"](nearer) == pytest.approx(-1.0 / (5.0 * 1e-3))


def test_powells_test_looks_at_the_size_of_the_product() -> None:
    p = Products(new=2.0, old=3.0, cross=-1.5, slope=-0.1, old_slope=-3.0, direction=4.0)
    assert BETAS["FR"](p) == BETAS["DY"](p) == 0.0


def test_the_change_is_the_difference_of_the_slopes() -> None:
    assert products(1)[0].change == products(1)[0].slope - products(1)[0].old_slope


def test_the_bound_of_hager_and_zhang_outlives_a_square_that_rounding_made_nothing() -> None:
    for square in (0.0, -1e-30):
        p = Products(new=1.0, old=2.0, cross=0.1, slope=0.2, old_slope=-1.0, direction=square)
        assert np.isfinite(BETAS["HZ"](p))
