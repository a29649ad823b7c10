"""Rows on the disk are those in memory: features, targets, fill values, and what is learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_files import FILES, written

import standalone_node as sn
from standalone_node.errors import ArgumentError, DataError, NodeError
from standalone_node.learn.bundled import DATA_SETS
from standalone_node.learn.preparation import prepare
from standalone_node.learn.streaming import encoded as encoded_module
from standalone_node.learn.streaming.fitting import fit_stored, tallied
from standalone_node.learn.streaming.prepared import StoredPrepared, prepare_stored
from standalone_node.learn.table import read_table
from standalone_node.learn.tabular import fit
from standalone_node.learn.tabular import scores as scores_in_memory


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", 1000)


def stored(path: Path, target: str, folder: Path, **options: Any) -> StoredPrepared:
    return prepare_stored(path, target, scratch=folder, **options)


def all_rows(part: Any) -> tuple[np.ndarray, np.ndarray]:
    return part.take(np.arange(len(part)))


@pytest.mark.parametrize("missing", ["drop", "impute"])
@pytest.mark.parametrize("name", [n for n in FILES if n != "decimal-comma-late"])
def test_features_and_targets_are_those_of_the_whole_file(
    name: str, missing: Any, tmp_path: Path
) -> None:
    path = written(tmp_path, name, FILES[name])
    whole = prepare(read_table(path), "label", missing=missing, test_share=0.0)
    parts = stored(path, "label", tmp_path, missing=missing, test_share=0.0)
    features, targets = all_rows(parts.train)
    np.testing.assert_array_equal(features, whole.train.inputs)
    np.testing.assert_array_equal(targets, whole.train.targets)
    assert targets.dtype == whole.train.targets.dtype
    assert parts.schema == whole.schema
    assert (parts.notes, parts.warnings) == (whole.notes, whole.warnings)
    assert (parts.left_out, parts.task) == (whole.left_out, whole.task)


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_bundled_data_as_whole(name: str, tmp_path: Path) -> None:
    path, target = DATA_SETS[name].path, DATA_SETS[name].target
    whole = prepare(read_table(path), target, test_share=0.0)
    features, targets = all_rows(stored(path, target, tmp_path, test_share=0.0).train)
    np.testing.assert_array_equal(features, whole.train.inputs)
    np.testing.assert_array_equal(targets, whole.train.targets)


def test_held_out_rows_are_the_others_as_many_of_each_class(tmp_path: Path) -> None:
    path = DATA_SETS["iris"].path
    parts = stored(path, "species", tmp_path, seed=3)
    assert parts.test is not None
    (train, known), (held, other) = all_rows(parts.train), all_rows(parts.test)
    whole = prepare(read_table(path), "species", test_share=0.0).train
    together = np.vstack([train, held])
    assert sorted(map(tuple, together)) == sorted(map(tuple, whole.inputs))
    assert np.bincount(other).tolist() == [10, 10, 10]
    assert np.bincount(known).tolist() == [40, 40, 40]


def test_the_seed_draws_the_held_out_rows(tmp_path: Path) -> None:
    def held(seed: int) -> np.ndarray:
        test = stored(DATA_SETS["iris"].path, "species", tmp_path, seed=seed).test
        return all_rows(test)[0]

    np.testing.assert_array_equal(held(1), held(1))
    assert not np.array_equal(held(1), held(2))


def test_held_out_rows_of_their_own_file(tmp_path: Path) -> None:
    path = written(tmp_path, "plain", FILES["plain"])
    test = written(tmp_path, "quotes", FILES["plain"].replace(b"red", b'"red"  '))
    parts = stored(path, "label", tmp_path, test=test)
    assert parts.test is not None and parts.test_source == str(test)
    np.testing.assert_array_equal(all_rows(parts.test)[0], all_rows(parts.train)[0])
    unknown = written(tmp_path, "unknown", FILES["plain"].replace(b"red", b"pink"))
    with pytest.raises(DataError, match="'pink' is unknown to the model"):
        stored(path, "label", tmp_path, test=unknown)


def test_too_few_rows_to_hold_out_are_refused_as_of_the_whole_file(tmp_path: Path) -> None:
    path = written(tmp_path, "few", b"\n".join(FILES["plain"].splitlines()[:5]))
    sentences = []
    for way in (
        lambda: prepare(read_table(path), "length"),
        lambda: stored(path, "length", tmp_path),
    ):
        with pytest.raises(NodeError) as raised:
            way()
        sentences.append(str(raised.value))
    assert sentences[0] == sentences[1]


def test_single_precision_rounds_to_the_range_of_a_column(tmp_path: Path) -> None:
    path = DATA_SETS["diabetes"].path
    target = DATA_SETS["diabetes"].target
    double = all_rows(stored(path, target, tmp_path).train)
    single = all_rows(stored(path, target, tmp_path, dtype="float32").train)
    assert not np.array_equal(double[0], single[0])
    for one, other in zip(double, single, strict=True):
        assert (np.abs(one - other) <= 1e-7 * np.ptp(one, axis=0)).all()


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_a_fit_from_the_disk_is_as_good_as_one_from_memory(name: str, tmp_path: Path) -> None:
    path, target = DATA_SETS[name].path, DATA_SETS[name].target
    parts = stored(path, target, tmp_path)
    arguments = {"batch_size": 200, "l2": 0.003, "epochs": 8}
    found = fit(parts, arguments)
    leading = "accuracy" if name == "iris" else "rmse"
    assert found.test_scores is not None and found.baseline is not None
    if name == "iris":
        assert found.test_scores[leading] > 0.9
    else:
        assert found.test_scores[leading] < 0.8 * found.baseline[leading]
    inputs, targets = all_rows(parts.train)
    known = scores_in_memory(parts.schema, found.estimator, _Part(inputs, targets))
    for told in (tallied(found.estimator, parts.train).scores(), found.train_scores):
        assert told.keys() == known.keys()
        for name_of_score, value in known.items():
            close = not isinstance(value, list)
            assert told[name_of_score] == (pytest.approx(value, rel=1e-12) if close else value)


class _Part:
    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        self.inputs, self.targets, self.weights = inputs, targets, None


def test_one_batch_of_all_rows_learns_what_the_estimator_learns(tmp_path: Path) -> None:
    path = DATA_SETS["iris"].path
    parts = stored(path, "species", tmp_path, test_share=0.0)
    arguments = {"batch_size": 1000, "epochs": 3, "batch_iterations": 5}
    found = fit(parts, arguments).estimator
    inputs, targets = all_rows(parts.train)
    labels = np.array(parts.schema.target.classes)[targets]
    other = sn.NodeClassifier(**arguments).fit(inputs, labels)
    np.testing.assert_allclose(found.parameters_.values, other.parameters_.values, atol=1e-9)
    assert found.predict(inputs).tolist() == other.predict(inputs).tolist()


def test_a_model_from_the_disk_is_saved_and_loaded(tmp_path: Path) -> None:
    parts = stored(DATA_SETS["iris"].path, "species", tmp_path)
    found = fit(parts, {"epochs": 2})
    sn.save(found.estimator, tmp_path / "iris.node.npz")
    other = sn.load(tmp_path / "iris.node.npz")
    assert other.schema_ == parts.schema
    assert other.summary_["train_rows"] == 120 and other.summary_["test_rows"] == 30
    inputs = parts.train.inputs
    np.testing.assert_array_equal(other.predict(inputs), found.estimator.predict(inputs))


def test_l2_is_chosen_by_a_sample(tmp_path: Path) -> None:
    parts = stored(DATA_SETS["diabetes"].path, DATA_SETS["diabetes"].target, tmp_path)
    found = fit(parts, {"epochs": 1, "max_iterations": 3, "steps": 2}).estimator
    assert found.l2_ in found.l2_errors_ and len(found.l2_errors_) > 2


@pytest.mark.parametrize(
    "argument",
    [{"validation_share": 0.2}, {"patience": 3}, {"rtol": 1e-3, "scheme": "bs3"}, {"atol": 0.1}],
)
def test_what_needs_all_rows_is_refused_by_name(argument: Any, tmp_path: Path) -> None:
    parts = stored(DATA_SETS["iris"].path, "species", tmp_path)
    with pytest.raises(ArgumentError, match=next(iter(argument))):
        fit_stored(parts, argument)
    with pytest.raises(ArgumentError, match="--refit"):
        fit_stored(parts, refit=True)
