"""scripts/bench_cluster.py on a small case: the bytes are those of the model, the bits the same."""

from __future__ import annotations

import importlib
import math
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
bench = importlib.import_module("bench_cluster")
cluster = importlib.import_module("benchmarks.cluster")
kill = importlib.import_module("benchmarks.cluster_kill")
constants = importlib.import_module("benchmarks.cluster_constants")
wire = importlib.import_module("benchmarks.wire")
model = importlib.import_module("cluster_model")

#: Two shards of a wide state, so that what is sent is more than messages.
CASE = model.Case(rows=8200, width=64, steps=1, workers=2, depth_points=3)


@pytest.fixture(scope="module")
def measured() -> tuple[ModuleType, object]:
    from standalone_node.engines.local import Local
    from standalone_node.engines.opening import opened

    with pytest.MonkeyPatch.context() as patch, opened("dask", workers=2) as engine:
        patch.setattr(kill, "ITERATIONS", 2)
        found = cluster.measure(CASE, engine, Local(), iterations=1, rounds=1)
        count = kill.killed(CASE, engine, 1, seed=3)
    return found, count


def test_an_iteration_sends_what_the_model_says(measured) -> None:  # type: ignore[no-untyped-def]
    found, _ = measured
    assert found.rounds == model.ROUNDS
    assert found.bytes_sent == pytest.approx(found.bytes_modelled, rel=0.2)
    assert found.by_subject["compute-task"] > 0 and "heartbeat_worker" in wire.BACKGROUND


def test_workers_and_threads_end_in_the_same_bits(measured) -> None:  # type: ignore[no-untyped-def]
    found, _ = measured
    assert found.same and len(found.cluster) == len(found.local) == 1
    assert len(found.memory) == 2 and found.share == 8 * 4100 * 65


def test_a_fit_whose_worker_is_killed_ends_in_the_same_bits(measured) -> None:  # type: ignore[no-untyped-def]
    _, count = measured
    assert (count.fits, count.same, count.failed) == (1, 1, [])


def test_the_report_says_what_was_missed() -> None:
    found = cluster.Found(
        cluster=[2.0, 2.2],
        local=[1.0, 1.0],
        same=True,
        bytes_sent=110.0,
        bytes_modelled=100.0,
        rounds=4.0,
        memory=[10, 40],
        share=20.0,
    )
    said = bench.report(CASE, found)
    marks = [line.split("  ")[0] for line in said if line[:4] in ("PASS", "FAIL")]
    assert marks == ["FAIL", "PASS", "PASS", "FAIL", "PASS"]


def test_a_message_is_about_what_it_does_and_not_about_a_heartbeat() -> None:
    assert wire.subject([{"op": "heartbeat-client"}, {"op": "update-graph"}]) == "update-graph"
    assert wire.subject({"op": "get_data"}) == "get_data" and wire.subject(b"") == ""
    before = Counter({"get_data": 5})
    after = Counter({"get_data": 7, "heartbeat_worker": 9, "broadcast": 1, "": 2})
    assert wire.work_bytes(before, after) == 4


def test_the_constants_are_found_again_in_times_made_of_them() -> None:
    times = [10.0 * d * d / 4e10 + d * 3e-9 for d, _ in constants.SIZES]
    found = constants.fitted(constants.SIZES, times)
    assert math.isclose(found["flops"], 4e10) and math.isclose(found["element"], 3e-9)
