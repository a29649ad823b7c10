"""What a header may say: every key has its type, no setting asks for more than the arrays show."""

from __future__ import annotations

import shutil
import tracemalloc
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import change_header, header_member, header_of, members_of, npy, write_members

import standalone_node as sn
from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR, WHERE
from standalone_node.learn.model_header import COMMON, KEYS
from standalone_node.learn.settings_schema import SETTINGS, check_settings, misfit
from standalone_node.learn.table import read_table
from standalone_node.learn.tabular import fit, prepare

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier and a regressor of a table of 24 rows, with schemas."""
    folder = tmp_path_factory.mktemp("models")
    rows = "".join(f"{i % 5},{'ab'[i % 2]},{i % 2},{i * i}\n" for i in range(24))
    (folder / "data.csv").write_text("x,c,y,z\n" + rows)
    table = read_table(folder / "data.csv")
    for name, target in {"classifier": "y", "regressor": "z"}.items():
        ignored = ("yz".replace(target, ""),)
        fitted = fit(prepare(table, target, ignore=ignored), {"max_iterations": 2})
        sn.save(fitted.estimator, folder / f"{name}.npz")
    return folder


@pytest.fixture(params=list(KEYS))
def path(request: pytest.FixtureRequest, models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(models / f"{request.param}.npz", tmp_path))


@pytest.fixture
def classifier(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(models / "classifier.npz", tmp_path))


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        sn.load(path)
    assert str(caught.value).startswith(path.name)
    return str(caught.value)


def test_every_setting_has_a_rule_and_every_default_keeps_it() -> None:
    kept = [field.name for field in fields(CLASSIFIER) if field.name not in WHERE]
    assert list(SETTINGS) == kept
    for defaults in (CLASSIFIER, REGRESSOR):
        unfit = {
            name: misfit(name, vars(defaults)[name]) for name in vars(defaults) if name in kept
        }
        assert set(unfit.values()) == {None}


#: Settings that only count what a fit does, so that no number is too large, and other odd ones.
COUNTS = ("restart", "batch_size", "epochs", "batch_iterations", "patience", "max_iterations")
COUNTS += ("threads", "memory_limit", "random_state", "verbose")
FINE: dict[str, list[Any]] = {name: [10**400] for name in COUNTS} | {"continuation": [[]]}
FINE["memory_limit"] = [10**400, "a\nb"]
FINE["class_weight"] = [{}]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_wrong_kind_is_refused_by_name(name: str) -> None:
    for value in ([], {}, "a\nb", -1, -0.5, 1e999, 10**400, [[1]], [0] * 2000):
        if value in FINE.get(name, []):
            check_settings({name: value})
            continue
        with pytest.raises(ModelFileError, match=rf"settings\.{name}' is not"):
            check_settings({name: value})


@pytest.mark.parametrize("value", [None, 7, -1, 0.5, [], {}, "x", [None], True, "", [["a"]]])
def test_a_key_of_the_wrong_kind_is_refused(path: Path, value: Any) -> None:
    kind = header_of(path)["kind"]
    whole = path.read_bytes()
    for key in ("format", "arrays", *COMMON, *KEYS[kind]):
        fine = {"schema": [None], "feature_names": [None], "l2": [7, 0.5, 0.0], "iterations": [7]}
        fine |= {"flat": [True]}
        if any(value is good or (value == good and type(value) is type(good)) for good in
               fine.get(key, [])) or (key == "settings" and value == {}):  # fmt: skip
            continue
        path.write_bytes(whole)
        change_header(path, lambda header, key=key: header.update({key: value}))
        assert refusal(path), key


def test_a_key_that_is_absent_or_unknown_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for key in (*COMMON, *KEYS[header_of(path)["kind"]]):
        change_header(path, lambda header, key=key: header.pop(key))
        assert key in refusal(path)
        path.write_bytes(whole)
    for change in (
        lambda header: header.update(colour="red"),
        lambda header: header["settings"].update(colour="red"),
        lambda header: header["schema"].update(colour="red"),
    ):
        change_header(path, change)
        assert "colour' is not a key" in refusal(path)
        path.write_bytes(whole)


def test_a_setting_that_is_absent_gets_its_default(classifier: Path) -> None:
    before = sn.load(classifier).get_params()
    change_header(classifier, lambda header: header["settings"].pop("restart"))
    assert sn.load(classifier).get_params() == before


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 10**9},
        {"augment": 10**9},
        {"form": "bottleneck", "inner": 10**9},
        {"channels": "shared"},
        {"horizon": 1e300},
        {"rtol": 1e-3},
        {"loss": "squared", "steps": 10**11},
    ],
    ids=str,
)
def test_no_setting_takes_memory_that_the_arrays_do_not_show(
    path: Path, settings: dict[str, Any]
) -> None:
    change_header(path, lambda header: header["settings"].update(settings))
    sn.NodeClassifier()  # its modules are imported before memory is counted
    tracemalloc.start()
    try:
        assert refusal(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * path.stat().st_size + 2**18


def test_settings_of_the_machine_are_not_taken_from_a_file(classifier: Path) -> None:
    machine = {"threads": 10**6, "memory_limit": "900GB", "verbose": 2}
    change_header(classifier, lambda header: header["settings"].update(machine))
    loaded = sn.load(classifier).get_params()
    assert {name: loaded[name] for name in machine} == {
        name: getattr(CLASSIFIER, name) for name in machine
    }


def test_a_model_file_has_the_same_bytes_on_any_machine(tmp_path: Path) -> None:
    x = np.linspace(0.0, 1.0, 40)[:, None]
    written = []
    for machine in ({}, {"threads": 1}, {"threads": 3, "memory_limit": "1MB", "verbose": 0}):
        model = sn.NodeClassifier(max_iterations=4, **machine).fit(x, x[:, 0] > 0.4)
        sn.save(model, tmp_path / "model")
        written.append((tmp_path / "model").read_bytes())
    assert written[0] == written[1] == written[2]


def test_a_setting_that_would_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    model = sn.NodeClassifier(max_iterations=1).fit([[0.0], [1.0]], ["a", "b"])
    with pytest.raises(ArgumentError, match="the setting patience=-1 cannot be put"):
        sn.save(model.set_params(patience=-1), tmp_path / "model")


def test_labels_take_no_more_memory_than_they_are_worth(classifier: Path, tmp_path: Path) -> None:
    long = ["0" * 20_000, *(f"{i:02d}" for i in range(1, 20))]
    change_header(
        classifier,
        lambda header: header.update(classes=sorted(long), classes_dtype="<U20000", schema=None),
    )
    assert "classes_dtype" in refusal(classifier)
    model = sn.NodeClassifier(max_iterations=1).fit(np.arange(40.0)[:, None], 2 * long)
    with pytest.raises(ArgumentError, match="texts of similar lengths"):
        sn.save(model, tmp_path / "model")


@pytest.mark.parametrize("dtype", ["<U2000000000", "O", "<i8,<i8", "<M8[s]", "S1", "<f16", "i8"])
def test_the_type_of_labels_is_one_for_these_labels(classifier: Path, dtype: str) -> None:
    change_header(classifier, lambda header: header.update(classes_dtype=dtype))
    assert "classes_dtype" in refusal(classifier)


@pytest.mark.parametrize("classes", [[1, 0], [0, 0], [0, 1, 2], [0, "1"], [0, 2], [False, True]])
def test_labels_are_distinct_sorted_and_those_of_the_columns(
    classifier: Path, classes: list[Any]
) -> None:
    change_header(classifier, lambda header: header.update(classes=classes))
    assert "class" in refusal(classifier)


@pytest.mark.parametrize(
    "facts",
    [
        {"message": 3},
        {"cost_end": None},
        {"converged": 1},
        {"train_rows": -4},
        {"test_accuracy": "high"},
        {"baseline_rmse": True},
        {"seed": "x"},
        {"baseline_prediction": "none of them"},
        {"more": {"nested": 1}},
        {"more": [1]},
    ],
    ids=str,
)
def test_the_facts_of_a_fit_are_plain(path: Path, facts: dict[str, Any]) -> None:
    change_header(path, lambda header: header["summary"].update(facts))
    assert "summary" in (sentence := refusal(path)) or "baseline" in sentence


def test_arrays_are_those_of_the_kind_of_model(path: Path) -> None:
    header, members = header_of(path), members_of(path)
    for name, array in {
        "scale": np.ones((1, 3)),
        "times": np.array(1.0),
        "mean": np.zeros(0),
        "values": np.zeros((4, 56), np.float32),
        "extra": np.ones(1),
        "grid": np.ones(1),
    }.items():
        arrays = header["arrays"] | {name: [array.dtype.str, list(array.shape)]}
        top = header_member(header | {"arrays": arrays})
        write_members(path, (members | {"header.npy": top, f"{name}.npy": npy(array)}).items())
        assert f"'arrays.{name}'" in refusal(path)


def test_where_a_file_cannot_be_read_the_sentence_says_why(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelFileError, match="is a folder: name the model file in it"):
        sn.load(tmp_path)
    with pytest.raises(ModelFileError, match="is no regular file"):
        sn.load("/dev/null")
    with pytest.raises(ModelFileError, match="cannot read the model file"):
        sn.load("a\0b")

    def forbidden(*rest: Any, **named: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", forbidden)
    with pytest.raises(ModelFileError, match="no permission to read"):
        sn.load(models / "regressor.npz")
