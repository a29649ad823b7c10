"""Tables of text: they hold what the facts hold, and fit the terminal."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from standalone_node.learn.prediction import evaluate_table
from standalone_node.learn.tabular import Fitted
from standalone_node.problem.selfcheck import Check
from standalone_node.report.facts import evaluation_facts, fit_facts, info_facts
from standalone_node.report.terminal import plain
from standalone_node.report.text import evaluation_tables, fit_table, info_tables
from standalone_node.report.verification import verification_facts, verification_table


def text(part: Any, width: int = 300) -> str:
    return plain(Console(file=io.StringIO(), width=width), part)


def facts_of(fitted: Fitted) -> dict[str, Any]:
    return fit_facts(fitted, ["watch out"], {"model": "m.npz", "history": "m.npz.history.csv"})


def test_the_table_of_a_fit_tells_all_it_should(fits: dict[str, Fitted]) -> None:
    shown = text(fit_table(facts_of(fits["plane"])))
    for words in (
        "Model of kind, from rows.csv",
        "classification of kind, 2 classes",
        "32 trained on, 8 held out",
        "4 state components",
        "2 steps of midpoint to T = 4",
        "cost",
        "gradient norm",
        "held-out accuracy",
        "(baseline ",
        "iterations: The iteration limit was reached",
        "seconds",
        "m.npz.history.csv",
    ):
        assert words in shown


def test_quantities_are_scored_in_their_own_unit_beside_the_mean(
    fits: dict[str, Fitted],
) -> None:
    shown = text(fit_table(facts_of(fits["quantity"])))
    assert "held-out R²" in shown and "held-out root mean square error" in shown
    assert "the mean)" in shown


def test_what_was_not_measured_is_said(fits: dict[str, Fitted]) -> None:
    shown = text(fit_table(facts_of(fits["all rows"])))
    assert "40 trained on, none held out" in shown
    assert "not measured" in shown


def test_a_refit_is_said(fits: dict[str, Fitted]) -> None:
    assert "fitted again, on all" in text(fit_table(facts_of(fits["refitted"])))


@pytest.mark.parametrize("width", [30, 60, 200])
def test_no_table_is_wider_than_the_terminal_and_nothing_is_cut_off(
    fits: dict[str, Fitted], width: int
) -> None:
    shown = text(fit_table(facts_of(fits["plane"])), width)
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown


def test_names_from_a_file_are_not_taken_for_markup(fits: dict[str, Fitted]) -> None:
    facts = facts_of(fits["plane"]) | {"target": "[bold]x[/bold]", "data": "[red]"}
    assert "[bold]x[/bold], from [red]" in text(fit_table(facts))


def test_the_facts_are_json(fits: dict[str, Fitted]) -> None:
    for fitted in fits.values():
        json.dumps(facts_of(fitted), allow_nan=False)
        json.dumps(info_facts(fitted.estimator), allow_nan=False)


def test_an_evaluation_shows_classes_and_their_confusion(fits: dict[str, Fitted]) -> None:
    fitted = fits["plane"]
    evaluation = evaluate_table(fitted.estimator, fitted.prepared.usable)
    shown = text(evaluation_tables(evaluation_facts(evaluation)))
    lines = [line.split() for line in shown.splitlines()]
    counts = evaluation.scores["confusion"]
    assert ["below", *map(str, counts[1])] in lines
    assert "predicted for 40 rows of rows.csv" in shown


def test_the_facts_of_a_model_are_shown_with_its_columns(fits: dict[str, Fitted]) -> None:
    shown = text(info_tables(info_facts(fits["plane"].estimator), "m.npz"))
    lines = [line.split() for line in shown.splitlines()]
    assert ["x0", "numeric"] in lines
    assert ["l2", "0.01"] in lines
    assert any(line[:1] == ["accuracy"] and len(line) == 4 for line in lines)


def test_what_is_off_is_named_and_what_is_right_is_not() -> None:
    checks = [
        Check("euler", "dot test", 1e-16, "<= 1e-13", True),
        Check("euler", "Taylor test", 2.0, "2.00 ± 0.02", True),
        Check("rk4", "dot test", 3e-5, "<= 1e-13", False),
        Check("rk4", "Taylor test", 2.0, "2.00 ± 0.02", True),
    ]
    euler, rk4 = text(verification_table(checks)).splitlines()[-2:]
    assert euler.split() == ["euler", "1.0e-16", "2.000", "ok"]
    assert "3.0e-05 (not <= 1e-13)" in rk4 and rk4.endswith("OFF")
    assert verification_facts(checks)["ok"] is False
    assert verification_facts(checks[:2])["ok"] is True
