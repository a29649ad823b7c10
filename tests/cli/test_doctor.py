"""`node-fit doctor`: what the installation runs on, what to mend, and all kernels at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import pytest
from flowers import Run

import standalone_node as sn
from standalone_node.kernels import places
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.report import advice, installation, machine


@pytest.fixture(autouse=True)
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has to mend is out of sight."""
    for name in (*advice._THREADS, *advice._SLOW):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(machine, "processor_quota", lambda root: None)
    monkeypatch.setattr(installation, "outdated", dict)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of kernels, in a folder that NUMBA_CACHE_DIR names."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kernels"))
    for remembered in (places.cache_folder, places.reading_folders):
        remembered.cache_clear()
    yield tmp_path / "kernels"
    for remembered in (places.cache_folder, places.reading_folders):
        remembered.cache_clear()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What --warm compiles; nothing is."""
    done: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "standalone_node.problem.warm.compile_sweeps", lambda *names: done.append(names)
    )
    return done


def test_it_shows_versions_machine_and_kernels(run: Run, empty: Path) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.stderr
    for shown in (sn.__version__, numba.__version__, "processor", "memory", "BLAS", str(empty)):
        assert shown in result.stdout
    for activation in ACTIVATIONS:
        assert f"{activation} " in result.stdout
    assert "0 of 3" in result.stdout


def test_the_same_as_json(run: Run, empty: Path) -> None:
    facts = json.loads(run("doctor", "--json").stdout)
    assert facts["ok"] is True and facts["errors"] == [] and facts["broken"] == {}
    assert set(facts["versions"]) >= {"standalone-node", "python", "numpy", "llvmlite", "rich"}
    assert facts["processor"]["usable"] >= 1 and facts["memory"]["total"] > 1e8
    assert facts["cache"]["folder"].startswith(str(empty))
    assert facts["cache"]["place"] == "NUMBA_CACHE_DIR"
    assert facts["cache"]["kernels"] == [] and facts["cache"]["bytes"] == 0
    assert len(facts["cache"]["shares"]) == len(FORMS) * len(ACTIVATIONS) * len(PRECISIONS)


def test_warm_compiles_every_form_activation_and_precision(
    run: Run, empty: Path, compiled: list[tuple[str, ...]]
) -> None:
    result = run("doctor", "--warm", "--json")
    assert result.exit_code == 0, result.stderr
    assert set(compiled) == {(f, a, d) for f in FORMS for a in ACTIVATIONS for d in PRECISIONS}
    facts = json.loads(result.stdout)
    assert facts["warmed"]["combinations"] == len(compiled) == len(set(compiled))
    assert f"compiling 1 of {len(compiled)}: {', '.join(compiled[0])}\n" in result.stderr
    assert "compiled but not kept" in result.stderr  # as indeed nothing was


def test_quiet_has_no_progress(run: Run, empty: Path, compiled: list[tuple[str, ...]]) -> None:
    assert "compiling" not in run("doctor", "--warm", "--quiet").stderr
    assert compiled


def test_kernels_that_do_not_compile_make_it_fail(
    run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(form: str, activation: str, dtype: str) -> None:
        if (form, activation, dtype) == ("inside", "tanh", "float32"):
            raise ValueError("no such\ninstruction")

    monkeypatch.setattr("standalone_node.problem.warm.compile_sweeps", failing)
    result = run("doctor", "--warm", "-q")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: the kernels of inside, tanh, float32 cannot be compiled (ValueError: no such): "
        "report this.\n"
    )


def test_what_is_kept_is_listed_and_not_compiled_again(
    run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch, compiled: list[tuple[str, ...]]
) -> None:
    from standalone_node.kernels.inventory import Share

    def shares(kept: Any) -> list[Share]:
        return [Share("inside", "tanh", "float64", 3, 3), Share("inside", "relu", "float64", 1, 3)]

    monkeypatch.setattr("standalone_node.kernels.inventory.shares", shares)
    result = run("doctor", "--warm", "-q")
    assert compiled == [("inside", "relu", "float64")]
    assert "3 of 3" in result.stdout and "1 of 3" in result.stdout


def test_warnings_tell_what_to_do_and_leave_the_exit_code_alone(
    run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4096")
    result = run("doctor")
    assert result.exit_code == 0 and "1 thing to mend" in result.stdout
    assert result.stderr.startswith("warning: OPENBLAS_NUM_THREADS=4096 asks for more threads")
    warnings = json.loads(run("doctor", "--json").stdout)["warnings"]
    assert len(warnings) == 1 and "unset it" in warnings[0]


def test_where_kernels_cannot_be_kept_there_is_nothing_to_warm(
    run: Run, empty: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = str(folder / "flowers.csv" / "below")  # not even root can write below a file
    monkeypatch.setattr(numba.config, "CACHE_DIR", below)
    monkeypatch.setenv("XDG_CACHE_HOME", below)
    monkeypatch.setattr("tempfile.tempdir", below)
    result = run("doctor")
    assert result.exit_code == 0 and "none: every start compiles anew" in result.stdout
    assert "set NUMBA_CACHE_DIR to a folder that you can write to" in result.stderr
    result = run("doctor", "--warm")
    assert result.exit_code == 1 and "--warm has no folder" in result.stderr


def test_a_package_that_does_not_load_makes_the_exit_code_1(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "broken", lambda: {"numba": "needs an older NumPy"})
    result = run("doctor")
    assert result.exit_code == 1
    assert "cannot be imported" in result.stdout and "cannot be used" in result.stdout
    assert "error: numba cannot be imported (needs an older NumPy)" in result.stderr
    facts = json.loads(run("doctor", "--json").stdout)
    assert facts["ok"] is False and facts["cache"] is None and len(facts["errors"]) == 1
