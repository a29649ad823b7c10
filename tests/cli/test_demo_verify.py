"""`node-fit demo` and `node-fit verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowers import Run

import standalone_node as sn
from standalone_node.learn.bundled import DATA_SETS
from standalone_node.problem.selfcheck import Check


def test_demo_fits_and_draws_into_a_folder_and_tells_what_to_try(run: Run, folder: Path) -> None:
    result = run("demo", "iris")
    assert result.exit_code == 0, result.stderr
    made = {path.name for path in (folder / "node-fit-demo").iterdir()}
    assert made == {"iris.node.npz", "iris.node.npz.history.csv", "iris.png"}
    assert "held-out accuracy" in result.stdout and "iris.png" in result.stdout
    command = result.stderr.split("Try next:")[1].split("node-fit ")[2].split()
    assert run(*command).exit_code == 0
    assert sn.load("node-fit-demo/iris.node.npz").summary_["test_accuracy"] > 0.8


def test_demo_lists_its_data_sets(run: Run) -> None:
    shown = run("demo", "--list").stdout
    listed = json.loads(run("demo", "--list", "--json").stdout)["data_sets"]
    assert [entry["name"] for entry in listed] == list(DATA_SETS)
    for name in DATA_SETS:
        assert name in shown
    assert all(Path(entry["path"]).is_file() for entry in listed)


def test_demo_of_an_unknown_name_lists_the_names_and_makes_no_folder(
    run: Run, folder: Path
) -> None:
    result = run("demo", "irises")
    assert result.exit_code == 2 and "choose one of spirals" in result.stderr
    assert not (folder / "node-fit-demo").exists()


def test_demo_where_no_folder_can_be_made(run: Run) -> None:
    result = run("demo", "iris", "-o", "flowers.csv/here")
    assert result.exit_code == 1
    assert "flowers.csv/here: the folder cannot be made" in result.stderr


def test_verify_one_scheme(run: Run) -> None:
    result = run("verify", "--scheme", "euler", "--json")
    facts = json.loads(result.stdout)
    assert result.exit_code == 0 and facts["ok"] is True
    assert {entry["scheme"] for entry in facts["checks"]} == {
        "euler",
        "euler reversible",
    }
    assert len(facts["checks"]) == 9


def test_verify_fails_if_a_check_is_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def off(schemes: tuple[str, ...] | None) -> Iterator[Check]:
        yield Check("rk4", "dot test", 1e-16, "<= 1e-13", True)
        yield Check("rk4", "Taylor test", 1.0, "2.00 ± 0.02", False)

    monkeypatch.setattr("standalone_node.problem.selfcheck.verify", off)
    result = run("verify")
    assert result.exit_code == 1
    assert "OFF" in result.stdout
    assert "error: 1 of 2 checks are off: Taylor test of rk4" in result.stderr


def test_verify_knows_the_schemes(run: Run) -> None:
    result = run("verify", "--scheme", "rk5")
    assert result.exit_code == 2 and "none of euler, midpoint" in result.stderr
