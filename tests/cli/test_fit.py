"""`node-fit fit`: what it reads, says and writes."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flowers import FLOWERS, HEADER, QUICK, Run

import standalone_node as sn
from standalone_node.learn.defaults import WHERE
from standalone_node.learn.model_state import OF_THE_MACHINE


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_writes_the_model_and_the_history_beside_the_data_and_nothing_else(
    run: Run, folder: Path
) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK)
    assert result.exit_code == 0
    assert names(folder) == {"flowers.csv", "flowers.node.npz", "flowers.node.npz.history.csv"}
    frame = pd.read_csv("flowers.csv")
    assert set(sn.load("flowers.node.npz").predict(frame)) <= {"rose", "tulip"}


def test_the_history_has_a_row_an_iteration_and_reads_back_exactly(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--json")
    facts = json.loads(result.stdout)
    with open("flowers.node.npz.history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "iteration", "cost", "gradient_norm", "step", "beta", "seconds", "direct", "adjoint",
        "sensitivity",
    ]  # fmt: skip
    assert [row["iteration"] for row in rows] == ["0", "1", "2", "3"]
    assert float(rows[0]["cost"]) == facts["cost"]["start"]
    assert float(rows[-1]["cost"]) == facts["cost"]["end"]


def test_stdout_has_the_table_and_stderr_the_rest(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK)
    assert result.stdout.startswith("Model of kind, from flowers.csv\n")
    assert "held-out accuracy" in result.stdout
    assert "flowers.node.npz.history.csv" in result.stdout
    assert "note: target 'kind' is text with 2 distinct values: classification." in result.stderr
    assert "gradient norm" in result.stderr and "Fitting on 19 rows" in result.stderr
    assert "warning: not converged:" in result.stderr and "--max-iterations" in result.stderr
    assert not any(line.endswith(" ") for line in result.stdout.splitlines())


def test_quiet_leaves_warnings_alone(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--quiet")
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["warning"]


def test_json_is_the_whole_of_stdout(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--json", "--test-share", "0")
    facts = json.loads(result.stdout)
    assert facts["task"] == "classification"
    assert facts["rows"] == {"train": 24, "test": 0, "left_out": 0}
    assert facts["test"] is None
    assert facts["settings"]["steps"] == 2 and facts["settings"]["max_iterations"] == 3
    assert facts["end_state"]["name"] == "iterations"
    assert facts["files"]["model"] == "flowers.node.npz"
    assert facts["warnings"] and "--max-iterations" in facts["warnings"][0]


@pytest.mark.parametrize(
    "name, model",
    [
        ("a.csv", "a.node.npz"),
        ("a.CSV.gz", "a.node.npz"),
        ("a.b.tsv", "a.b.node.npz"),
        ("plain", "plain.node.npz"),
        (".csv", ".csv.node.npz"),
    ],
)
def test_the_default_name_of_the_model(run: Run, folder: Path, name: str, model: str) -> None:
    data = (HEADER + FLOWERS).encode()
    (folder / "sub").mkdir()
    (folder / "sub" / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert run("fit", f"sub/{name}", "--target", "kind", *QUICK).exit_code == 0
    assert names(folder / "sub") == {name, model, f"{model}.history.csv"}


def test_the_model_is_written_under_exactly_the_name_given(run: Run, folder: Path) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "-o", "any.name")
    assert result.exit_code == 0
    assert names(folder) == {"flowers.csv", "any.name", "any.name.history.csv"}


def test_standard_input_needs_a_name_for_the_model(run: Run, folder: Path) -> None:
    data = HEADER + FLOWERS
    refused = run("fit", "-", "--target", "kind", *QUICK, input=data)
    assert refused.exit_code == 2 and "add -o MODEL" in refused.stderr
    assert run("fit", "-", "--target", "kind", *QUICK, "-o", "m", input=data).exit_code == 0
    assert names(folder) == {"flowers.csv", "m", "m.history.csv"}


def test_an_older_model_is_replaced_and_that_is_said(run: Run, folder: Path) -> None:
    (folder / "flowers.node.npz").write_text("old")
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK)
    assert "note: flowers.node.npz is there already and will be replaced." in result.stderr
    assert sn.load("flowers.node.npz").classes_.tolist() == ["rose", "tulip"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_is_drawn(run: Run, folder: Path, ending: str) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--figure", f"plot.{ending}")
    assert result.exit_code == 0
    assert (folder / f"plot.{ending}").stat().st_size > 5000
    assert f"plot.{ending}" in result.stdout


def test_strict_writes_the_model_and_ends_with_3_if_it_did_not_converge(
    run: Run, folder: Path
) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--strict")
    assert result.exit_code == 3
    assert (folder / "flowers.node.npz").exists()
    eased = run("fit", "flowers.csv", "--target", "kind", "--tolerance", "0.9", "--strict")
    assert eased.exit_code == 0


def test_a_test_file_is_scored_and_not_trained_on(run: Run, folder: Path) -> None:
    (folder / "more.csv").write_text("kind,width,length\nrose,1.5,2.1\ntulip,3.0,1.0\n")
    command = ("fit", "flowers.csv", "--target", "kind", *QUICK, "--test", "more.csv", "--json")
    facts = json.loads(run(*command).stdout)
    assert facts["rows"]["train"] == 24 and facts["rows"]["test"] == 2
    assert facts["test_data"] == "more.csv"


def test_refit_is_said_and_stored(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--refit")
    assert "fitted again, on all" in result.stdout
    assert "Fitting again, on all 24 rows" in result.stderr
    assert sn.load("flowers.node.npz").summary_["refit"] is True


#: An argument for every option of the network, in a few fits as not all go together.
SETTINGS: list[dict[str, Any]] = [
    {
        "horizon": 2.5, "steps": 3, "scheme": "bs3", "rtol": 0.01, "atol": 0.02,
        "form": "bottleneck", "inner": 3, "activation": "sine", "channels": "shared",
        "augment": 1, "loss": "huber", "l2": 0.02, "h1": 0.03, "smoothing": 0.4, "method": "ncg",
        "beta": "HZ", "line_search": "approximate-wolfe", "restart": 4, "max_iterations": 2,
        "tolerance": 0.05, "dtype": "float32", "threads": 1, "memory_limit": "70MB",
    },
    {
        "method": "sgd", "rate": 0.01, "batch_size": 8, "epochs": 3, "batch_iterations": 2,
        "proximal": 0.1, "weights": "galerkin", "basis": "fourier", "modes": 2,
        "validation_share": 0.25, "patience": 1, "time_limit": 60.0, "reversible": True,
    },
    {
        "continuation": [1, 2], "smoothing": "auto", "weights": "evolving", "modes": 1,
        "class_weight": {"rose": 2.0, "tulip": 0.5},
    },
]  # fmt: skip


def as_text(value: Any) -> str:
    """A value as users write it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{label}={weight}" for label, weight in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("given", SETTINGS)
