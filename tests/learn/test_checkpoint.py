"""Checkpoints in files: a fit that is broken off goes on from them, and nothing is ever lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broken_fits import Broken, Q, R, X, Y, breaks, classifier, newest, regressor, said

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn.checkpoint_file import checkpoint_bytes, read_checkpoint
from standalone_node.learn.model_file import model_bytes
from standalone_node.learn.terms import Terms
from standalone_node.learn.validation import NegativeLoss
from standalone_node.optimize.identity import UNMINDED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FITS: dict[str, Callable[[], Any]] = {
    "ncg": lambda: (classifier(), X, Y),
    "batches": lambda: (classifier(batch_size=30, epochs=6), X, Y),
    "adam": lambda: (classifier(method="adam"), X, Y),
    "continuation": lambda: (classifier(continuation=(1, 2)), X, Y),
    "validation": lambda: (classifier(validation_share=0.2, patience=9), X, Y),
    "adaptive": lambda: (classifier(scheme="bs3", rtol=1e-2, validation_share=0.2), X, Y),
    "cross-validation": lambda: (regressor(), Q, R),
    "two targets": lambda: (regressor(l2=0.01), Q, np.column_stack([R, -R])),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_that_is_broken_off_again_and_again_makes_the_same_model(
    name: str, tmp_path: Path
) -> None:
    model, inputs, targets = FITS[name]()
    expected = model_bytes(model.fit(inputs, targets))
    for at in (5, 3, 9, 1000):
        model = FITS[name]()[0]
        checkpoint, _ = said(tmp_path, every=2, resume=True)
        try:
            # A callback is told of the final fit only; a cross-validation is broken off below.
            model.fit(inputs, targets, callback=breaks(at), checkpoint=checkpoint)
        except Broken:
            continue
        assert model_bytes(model) == expected
        return
    raise AssertionError("it never came to an end")


@pytest.mark.parametrize("chances", [3, 40, 111])
def test_a_choice_by_cross_validation_goes_on_in_the_midst_of_a_fold(
    tmp_path: Path, chances: int
) -> None:
    expected = regressor().fit(Q, R)
    checkpoint, _ = said(tmp_path, every=1)
    seen = [0]

    def broken(memory: Any, keep: Any = checkpoint.keep) -> None:
        keep(memory)
        seen[0] += 1
        if seen[0] == chances:
            raise Broken

    checkpoint.keep = broken  # type: ignore[method-assign]
    with pytest.raises(Broken):
        regressor().fit(Q, R, checkpoint=checkpoint)
    again, sentences = said(tmp_path, resume=True)
    found = regressor().fit(Q, R, checkpoint=again)
    assert "going on after iteration" in sentences[0]
    assert found.l2_errors_ == expected.l2_errors_
    assert model_bytes(found) == model_bytes(expected)


def test_after_the_end_the_same_model_is_made_again_without_a_further_iteration(
    tmp_path: Path,
) -> None:
    first = classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    rows: list[Any] = []
    again, sentences = said(tmp_path, resume=True)
    second = classifier().fit(X, Y, callback=rows.append, checkpoint=again)
    assert rows == [] and "after the end" in sentences[0]
    assert model_bytes(first) == model_bytes(second)


@pytest.mark.parametrize("every", [1, 5, 100])
def test_the_interval_changes_no_bit(tmp_path: Path, every: int) -> None:
    plain = classifier().fit(X, Y)
    kept = classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path, every=every))
    assert model_bytes(kept) == model_bytes(plain)


def test_two_checkpoints_are_kept(tmp_path: Path) -> None:
    classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path / "kept", every=2))
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == [".lock", "checkpoint-000005.node", "checkpoint-000006.node"]


def test_nothing_is_written_before_its_time(tmp_path: Path) -> None:
    checkpoint = sn.Checkpoint(tmp_path / "kept", after=3600.0)
    classifier().fit(X, Y, checkpoint=checkpoint)
    assert not checkpoint.written and not (tmp_path / "kept").exists()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda data: data[:5000] + bytes([data[5000] ^ 4]) + data[5001:],
    "the digest": lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:],
    "cut off": lambda data: data[:-100],
    "longer": lambda data: data + b"x",
    "empty": lambda data: b"",
    "half a line": lambda data: data[:10],
    "one line": lambda data: data[:27],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    whole = classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path, every=5))
    last = newest(tmp_path)
    last.write_bytes(DAMAGES[damage](last.read_bytes()))
    again, sentences = said(tmp_path, resume=True)
    assert f"{last.name} is damaged or cut off" in sentences[0]
    assert "going on after iteration 10" in sentences[1]
    assert model_bytes(classifier().fit(X, Y, checkpoint=again)) == model_bytes(whole)
    # The damaged one does not count among the two that are kept.
    sound = sorted(tmp_path.glob("*.node"))
    assert len(sound) == 2 and all(read_checkpoint(path)["entries"] for path in sound)
    assert (tmp_path / f"{last.name}.damaged").exists()


def test_without_a_sound_checkpoint_a_fit_begins_afresh_and_says_so(tmp_path: Path) -> None:
    _, sentences = said(tmp_path / "none", resume=True)
    assert sentences == [f"there is no checkpoint in {tmp_path / 'none'}: the fit begins afresh"]
    (tmp_path / "checkpoint-000001.node").write_bytes(b"junk")
    _, sentences = said(tmp_path, resume=True)
    assert "not a checkpoint of standalone-node" in sentences[0] and "afresh" in sentences[1]


CHANGES: dict[str, tuple[Callable[[], Any], str]] = {
    "steps": (lambda: (classifier(steps=4), X, Y), "steps = 3 there, steps = 4 here"),
    "penalty": (lambda: (classifier(l2=0.5), X, Y), "l2 = 0.0002 there, l2 = 0.5 here"),
    "method": (lambda: (classifier(method="adam"), X, Y), "method = 'ncg' there, method = 'adam'"),
    "seed": (lambda: (classifier(random_state=1), X, Y), "random_state = 0 there"),
    "inputs": (lambda: (classifier(), X + 1e-3 * X**2, Y), "other inputs"),
    "targets": (lambda: (classifier(), X, np.roll(Y, 1)), "other targets"),
    "rows": (lambda: (classifier(), X[:-1], Y[:-1]), "other inputs"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_of_something_else_is_refused_by_name(tmp_path: Path, change: str) -> None:
    classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    make, words = CHANGES[change]
    model, inputs, targets = make()
    with pytest.raises(ArgumentError, match="of another fit") as raised:
        model.fit(inputs, targets, checkpoint=said(tmp_path, resume=True)[0])
    assert words in str(raised.value)


def test_other_data_are_refused_in_the_midst_of_a_cross_validation(tmp_path: Path) -> None:
    regressor().fit(Q, R, checkpoint=sn.Checkpoint(tmp_path))
    with pytest.raises(ArgumentError, match="other inputs"):
        regressor().fit(2.0 * Q + Q**2, R, checkpoint=said(tmp_path, resume=True)[0])


@pytest.mark.parametrize("change", [{"threads": 1}, {"memory_limit": 3000}, {"time_limit": 1e6}])
def test_what_changes_no_bit_may_differ(tmp_path: Path, change: dict[str, Any]) -> None:
    assert set(change) <= set(UNMINDED)
    whole = classifier().fit(X, Y)
    classifier(max_iterations=5).fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    again, _ = said(tmp_path, resume=True)
    found = classifier(**change).fit(X, Y, checkpoint=again)
    assert np.array_equal(found.parameters_.values, whole.parameters_.values)


@pytest.mark.parametrize("fit", ["continuation", "cross-validation"])
def test_with_larger_limits_all_runs_end_as_they_would_have(fit: str, tmp_path: Path) -> None:
    model, inputs, targets = FITS[fit]()
    expected = model.set_params(max_iterations=8).fit(inputs, targets)
    short = FITS[fit]()[0].set_params(max_iterations=4)
    short.fit(inputs, targets, checkpoint=sn.Checkpoint(tmp_path))
    again, sentences = said(tmp_path, resume=True)
    longer = FITS[fit]()[0].set_params(max_iterations=8).fit(inputs, targets, checkpoint=again)
    assert model_bytes(longer) == model_bytes(expected)
    assert getattr(longer, "l2_errors_", 0) == getattr(expected, "l2_errors_", 0)
    assert "done anew" in sentences[1]


def test_a_fit_that_the_time_ended_is_made_again_with_the_choice_it_made(tmp_path: Path) -> None:
    # Two candidates, then the time for choosing is over; the fit itself has some left.
    first = sn.Checkpoint(tmp_path, every=1)
    count = [0]

    def over(terms: Terms) -> float:
        count[0] += 1
        return float(count[0] == 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Terms, "is_over", over)
        model = regressor(time_limit=1000.0).fit(Q, R, checkpoint=first)
    assert len(model.l2_errors_) == 2
    again = regressor(time_limit=1000.0).fit(Q, R, checkpoint=said(tmp_path, resume=True)[0])
    assert again.l2_errors_ == model.l2_errors_
    assert model_bytes(again) == model_bytes(model)


def test_the_clock_begins_with_the_fit_and_not_with_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = sn.Checkpoint(tmp_path)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1000.0)
    assert checkpoint.elapsed == 0.0
    model = classifier(time_limit=500.0).fit(X, Y, checkpoint=checkpoint)
    assert model.result_.reason == "iterations"


def test_the_clock_of_a_fit_goes_on_where_it_stood(tmp_path: Path) -> None:
    classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    content = read_checkpoint(newest(tmp_path))
    newest(tmp_path).write_bytes(checkpoint_bytes({**content, "elapsed": 500.0}))
    again, _ = said(tmp_path, resume=True)
    assert 500.0 <= again.elapsed < 600.0
    left = Terms.starting_now(None, again, 600.0).left
    assert left is not None and 0.0 < left <= 100.0


def test_beginning_afresh_moves_earlier_checkpoints_aside(tmp_path: Path) -> None:
    classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    before = newest(tmp_path).read_bytes()
    checkpoint, sentences = said(tmp_path)
    classifier(steps=2).fit(X, Y, checkpoint=checkpoint)
    assert f"moved to {tmp_path / 'earlier-1'}" in sentences[0]
    assert newest(tmp_path / "earlier-1").read_bytes() == before
    resumed, _ = said(tmp_path / "earlier-1", resume=True)
    classifier().fit(X, Y, checkpoint=resumed)
    (tmp_path / "earlier-2").write_text("somebody else's")
    classifier(steps=1).fit(X, Y, checkpoint=said(tmp_path)[0])
    assert newest(tmp_path / "earlier-1").exists() and newest(tmp_path / "earlier-3").exists()
    assert (tmp_path / "earlier-2").read_text() == "somebody else's"


def test_a_checkpoint_that_cannot_be_written_stops_no_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, sentences = said(tmp_path / "kept", every=1)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    model = classifier().fit(X, Y, checkpoint=checkpoint)
    assert len(sentences) == 1 and "No space left" in sentences[0] and "goes on" in sentences[0]
    assert model.n_iter_ == 12 and not checkpoint.written
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [".lock"]


@pytest.mark.skipif(os.name == "nt", reason="needs locks of files")
def test_two_fits_do_not_write_to_one_folder(tmp_path: Path) -> None:
    holder, _ = said(tmp_path, every=1)
    other, sentences = said(tmp_path, every=1)

    def both(row: Any) -> None:
        if row.nit == 3:
            classifier().fit(X, Y, checkpoint=other)
            with pytest.raises(ArgumentError, match="another fit writes"):
                classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path, resume=True, tell=print))

    # Three runs, and the folder is held between them.
    classifier(continuation=(1, 2)).fit(X, Y, callback=both, checkpoint=holder)
    assert len(sentences) == 1 and "another fit writes" in sentences[0]
    classifier(continuation=(1, 2)).fit(X, Y, checkpoint=said(tmp_path, resume=True)[0])


def test_a_fit_that_fails_lets_go_of_the_folder(tmp_path: Path) -> None:
    checkpoint, _ = said(tmp_path)
    with pytest.raises(ValueError, match="NaN"):
        classifier().fit(np.full_like(X, np.nan), Y, checkpoint=checkpoint)
    classifier().fit(X, Y, checkpoint=said(tmp_path)[0])


def test_a_change_of_the_working_directory_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    checkpoint, _ = said(Path("kept"), every=1)

    def moves(row: Any) -> None:
        if row.nit == 5:
            monkeypatch.chdir(tmp_path / "other")

    classifier().fit(X, Y, callback=moves, checkpoint=checkpoint)
    assert len(list((tmp_path / "kept").glob("*.node"))) == 2
    assert list((tmp_path / "other").iterdir()) == []


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    rest = tmp_path / ".checkpoint-000003.node.abc.part"
    rest.write_bytes(b"half")
    classifier().fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    assert not rest.exists()


def test_sentences_are_warnings_if_nobody_asked_for_them(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="begins afresh"):
        sn.Checkpoint(tmp_path, resume=True)


@pytest.mark.parametrize("every", [0, -1, 2.5, True, np.int64(0)])
def test_an_interval_that_is_none_is_refused(tmp_path: Path, every: Any) -> None:
    with pytest.raises(ArgumentError, match="every"):
        sn.Checkpoint(tmp_path, every)


def test_by_iterations_or_by_seconds_but_not_both(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="give one of them"):
        sn.Checkpoint(tmp_path, 3, after=60.0)


def test_after_its_time_a_checkpoint_is_written_every_half_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return clock[0]

    monkeypatch.setattr("standalone_node.learn.checkpoint.time", Clock)
    checkpoint = sn.Checkpoint(tmp_path, after=60.0)
    wanted: list[float] = []
    keep = checkpoint.keep

    def kept(memory: Any) -> None:
        wanted.append(clock[0] - 100.0)
        keep(memory)

    checkpoint.keep = kept  # type: ignore[method-assign]

    def tick(row: Any) -> None:
        clock[0] = 100.0 + 10.0 * row.nit

    classifier().fit(X, Y, callback=tick, checkpoint=checkpoint)
    assert wanted == [60.0, 90.0]


def test_what_is_no_folder_and_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    for name in ("file", "nowhere"):
        with pytest.raises(ArgumentError, match="no folder: name a folder"):
            sn.Checkpoint(tmp_path / name)
    for nothing in ("", None):
        with pytest.raises(ArgumentError, match="names no folder"):
            sn.Checkpoint(nothing)  # type: ignore[arg-type]
    for keeper in (str(tmp_path), 5):
        with pytest.raises(ArgumentError, match=r"give Checkpoint\(folder\)"):
            classifier().fit(X, Y, checkpoint=keeper)  # type: ignore[arg-type]


def test_a_time_limit_is_that_of_the_whole_fit() -> None:
    terms = Terms.starting_now(None, None, 1000.0)
    assert terms.left is not None and 990.0 < terms.left <= 1000.0
    choosing = terms.for_choosing().left
    assert choosing is not None and 490.0 < choosing <= 500.0
    model = regressor(time_limit=0.0).fit(Q, R)
    assert model.result_.reason == "time" and len(model.l2_errors_) == 1
    assert np.isfinite(model.predict(Q)).all()


def test_other_rows_to_validate_on_are_another_fit(tmp_path: Path) -> None:
    problem = sn.InverseProblem(Q[:, :3], R / 100.0, steps=2)
    start = problem.initial_parameters()

    def fit(rows: list[int], resume: bool) -> None:
        monitor = NegativeLoss(problem.rows(rows))
        checkpoint = said(tmp_path, resume=resume)[0]
        sn.minimize(problem, start, max_iterations=3, monitor=monitor, checkpoint=checkpoint)

    fit([0, 1], resume=False)
    fit([0, 1], resume=True)
    with pytest.raises(ArgumentError, match=r"another monitor|other inputs"):
        fit([0, 2], resume=True)
    with pytest.raises(ArgumentError, match=r"another monitor|monitor = "):
        sn.minimize(problem, start, max_iterations=3, checkpoint=said(tmp_path, resume=True)[0])


def test_one_checkpoint_is_for_one_fit(tmp_path: Path) -> None:
    checkpoint, _ = said(tmp_path)
    classifier().fit(X, Y, checkpoint=checkpoint)
    with pytest.raises(ArgumentError, match="steps = 3 there, steps = 2 here"):
        classifier(steps=2).fit(X, Y, checkpoint=checkpoint)


def test_a_seed_of_chance_is_warned_of(tmp_path: Path) -> None:
    checkpoint, sentences = said(tmp_path)
    classifier(random_state=None).fit(X, Y, checkpoint=checkpoint)
    assert "random_state = None" in sentences[0]


def test_equal_settings_in_other_words_are_the_same_fit(tmp_path: Path) -> None:
    classifier(horizon=4, h1=np.float64(0.01)).fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    again, _ = said(tmp_path, resume=True)
    classifier(horizon=4.0, h1=0.01).fit(X.tolist(), Y, checkpoint=again)
