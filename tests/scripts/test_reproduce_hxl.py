"""Weights, continuation and imports: what is counted, and the pages on tiny problems."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
hxl: Any = importlib.import_module("reproduce_hxl")
followed: Any = importlib.import_module("reproduction.followed")


def test_a_cost_counts_where_it_is_reached_on_the_fine_network() -> None:
    course = followed.Course([3.0, 1.0, 2.0, 1.0], [0.1, 0.2, 0.3, 0.4], [1.0] * 4, [4, 4, 8, 8])
    assert course.when("seconds", 1.0) == 0.2
    assert course.when("seconds", 1.0, 8) == 0.4
    assert np.isnan(course.when("seconds", 0.5))
    assert course.iterations_to(2.0) == 1.0


def test_the_direct_run_is_one_times_itself() -> None:
    direct = followed.Course([4.0, 2.0, 1.0], [0.0, 1.0, 2.0], [1.0, 4.0, 7.0], [8] * 3)
    way = hxl.hxl_continuation.Way()
    pair = hxl.hxl_continuation.Pair(direct, {way: direct})
    assert all(pair.ratio(share, way, "sweeps") == 1.0 for share in (0.5, 1.0))
    assert pair.level(0.5) == 2.0


def test_the_change_to_the_fine_network_is_from_the_last_cost_of_the_levels() -> None:
    direct = followed.Course([4.0], [0.0], [1.0], [8])
    course = followed.Course([4.0, 2.0, 2.5, 1.0], [0.0] * 4, [1.0] * 4, [2, 4, 8, 8])
    way = hxl.hxl_continuation.Way()
    assert hxl.hxl_continuation.Pair(direct, {way: course}).change(way) == 0.25


def test_levels_are_coarser_than_the_network_and_those_of_resnets_by_euler_only() -> None:
    both = hxl.hxl_continuation.both
    assert hxl.hxl_continuation.Way().below(32) == (4, 8, 16)
    assert [way.scheme for way in both("digits", "RK4, 64 steps")] == ["euler", None]
    assert [way.scheme for way in both("digits", "ResNet, 64 layers")] == ["euler"]


def test_constant_weights_take_as_long_as_themselves() -> None:
    course = followed.Course([4.0, 2.0, 1.0], [0.5, 1.0, 2.0], [1.0] * 3, [8] * 3)
    late = followed.Course([4.0, 3.0, 2.0], [0.5, 2.0, 3.0], [1.0] * 3, [8] * 3)
    ratio = hxl.hxl_weights.ratio
    assert ratio(course, course, 2, "iterations") == ratio(course, course, 1, "seconds") == 1.0
    assert ratio(course, late, 1, "iterations") == 2.0
    assert ratio(course, late, 1, "seconds") == 3.0
    assert np.isnan(ratio(course, late, 2, "seconds"))


def test_the_gradients_of_the_resnet_are_those_of_its_cost() -> None:
    rng = np.random.default_rng(0)
    x, classes = rng.standard_normal((7, 4)), np.arange(7) % 3
    net = hxl.hxl_import.ResNet(rng.standard_normal((3, 4, 4)), rng.standard_normal((3, 4)))
    partials = net.gradients(x, classes, 3)[1]
    for array, partial in zip((net.W, net.b), partials, strict=True):
        costs = []
        for step in (1e-6, -1e-6):
            array[1] += step
            costs.append(net.gradients(x, classes, 3)[0])
            array[1] -= step
        assert partial[1].sum() == pytest.approx((costs[0] - costs[1]) / 2e-6, rel=1e-6)


def test_euler_reproduces_an_imported_resnet() -> None:
    found = hxl.hxl_import.imported("spirals", 4, seed=0, iterations=3, further=1)
    assert found.difference < 1e-13
    assert found.trained[0] < found.costs[1]


def test_the_pages_have_their_tables_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = tmp_path / "hxl.png"
    given = ["reproduce_hxl.py", "--seeds", "1", "--scale", "0.05", "--figure", str(figure)]
    monkeypatch.setattr(sys, "argv", [*given, "--only", "weights", "continuation"])
    hxl.main()
    printed = capsys.readouterr().out
    assert printed.count("\n| -") == 4
    assert printed.count(" RK4 8 |") == 2 * 4 + 2  # four costs, one change
    for part in ("weights", "continuation"):
        assert (tmp_path / f"hxl-{part}.png").stat().st_size > 10_000


def test_level_tolerances_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["reproduce_hxl.py", "--seeds", "1", "--scale", "0.05", "--tolerances", "0.1", "0.5"]
    monkeypatch.setattr(sys, "argv", given)
    hxl.main()
    assert "geometric mean" in capsys.readouterr().out
