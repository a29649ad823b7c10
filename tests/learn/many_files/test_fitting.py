"""Rows of many files are held out, fitted and scored where they are, to the same bits."""

from __future__ import annotations

import tracemalloc
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from many import in_files, waves

import standalone_node as sn
from standalone_node.engines.local import Local
from standalone_node.errors import ArgumentError, DataError, NodeError
from standalone_node.learn.many_files import group as group_module
from standalone_node.learn.many_files.prepared import FilesPrepared, prepare_files
from standalone_node.learn.model_file import model_bytes
from standalone_node.learn.preparation import Part, prepare
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import baseline_scores, fit, scores

QUICK = {"max_iterations": 4, "steps": 3, "l2": 0.01}

pytestmark = pytest.mark.filterwarnings("ignore:not converged")


class Three(Local):
    """As many groups as there would be on three workers, here; each goes through pickle."""

    def place(self, make: Any, pieces: Any, *shared: Any, **how: Any) -> list[Any]:
        import pickle

        from standalone_node.engines.cutting import groups_of

        parts = groups_of(how["sizes"], [1.0] * 3)
        made = [make(part.start, tuple(pieces[part]), *shared) for part in parts]
        return [pickle.loads(pickle.dumps(group)) for group in made]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five files, of 0, 40, 250, 10 and 100 rows."""
    in_files(Table.from_frame(waves()), tmp_path / "parts", [0, 40, 290, 300])
    return tmp_path / "parts"


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 60 rows at the most."""
    monkeypatch.setattr(group_module, "cut", partial(_cut, most=60))


