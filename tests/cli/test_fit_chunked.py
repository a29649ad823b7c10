"""`node-fit fit` on a file that is read in chunks."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from flowers import Run

import standalone_node as sn
from standalone_node import memory
from standalone_node.learn.bundled import DATA_SETS
from standalone_node.learn.streaming import encoded as encoded_module
from standalone_node.learn.streaming import need as need_module

QUICK = ("--epochs", "2", "--batch-size", "60", "--batch-iterations", "3")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", 1000)


@pytest.fixture
def iris(folder: Path) -> str:
    (folder / "iris.csv").write_bytes(DATA_SETS["iris"].path.read_bytes())
    return "iris.csv"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_writes_what_it_always_does_and_nothing_else(run: Run, iris: str, folder: Path) -> None:
    before = names(folder)
    result = run("fit", iris, "--target", "species", "--chunked", "yes", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert names(folder) - before == {"iris.node.npz", "iris.node.npz.history.csv"}
    assert "note: iris.csv is read in chunks" in result.stderr
    assert "Fitting on 120 rows, 60 at a time" in result.stderr
    assert "held-out accuracy" in result.stdout


def test_predict_evaluate_and_info_read_the_model(run: Run, iris: str) -> None:
    run("fit", iris, "--target", "species", "--chunked", "yes", *QUICK)
    assert run("predict", "iris.node.npz", iris).stdout.count("\n") == 151
    scores = json.loads(run("evaluate", "iris.node.npz", iris, "--json").stdout)["scores"]
    assert scores["accuracy"] > 0.8
    assert run("info", "iris.node.npz").exit_code == 0


def test_predict_and_evaluate_read_in_chunks_too(run: Run, iris: str, folder: Path) -> None:
    run("fit", iris, "--target", "species", "--max-iterations", "5")
    commands = [("evaluate", "iris.node.npz", iris, "--json"), ("predict", "iris.node.npz", iris)]
    for command in commands:
        whole, parts = run(*command), run(*command, "--chunked", "yes")
        assert parts.exit_code == 0, parts.stderr
        assert "read in chunks, as asked" in parts.stderr
        assert parts.stdout.splitlines()[0] == whole.stdout.splitlines()[0]
        assert len(parts.stdout) == pytest.approx(len(whole.stdout), rel=0.01)
    for name in ("out.csv", "out.csv.gz"):
        told = run("predict", "iris.node.npz", iris, "--chunked", "yes", "-o", name)
        assert "150 rows with predictions were written" in told.stderr
    packed = gzip.decompress((folder / "out.csv.gz").read_bytes())
    assert packed == (folder / "out.csv").read_bytes()
    assert packed.count(b"\n") == 151 and packed.count(b"species") == 2
    refused = run(*commands[1], "--chunked", "yes", "--json")
    assert refused.exit_code == 2 and "--json" in refused.stderr


def test_equal_runs_write_equal_models(run: Run, iris: str, folder: Path) -> None:
    models = []
    for threads in ("1", "2"):
        out = f"{threads}.node.npz"
        arguments = ("--chunked", "yes", "--threads", threads, "-o", out, *QUICK)
        assert run("fit", iris, "--target", "species", *arguments).exit_code == 0
        models.append(sn.load(folder / out).parameters_.values.tobytes())
    assert models[0] == models[1]


def test_what_is_not_given_has_defaults_that_are_told(run: Run, iris: str) -> None:
    arguments = ("--chunked", "yes", "--max-iterations", "1")
    result = run("fit", iris, "--target", "species", *arguments)
    assert "with --batch-size 16384 and --epochs 10" in result.stderr
    told = run("fit", iris, "--target", "petal_length", "--chunked", "yes", *QUICK)
    assert "--l2 is chosen by 120 of the training rows" in told.stderr


def test_auto_goes_by_the_memory(run: Run, iris: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("fit", iris, "--target", "species", "--max-iterations", "1")
    assert "chunks" not in whole.stderr
    monkeypatch.setattr(need_module, "machine_memory", lambda: 10_000)
    result = run("fit", iris, "--target", "species", *QUICK)
    assert "iris.csv is read in chunks: read whole it would take" in result.stderr
    told = run("fit", iris, "--target", "species", "--chunked", "no", "--max-iterations", "1")
    assert told.exit_code == 0 and "chunks" not in told.stderr


@pytest.mark.parametrize("figure", ["fit.png", "fit.svg"])
def test_a_figure_shows_a_sample(run: Run, iris: str, folder: Path, figure: str) -> None:
    arguments = ("--chunked", "yes", "--figure", figure, *QUICK)
    assert run("fit", iris, "--target", "species", *arguments).exit_code == 0
    assert (folder / figure).stat().st_size > 1000
    told = run("fit", iris, "--target", "petal_length", "--l2", "0.01", *arguments)
    assert told.exit_code == 0, told.stderr


@pytest.mark.parametrize(
    "option", [("--report", "r"), ("--refit",), ("--validation-share", "0.2"), ("--rtol", "0.1")]
)
def test_what_needs_all_rows_is_refused_before_anything_is_read(
    run: Run, iris: str, option: tuple[str, ...]
) -> None:
    arguments = ("--chunked", "yes", *option, *QUICK)
    result = run("fit", iris, "--target", "species", *arguments)
    assert result.exit_code == 2
    assert option[0] in result.stderr and "--chunked no" in result.stderr


def test_standard_input_cannot_be_read_twice(run: Run) -> None:
    result = run("fit", "-", "--target", "y", "-o", "m.npz", "--chunked", "yes", input="a,y\n")
    assert result.exit_code == 2 and "standard input" in result.stderr


def test_gzip_and_a_test_file(run: Run, iris: str, folder: Path) -> None:
    data = (folder / iris).read_bytes()
    (folder / "iris.csv.gz").write_bytes(gzip.compress(data))
    arguments = ("--test", iris, "--chunked", "yes", "--json", *QUICK)
    result = run("fit", "iris.csv.gz", "--target", "species", *arguments)
    assert json.loads(result.stdout)["rows"] == {"train": 150, "test": 150, "left_out": 0}


def test_no_room_and_no_folder_are_named(
    run: Run, iris: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run("fit", iris, "--target", "species", "--chunked", "yes", "--scratch", "none")
    assert missing.exit_code == 1 and "--scratch" in missing.stderr


def test_errors_are_those_of_the_whole_file(run: Run, folder: Path) -> None:
    (folder / "bad.csv").write_text("a,y\n1,u\n2,v\nx,u\n3,v\n" + "4,u\n5,v\n" * 10)
    sentences = [
        run("fit", "bad.csv", "--target", "y", "--chunked", how).stderr.splitlines()[-1]
        for how in ("yes", "no")
    ]
    assert sentences[0] == sentences[1]
    assert "row 3 (line 4), column 'a': 'x' is not a number" in sentences[0]


def test_the_held_out_rows_are_not_guessed_at_later(run: Run, iris: str) -> None:
    run("fit", iris, "--target", "species", "--chunked", "yes", *QUICK)
    result = run("sensitivity", "iris.node.npz", iris, "--held-out", "-o", "r")
    assert result.exit_code == 1 and "read the file in chunks" in result.stderr


def test_batch_options_alone_still_mean_nothing_for_rows_in_memory(run: Run, iris: str) -> None:
    for option in ("--epochs", "--batch-iterations", "--proximal"):
        result = run("fit", iris, "--target", "species", option, "3")
        assert result.exit_code == 2 and "add --batch-size" in result.stderr


def small(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """A machine with so much memory free."""
    monkeypatch.setattr(memory, "available_memory", lambda: free)
    monkeypatch.setattr(need_module, "available_memory", lambda: free)


def test_auto_goes_by_what_is_free(run: Run, iris: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 20_000)
    result = run("fit", iris, "--target", "species", *QUICK)
    assert result.exit_code == 0 and "more than 20 kB, the lesser of what is free" in result.stderr


@pytest.mark.parametrize(
    ("command", "in_chunks"),
    [
        (("fit", "long.csv", "--target", "y", "--chunked", "no"), True),
        (("evaluate", "m.npz", "long.csv", "--chunked", "no"), True),
        (("predict", "m.npz", "long.csv", "--chunked", "no"), True),
        (("predict", "m.npz", "long.csv", "--json"), False),
        (("compare", "long.csv", "--target", "y"), False),
        (("sensitivity", "m.npz", "long.csv", "-o", "r"), False),
    ],
)
def test_a_file_too_large_to_be_read_whole_is_refused_with_what_the_command_can_do(
    run: Run,
    iris: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    in_chunks: bool,
) -> None:
    run("fit", iris, "--target", "species", "--max-iterations", "1", "-o", "m.npz")
    (folder / "long.csv").write_text("a,y\n" + 200_000 * "1.5,u\n")
    small(monkeypatch, 40_000_000)
    result = run(*command)
    assert result.exit_code == 1
    assert "long.csv: reading 1.2 MB at once would need" in result.stderr
    assert "40 MB are free: leave rows or columns out" in result.stderr
    assert ("--chunked yes" in result.stderr) == in_chunks


def test_features_that_are_too_many_can_be_read_in_chunks(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"c{i % 900},{i % 7},{i % 2}.5\n" for i in range(1800))
    (folder / "wide.csv").write_text("t,x,y\n" + rows)
    small(monkeypatch, 32_500_000)
    result = run("fit", "wide.csv", "--target", "y", "--test-share", "0")
    assert result.exit_code == 1, result.stderr
    assert "--ignore 't', or take fewer rows, or read it in chunks with --chunked yes." in (
        result.stderr
    )


def test_a_scratch_folder_is_never_ignored(run: Run, iris: str, folder: Path) -> None:
    fit = ("fit", iris, "--target", "species", "--max-iterations", "1", "--scratch")
    refused = run(*fit, "none", "--chunked", "no")
    assert refused.exit_code == 2 and "--scratch is where" in refused.stderr
    for name in ("none", "", iris):
        missing = run(*fit, name)
        assert missing.exit_code == 1 and f"{name!r}: there is no such folder" in missing.stderr
    assert run(*fit, str(folder)).exit_code == 0
    text = (folder / iris).read_text()
    piped = run("fit", "-", "--target", "species", "-o", "m.npz", "--scratch", ".", input=text)
    assert piped.exit_code == 2 and "--scratch" in piped.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_that_nobody_writes_to_is_refused(run: Run, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    result = run("fit", "pipe", "--target", "y", "--chunked", "yes")
    assert result.exit_code == 1 and "no regular file" in result.stderr
