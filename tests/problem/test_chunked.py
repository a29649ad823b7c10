"""An inverse problem whose rows come in chunks is the one of all rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.problem.chunked import ArrayRows, ChunkedProblem

SETTINGS: dict[str, Any] = {
    "horizon": 1.5,
    "steps": 5,
    "scheme": "heun",
    "form": "outside",
    "penalty": sn.Penalty(l2=0.01, h1=0.1, output=0.05),
}
LOSSES = {
    "squared": lambda rng: rng.standard_normal((90, 2)),
    "huber": lambda rng: rng.standard_normal((90, 1)),
    "cross-entropy": lambda rng: rng.integers(0, 3, 90),
    "logistic": lambda rng: rng.integers(0, 2, 90),
}


def twins(loss: str, **more: Any) -> tuple[sn.InverseProblem, ChunkedProblem]:
    """The same rows at once, and in chunks of 32, one chunk of which has no weight at all."""
    rng = np.random.default_rng(3)
    x, y, w = rng.standard_normal((90, 4)), LOSSES[loss](rng), rng.random(90)
    w[32:64] = 0.0
    settings = SETTINGS | {"loss": loss} | more
    if loss == "cross-entropy":
        settings["outputs"] = 3
    whole = sn.InverseProblem(x, y, sample_weight=w, **settings)
    return whole, ChunkedProblem(ArrayRows(x, y, w), chunk=32, **settings)


def pair(problem: Any) -> tuple[sn.Parameters, sn.Parameters]:
    return problem.initial_parameters(1), problem.initial_parameters(2)


@pytest.mark.parametrize("loss", LOSSES)
def test_cost_and_derivative_are_those_of_all_rows(loss: str) -> None:
    whole, parts = twins(loss)
    p, _ = pair(whole)
    cost, derivative = parts.cost_and_derivative(p)
    expected, other = whole.cost_and_derivative(p)
    assert cost == pytest.approx(expected, rel=1e-13)
    assert parts.cost(p) == cost
    np.testing.assert_allclose(derivative.values, other.values, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_line_and_gauss_newton_product_are_those_of_all_rows(loss: str) -> None:
    whole, parts = twins(loss)
    p, direction = pair(whole)
    line, other = parts.line_model(p, direction), whole.line_model(p, direction)
    for eta in (0.0, 0.3, -1.0):
        assert line.value(eta) == pytest.approx(other.value(eta), rel=1e-13)
        assert line.slope(eta) == pytest.approx(other.slope(eta), rel=1e-11)
        assert line.curvature(eta) == pytest.approx(other.curvature(eta), rel=1e-11)
    product, known = parts.gauss_newton(p, direction), whole.gauss_newton(p, direction)
    np.testing.assert_allclose(product.values, known.values, rtol=1e-11, atol=1e-14)


def test_the_residual_is_that_of_all_rows() -> None:
    whole, parts = twins("squared")
    p, _ = pair(whole)
    assert parts.residual(p) == pytest.approx(whole.residual(p), rel=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_derivative_is_the_slope_of_the_cost(loss: str) -> None:
    _, parts = twins(loss)
    p, direction = pair(parts)
    slope = parts.cost_and_derivative(p)[1].apply(direction)
    assert parts.line_model(p, direction).slope(0.0) == pytest.approx(slope, rel=1e-12)
    remainders = [
        abs(parts.cost(p + eta * direction) - parts.cost(p) - eta * slope) for eta in (1e-2, 1e-3)
    ]
    assert remainders[1] < 0.012 * remainders[0]


def test_a_batch_is_the_batch_of_all_rows() -> None:
    whole, parts = twins("cross-entropy")
    p, _ = pair(whole)
    index = [4, 80, 17]
    assert parts.rows(index).cost(p) == whole.rows(index).cost(p)


def test_batches_lead_to_the_same_bits_as_from_all_rows() -> None:
    whole, parts = twins("cross-entropy")
    p, _ = pair(whole)
    batches = sn.Batches(40, epochs=2)
    found = [sn.minimize(problem, p, batches=batches).parameters for problem in (whole, parts)]
    np.testing.assert_array_equal(found[0].values, found[1].values)


@pytest.mark.parametrize("method", ["ncg", "lbfgs", "gauss-newton"])
def test_a_run_on_all_rows_goes_as_from_memory(method: str) -> None:
    whole, parts = twins("squared")
    p, _ = pair(whole)
    one, other = (
        sn.minimize(problem, p, method=method, max_iterations=5) for problem in (whole, parts)
    )
    np.testing.assert_allclose(one.history["cost"], other.history["cost"], rtol=1e-9)
    assert one.history["direct"].tolist() == other.history["direct"].tolist()
    assert one.history["sensitivity"].tolist() == other.history["sensitivity"].tolist()


def test_the_number_of_threads_changes_no_bit() -> None:
    found = []
    for threads in (1, 2, 3):
        _, parts = twins("cross-entropy", threads=threads)
        p, _ = pair(parts)
        cost, derivative = parts.cost_and_derivative(p)
        found.append((cost, derivative.values.tobytes()))
    assert len(set(found)) == 1


def test_finite_resnets_come_first_as_from_memory() -> None:
    whole, parts = twins("squared")
    one, other = (sn.continuation(problem, (1, 2), max_iterations=3) for problem in (whole, parts))
    assert other.cost == pytest.approx(one.cost, rel=1e-9)


def test_memory_maps_serve_as_rows(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 3)).astype(np.float32), rng.standard_normal(50)
    np.save(tmp_path / "x.npy", x)
    mapped = ArrayRows(np.load(tmp_path / "x.npy", mmap_mode="r"), y)
    p = sn.InverseProblem(x, y).initial_parameters()
    found = ChunkedProblem(mapped, chunk=7).cost(p)
    assert found == pytest.approx(sn.InverseProblem(x, y).cost(p), rel=1e-13)


@pytest.mark.parametrize(
    "argument", [{"rtol": 1e-3, "scheme": "bs3"}, {"atol": 1e-3}, {"sample_weight": [1.0]}]
)
def test_what_cannot_be_had_in_chunks_is_refused_by_name(argument: dict[str, Any]) -> None:
    rows = ArrayRows(np.ones((3, 1)), np.zeros(3))
    with pytest.raises(ArgumentError, match=next(iter(argument))):
        ChunkedProblem(rows, **argument)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ArgumentError, match="3 components instead of 1"):
        sn.InverseProblem(np.ones((2, 1)), np.zeros(2)).with_rows(np.ones((2, 3)), np.zeros(2))
