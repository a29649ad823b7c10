"""A comparison is fair: one network, one start, one cost, one set of limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contest import SWEEPS, contest, rows

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn import arena
from standalone_node.learn.comparison import Comparison
from standalone_node.learn.contenders import COMPARED, RATES, contenders, layers_only, search
from standalone_node.learn.runs import Limits, Run
from standalone_node.learn.tabular import estimator_of, labels_of, scores


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return contest()


@pytest.fixture(params=COMPARED)
def run(request: pytest.FixtureRequest, comparison: Comparison) -> Run:
    return next(run for run in comparison.runs if run.name == request.param)


def test_every_method_lowers_the_cost_within_the_limits(run: Run) -> None:
    history, kept = run.kept.history, run.kept
    assert kept.cost < 0.9 * history["cost"][0]
    assert len({len(column) for column in history.values()}) == 1
    assert (np.diff(history["sweeps"]) > 0).all() and (np.diff(history["seconds"]) > 0).all()
    assert kept.end.name == "sweeps" and kept.sweeps >= SWEEPS > history["sweeps"][-2]


def test_all_begin_at_the_start_of_a_fit(comparison: Comparison) -> None:
    prepared = comparison.prepared
    fitted = sn.NodeClassifier(steps=2, l2=0.01, max_iterations=3, tolerance=0.0)
    with pytest.warns(UserWarning, match="not converged"):
        fitted.fit(prepared.train.inputs, labels_of(prepared.schema, prepared.train.targets))
    for run in comparison.runs:
        if run.contender.same_cost:
            assert run.kept.history["cost"][0] == fitted.result_.history["cost"][0]
    # The method of `fit` takes the very same steps.
    first = comparison.runs[0].kept.history["cost"][:4]
    assert np.array_equal(first, fitted.result_.history["cost"])


def test_the_problem_of_an_estimator_is_the_one_it_fits() -> None:
    for target in ("side", "distance"):
        prepared = rows(target)
        options = {"steps": 2, "l2": 0.01, "tolerance": 0.05}
        X, y = prepared.train.inputs, labels_of(prepared.schema, prepared.train.targets)
        fitted = estimator_of(prepared, options).fit(X, y)
        posed = estimator_of(prepared, options)
        problem, start = posed.inverse_problem(X, y)
        assert problem.cost(start) == fitted.result_.history["cost"][0]
        assert problem.cost(fitted.parameters_) == fitted.result_.cost
        posed.parameters_ = fitted.parameters_
        assert np.array_equal(posed.predict(X), fitted.predict(X))


def test_the_costs_told_are_those_of_the_problem(comparison: Comparison) -> None:
    for run in comparison.runs:
        if run.contender.same_cost:
            problem, p = comparison.problem, run.kept.parameters
            assert problem.cost(p) == pytest.approx(run.kept.cost, rel=1e-14)
            assert run.loss == pytest.approx(run.kept.cost - problem.penalty.value(p))
            assert run.roughness == p.roughness
            assert run.loss < run.kept.cost


def test_scores_are_those_of_the_last_parameters(comparison: Comparison) -> None:
    run, prepared = comparison.runs[0], comparison.prepared
    estimator = comparison.estimator
    before = estimator.parameters_
    estimator.parameters_ = run.kept.parameters
    assert prepared.test is not None
    assert run.test_scores == scores(prepared.schema, estimator, prepared.test)
    assert run.train_scores == scores(prepared.schema, estimator, prepared.train)
    estimator.parameters_ = before


def test_held_out_rows_are_looked_at_once_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def watched(schema: Any, estimator: Any, part: Any) -> Any:
        seen.append(part)
        return scores(schema, estimator, part)

    monkeypatch.setattr(arena, "scores", watched)
    found = contest(methods=("sobolev-ncg", "adam"), sweeps=6)
    assert len(found.runs[1].attempts) > 1
    assert sum(part is found.prepared.test for part in seen) == 2


def test_without_held_out_rows_there_is_no_score() -> None:
    found = contest(methods=("l2-ncg",), test_share=0.0, sweeps=6)
    assert found.runs[0].test_scores is None and found.baseline is None
    assert found.runs[0].train_scores is not None


def test_the_resnet_has_a_layer_a_step_and_no_smoothness(comparison: Comparison) -> None:
    run = next(run for run in comparison.runs if run.name == "resnet")
    smooth = comparison.runs[0]
    assert run.roughness > 10.0 * smooth.roughness
    # A sweep of Euler's scheme is half one of the midpoint rule.
    epoch = np.diff(run.kept.history["sweeps"])
    assert epoch == pytest.approx(1.0)
    # The node that no layer uses does not count.
    p = run.kept.parameters
    assert run.roughness == layers_only(p).roughness < p.roughness


def test_the_penalty_is_chosen_once_for_all_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[float] = []
    original = arena.Network.of

    def noted(prepared: Any, options: Any) -> Any:
        network = original(prepared, options)
        chosen.append(network.estimator.l2_)
        return network

    monkeypatch.setattr(arena.Network, "of", noted)
    found = contest(
        "distance", {"l2": "auto", "max_iterations": 3}, methods=("l2-ncg", "resnet"), sweeps=6
    )
    assert len(chosen) == 2 and chosen[0] == chosen[1] == found.estimator.l2_
    assert found.baseline is not None and found.baseline["r2"] < 0.1


def test_the_rate_kept_is_the_best_of_those_tried(comparison: Comparison) -> None:
    for run in comparison.runs:
        rates = [attempt.rate for attempt in run.attempts]
        if run.contender.rate is None:
            assert rates == [None]
            continue
        assert rates[0] == run.contender.rate and set(rates) <= set(RATES)
        assert len(set(rates)) == len(rates) >= 2
        assert run.kept.cost == min(attempt.cost for attempt in run.attempts)


@pytest.mark.parametrize("first", [RATES[0], 0.01, 0.1, RATES[-1]])
@pytest.mark.parametrize("best", [RATES[0], 3e-3, 0.3, RATES[-1]])
def test_a_search_ends_at_the_best_rate_between_worse_ones(first: float, best: float) -> None:
    asked: dict[float, float] = {}

    def cost(rate: float) -> float:
        assert rate not in asked, "asked twice"
        asked[rate] = math.inf if rate > 10.0 * best else abs(math.log(rate / best))
        return asked[rate]

    search(cost, first)
    assert min(asked, key=asked.__getitem__) == best
    place = RATES.index(best)
    assert set(RATES[max(0, place - 1) : place + 2]) <= set(asked)


def broken_off(after: int) -> Callable[..., Any]:
    """A `minimize` whose state overflows after so many iterations, for single steps."""

    def minimize(problem: Any, start: Any, **options: Any) -> Any:
        if "rate" in options:
            result = sn.minimize(problem, start, **{**options, "max_iterations": after})
            result.update(reason="overflow", success=False)
            return result
        return sn.minimize(problem, start, **options)

    return minimize


def test_a_run_that_overflows_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "minimize", broken_off(2))
    steady, lost = contest(methods=("sobolev-ncg", "sgd"), sweeps=6).runs
    assert steady.kept.end.name == "sweeps" and steady.test_scores is not None
    assert lost.kept.end.name == "overflow" and "too long" in lost.kept.end.sentence
    assert not lost.kept.end.success and lost.kept.cost == math.inf
    assert lost.test_scores is None and lost.kept.iterations == 2


def test_the_level_lies_between_the_best_cost_and_the_start(comparison: Comparison) -> None:
    ends = [run.kept.history["cost"].min() for run in comparison.runs if run.contender.same_cost]
    assert comparison.best == min(ends)
    between = (comparison.level - comparison.best) / (comparison.start - comparison.best)
    assert between == pytest.approx(0.01)


def test_reached_is_the_first_iterate_at_the_level(run: Run) -> None:
    history = run.kept.history
    level = float(np.sort(history["cost"])[len(history["cost"]) // 2])
    first = int(np.argmax(history["cost"] <= level))
    assert run.kept.reached(level) == (history["sweeps"][first], history["seconds"][first])
    assert run.kept.reached(0.0) is None


def test_contenders_keep_the_order_of_the_table() -> None:
    assert list(contenders(None)) == list(COMPARED)
    assert list(contenders(("sgd", "l2-ncg"))) == ["l2-ncg", "sgd"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"methods": ("newton",)}, "unknown method 'newton': choose from sobolev-ncg"),
        ({"share": 0.0}, "level = 0 has to lie between"),
        ({"share": 1.5}, "level = 1.5 has to lie between"),
        ({"batch": 0}, "size = 0 has to be a whole number"),
        ({"sweeps": 0}, "max_sweeps = 0 has to be"),
    ],
)
def test_what_cannot_be_used_is_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        contest(**options)


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"seconds": 0.0}, "time_limit"), ({"tolerance": -1.0}, "tolerance")],
)
def test_limits_are_checked(limits: dict[str, float], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        Limits(**limits)  # type: ignore[arg-type]
