"""`node-fit fit` that is interrupted: what it writes, how it ends, and how it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from flowers import FLOWERS, HEADER

from standalone_node.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
FIT = ("fit", "flowers.csv", "--target", "kind", "--tolerance", "0", "-o", "m")
#: Adam does not come to an end by itself.
LONG = ("--max-iterations", "100000000", "--steps", "60", "--every", "3", "--method", "adam")

needs_signals = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flowers.csv").write_text(HEADER + FLOWERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.stdout, result.stderr


def started(place: Path, *arguments: str) -> subprocess.Popen[str]:
    """A fit that has written a checkpoint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "standalone_node.cli", *arguments],
        cwd=place, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60.0
    while not list(place.glob("m.checkpoint/*.node")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    return process


@needs_signals
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_iteration_finish_and_the_fit_goes_on_from_there(
    place: Path, number: signal.Signals, code: int
) -> None:
    process = started(place, *FIT, *LONG)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code and out == "" and "Traceback" not in err
    assert "Finishing the iteration; once more ends at once." in err
    assert "the same command with --resume goes on from m.checkpoint." in err
    assert sorted(path.name for path in place.iterdir()) == ["flowers.csv", "m.checkpoint"]
    assert not list(place.glob("m.checkpoint/*.part"))
    code, _, err = run(*FIT, *LONG[2:], "--max-iterations", "0", "--resume")
    assert code == 0 and "going on after iteration" in err


@needs_signals
def test_a_second_signal_ends_at_once_and_leaves_what_was_there(place: Path) -> None:
    process = started(place, *FIT, *LONG)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err
    code, _, err = run(*FIT, *LONG[2:], "--max-iterations", "0", "--resume")
    assert code == 0 and "going on after iteration" in err and "damaged" not in err


@needs_signals
def test_a_fit_that_is_killed_goes_on_to_the_same_model(place: Path) -> None:
    options = ("--max-iterations", "400", "--steps", "20")
    assert run(*FIT[:-1], "whole", *options)[0] == 0
    process = started(place, *FIT, *options, "--every", "1")
    process.kill()
    process.communicate()
    assert not (place / "m").exists()
    code, _, err = run(*FIT, *options, "--resume")
    assert code == 0 and "going on after iteration" in err
    assert (place / "m").read_bytes() == (place / "whole").read_bytes()


def test_resuming_after_the_end_writes_the_same_model(place: Path) -> None:
    short = (*FIT, "--max-iterations", "5", "--checkpoint", "kept")
    assert run(*short)[0] == 0
    model = (place / "m").read_bytes()
    (place / "m").unlink()
    code, _, err = run(*short, "--resume")
    assert code == 0 and "after the end, iteration 5" in err
    assert (place / "m").read_bytes() == model


def test_a_refit_is_part_of_what_is_kept(place: Path) -> None:
    short = (*FIT, "--max-iterations", "5", "--checkpoint", "kept", "--refit")
    assert run(*short)[0] == 0
    model = (place / "m").read_bytes()
    code, _, err = run(*short, "--resume")
    assert code == 0 and "iteration 5 of run 2" in err
    assert (place / "m").read_bytes() == model


def test_resuming_without_a_checkpoint_begins_afresh_and_says_so(place: Path) -> None:
    code, _, err = run(*FIT, "--max-iterations", "2", "--resume")
    assert code == 0
    assert "warning: there is no checkpoint in m.checkpoint: the fit begins afresh." in err


def test_which_rows_are_learnt_from_is_named_as_well(place: Path) -> None:
    short = (*FIT, "--max-iterations", "3", "--every", "1", "--ignore", "width")
    assert run(*short)[0] == 0
    code, _, err = run(*short, "--resume", "--test-share", "0.3")
    assert code == 2 and "--test-share = 0.2 there, --test-share = 0.3 here" in err
    assert run(*short, "--resume")[0] == 0


def test_checkpoints_that_nobody_asked_for_go_when_the_model_is_there(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standalone_node.cli.checkpoints.UNASKED", 0.0)
    monkeypatch.setattr("standalone_node.learn.checkpoint.BETWEEN", 0.0)
    kept: list[int] = []
    from standalone_node.learn.checkpoint_folder import CheckpointFolder

    delete = CheckpointFolder.delete

    def counted(folder: CheckpointFolder) -> None:
        kept.append(len(list(place.glob("m.checkpoint/*.node"))))
        delete(folder)

    monkeypatch.setattr(CheckpointFolder, "delete", counted)
    assert run(*FIT, "--max-iterations", "4")[0] == 0
    assert kept == [2] and not (place / "m.checkpoint").exists()


@needs_signals
def test_a_reader_of_the_progress_that_is_gone_does_not_end_a_fit(place: Path) -> None:
    process = started(place, *FIT, *LONG)
    assert process.stderr is not None and process.stdout is not None
    process.stderr.close()  # as of a pipe to tee, which dies of the same Ctrl-C
    process.stdout.close()
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    code, _, err = run(*FIT, *LONG[2:], "--max-iterations", "0", "--resume")
    assert code == 0 and "going on after iteration" in err


@needs_signals
def test_a_signal_that_is_to_be_ignored_is(place: Path) -> None:
    # SIGHUP is not to be ignored, though it is by whoever runs the tests under nohup.
    told = {signal.SIGINT: signal.SIG_IGN, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in told.items()}
    try:
        process = started(place, *FIT, *LONG)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 129 and "--resume goes on" in err


def test_a_short_fit_leaves_no_checkpoint(place: Path) -> None:
    assert run(*FIT, "--max-iterations", "2")[0] == 0
    assert not (place / "m.checkpoint").exists()


def test_another_fit_is_refused_with_the_option_by_name(place: Path) -> None:
    short = (*FIT, "--max-iterations", "3", "--every", "1")
    assert run(*short)[0] == 0
    code, _, err = run(*short, "--resume", "--steps", "7")
    assert code == 2 and "--steps 3 there, --steps 7 here" in err
    code, _, err = run(*short, "--resume", "--seed", "5")
    assert code == 2 and "--seed 0 there, --seed 5 here" in err
    (place / "flowers.csv").write_text(HEADER + FLOWERS.replace("2.0", "2.5"))
    code, _, err = run(*short, "--resume")
    assert code == 2 and "other inputs (rows or columns)" in err


def test_what_cannot_be_a_folder_of_checkpoints_is_refused(place: Path) -> None:
    code, _, err = run(*FIT, "--checkpoint", "flowers.csv")
    assert code == 2 and "--checkpoint 'flowers.csv' is no folder: name a folder" in err
    code, _, err = run(*FIT, "--every", "0")
    assert code == 2 and "--every" in err


def test_a_file_read_in_chunks_goes_on_as_well(place: Path) -> None:
    chunks = (*FIT[:-1], "m", "--chunked", "yes", "--batch-size", "8")
    assert run(*chunks, "--epochs", "5", "-o", "whole")[0] == 0
    assert run(*chunks, "--epochs", "2", "--every", "1")[0] == 0
    code, _, err = run(*chunks, "--epochs", "5", "--every", "1", "--resume")
    assert code == 0 and "after the end, iteration 2" in err
    assert (place / "m").read_bytes() == (place / "whole").read_bytes()
    (place / "flowers.csv").write_text(HEADER + FLOWERS.replace("2.0", "2.9"))
    code, _, err = run(*chunks, "--epochs", "7", "--every", "1", "--resume")
    assert code == 2 and "other inputs (rows or columns)" in err
