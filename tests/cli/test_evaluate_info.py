"""`node-fit evaluate` and `node-fit info`."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from flowers import QUICK, Run

import standalone_node as sn


def test_evaluate_agrees_with_the_predictions(run: Run, model: str) -> None:
    result = run("evaluate", model, "flowers.csv", "--json")
    facts = json.loads(result.stdout)
    frame = pd.read_csv("flowers.csv")
    predicted = sn.load(model).predict(frame)
    assert facts["scores"]["accuracy"] == (predicted == frame["kind"]).mean()
    assert facts["baseline"]["accuracy"] == 0.5
    assert sum(map(sum, facts["scores"]["confusion"])) == 24
    assert facts["model"] == model and facts["data"] == "flowers.csv"


def test_evaluate_shows_what_it_says_in_json(run: Run, model: str) -> None:
    shown = run("evaluate", model, "flowers.csv").stdout
    for words in ("accuracy", "log loss", "precision", "recall", "Confusion", "baseline 0.5000"):
        assert words in shown


def test_evaluate_of_quantities(run: Run) -> None:
    run("fit", "flowers.csv", "--target", "length", *QUICK, "--l2", "0.01", "-o", "m")
    scores = json.loads(run("evaluate", "m", "flowers.csv", "--json").stdout)["scores"]
    frame = pd.read_csv("flowers.csv")
    error = sn.load("m").predict(frame) - frame["length"]
    assert scores["mae"] == pytest.approx(error.abs().mean())
    assert set(scores) == {"rows", "r2", "rmse", "mae"}


def test_evaluate_needs_the_target(run: Run, model: str) -> None:
    pd.read_csv("flowers.csv").drop(columns="kind").to_csv("new.csv", index=False)
    result = run("evaluate", model, "new.csv")
    assert result.exit_code == 1 and "'kind' is absent" in result.stderr


def test_a_class_the_model_does_not_know_is_named_with_its_row(run: Run, model: str) -> None:
    frame = pd.read_csv("flowers.csv")
    frame.loc[4, "kind"] = "lily"
    frame.to_csv("new.csv", index=False)
    result = run("evaluate", model, "new.csv")
    assert result.exit_code == 1
    assert "new.csv: row 5 (line 6), column 'kind': 'lily' is none of the classes" in result.stderr


def test_info_tells_what_is_in_the_model(run: Run, model: str) -> None:
    shown = run("info", model).stdout
    for words in (
        "NodeClassifier",
        "kind, classification: rose, tulip",
        "4 state components",
        "held-out rows",
    ):
        assert words in shown
    assert re.search("max-iterations +20", shown)


def test_info_as_json_is_what_the_estimator_says(run: Run, model: str) -> None:
    facts = json.loads(run("info", model, "--json").stdout)
    estimator = sn.load(model)
    assert facts["width"] == estimator.width_
    assert facts["schema"]["target"]["classes"] == ["rose", "tulip"]
    assert facts["summary"] == estimator.summary_
    assert facts["parameters"] == estimator.parameters_.values.size
    assert facts["settings"]["scheme"] == estimator.scheme


def test_a_model_fitted_in_python_has_information_too(run: Run) -> None:
    with pytest.warns(UserWarning, match="not converged"):
        estimator = sn.NodeClassifier(max_iterations=1).fit([[0.0], [1.0], [2.0]], [5, 6, 6])
    sn.save(estimator, "m.npz")
    result = run("info", "m.npz")
    assert result.exit_code == 0 and "5, 6" in result.stdout
    assert json.loads(run("info", "m.npz", "--json").stdout)["schema"] is None
