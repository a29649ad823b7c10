"""The parts of the benchmark: fair turns, the verdicts it gives, threads, memory, start-up."""

from __future__ import annotations

import configparser
import importlib
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
agreement = importlib.import_module("benchmarks.agreement")
children = importlib.import_module("benchmarks.children")
contenders = importlib.import_module("benchmarks.contenders")
dgemm = importlib.import_module("benchmarks.dgemm")
machine = importlib.import_module("benchmarks.machine")
memory = importlib.import_module("benchmarks.memory")
scaling = importlib.import_module("benchmarks.scaling")
startup = importlib.import_module("benchmarks.startup")
tables = importlib.import_module("benchmarks.tables")
targets = importlib.import_module("benchmarks.targets")
task = importlib.import_module("benchmarks.task")
timing = importlib.import_module("benchmarks.timing")


def printed(*items: Any) -> str:
    """What rich shows of some tables, on a wide screen."""
    console = Console(file=io.StringIO(), width=160)
    console.print(*items)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


# Timing.


class Clock:
    """A time that passes only when somebody sleeps or works; `spinning` is when threads stop."""

    def __init__(self, spinning: float = 0.0) -> None:
        self.now, self.spinning = 0.0, spinning

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def perf_counter(self) -> float:
        return self.now

    def process_time(self) -> float:
        return min(self.now, self.spinning)


def test_everybody_has_a_turn_each_round_and_preparing_is_not_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, log = Clock(), []
    monkeypatch.setattr(timing, "time", clock)

    def fresh(name: str) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            clock.sleep(10.0)
            log.append(name)
            return lambda: clock.sleep(1.0)

        return prepare

    runs = {name: fresh(name) for name in "abc"}
    estimates = dict.fromkeys("abc", 1.0)  # slow enough for one iteration a turn
    found = timing.take_turns(runs, estimates, budget=0.0, rounds=4)
    rounds = [tuple(log[k : k + 3]) for k in range(0, 12, 3)]
    assert [sorted(names) for names in rounds] == [["a", "b", "c"]] * 4
    assert len(set(rounds)) > 1, "always the same order"
    assert all(times.rounds == [[1.0]] * 4 for times in found.values())
    assert found["a"].summary()["median"] == 1.0


def test_slow_iterations_get_fewer_rounds_but_never_too_few() -> None:
    assert timing.number_of_rounds(a_round=0.001, budget=10.0) == timing.MOST_ROUNDS
    assert timing.number_of_rounds(a_round=1.0, budget=10.0) == 10
    assert timing.number_of_rounds(a_round=100.0, budget=10.0) == timing.FEWEST_ROUNDS == 5
    assert timing.turn_length(1e-4) == timing.MOST_A_TURN
    assert timing.turn_length(0.015) == 2
    assert timing.turn_length(3.0) == 1


def test_a_turn_waits_for_threads_that_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "time", Clock(spinning=0.05))
    assert 0.05 <= timing.settle(limit=0.3) <= 0.06
    monkeypatch.setattr(timing, "time", Clock(spinning=100.0))
    assert 0.3 <= timing.settle(limit=0.3) <= 0.31


def test_the_products_of_a_timed_run_are_counted() -> None:
    assert dgemm.repetitions(task.Size(2, 500, 100)) == dgemm.MOST_PRODUCTS
    assert dgemm.repetitions(task.Size(3000, 1000, 1)) == 1
    assert dgemm.flops(task.Size(2, 5, 1)) == 2 * 5 * 4 * dgemm.MOST_PRODUCTS
    for run in dgemm.runs(task.Size(4, 5, 1), 2).values():
        run()


# Targets, tables and the machine.


def test_the_targets_are_the_ones_wanted() -> None:
    asked = {
        (size, name): targets.wanted_ratio(name, str(size))
        for size in task.SIZES
        for name in contenders.CONTENDERS
    }
    jax = {str(size): wanted for (size, name), wanted in asked.items() if name == "jax" and wanted}
    assert jax == {"2x500x100": 8, "10x500x100": 6, "64x100x150": 3.5, "196x100x150": 3}
    assert {wanted for (_, name), wanted in asked.items() if name == "diffrax"} == {1.0}
    assert targets.wanted_ratio(contenders.OURS, "2x500x100") is None
    assert set(targets.DGEMM_SHARE) <= {str(size) for size in task.SIZES}


@pytest.mark.parametrize(
    ("found", "wanted", "at_most", "mark"),
    [
        (8.0, 8.0, False, "met"),
        (6.0, 8.0, False, "missed by 25%"),
        (1.2, 1.3, True, "met"),
        (2.6, 1.3, True, "missed by 100%"),
    ],
)
def test_a_verdict_says_by_how_much_a_target_is_missed(
    found: float, wanted: float, at_most: bool, mark: str
) -> None:
    assert targets.Verdict("this", found, wanted, at_most).mark == mark


@pytest.mark.parametrize("at_most", [False, True])
def test_no_number_meets_no_target(at_most: bool) -> None:
    verdict = targets.Verdict("this", float("nan"), 1.0, at_most)
    assert not verdict.met
    assert json.loads(json.dumps(verdict.record()))["found"] is None


def cell(ratio: float, share: float) -> dict[str, Any]:
    """The record of one cell, as far as tables read it."""
    entry = {"sensitivity": True, "quartiles": [0.001, 0.003], "pilots": {"a": 1e-3, "b": 5e-4}}
    return {
        "size": "196x100x150",
        "scheme": "rk4",
        "contenders": {
            "jax": {**entry, "median": 0.002, "ratio": ratio},
            "diffrax": {**entry, "sensitivity": False, "median": 1.23456, "ratio": 1.5},
        },
        "dgemm": {"our_rate": 3e10, "rate": 6e10, "share": share},
    }


