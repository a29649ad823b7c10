"""Bad input: one sentence that names where and what to do, an exit code, and no file left behind.

The files are written by the tests; "data.csv" is the one that is bad.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from flowers import FLOWERS, HEADER, QUICK, Run

import standalone_node as sn
from standalone_node.cli.outputs import Outputs
from standalone_node.learn.model_file import FORMAT

GOOD = HEADER + FLOWERS
FIT = ("fit", "data.csv", "--target", "kind", *QUICK)


def refused(result: Result, code: int, *words: str) -> None:
    """The command ended with that code and one error of one line that holds these words."""
    assert result.exit_code == code, result.stderr
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    others = [line for line in result.stderr.splitlines() if not line.startswith("error: ")]
    assert len(errors) == 1
    assert all(line.startswith(("note: ", "warning: ", "See '")) for line in others)
    for word in words:
        assert word in errors[0], errors[0]
    assert "Traceback" not in result.stderr


@pytest.fixture
def unchanged(folder: Path) -> Callable[[], bool]:
    """Whether the folder has the files it had when this was first asked for."""
    before: set[str] = set()

    def check() -> bool:
        return {path.name for path in folder.iterdir()} == before

    (folder / "data.csv").write_text(GOOD)
    before |= {path.name for path in folder.iterdir()}
    return check


DATA = {
    "empty": ("", 1, ["data.csv", "empty", "header"]),
    "header only": (HEADER, 1, ["data.csv", "no data row"]),
    "constant target": (HEADER + "1,2,rose\n" * 9, 1, ["'kind'", "'rose' in every usable row"]),
    "class of one row": (GOOD + "1.5,2,lily\n", 1, ["'lily'", "row 25 (line 26)", "add rows"]),
    "text among numbers": (
        GOOD.replace("\n1.02,", "\n1.o2,", 1), 1,
        ["data.csv", "row 3 (line 4)", "column 'length'", "'1.o2' is not a number", "--na"],
    ),
    "infinite": (GOOD.replace("\n1.02,", "\ninf,"), 1, ["row 3", "'length'", "'inf'", "finite"]),
    "not a number": (GOOD.replace("\n1.02,", "\nNaN,"), 1, ["row 3", "'length'", "--missing"]),
    "empty cell": (GOOD.replace("\n1.02,", "\n,"), 1, ["row 3", "'length'", "empty", "--missing"]),
    "ragged": (GOOD.replace("\n1.02,", "\n1.02,7,"), 1, ["row 3 (line 4)", "4 fields", "3"]),
    "duplicate names": (GOOD.replace("width", "length"), 1, ["columns 1 and 2", "'length'"]),
    "unnamed column": (GOOD.replace("width", ""), 1, ["column 2", "no name"]),
    "fewer rows than classes": (
        HEADER + "1,2,a\n2,3,b\n3,5,c\n", 1, ["as many classes as usable rows (3)", "--task"],
    ),
    "too few to hold out": (
        HEADER + "1,2,a\n2,3,b\n3,5,a\n4,8,b\n", 1, ["4 usable rows", "--test-share 0"],
    ),
    "open quote": (GOOD.replace("\n1.02,", '\n"1.02,'), 1, ["line 4", "quote"]),
    "no input column": ("kind\na\nb\na\nb\n", 1, ["no input column", "'kind'"]),
    "binary": ("PK\x03\x04" + "\x00" * 50, 1, ["data.csv", "ZIP archive", "export it as CSV"]),
}  # fmt: skip


@pytest.mark.parametrize("case", DATA)
def test_bad_data(run: Run, folder: Path, unchanged: Callable[[], bool], case: str) -> None:
    text, code, words = DATA[case]
    (folder / "data.csv").write_text(text)
    refused(run(*FIT), code, *words)
    assert unchanged()


def test_a_missing_file(run: Run, unchanged: Callable[[], bool]) -> None:
    refused(run("fit", "nowhere.csv", "--target", "y"), 1, "nowhere.csv", "no such file")
    refused(run("fit", "-o", "m", "nowhere/", "--target", "y"), 1, "nowhere", "no such")
    assert unchanged()


LONG = "x" * 3000


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", f"{LONG}.csv", "--target", "y"),
        ("fit", "data.csv", "--target", "kind", "-o", LONG),
        ("fit", "data.csv", "--target", "kind", "--report", LONG),
        ("fit", "data.csv", "--target", "kind", "--test", LONG),
        ("predict", LONG, "data.csv"),
        ("sensitivity", LONG, "data.csv"),
        ("fit", "--config", LONG),
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "LONG"),
)
def test_a_name_that_no_file_can_have(
    run: Run, unchanged: Callable[[], bool], arguments: tuple[str, ...]
) -> None:
    refused(run(*arguments), 1, "xxx", "name too long")
    assert unchanged()


def test_a_folder_without_a_name_or_files(
    run: Run, unchanged: Callable[[], bool], tmp_path: Path
) -> None:
    for folder in (".", "/", ".."):
        refused(run("fit", folder, "--target", "kind"), 2, f"error: {folder} has no name", "add -o")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(run("fit", str(empty), "--target", "kind"), 1, str(empty), "no file in this folder")
    empty.rmdir()
    assert unchanged()


@pytest.mark.parametrize("option", ["--steps", "--augment"])
def test_a_number_beyond_all_measure(run: Run, unchanged: Callable[[], bool], option: str) -> None:
    refused(run(*FIT, option, "9" * 30), 2, f"{option} 999", "less than")
    assert unchanged()


@pytest.mark.parametrize("length", ["1e30", "1e200", "inf"])
def test_a_smoothing_length_beyond_all_measure(
    run: Run, unchanged: Callable[[], bool], length: str
) -> None:
    refused(run(*FIT, "--steps", "3", "--horizon", "2", "--smoothing", length), 2, "smoothing")
    assert unchanged()


def test_a_number_beyond_all_measure_that_only_counts_is_fine(run: Run, folder: Path) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", *QUICK, "--restart", "9" * 30)
    assert result.exit_code == 0, result.stderr
    assert run("info", "flowers.node.npz").exit_code == 0


def test_a_target_that_is_not_there(run: Run, unchanged: Callable[[], bool]) -> None:
    refused(run("fit", "data.csv", "--target", "knid"), 1, "data.csv", "'knid'", "mean 'kind'?")
    refused(run("fit", "data.csv"), 1, "data.csv", "--target", "'length', 'width', 'kind'")
    refused(run(*FIT, "--ignore", "heigth"), 1, "data.csv", "'heigth'")
    refused(run(*FIT, "--ignore", "kind"), 2, "'kind'")
    assert unchanged()


def test_a_constant_and_an_id_like_column_are_warned_about(run: Run, folder: Path) -> None:
    rows = "".join(f"7,{i},{line}\n" for i, line in enumerate(FLOWERS.splitlines(), start=1000))
    (folder / "data.csv").write_text("same,id," + HEADER + rows)
    result = run(*FIT, "--json")
    assert result.exit_code == 0
    warned = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert any("'same' is constant ('7')" in line for line in warned)
    assert any("'id' counts the rows" in line and "--ignore" in line for line in warned)
    assert [f"warning: {sentence}" for sentence in json.loads(result.stdout)["warnings"]][:2] == (
        warned[:2]
    )


@pytest.mark.parametrize(
    "options, code, words",
    [
        (["-o", "nowhere/m.npz"], 1, ["nowhere/m.npz", "no folder", "make it first"]),
        (["-o", "flowers.csv/m.npz"], 1, ["flowers.csv/m.npz", "no folder"]),
        (["-o", "."], 1, ["the model", "folder"]),
        (["-o", "/proc/m.npz"], 1, ["/proc/m.npz", "the model cannot be written"]),
        (["-o", "/dev/null"], 1, ["/dev/null", "no regular file"]),
        (["-o", "data.csv"], 2, ["data.csv", "would overwrite"]),
        (["--figure", "plot.gif"], 2, ["plot.gif", ".png"]),
        (["--figure", "nowhere/plot.png"], 1, ["nowhere/plot.png", "the figure"]),
        (["-o", "m.png", "--figure", "m.png"], 2, ["the figure would overwrite the model"]),
        (["--scheme", "rk5"], 2, ["--scheme", "'rk5'", "rk4"]),
        (["--horizon", "-1"], 2, ["--horizon -1", "positive"]),
        (["--steps", "0"], 2, ["--steps 0", "at least 1"]),
        (["--steps", "many"], 2, ["--steps", "'many'"]),
        (["--l2", "much"], 2, ["--l2", "'much'"]),
        (["--l2", "-1"], 2, ["--l2 -1", "0 or larger"]),
        (["--max-iterations", "-3"], 2, ["--max-iterations"]),
        (["--test-share", "1.5"], 2, ["--test-share 1.5"]),
        (["--seed", "-1"], 2, ["--seed", "-1"]),
        (["--delimiter", "ab"], 2, ["'ab'", "--delimiter"]),
        (["--encoding", "klingon"], 2, ["'klingon'", "--encoding"]),
        (["--test", "nowhere.csv"], 1, ["nowhere.csv", "no such file"]),
        (["--test", "flowers.csv", "--refit"], 2, ["--refit", "--test"]),
        (["--test", "flowers.csv", "--test-share", "0.3"], 2, ["--test-share"]),
        (["--no-such-option"], 2, ["--no-such-option"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options(
    run: Run, unchanged: Callable[[], bool], options: list[str], code: int, words: list[str]
) -> None:
    refused(run(*FIT, *options), code, *words)
    assert unchanged()


def test_a_loss_of_classes_is_refused_for_quantities(
    run: Run, unchanged: Callable[[], bool]
) -> None:
    of_quantities = ["width" if word == "kind" else word for word in FIT]
    refused(run(*of_quantities, "--loss", "logistic"), 2, "--loss 'logistic'")
    assert unchanged()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_standard_output_that_is_full_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "flowers.csv").write_text(HEADER + FLOWERS)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "standalone_node.cli", "fit", "flowers.csv", "--target", "kind",
             *QUICK, "--json"],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )  # fmt: skip
    assert done.returncode == 1 and "unforeseen" not in done.stderr
    assert "No space left on device" in done.stderr and "standard output" in done.stderr


def test_no_link_can_wait_where_an_output_is_staged(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    outputs = Outputs({"model": tmp_path / "m"})
    for number in (os.getpid(), os.getpid() + 1):
        (tmp_path / f".m.{number}.model.tmp").symlink_to(victim)
    with outputs:
        outputs.write_text("model", "content")
        outputs.commit()
    assert victim.read_text() == "precious" and not (tmp_path / "m").is_symlink()
    assert (tmp_path / "m").read_text() == "content"
    fresh = tmp_path / "fresh"
    fresh.write_text("")
    assert (tmp_path / "m").stat().st_mode == fresh.stat().st_mode


@pytest.mark.parametrize("limit", ["nan", "-1"])
def test_a_time_limit_that_is_none_is_refused(
    run: Run, unchanged: Callable[[], bool], limit: str
) -> None:
    refused(run(*FIT, "--time-limit", limit), 2, "--time-limit")
    assert unchanged()


def test_an_overflow_of_the_state_asks_for_a_smaller_horizon_or_scale(
    run: Run, unchanged: Callable[[], bool]
) -> None:
    result = run(
        *FIT, "--horizon", "1e100", "--scheme", "rk4", "--form", "outside", "--activation", "relu"
    )
    refused(result, 1, "overflows", "smaller horizon", "scale")
    assert unchanged()


def test_a_prediction_file_that_does_not_fit_the_model(
    run: Run, model: str, folder: Path, unchanged: Callable[[], bool]
) -> None:
    predict = ("predict", model, "data.csv", "-o", "out.csv")
    (folder / "data.csv").write_text("length,breadth\n1,2\n")
    refused(run(*predict), 1, "data.csv", "column 'width' is absent")
    (folder / "data.csv").write_text("length,width\n1,wide\n")
    refused(run(*predict), 1, "data.csv", "row 1 (line 2)", "'width'", "'wide' is not a number")
    (folder / "data.csv").write_text("length,width\n")
    refused(run(*predict), 1, "data.csv", "no data row")
    (folder / "data.csv").write_text("length,width\n1,2\n1,1e999\n")
    refused(run(*predict), 1, "row 2", "'1e999'", "finite")
    assert not (folder / "out.csv").exists()
    refused(run("predict", model, "flowers.csv", "-o", "no/out.csv"), 1, "no/out.csv", "no folder")


def test_an_unseen_category(run: Run, folder: Path) -> None:
    rows = "".join(f"{i * i},{'red' if i % 3 else 'blue'},{i % 2}\n" for i in range(24))
    (folder / "data.csv").write_text("x,colour,y\n" + rows)
    assert run("fit", "data.csv", "--target", "y", *QUICK, "-o", "m").exit_code == 0
    (folder / "data.csv").write_text("x,colour\n1,red\n2,green\n")
    result = run("predict", "m", "data.csv")
    refused(result, 1, "row 2 (line 3)", "'colour'", "'green' is unknown", "'blue', 'red'")


def test_bad_model_files(run: Run, model: str, folder: Path) -> None:
    whole = (folder / model).read_bytes()
    bad = folder / "bad.npz"
    written: dict[str, tuple[Callable[[], object], str]] = {
        "truncated": (lambda: bad.write_bytes(whole[: len(whole) // 2]), "damaged or cut off"),
        "foreign": (lambda: np.savez(bad, x=np.ones(3)), "not a model file"),
        "text": (lambda: bad.write_text("hello"), "not a model file"),
        "empty": (lambda: bad.write_bytes(b""), "not a model file"),
        "pickled": (lambda: bad.write_bytes(pickle.dumps({})), "pickle"),
        "newer": (lambda: newer(folder / model, bad), f"format {FORMAT + 1}"),
    }
    for write, words in written.values():
        write()
        for command in (("predict", "bad.npz", "flowers.csv"), ("info", "bad.npz")):
            refused(run(*command), 1, "bad.npz", words)
    refused(run("info", "nowhere.npz"), 1, "nowhere.npz", "no model file")


def newer(path: Path, copy: Path) -> None:
    """A copy of a model whose header claims the next version of the format."""
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes())
    header["format"] += 1
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(copy, **arrays)


def test_a_model_of_arrays_cannot_read_a_table(run: Run) -> None:
    with pytest.warns(UserWarning, match="not converged"):
        estimator = sn.NodeClassifier(max_iterations=1).fit([[0.0], [1.0], [2.0]], [5, 6, 6])
    sn.save(estimator, "arrays.npz")
    refused(run("predict", "arrays.npz", "flowers.csv"), 1, "arrays.npz", "no column names")


def test_what_cannot_be_written_in_the_end_leaves_nothing_half_written(
    run: Run, unchanged: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*rest: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("standalone_node.cli.outputs.os.fsync", full)
    refused(run(*FIT, "-q"), 1, "data.node.npz", "cannot be written", "No space left")
    assert unchanged()


def test_a_name_with_a_line_break_stays_on_one_line(run: Run) -> None:
    refused(run("fit", "no\nsuch\x1b[31m.csv", "--target", "y"), 1, "no such")