def _cut(rows: int, width: int, most: int) -> list[slice]:
    step = -(-rows // -(-rows // most))
    return [slice(a, min(a + step, rows)) for a in range(0, rows, step)]


def files_of(folder: Path, target: Any = "y", engine: Any = None, **options: Any) -> FilesPrepared:
    options = {"ignore": ["side" if target == "y" else "y"], **options}
    return prepare_files(f"{folder}/*.csv", target, engine=engine or Local(), **options)


def all_rows(part: Any) -> tuple[np.ndarray, np.ndarray]:
    return part.take(np.arange(len(part)))


def as_rows(*parts: Any) -> list[tuple[float, ...]]:
    """The rows of parts as tuples, sorted."""
    found = [np.column_stack(all_rows(part)) for part in parts]
    return sorted(map(tuple, np.vstack(found).tolist()))


def test_every_usable_row_is_fitted_to_or_held_out(folder: Path, small_shards: None) -> None:
    whole = prepare(Table.from_frame(waves()), "y", ignore=["side"], test_share=0.0)
    parts = files_of(folder)
    assert as_rows(parts.train, parts.test) == as_rows(files_of(folder, test_share=0.0).train)
    assert as_rows(parts.train, parts.test) == sorted(
        map(tuple, np.column_stack([whole.train.inputs, whole.train.targets]).tolist())
    )
    assert parts.test is not None
    assert abs(len(parts.test) - 80) < 25
    assert len(parts.train.rows.sizes) == 1 + 5 + 1 + 2
    assert sum(parts.train.rows.sizes) == len(parts.train)


def test_what_is_held_out_does_not_depend_on_the_files(folder: Path, tmp_path: Path) -> None:
    in_files(Table.from_frame(waves()[::-1]), tmp_path / "other", [150])
    here, there = files_of(folder), files_of(tmp_path / "other")
    assert as_rows(here.test) == as_rows(there.test)
    assert as_rows(here.test) != as_rows(files_of(folder, seed=1).test)


def test_equal_rows_stay_together(tmp_path: Path) -> None:
    rows = waves(60)
    in_files(Table.from_frame(pd.concat([rows] * 4)), tmp_path / "parts", [90])
    parts = files_of(tmp_path / "parts")
    assert not set(as_rows(parts.train)) & set(as_rows(parts.test))
    assert len(as_rows(parts.test)) % 4 == 0


def test_each_file_keeps_a_row_to_fit_to(tmp_path: Path) -> None:
    in_files(Table.from_frame(waves(60)), tmp_path / "parts", range(1, 30))
    parts = files_of(tmp_path / "parts", test_share=0.7)
    assert min(parts.train.rows.sizes) == 1
    assert parts.train.rows.sizes[:29] == (1,) * 29


def test_that_no_row_is_held_out_is_an_error(tmp_path: Path) -> None:
    in_files(Table.from_frame(waves(8)), tmp_path / "parts", range(1, 8))
    with pytest.raises(DataError, match=r"of 8 rows none was drawn .* --test-share 0"):
        files_of(tmp_path / "parts")


@pytest.mark.parametrize("missing", ["drop", "impute"])
def test_fill_values_and_origins_are_those_of_the_rows_fitted_to(
    missing: Any, tmp_path: Path, small_shards: None
) -> None:
    rows = waves(200)
    rows["day"] = pd.date_range("2021-03-01", periods=200, freq="5D").strftime("%Y-%m-%d")
    rows.loc[rows.index % 7 == 3, "b"] = np.nan
    rows.loc[rows.index % 11 == 5, "colour"] = None
    rows.loc[rows.index == 150, "day"] = None
    in_files(Table.from_frame(rows), tmp_path / "parts", [70, 71])
    parts = files_of(tmp_path / "parts", missing=missing, engine=Three())
    assert parts.test is not None
    kept = as_rows(files_of(tmp_path / "parts", missing=missing, test_share=0.0).train)
    assert (
        len(parts.train) + len(parts.test)
        == len(kept)
        == (200 if missing == "impute" else len(rows.dropna()))
    )
    index = {y: i for i, y in enumerate(rows["y"])}
    trained = rows.iloc[[index[y] for y in all_rows(parts.train)[1]]]
    whole = prepare(
        Table.from_frame(trained), "y", ignore=["side"], missing=missing, test_share=0.0
    )
    fills = {column.name: (column.fill, column.origin) for column in parts.schema.columns}
    assert fills == {column.name: (column.fill, column.origin) for column in whole.schema.columns}


def test_rows_are_fetched_in_the_order_they_are_asked_for(folder: Path, small_shards: None) -> None:
    parts = files_of(folder, engine=Three())
    index = np.random.default_rng(0).permutation(len(parts.train))[:50]
    features, targets = parts.train.take(index)
    every = all_rows(parts.train)
    np.testing.assert_array_equal(features, every[0][index])
    np.testing.assert_array_equal(targets, every[1][index])


@pytest.mark.parametrize("target", ["y", "side", ("y", "b")])
def test_the_model_is_the_same_wherever_the_rows_are(
    target: Any, folder: Path, small_shards: None
) -> None:
    options: dict[str, Any] = {"ignore": []} if isinstance(target, tuple) else {}
    found = [
        fit(files_of(folder, target, engine, **options), QUICK) for engine in (Local(), Three())
    ]
    assert model_bytes(found[0].estimator) == model_bytes(found[1].estimator)
    assert found[0].test_scores == found[1].test_scores
    assert found[0].baseline == found[1].baseline


def test_l2_is_chosen_by_a_sample_that_does_not_depend_on_where_the_rows_are(
    folder: Path, small_shards: None
) -> None:
    arguments = {"max_iterations": 1, "steps": 2, "l2": "auto"}
    here, there = (fit(files_of(folder, engine=one), arguments) for one in (Local(), Three()))
    assert model_bytes(here.estimator) == model_bytes(there.estimator)
    assert "l2_errors_" in vars(here.estimator)


def in_memory(part: Any) -> Part:
    inputs, targets = all_rows(part)
    return Part(None, inputs, targets)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["y", "side"])
def test_scores_are_those_of_the_rows_in_memory(
    target: str, folder: Path, small_shards: None
) -> None:
    parts = files_of(folder, target)
    fitted = fit(parts, QUICK)
    for part, told in ((parts.train, fitted.train_scores), (parts.test, fitted.test_scores)):
        expected = scores(parts.schema, fitted.estimator, in_memory(part))
        assert told is not None
        assert told.keys() == expected.keys()
        for name, value in expected.items():
            if isinstance(value, float):
                assert told[name] == pytest.approx(value, rel=1e-12)
            else:
                assert told[name] == value
    assert fitted.baseline is not None
    prediction = fitted.baseline["prediction"]
    expected = baseline_scores(parts.schema, prediction, in_memory(parts.test))
    for name, value in expected.items():
        assert fitted.baseline[name] == (value if isinstance(value, str) else pytest.approx(value))
    assert fitted.estimator.summary_["files"] == 5