def test_the_table_shows_ratios_beside_what_is_wanted() -> None:
    text = printed(tables.iteration_table([cell(3.21, 0.5)]))
    assert re.search(
        r"196x100x150 │ rk4 +│ jax +│ +2\.00 │ +1\.00–3\.00 │ +3\.21 │ +≥ 3 │ met", text
    )
    assert re.search(r"diffrax \* +│ +1235 ", text)
    assert "missed by 50%" in printed(tables.iteration_table([cell(1.5, 0.5)]))


def test_the_table_of_rates_judges_the_share() -> None:
    assert re.search(
        r"30\.0 │ +60\.0 │ +50% │ +≥ 0\.5 │ met", printed(tables.share_table([cell(3, 0.5)]))
    )
    assert "missed by 20%" in printed(tables.share_table([cell(3, 0.4)]))


def test_the_fastest_way_to_write_a_contender_comes_first() -> None:
    assert "b 0.500; a 1.00" in printed(tables.program_table([cell(3, 0.5)]))


def test_a_busy_machine_is_told() -> None:
    found = machine.describe()
    assert found["processor"] and found["cores"] >= 1 and found["blas"]
    assert machine.noise_warning({**found, "load_average": [0.1, 9.0, 9.0]}) is None
    warning = machine.noise_warning({**found, "load_average": [1.52, 0.0, 0.0]})
    assert "1.52" in warning
    assert "WARNING" in tables.machine_lines({**found, "load_average": [1.52]}, warning)[-1]


def test_variables_that_change_the_speed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    found = machine.describe()
    assert found["variables"]["OPENBLAS_CORETYPE"] == "Haswell"
    assert "PATH" not in found["variables"]
    assert "OPENBLAS_CORETYPE=Haswell" in "".join(tables.machine_lines(found, None))


def test_the_cores_are_given_back() -> None:
    before = machine._affinity()
    with machine.cores(1):
        assert len(machine._affinity()) <= 1
    assert machine._affinity() == before


# Threads, memory, start-up.


def test_one_bit_of_difference_between_threads_is_refused() -> None:
    answer = task.Answer(1.0, np.ones((2, 1, 1)), np.ones((2, 1)), np.ones((3, 1)))
    scaling.check_bits(answer, answer, 2)
    other = replace(answer, cost=np.nextafter(1.0, 2.0))
    with pytest.raises(agreement.Disagreement, match="3 threads give other bits of the cost"):
        scaling.check_bits(other, answer, 3)


def test_scaling_compares_one_thread_with_two() -> None:
    record = scaling.measure("euler", budget=0.0, rounds=1, size=task.Size(2, 100, 3))
    medians = [record["threads"][count]["median"] for count in "12"]
    assert record["speed_up"] == medians[0] / medians[1]
    assert "≥ 1.8" in printed(tables.scaling_table([record], scaling.verdicts(record)))


def test_a_stored_trajectory_shows_and_arrays_of_the_data_do_not() -> None:
    few, many = memory.BATCHES
    array = 8 * memory.WIDTH
    fixed = 50 * 2**20
    assert memory.growth((few, many), (fixed, fixed))[1] == 1.0
    arrays, ratio = memory.growth((few, many), (fixed + 5 * array * few, fixed + 5 * array * many))
    assert (arrays, ratio) == (5.0, 1.0)
    arrays, ratio = memory.growth((few, many), (400 * array * few, 400 * array * many))
    assert arrays == 400.0
    assert ratio == pytest.approx(10.0)
    assert memory.growth((few, many), (fixed, np.inf))[1] == np.inf


def test_the_peak_of_a_fresh_process_is_measured() -> None:
    record = memory.measure("cost", "euler", (700, 800))
    assert all(0 <= peak < 2**30 for peak in record["peaks"])
    assert "cost" in printed(tables.memory_table([record], memory.verdicts(record)))


def test_a_killed_process_has_an_infinite_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: Any) -> str:
        raise children.Failed("killed", -9)

    monkeypatch.setattr(children, "python", killed)
    record = memory.measure("ncg", "rk4")
    (verdict,) = memory.verdicts(record)
    assert not verdict.met
    assert "killed" in printed(tables.memory_table([record], [verdict]))
    assert json.loads(json.dumps(record))["ratio"] is None


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(children.Failed, match="ended with 1: ZeroDivisionError"):
        children.python(["-c", "1 / 0"])
    assert children.python(["-c", "import standalone_node, benchmarks; print(1)"]) == "1\n"


def test_the_first_fit_finds_no_kernels_and_the_second_what_the_first_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caches: list[tuple[str, bool]] = []

    def python(arguments: list[str], *, folder: Any, variables: dict[str, str]) -> str:
        if "fit" in arguments:
            place = Path(variables["NUMBA_CACHE_DIR"])
            caches.append((str(place), place.exists()))
            place.mkdir(exist_ok=True)
        return ""

    monkeypatch.setattr(startup, "python", python)
    record = startup.measure(rounds=2)
    (a, first), (b, second), (c, third), (d, fourth) = caches
    assert a == b != c == d
    assert (first, second, third, fourth) == (False, True, False, True)
    assert record["help_ratio"] > 0.0
    assert "first fit of iris" in printed(tables.startup_table(record, startup.verdicts(record)))


def test_the_extra_brings_the_packages_of_all_contenders() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    brought = re.findall(r"^([\w-]+)>=", parser["options.extras_require"]["bench"], re.MULTILINE)
    needed = {package for one in contenders.CONTENDERS.values() for package in one.packages}
    assert set(brought) == needed
