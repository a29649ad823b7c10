"""Model files: the same predictions after a round trip, and a sentence for every broken file."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

import standalone_node as sn
from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.model_file import FORMAT, read_header

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SPECIES = np.array(["setosa", "versicolor", "virginica"])[Y]
Model = sn.NodeClassifier | sn.NodeRegressor


@pytest.fixture(scope="module")
def classifier() -> sn.NodeClassifier:
    return sn.NodeClassifier(max_iterations=5).fit(X, SPECIES)


@pytest.fixture
def path(tmp_path: Path, classifier: sn.NodeClassifier) -> Path:
    place = tmp_path / "iris.node.npz"
    sn.save(classifier, place)
    return place


def rewritten(path: Path, **changes: object) -> None:
    """Change entries of the header, or whole arrays, of a model file."""
    with np.load(path) as members:
        arrays = {name: members[name] for name in members.files}
    header = json.loads(arrays.pop("header").tobytes())
    for name, change in changes.items():
        if isinstance(change, np.ndarray):
            arrays[name] = change
            header["arrays"][name] = [change.dtype.str, list(change.shape)]
        else:
            header[name] = change
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, header=text, **arrays)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sn.NodeClassifier(max_iterations=3).fit(X, SPECIES),
        lambda: sn.NodeClassifier(max_iterations=3, loss="logistic").fit(X[:100], Y[:100] == 1),
        lambda: sn.NodeClassifier(max_iterations=3, form="inside", channels="shared").fit(X, Y),
        lambda: sn.NodeRegressor(max_iterations=3, l2=0.1).fit(X[:, :3], X[:, 3]),
        lambda: sn.NodeRegressor(max_iterations=3, l2=0.1, augment=2).fit(X[:, :2], X[:, 2:]),
    ],
    ids=["text", "booleans", "shared", "one target", "two targets"],
)
def test_a_round_trip_changes_no_bit_of_a_prediction(
    make: Callable[[], Model], tmp_path: Path
) -> None:
    model = make()
    rows = X[:, : model.n_features_in_]
    sn.save(model, tmp_path / "model.npz")
    loaded = sn.load(tmp_path / "model.npz")
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
    assert loaded.predict(rows).dtype == model.predict(rows).dtype


def test_equal_models_make_equal_files(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.npz"
    sn.save(sn.load(path), again)
    assert again.read_bytes() == path.read_bytes()


def test_the_file_has_exactly_the_name_given(classifier: sn.NodeClassifier, tmp_path: Path) -> None:
    sn.save(classifier, tmp_path / "model")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_the_header_can_be_read_alone(path: Path) -> None:
    header = read_header(path)
    assert header["kind"] == "classifier"
    assert header["summary"]["end_state"] == "iterations"


def test_an_estimator_that_is_not_fitted_or_not_ours_is_not_saved(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(ValueError, match="not fitted"):
        sn.save(sn.NodeClassifier(), tmp_path / "model")
    with pytest.raises(ArgumentError, match="LogisticRegression"):
        sn.save(LogisticRegression(), tmp_path / "model")  # type: ignore[arg-type]


def test_a_path_that_cannot_be_written_is_named(
    classifier: sn.NodeClassifier, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match="no folder"):
        sn.save(classifier, tmp_path / "absent" / "model")
    with pytest.raises(ArgumentError, match="folder"):
        sn.save(classifier, tmp_path)


def test_a_write_that_fails_leaves_the_old_file_whole(
    path: Path, classifier: sn.NodeClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ArgumentError, match="No space left"):
        sn.save(classifier, path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"there is no model file .*absent\.npz"):
        sn.load(tmp_path / "absent.npz")


def test_a_file_cut_off_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for share in (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ModelFileError, match=r"iris\.node\.npz"):
            sn.load(path)


def test_flipped_bits_are_noticed(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    values = bytes(np.ascontiguousarray(sn.load(path).parameters_.values))
    first = bytes(whole).index(values)
    for place in first + rng.integers(0, len(values), 20):
        damaged = whole.copy()
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="damaged"):
            sn.load(path)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('code was run')",)


def test_a_pickle_is_not_opened(path: Path) -> None:
    path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ModelFileError, match="pickle"):
        sn.load(path)


def test_a_pickle_inside_the_zip_is_not_opened(path: Path) -> None:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([Harmful()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in {**members, "values.npy": content.getvalue()}.items():
            archive.writestr(name, member)
    with pytest.raises(ModelFileError):
        sn.load(path)


def test_a_foreign_file_is_called_foreign(path: Path) -> None:
    path.write_text("sepal,petal\n1,2\n")
    with pytest.raises(ModelFileError, match="not a model file"):
        sn.load(path)
    np.savez(path, weights=np.ones(3))
    with pytest.raises(ModelFileError, match="not a model file"):
        sn.load(path)


def test_a_newer_format_asks_for_an_update(path: Path) -> None:
    rewritten(path, format=FORMAT + 1)
    with pytest.raises(ModelFileError, match="update"):
        sn.load(path)


def test_a_small_file_cannot_ask_for_a_lot_of_memory(path: Path) -> None:
    with np.load(path) as members:
        header = json.loads(members["header"].tobytes())
    header["arrays"]["values"] = ["<f8", [2**39, 2**39]]
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = io.BytesIO()
    np.save(text, np.frombuffer(json.dumps(header).encode(), np.uint8))
    members["header.npy"] = text.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelFileError, match="damaged"):
        sn.load(path)


def test_a_compressed_member_is_refused_before_it_is_unpacked(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelFileError, match="damaged"):
        sn.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "clusterer"},
        {"settings": {"horizon": "long"}},
        {"settings": {"unknown": 1}},
        {"settings": []},
        {"classes": ["one"]},
        {"classes": [["a"], ["b"], ["c"]]},
        {"classes": ["a", "b"]},
        {"classes_dtype": "O"},
        {"summary": None},
        {"schema": {"columns": 3}},
        {"l2": None},
        {"arrays": {}},
        {"values": np.full((5, 56), np.nan)},
        {"values": np.zeros((5, 3))},
        {"times": np.array([0.0, 1.0])},
        {"mean": np.zeros(3)},
        {"scale": np.zeros(4)},
    ],
    ids=str,
)
def test_parts_that_do_not_fit_are_refused(path: Path, changes: dict[str, object]) -> None:
    rewritten(path, **changes)
    with pytest.raises(ModelFileError, match=r"iris\.node\.npz"):
        sn.load(path)


def test_a_pipeline_is_refused_with_what_keeps_it(tmp_path: Path) -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with pytest.raises(ArgumentError, match=r"Pipeline: joblib.dump keeps .* pipeline\[-1\]"):
        sn.save(make_pipeline(StandardScaler(), sn.NodeClassifier()), tmp_path / "m.npz")