def test_the_fit_is_that_of_the_rows_in_memory(folder: Path) -> None:
    parts = files_of(folder, test_share=0.0)
    arguments = {**QUICK, "max_iterations": 3}
    inputs, targets = all_rows(parts.train)
    here = fit(parts, arguments).estimator
    whole = sn.NodeRegressor(**arguments, random_state=0).fit(inputs, targets)
    np.testing.assert_allclose(here.scaling_.scale, whole.scaling_.scale, rtol=1e-12)
    np.testing.assert_allclose(here.predict(inputs), whole.predict(inputs), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 50),
        ("validation_share", 0.1),
        ("patience", 3),
        ("class_weight", "balanced"),
        ("rtol", 1e-3),
        ("atol", 1e-3),
    ],
)
def test_what_needs_all_rows_at_once_is_refused(name: str, value: Any, folder: Path) -> None:
    parts = files_of(folder, "side")
    with pytest.raises(ArgumentError, match=f"{name} = .*leave it out, or put all rows into one"):
        fit(parts, {**QUICK, name: value})
    with pytest.raises(ArgumentError, match="--refit is for rows in memory"):
        fit(parts, QUICK, refit=True)


def test_a_fit_goes_on_from_its_checkpoint_with_rows_elsewhere(
    folder: Path, tmp_path: Path, small_shards: None
) -> None:
    class Enough(Exception):
        pass

    def stop(iteration: Any) -> None:
        if iteration.nit == 2:
            raise Enough

    whole = fit(files_of(folder), QUICK)
    keeps = {"checkpoint": sn.Checkpoint(tmp_path / "kept", every=1)}
    with pytest.raises(Enough):
        fit(files_of(folder), QUICK, callback=stop, **keeps)
    goes_on = {"checkpoint": sn.Checkpoint(tmp_path / "kept", resume=True)}
    again = fit(files_of(folder, engine=Three()), QUICK, **goes_on)
    assert model_bytes(again.estimator) == model_bytes(whole.estimator)


def test_a_checkpoint_of_other_rows_is_refused(folder: Path, tmp_path: Path) -> None:
    fit(files_of(folder), QUICK, checkpoint=sn.Checkpoint(tmp_path / "kept", every=1))
    rows = (folder / "part-02.csv").read_text()
    (folder / "part-02.csv").write_text(rows.replace("red", "blue", 1))
    goes_on = {"checkpoint": sn.Checkpoint(tmp_path / "kept", resume=True)}
    with pytest.raises(NodeError, match="other inputs"):
        fit(files_of(folder), QUICK, **goes_on)


def test_a_file_is_not_held_beside_the_shards_that_it_becomes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(group_module, "cut", partial(_cut, most=2_000))
    monkeypatch.setattr(group_module, "expected", lambda schema: None)
    monkeypatch.setattr(group_module, "coded", lambda schema, chunk: chunk)
    whole = np.random.default_rng(0).normal(size=(50_000, 10))

    class Drops:
        """A file whose rows come some at a time."""

        source = "drops.csv"

        def read(self, expected: Any) -> Any:
            return (whole[a : a + 1_300] for a in range(0, len(whole), 1_300))

    schema: Any = SimpleNamespace(columns=["x"] * 9, target_names=("y",))
    recipe = group_module.Recipe(schema, (len(whole),), 10, 0.2, 0)
    tracemalloc.start()
    try:
        group = group_module.loaded(0, (Drops(),), recipe)  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(len(rows) for rows in (*group.shards, *group.held)) == len(whole)
    assert peak < 1.2 * whole.nbytes


def test_workers_get_about_the_same_number_of_rows_not_of_bytes(folder: Path) -> None:
    weighed: list[Any] = []

    class Watched(Local):
        def place(self, make: Any, pieces: Any, *shared: Any, **how: Any) -> list[Any]:
            weighed.extend(how["sizes"])
            return super().place(make, pieces, *shared, **how)

    files_of(folder, engine=Watched())
    assert weighed == [0, 40, 250, 10, 100]
