"""A fit, a file and a table that do not fit into the memory are refused; those that do are not."""

from __future__ import annotations

import gzip
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node import memory
from standalone_node.errors import ArgumentError, DataError, NotEnoughMemory
from standalone_node.learn import needs
from standalone_node.learn.needs import VECTORS
from standalone_node.learn.schema import infer_schema
from standalone_node.learn.table import Table, read_table
from standalone_node.optimize.methods import METHODS

RNG = np.random.default_rng(2)
X = RNG.normal(size=(30, 70))
Y = (X[:, 0] > 0.0).astype(int)


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: size)


def test_every_method_has_a_number_of_vectors() -> None:
    assert set(VECTORS) == set(METHODS)


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "ncg"},
        {"method": "lbfgs"},
        {"method": "gauss-newton"},
        {"method": "adam"},
        {"weights": "constant"},
        {"weights": "galerkin"},
        {"weights": "evolving", "modes": 40},
    ],
)
def test_estimates_of_fits_are_within_a_factor_of_two(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(needs, "require", lambda all_: sizes.append(sum(n.size for n in all_)))
    estimator = sn.NodeClassifier(steps=20, max_iterations=12, threads=1, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, Y)
        tracemalloc.start()
        estimator.fit(X, Y)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.5 < sizes[-1] / taken < 2.0


#: Settings of an estimator that ask for too much, and words of the sentence.
TOO_LARGE = {
    "steps": ({"steps": 10**9}, "steps = 1000000000 .* lower"),
    "augment": ({"augment": 100_000}, r"a state of 1000\d\d components .* a smaller augment"),
    "a huge augment": ({"augment": 10**9}, "take fewer rows, or lower augment"),
    "inner": ({"form": "bottleneck", "inner": 10**8}, "lower inner"),
    "modes": ({"weights": "evolving", "modes": 10**9}, "modes = 1000000000 .* lower modes"),
    "more modes than nodes": ({"weights": "galerkin", "modes": 10**9}, "take fewer modes"),
    "layers": ({"continuation": (10**9,)}, "1000000000 layers"),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_settings_that_ask_for_too_much_are_refused(name: str) -> None:
    settings, words = TOO_LARGE[name]
    with pytest.raises(ArgumentError, match=words):
        sn.NodeClassifier(**settings).fit(X, Y)


def test_a_method_that_remembers_much_is_refused_where_another_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free(monkeypatch, 50_000_000)
    estimator = sn.NodeClassifier(steps=20, max_iterations=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, Y)
    with pytest.raises(NotEnoughMemory, match=r"method = 'lbfgs' .* choose method='ncg'"):
        estimator.set_params(method="lbfgs").fit(X, Y)
    with pytest.raises(NotEnoughMemory, match="method = 'lbfgs'"):
        estimator.partial_fit(X, Y)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_too_large_to_be_read_at_once_is_refused(
    compressed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"x,y\n" + 700_000 * b"1.5,a\n"
    path = tmp_path / "long.csv"
    path.write_bytes(gzip.compress(text, 1) if compressed else text)
    free(monkeypatch, 50_000_000)
    with pytest.raises(DataError, match=r"long.csv: reading 4.2 MB at once .* leave rows"):
        read_table(path)
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "none.csv")


def test_a_column_of_too_many_categories_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = {"t": [f"c{i % 900}" for i in range(1800)], "x": range(1800), "y": [0.5, 1.5] * 900}
    table = Table.from_frame(pd.DataFrame(rows))
    schema, _ = infer_schema(table, "y")
    assert schema.features(table).shape == (1800, 901)
    free(monkeypatch, 40_000_000)
    with pytest.raises(DataError, match=r"901 features \(900 of them column 't'\).* --ignore 't'"):
        schema.features(table)
