"""Reversible schemes: the derivatives they are held against, and the page."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
mf: Any = importlib.import_module("reproduce_mf")


def half_cost(problem: Any, p: Any, coupling: float) -> float:
    """The cost that `stored` is the derivative of, by the package."""
    return float(problem.replaced(reversible=coupling).cost(p))


@pytest.mark.parametrize("scheme", mf.SCHEMES)
def test_the_stored_derivative_is_that_of_the_discrete_cost(scheme: str) -> None:
    coupling, step = 0.8, 1e-5
    problem, p = mf.network("mild", 0, scheme=scheme, steps=10)
    direction = np.random.default_rng(1).standard_normal(p.values.shape)
    there, back = (
        half_cost(problem, p + p.like(sign * step * direction), coupling) for sign in (1.0, -1.0)
    )
    slope = float(np.vdot(mf.stored(problem, p, coupling), direction))
    assert slope == pytest.approx((there - back) / (2.0 * step), rel=1e-6)


def test_optimise_then_discretise_comes_near_the_derivative_as_the_steps_shrink() -> None:
    errors = [mf.exactness("mild", "heun", steps, 0)[1] for steps in (10, 40)]
    assert errors[1] < 0.1 * errors[0] and errors[1] > 1e-6


def test_the_reversible_derivative_is_the_stored_one() -> None:
    assert mf.exactness("contracting", "rk4", 20, 0)[0] < 1e-11


def test_a_contraction_has_the_closed_solution() -> None:
    final, reconstructed = mf.contraction(2, True)
    assert final < 1e-10 and reconstructed < 1e-10


def test_the_page_has_its_tables_and_its_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = tmp_path / "mf.png"
    given = ["reproduce_mf.py", "--seeds", "1", "--largest", "100", "--figure", str(figure)]
    monkeypatch.setattr(sys, "argv", given)
    mf.main()
    printed = capsys.readouterr().out
    assert printed.count("| -") >= 5 and "nan" not in printed
    assert figure.stat().st_size > 10_000
