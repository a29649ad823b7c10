"""Fields that go wrong: a sentence that says what to do, or a named end with usable parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.errors import ArgumentError, FieldError, NodeError
from standalone_node.optimize.stopping import END_STATES

Array = NDArray[Any]
FUNCTIONS = ("f", "jvp", "x of vjp", "p of vjp")
#: Where the rate starts, and how far away from there the field goes wrong.
START, AWAY = 0.4, 0.3


def _broken(found: Array, x: Array) -> Array:
    raise RuntimeError("no such table")


def _divided(found: Array, x: Array) -> Array:
    return found * (1 / 0)


def _written(found: Array, x: Array) -> Array:
    x[:] = 0.0
    return found


#: What a function of the field returns instead of what it has found.
VALUES: dict[str, Callable[[Array, Array], Any]] = {
    "NaN": lambda found, x: found * np.nan,
    "infinity": lambda found, x: found + np.inf,
    "huge numbers": lambda found, x: found * 1e200,
}
FORMS: dict[str, Callable[[Array, Array], Any]] = {
    "raises": _broken,
    "divides by zero": _divided,
    "one component": lambda found, x: found[..., :1],
    "one number": lambda found, x: 1.0,
    "nothing": lambda found, x: None,
    "complex numbers": lambda found, x: found + 1j,
    "objects": lambda found, x: found.astype(object),
    "text": lambda found, x: "x",
    "writes to its input": _written,
}


class Growth:
    """x' = a x, with one of its functions gone wrong everywhere, or away from the start only."""

    varying = {"a": (2,)}  # noqa: RUF012

    def __init__(self, where: str, wrong: Callable[[Array, Array], Any], away: bool) -> None:
        self.where, self.wrong, self.away = where, wrong, away

    def _returned(self, name: str, found: Array, x: Array, p: dict[str, Array]) -> Any:
        near = bool((np.abs(p["a"] - START) <= AWAY).all())
        return found if name != self.where or (self.away and near) else self.wrong(found, x)

    def f(self, t: float, x: Array, p: dict[str, Array]) -> Any:
        return self._returned("f", p["a"] * x, x, p)

    def jvp(self, t: float, x: Array, p: dict[str, Array], dx: Array, dp: dict[str, Array]) -> Any:
        return self._returned("jvp", p["a"] * dx + dp["a"] * x, x, p)

    def vjp(self, t: float, x: Array, p: dict[str, Array], kappa: Array) -> Any:
        by_name = self._returned("p of vjp", np.sum(kappa * x, axis=0), x, p)
        return self._returned("x of vjp", p["a"] * kappa, x, p), {"a": by_name}


def fitted(field: Any, method: str) -> sn.Result:
    """A fit whose solution, a = log 3, lies where the field goes wrong."""
    seen = sn.Observations([0.5, 1.0], np.full((2, 3, 2), 3.0))
    problem = sn.FieldProblem(field, np.ones((3, 2)), seen, steps=5)
    start = problem.initial_parameters({"a": np.full(2, START)})
    return sn.minimize(problem, start, method=method, max_iterations=15)


@pytest.mark.parametrize("method", ["ncg", "lbfgs", "gauss-newton", "adam"])
@pytest.mark.parametrize("where", FUNCTIONS)
@pytest.mark.parametrize("wrong", VALUES)
def test_numbers_that_go_wrong_away_from_the_start_end_a_fit_by_name(
    wrong: str, where: str, method: str
) -> None:
    result = fitted(Growth(where, VALUES[wrong], away=True), method)
    assert result.reason in END_STATES
    assert np.isfinite(result.cost) and np.isfinite(result.parameters.values).all()
    assert result.cost <= result.history["cost"][0]


@pytest.mark.parametrize("where", FUNCTIONS)
@pytest.mark.parametrize("wrong", VALUES)
def test_numbers_that_are_wrong_from_the_start_are_refused(wrong: str, where: str) -> None:
    with pytest.raises(NodeError, match=r"overflows already at the start|vjp: the part of .* is"):
        fitted(Growth(where, VALUES[wrong], away=False), "ncg")


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("where", FUNCTIONS)
@pytest.mark.parametrize("wrong", FORMS)
def test_what_is_no_answer_at_all_is_named(wrong: str, where: str, away: bool) -> None:
    with pytest.raises(FieldError) as caught:
        fitted(Growth(where, FORMS[wrong], away), "ncg")
    assert where.split()[-1] in str(caught.value).split(":")[0]
    assert ":" in str(caught.value) or "instead of" in str(caught.value)


def test_what_a_field_raises_is_the_cause_of_the_error() -> None:
    with pytest.raises(FieldError, match=r"f raises RuntimeError at t = 0 \(no such table\)") as no:
        fitted(Growth("f", _broken, away=False), "ncg")
    assert isinstance(no.value.__cause__, RuntimeError)


def test_a_field_that_interrupts_is_not_explained_away() -> None:
    def interrupted(found: Array, x: Array) -> Array:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(Growth("f", interrupted, away=True), "ncg")


@pytest.mark.parametrize(
    "steps, horizon, match",
    [(10**12, None, "GB|TB"), (10, 1e-200, "horizon"), (10, 1e200, "horizon")],
)
def test_grids_out_of_range_are_refused(steps: int, horizon: float | None, match: str) -> None:
    seen = sn.Observations([1e-201], [[1.0, 1.0]])
    field = Growth("nowhere", _broken, away=False)
    with pytest.raises(ArgumentError, match=match):
        sn.FieldProblem(field, [1.0, 1.0], seen, steps=steps, horizon=horizon)
