"""The file of a checkpoint: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broken_fits import Broken, X, Y, breaks, classifier, newest, said

import standalone_node as sn
from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn import checkpoint_file
from standalone_node.learn.checkpoint_file import checkpoint_bytes, read_checkpoint
from standalone_node.learn.checkpoint_identity import differences
from standalone_node.optimize.identity import plain

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def memory_of(content: dict[str, Any]) -> dict[str, Any]:
    memory: dict[str, Any] = content["entries"][0]["memory"]
    return memory


def record_of(content: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = memory_of(content)["record"]
    return record


def content_of(tmp_path: Path) -> dict[str, Any]:
    classifier(max_iterations=3).fit(X, Y, checkpoint=sn.Checkpoint(tmp_path))
    return read_checkpoint(newest(tmp_path))


def test_a_file_gives_back_what_it_was_given(tmp_path: Path) -> None:
    content = content_of(tmp_path)
    odd = {
        "none": None, "yes": True, "n": 2**60, "x": 0.1, "inf": -np.inf, "text": "array:a0",
        "nest": [{"a": np.arange(3.0), "empty": []}, (1, "b")], "nan": float("nan"),
        "point": np.array(2.0), "single": np.float32(0.5),
    }  # fmt: skip
    path = tmp_path / "checkpoint-000009.node"
    path.write_bytes(checkpoint_bytes({**content, "settings": odd}))
    found = read_checkpoint(path)["settings"]
    assert np.isnan(found.pop("nan")) and np.array_equal(found["nest"][0].pop("a"), np.arange(3.0))
    assert found.pop("point").shape == ()
    for name in ("nan", "point"):
        del odd[name]
    odd["nest"] = [{"empty": []}, [1, "b"]]
    assert found == odd


@pytest.mark.parametrize("value", [np.arange(3.0) + 1j, {1, 2}, object()])
def test_what_could_not_be_read_again_is_not_written(value: Any) -> None:
    with pytest.raises(ArgumentError, match="cannot be kept"):
        checkpoint_bytes({"x": value})


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no entries": lambda content: content.pop("entries"),
    "entries of text": lambda content: content.update(entries=["a"]),
    "no entry at all": lambda content: content.update(entries=[]),
    "settings in a list": lambda content: content.update(settings=[1]),
    "a clock without a time": lambda content: content.update(elapsed=float("nan")),
    "no column": lambda content: record_of(content)["columns"].pop("cost"),
    "a short column": lambda content: record_of(content)["columns"].update(beta=np.ones(1)),
    "a cost in words": lambda content: memory_of(content)["state"].update(cost="low"),
    "a direction of another length": lambda content: memory_of(content)["state"]["memory"].update(
        direction=np.ones(2)
    ),
    "not finite": lambda content: memory_of(content)["state"].update(u=np.full(2, np.nan)),
    "an unknown end": lambda content: memory_of(content).update(end="nonsense"),
}


@pytest.mark.parametrize("change", HOSTILE)
def test_a_right_checksum_does_not_vouch_for_sense(tmp_path: Path, change: str) -> None:
    content = content_of(tmp_path)
    HOSTILE[change](content)
    newest(tmp_path).write_bytes(checkpoint_bytes(content))
    with pytest.raises(ModelFileError, match="damaged or cut off"):
        read_checkpoint(newest(tmp_path))


def test_a_file_of_a_newer_format_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint-000001.node"
    newer = replace(checkpoint_file.CHECKPOINT, version=checkpoint_file.FORMAT + 1)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_file, "CHECKPOINT", newer)
        path.write_bytes(checkpoint_bytes({"x": 1}))
    with pytest.raises(ModelFileError, match="update"):
        read_checkpoint(path)


def test_what_differs_is_named_and_the_data_go_first() -> None:
    before = {"steps": 3, "penalty": {"l2": 0.1, "h1": 0.0}, "x": float("nan")}
    assert differences(before, before) == []
    assert differences(before, {**before, "penalty": {"l2": 0.2, "h1": 0.0}}) == [
        "l2 = 0.1 there, l2 = 0.2 here"
    ]
    assert differences(before, {"steps": 3, "x": float("nan")}) == [
        "penalty = {'l2': 0.1, 'h1': 0.0} there, no penalty here"
    ]
    assert differences({"r": plain(np.ones(3))}, {"r": plain(np.zeros(3))}) == ["another r"]
    data = {"inputs": "a", "start": "b"}
    assert differences(data, {"inputs": "c", "start": "d"}) == ["other inputs (rows or columns)"]


def test_parameters_of_another_size_are_refused(tmp_path: Path) -> None:
    content = content_of(tmp_path)
    state = memory_of(content)["state"]
    for name in ("u", "derivative", "gradient"):
        state[name] = state[name][:-1]
    state["memory"]["direction"] = state["memory"]["direction"][:-1]
    newest(tmp_path).write_bytes(checkpoint_bytes(content))
    with pytest.raises(ArgumentError, match="another size"):
        classifier().fit(X, Y, checkpoint=said(tmp_path, resume=True)[0])


@pytest.mark.parametrize("share", [1e-12, 1e-2])
def test_a_cost_that_is_not_that_of_the_parameters_is_seen(tmp_path: Path, share: float) -> None:
    with pytest.raises(Broken):
        classifier().fit(X, Y, callback=breaks(8), checkpoint=sn.Checkpoint(tmp_path, every=2))
    content = read_checkpoint(newest(tmp_path))
    memory_of(content)["state"]["cost"] *= 1.0 + share
    newest(tmp_path).write_bytes(checkpoint_bytes(content))
    again, sentences = said(tmp_path, resume=True)
    if share > 1e-6:
        with pytest.raises(ArgumentError, match="this is another problem"):
            classifier().fit(X, Y, checkpoint=again)
    else:
        classifier().fit(X, Y, checkpoint=again)
        assert "differs in the last digits" in sentences[1]
