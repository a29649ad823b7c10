"""The race keeps a fair clock: marks are first crossings, and looking changes no fit."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import standalone_node as sn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
race = importlib.import_module("benchmarks.race")
race_ours = importlib.import_module("benchmarks.race_ours")
digits_race = importlib.import_module("digits_race")

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax")


@pytest.fixture(scope="module")
def few():  # type: ignore[no-untyped-def]
    rows = race.digits()
    return race.Rows(rows.train[:200], rows.classes[:200], rows.held[:50], rows.held_classes[:50])


def course(seconds: list[float], cost: list[float], score: list[float]):  # type: ignore[no-untyped-def]
    return race.Course(np.array(seconds), np.array(cost), np.array(score), total=seconds[-1])


def test_every_fifth_row_is_held_out() -> None:
    rows = race.digits()
    assert (rows.train.shape, rows.held.shape) == ((1437, 64), (360, 64))


def test_a_mark_is_where_it_is_first_crossed_even_if_it_is_lost_again() -> None:
    run = course([1.0, 2.0, 3.0], [0.5, 0.01, 0.02], [0.9, 0.97, 0.96])
    assert (run.touched, run.reached) == (2.0, 2.0)


def test_a_mark_that_is_never_crossed_takes_for_ever() -> None:
    assert course([1.0], [0.5], [0.5]).touched == math.inf


def test_the_course_of_a_fit_ends_where_the_fit_ends(few) -> None:  # type: ignore[no-untyped-def]
    run = race_ours.fitted(few, seed=3, threads=1, max_iterations=4)
    model = sn.NodeClassifier(random_state=3, threads=1, max_iterations=4)
    with pytest.warns(UserWarning, match="not converged"):
        model.fit(few.train, few.classes)
    assert run.score[-1] == model.score(few.held, few.held_classes)
    assert len(run.seconds) == model.n_iter_ + 1
    assert (np.diff(run.seconds) > 0.0).all() and run.seconds[-1] <= run.total


def test_who_never_arrives_misses_and_who_is_beaten_says_by_how_much() -> None:
    ours = course([1.0, 2.0], [0.5, 0.01], [0.9, 0.98])
    slow = course([1.0, 4.0], [0.5, 0.02], [0.9, 0.97])
    names = (digits_race.ADAM, digits_race.ADAM_COST, digits_race.LBFGS)
    verdicts = digits_race.judge({digits_race.OURS: [ours], **{name: [slow] for name in names}})
    assert [verdict.found for verdict in verdicts] == [0.98, 0.5, 0.5, 0.0, 0.0]
    assert all(verdict.met for verdict in verdicts)


@needs_jax
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_adam_and_lbfgs_lower_the_cost_of_the_network_in_jax(few, dtype: str) -> None:  # type: ignore[no-untyped-def]
    race_jax = importlib.import_module("benchmarks.race_jax")
    setting = race_jax.Setting("[-1, 1]", 0.01, 50)
    for network in (race_jax.PAPER, race_jax.LIKE_OURS):
        run = race_jax.adam(few, network, setting, seed=0, limit=0.05, dtype=dtype)
        assert run.cost[-1] < 0.5 * run.cost[0]
    run = race_jax.lbfgs(few, race_jax.PAPER, "[-1, 1]", seed=0, limit=0.2)
    assert run.cost[-1] < run.cost[0]