def test_options_of_the_network_reach_the_model(run: Run, given: dict[str, Any]) -> None:
    options = [
        part
        for name, value in given.items()
        for part in ("--" + name.replace("_", "-"), as_text(value))
    ]
    result = run("fit", "flowers.csv", "--target", "kind", "--seed", "7", *options)
    assert result.exit_code == 0, result.stderr
    found = sn.load("flowers.node.npz").get_params()
    usual = sn.NodeClassifier().get_params()
    machine = {name: usual[name] for name in OF_THE_MACHINE}  # they do not go into a file
    assert found == {**usual, **given, **machine, "random_state": 7}


def test_there_is_an_option_for_every_argument() -> None:
    tried = set().union(*SETTINGS)
    otherwise = {"random_state", "verbose", "warm_start", *WHERE}
    assert tried == set(sn.NodeClassifier().get_params()) - otherwise


def test_missing_cells_and_what_counts_as_such(run: Run, folder: Path) -> None:
    (folder / "gaps.csv").write_text(HEADER + FLOWERS + "-,2.0,rose\nNA,2.0,rose\n")
    fit = ("fit", "gaps.csv", "--target", "kind", *QUICK, "--json")
    unknown = run(*fit, "--missing", "drop")
    assert unknown.exit_code == 1 and "--na '-'" in unknown.stderr
    dropped = json.loads(run(*fit, "--missing", "drop", "--na", "-").stdout)
    assert dropped["rows"]["left_out"] == 2
    imputed = json.loads(run(*fit, "--missing", "impute", "--na", "-").stdout)
    assert imputed["rows"]["left_out"] == 0
    alone = run(*fit, "--missing", "drop", "--na", "-", "--no-default-na")
    assert alone.exit_code == 1 and "'NA'" in alone.stderr


def test_columns_can_be_ignored(run: Run) -> None:
    command = ("fit", "flowers.csv", "--target", "kind", *QUICK, "--ignore", "width", "--json")
    assert json.loads(run(*command).stdout)["columns"] == 1


def test_the_task_can_be_told(run: Run, folder: Path) -> None:
    rows = "".join(f"{0.1 * i * i},{i % 4}\n" for i in range(24))
    (folder / "counts.csv").write_text("x,n\n" + rows)
    fit = ("fit", "counts.csv", "--target", "n", *QUICK, "--json", "--l2", "0.1")
    assert json.loads(run(*fit).stdout)["task"] == "classification"
    assert json.loads(run(*fit, "--task", "regression").stdout)["task"] == "regression"


def test_equal_commands_write_equal_models(run: Run, folder: Path) -> None:
    found = []
    for name in ("a", "b"):
        run("fit", "flowers.csv", "--target", "kind", *QUICK, "-o", name)
        found.append((folder / name).read_bytes())
    assert found[0] == found[1]
    history = pd.read_csv("a.history.csv").drop(columns="seconds")
    assert np.array_equal(history, pd.read_csv("b.history.csv").drop(columns="seconds"))


def test_a_data_file_of_another_dialect(run: Run, folder: Path) -> None:
    text = ("länge;breite;art\n" + FLOWERS.replace(",", ";").replace(".", ",")).encode("cp1252")
    (folder / "blumen.csv").write_bytes(text)
    assert run("fit", "blumen.csv", "--target", "art", *QUICK).exit_code == 0
    told = ("--delimiter", ";", "--encoding", "cp1252")
    assert run("fit", "blumen.csv", "--target", "art", *QUICK, *told).exit_code == 0


def test_a_column_that_bears_the_name_of_an_argument_keeps_it_in_messages(
    run: Run, tmp_path: Path
) -> None:
    data = tmp_path / "odd.csv"
    rows = "".join(f"{i},{i * i % 7},{'a' if i % 2 else 'b'}\n" for i in range(30))
    data.write_text("max_iterations,test_share,y\nbad,1,a\n" + rows)
    result = run("fit", str(data), "--target", "y")
    assert result.exit_code == 1
    assert "'max_iterations'" in result.stderr and "--max-iterations" not in result.stderr
