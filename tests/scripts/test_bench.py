"""The benchmark times nothing that disagrees, and names who disagrees or is missing."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
agreement = importlib.import_module("benchmarks.agreement")
bench = importlib.import_module("bench")
contenders = importlib.import_module("benchmarks.contenders")
ours = importlib.import_module("benchmarks.ours")
task = importlib.import_module("benchmarks.task")

TINY = task.Size(3, 5, 4)
QUICKLY = ["--size", "3x5x4", "--scheme", "euler", "--rounds", "1", "--threads", "1"]
OTHERS = [name for name in contenders.CONTENDERS if name != contenders.OURS]


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], Any]], None]:
    """Makes ours, with its answer changed, the only other contender: "rival"."""

    def enter(change: Callable[[Any], Any]) -> None:
        def programs(given: Any, threads: int) -> dict[str, Any]:
            program = ours.programs(given, threads)["InverseProblem"]
            return {"changed": program._replace(answer=lambda: change(program.answer()))}

        module = ModuleType("rival_of_the_test")
        module.programs = programs  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        _only_with(monkeypatch, contenders.Contender("rival", module.__name__))

    return enter


def _only_with(monkeypatch: pytest.MonkeyPatch, other: Any) -> None:
    table = contenders.CONTENDERS
    for name in OTHERS:
        monkeypatch.delitem(table, name)
    monkeypatch.setitem(table, other.name, other)


# The task and our own contender.


def test_a_task_is_the_same_every_time() -> None:
    first, second = (task.make_task(TINY, "rk4") for _ in range(2))
    for name in ("weights", "biases", "direction_weights", "inputs", "targets"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert first.weights.shape == first.direction_weights.shape == (5, 3, 3)
    assert not np.array_equal(first.weights, first.direction_weights)


def test_five_products_a_stage_are_counted() -> None:
    assert task.make_task(TINY, "euler").flops == 5 * (2 * 3 * 3 * 5) * 4
    assert task.make_task(TINY, "rk4").flops == 4 * task.make_task(TINY, "euler").flops


@pytest.mark.parametrize("scheme", task.STAGES)
def test_ours_answers_with_the_derivative_and_the_tangent_of_one_cost(scheme: str) -> None:
    # dE . v is also the mean of (x(T) - y) . xi(T): two sweeps that know nothing of each other.
    given = task.make_task(TINY, scheme)
    answer = ours.programs(given, 1)["InverseProblem"].answer()
    slope = np.vdot(answer.weights, given.direction_weights)
    slope += np.vdot(answer.biases, given.direction_biases)
    problem = ours.sn.InverseProblem(given.inputs, given.targets, steps=4, scheme=scheme)
    p = ours.sn.Parameters(given.times, given.weights, given.biases)
    residual = problem.solve_direct(p)[-1] - given.targets
    assert answer.cost == pytest.approx(0.5 * np.square(residual).sum() / 5, rel=1e-13)
    assert slope == pytest.approx(np.vdot(residual, answer.sensitivity) / 5, rel=1e-12)


def test_an_iteration_of_ours_never_leaves_the_direct_solve_out() -> None:
    program = ours.programs(task.make_task(TINY, "euler"), 1)["InverseProblem"]
    iterate = program.fresh()
    iterate()
    with pytest.raises(RuntimeError, match="direct solve"):
        iterate()  # the same parameters again, whose trajectory is still there
    program.fresh()()


@pytest.mark.parametrize("scheme", task.STAGES)
@pytest.mark.parametrize("name", OTHERS)
def test_a_contender_that_is_installed_agrees_with_ours(name: str, scheme: str) -> None:
    contender = contenders.CONTENDERS[name]
    for package in contender.packages:
        pytest.importorskip(package)
    given = task.make_task(TINY, scheme)
    expected = ours.programs(given, 1)["InverseProblem"].answer()
    for program in contender.programs(given, 1).values():
        found = program.answer()
        agreement.check(name, found, expected, sensitivity=contender.sensitivity)


# Agreement.


@pytest.fixture(scope="module")
def answer() -> Any:
    return ours.programs(task.make_task(TINY, "euler"), 1)["InverseProblem"].answer()


def test_equal_answers_agree(answer: Any) -> None:
    found = agreement.check("ours", answer, answer, sensitivity=True)
    assert set(found.values()) == {0.0}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("cost", "cost"),
        ("weights", "derivative by the weights"),
        ("biases", "derivative by the biases"),
        ("sensitivity", "sensitivity"),
    ],
)
@pytest.mark.parametrize("factor", [1.0 + 1e-9, np.nan])
def test_an_answer_that_differs_is_refused_by_name(
    answer: Any, field: str, said: str, factor: float
) -> None:
    other = replace(answer, **{field: factor * getattr(answer, field)})
    size = "nan" if np.isnan(factor) else r"1\.00e-09"
    with pytest.raises(agreement.Disagreement, match=f"rival differs in the {said} by {size}"):
        agreement.check("rival", other, answer, sensitivity=True)


def test_rounding_is_no_difference(answer: Any) -> None:
    other = replace(answer, weights=answer.weights * (1.0 + 1e-12))
    agreement.check("rival", other, answer, sensitivity=True)


def test_an_array_of_another_shape_is_a_difference(answer: Any) -> None:
    other = replace(answer, biases=answer.biases[:-1])
    with pytest.raises(agreement.Disagreement, match="biases by inf"):
        agreement.check("rival", other, answer, sensitivity=True)


def test_a_sensitivity_may_be_left_out_only_where_the_table_says_so(answer: Any) -> None:
    other = replace(answer, sensitivity=None)
    assert len(agreement.check("rival", other, answer, sensitivity=False)) == 3
    with pytest.raises(agreement.Disagreement, match="rival gives no sensitivity"):
        agreement.check("rival", other, answer, sensitivity=True)


# The whole program.


def test_results_that_differ_end_the_run_without_a_number(
    rival: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rival(lambda answer: replace(answer, cost=1.001 * answer.cost))
    assert bench.main([*QUICKLY, "--json", str(tmp_path / "found.json")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "rival (changed) at 3x5x4, euler: differs in the cost by 1.00e-03" in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_results_that_agree_are_timed_and_written(
    rival: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rival(lambda answer: answer)
    assert bench.main([*QUICKLY, "--json", str(tmp_path / "found.json")]) == 0
    found = json.loads((tmp_path / "found.json").read_text())
    (cell,) = found["iteration"]
    assert (cell["size"], cell["scheme"]) == ("3x5x4", "euler")
    entry, mine = cell["contenders"]["rival"], cell["contenders"]["standalone-node"]
    assert entry["ratio"] == entry["median"] / mine["median"]
    assert len(entry["times"]) == 1 and entry["iterations"] == len(entry["times"][0])
    assert cell["dgemm"]["share"] == cell["dgemm"]["our_rate"] / cell["dgemm"]["rate"]
    assert found["missing"] == []
    assert found["machine"]["versions"]["numpy"] == np.__version__
    out, err = capsys.readouterr()
    assert "rival" in out and "DGEMM" in out and f"numpy {np.__version__}" in out
    assert "rival" in err


def test_a_missing_contender_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    absent = contenders.Contender("rival", "no_such_package.x", packages=("no_such_package",))
    _only_with(monkeypatch, absent)
    assert bench.main([*QUICKLY, "--json", str(tmp_path / "found.json")]) == 0
    out, err = capsys.readouterr()
    assert "left out: rival: no package 'no_such_package'" in err
    assert "not installed, left out: rival" in out
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["missing"] == ["rival"]
    assert list(found["iteration"][0]["contenders"]) == ["standalone-node"]


def test_a_missing_contender_that_was_asked_for_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = contenders.Contender("rival", "no_such_package.x", packages=("no_such_package",))
    _only_with(monkeypatch, absent)
    with pytest.raises(SystemExit, match="2"):
        bench.main([*QUICKLY, "--contenders", "rival"])
    assert "not installed: rival; pip install" in capsys.readouterr().err


def test_a_broken_contender_is_not_taken_for_a_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = contenders.Contender("rival", "no_such_package.x", packages=("another",))
    with pytest.raises(ModuleNotFoundError):
        broken.programs(task.make_task(TINY, "euler"), 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--size", "10x500"], "'10x500' is not a size"),
        (["--size", "10xabcx3"], "'10xabcx3' is not a size"),
        (["--size", "0x5x4"], "'0x5x4' is not a size"),
        (["--scheme", "euler,leapfrog"], "unknown scheme 'leapfrog': choose from euler, rk4"),
        (["--contenders", "tensorflow"], "unknown contender 'tensorflow'"),
        (["--threads", "0"], "0 is not a positive number"),
        (["--scaling", "--threads", "1"], "--scaling needs --threads 2"),
        (["--memory", "--size", "2x3x4"], "--size and --contenders are for --iteration"),
        (["--json", "no/such/folder/found.json"], "there is no folder"),
    ],
)
def test_wrong_usage_is_told_before_anything_runs(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(options)
    assert said in capsys.readouterr().err


def test_sizes_and_schemes_are_what_was_asked_for() -> None:
    options = ["--size", "2x3x4", "--size", "5x6x7", "--scheme", "rk4", "--contenders", "jax"]
    arguments = bench.make_parser().parse_args(options)
    assert arguments.size == [task.Size(2, 3, 4), task.Size(5, 6, 7)]
    assert (arguments.scheme, arguments.contenders) == (("rk4",), ("jax",))
    assert bench.make_parser().parse_args([]).scheme == ("euler", "rk4")
