"""Columns of categories that make the parameters explode are warned about, with the figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.learn import explosion
from standalone_node.learn.comparison import compare
from standalone_node.learn.estimators import NodeClassifier
from standalone_node.learn.explosion import ManyParameters, explosions
from standalone_node.learn.runs import Limits
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import fit, prepare
from standalone_node.learn.training import weights_of_settings


def prepared(cities: int, rows: int = 200) -> Any:
    rng = np.random.default_rng(0)
    city = [f"c{i % cities}" for i in range(rows)]
    x = rng.normal(size=rows)
    data = {"x": x, "city": city, "y": np.where(x > 0, "b", "a")}
    return prepare(Table.from_frame(pd.DataFrame(data)), "y", test_share=0.0)


@pytest.mark.parametrize(
    "settings", [{}, {"form": "bottleneck"}, {"steps": 2, "augment": 3}, {"channels": "shared"}]
)
def test_the_figure_is_that_of_the_model(settings: dict[str, Any]) -> None:
    rows = prepared(90)
    estimator = NodeClassifier(**settings)
    (sentence,) = explosions(rows.schema, estimator, 200)
    found = NodeClassifier(**settings, max_iterations=1)
    with pytest.warns(UserWarning, match="not converged"):
        found.fit(rows.train.inputs, rows.train.targets)
    assert f"{found.parameters_.values.size:,} for 200 rows" in sentence
    assert f"becomes {found.width_} wide" in sentence
    assert "column 'city' has 90 categories" in sentence and "--ignore 'city'" in sentence


@pytest.mark.parametrize(
    "settings",
    [
        {"weights": "constant"},
        {"weights": "galerkin"},
        {"weights": "galerkin", "modes": 3, "basis": "fourier"},
        {"weights": "evolving", "modes": 2},
        {"weights": "evolving"},
        {"weights": "galerkin", "steps": 3},
        {"steps": np.int64(12)},
    ],
)
def test_it_counts_what_is_learnt(settings: dict[str, Any]) -> None:
    rows = prepared(90)
    (sentence,) = explosions(rows.schema, NodeClassifier(**settings), 90)
    found = NodeClassifier(**settings)
    _, start = found.inverse_problem(rows.train.inputs, rows.train.targets)
    learnt = weights_of_settings(found).on(start).coordinates(start)
    assert learnt.size == explosion._size(rows.schema, found, len(rows.schema.feature_names))[1]
    said = f"{learnt.size:,}" if learnt.size < 1e6 else f"{learnt.size / 1e6:.1f} million"
    assert f"the parameters {said} for 90 rows" in sentence


def test_nearly_all_is_not_all() -> None:
    (sentence,) = explosions(prepared(170).schema, NodeClassifier(), 200)
    assert "(over 99 % of them because of it)" in sentence


def test_it_matters_only_where_rows_are_few_and_the_column_is_to_blame() -> None:
    assert explosions(prepared(90).schema, NodeClassifier(), 200)
    assert not explosions(prepared(90).schema, NodeClassifier(), 200_000)
    assert not explosions(prepared(5).schema, NodeClassifier(), 200)
    assert not explosions(prepared(90).schema, NodeClassifier(augment=400), 200)


@pytest.mark.filterwarnings("ignore:not converged")
def test_fits_and_comparisons_warn() -> None:
    rows = prepared(60, 120)
    with pytest.warns(ManyParameters, match="because of it"):
        fit(rows, {"max_iterations": 1, "steps": 2})
    with pytest.warns(ManyParameters, match="because of it"):
        compare(rows, {"steps": 2}, methods=["sobolev-ncg"], limits=Limits(6, 5.0, 1e-3))
