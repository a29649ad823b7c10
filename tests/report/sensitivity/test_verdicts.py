"""Verdicts and the opening paragraph: graded by the table, and silent on what was not asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from standalone_node.report.document import Verdict
from standalone_node.report.sensitivity.grades import THRESHOLDS
from standalone_node.report.sensitivity.sections import SECTIONS
from standalone_node.report.sensitivity.verdicts import answer, expected_error, verdicts
from standalone_node.report.sensitivity.words import percent
from standalone_node.sensitivity.posterior.calibration import calibration

Made = Callable[..., tuple[dict[str, Any], Any]]


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A warning is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def judged(parts: dict[str, Any], context: Any) -> dict[str, Verdict]:
    return {verdict.label: verdict for verdict in verdicts(parts, context)}


def with_scores(made: Made, accuracy: float, rows: int, baseline: float) -> Verdict:
    _, context = made("three classes")
    scores = {"rows": rows, "accuracy": accuracy}
    parts = {"accuracy": {"scores": scores, "baseline": {"accuracy": baseline}}}
    return judged(parts, context)["Right answers"]


def test_every_threshold_has_a_reason_and_an_order() -> None:
    for threshold in THRESHOLDS.values():
        assert threshold.good > threshold.fair and threshold.reason.endswith(".")
        assert threshold.grade(threshold.good) == "good"
        assert threshold.grade(threshold.fair) == "fair"
        assert threshold.grade(threshold.fair - 1e-9) == "poor"
        assert threshold.grade(None) == threshold.grade(float("nan")) == "neutral"


def test_accuracy_is_graded_by_the_mistakes_avoided(made: Made) -> None:
    assert with_scores(made, 0.95, 1000, 0.5).grade == "good"
    assert with_scores(made, 0.75, 1000, 0.5).grade == "fair"
    assert with_scores(made, 0.95, 1000, 0.93).grade == "poor"


def test_an_accuracy_that_may_be_the_baseline_is_poor_however_high(made: Made) -> None:
    verdict = with_scores(made, 0.9, 10, 0.6)
    assert verdict.grade == "poor" and "59.6" in verdict.detail


def test_all_that_is_asked_has_a_line(made: Made) -> None:
    labels = list(judged(*made("three classes")))
    assert labels == [
        "Right answers",
        "Error of its confidence",
        "Most influential",
        "Same class under noise",
        "First order holds up to",
        "Change that fools it",
        "Certain answers",
        "Checks of the attacks",
    ]
    assert "Explained variance (R²)" in judged(*made("quantity"))


@pytest.mark.parametrize("flat", [False, True])
def test_each_question_may_be_missing(made: Made, kind: str, flat: bool) -> None:
    parts, context = made(kind, flat=flat)
    for name in SECTIONS:
        rest = {key: value for key, value in parts.items() if key != name}
        assert verdicts(rest, context)
        assert "Not answered here" in answer(rest, context)
        assert "nan" not in answer(rest, context)
        alone = {name: parts[name]}
        assert answer(alone, context).startswith("The network reads")
        verdicts(alone, context)
        verdicts({name: {}}, context)
        answer({name: {}}, context)
    assert verdicts({}, context) == ()


def test_the_opening_tells_the_numbers(made: Made) -> None:
    parts, context = made("three classes")
    told = answer(parts, context).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "reads 4 features of a row and says which of 3 classes of “species”",
        "87.5 % of 120 rows",
        "What moves it most are “sepal length (cm)”",
        "Under errors of 5 % of the spread of each column it changes its answer in 7.1 %",
        "is enough for a wrong class in half of the rows",
        "By proof, no change up to",
        "what it does with rows unlike these",
        "120 of 127 rows",
    ):
        assert words in told
    assert "Not answered here" not in told


def test_the_opening_of_a_quantity_knows_no_classes(made: Made) -> None:
    told = answer(*made("quantity"))
    assert "class" not in told and "predicts its “price”" in told and "more than 4 off" in told


def test_between_which_lengths_nothing_is_known_is_said_only_if_there_are_two(made: Made) -> None:
    parts, context = made("three classes")
    assert "between these two lengths" in answer(parts, context)
    del parts["certificate"]
    assert "whether smaller changes do the same" in answer(parts, context)
    flat, context = made("three classes", flat=True)
    assert "what larger changes do" in answer(flat, context)


def test_distances_in_the_columns_own_units_are_not_graded(made: Made) -> None:
    parts, context = made("three classes", relative=False, units="the columns' own units")
    found = judged(parts, context)
    assert found["Change that fools it"].grade == "neutral"
    assert found["Certain answers"].grade == "neutral"
    assert "own units" in found["Change that fools it"].detail


def test_a_good_distance_is_not_good_if_the_attacks_are_in_doubt(made: Made) -> None:
    parts, context = made("three classes")
    assert judged(parts, context)["Change that fools it"].grade == "good"
    parts["attack"]["checks"] = [SimpleNamespace(name="steps", holds=False, detail="no.")]
    found = judged(parts, context)
    assert found["Change that fools it"].grade == "fair"
    assert found["Checks of the attacks"].grade == "poor"
    assert "steps" in found["Checks of the attacks"].detail


def test_where_the_first_order_does_not_hold_it_is_poor(made: Made) -> None:
    parts, context = made("quantity")
    parts["noise"]["validity"].valid_up_to = None
    verdict = judged(parts, context)["First order holds up to"]
    assert verdict.grade == "poor" and verdict.value == "under 0.01 ×"
    parts["noise"]["validity"].valid_up_to = 0.5
    assert judged(parts, context)["First order holds up to"].grade == "fair"


def test_the_calibration_error_of_chance_is_that_of_calibrated_rows() -> None:
    rng = np.random.default_rng(0)
    errors, expected = [], []
    for _ in range(200):
        sure = rng.uniform(0.5, 1.0, 60)
        truth = (rng.random(60) > sure).astype(int)
        found = calibration(np.column_stack([sure, 1.0 - sure]), truth, bins=5)
        errors.append(found.ece)
        expected.append(expected_error(found))
    assert np.mean(expected) == pytest.approx(np.mean(errors), rel=0.1)


def test_few_rows_do_not_judge_a_calibration(made: Made) -> None:
    parts, context = made("one row")
    assert judged(parts, context)["Error of its confidence"].grade == "neutral"


def test_rows_that_are_wrong_from_the_start_are_not_among_the_half(made: Made) -> None:
    parts, context = made("three classes")
    found = parts["attack"]["perturbations"]
    found.right = np.arange(len(found.right)) > 0
    assert "in half of the rows that are right" in answer(parts, context)
    assert (
        "in half of the rows that are right"
        in judged(parts, context)["Change that fools it"].detail
    )
    found.right = np.ones(len(found.right), dtype=bool)
    assert "rows that are right" not in answer(parts, context)


def test_where_the_scores_are_those_of_all_rows_the_opening_says_so(made: Made) -> None:
    parts, context = made("three classes")
    assert "Apart from the scores, all of this was found on 120 of 127" in answer(parts, context)
    del parts["accuracy"]
    assert " All of this was found on 120 of 127" in answer(parts, context)


def test_rows_that_are_all_alike_do_not_say_that_no_feature_matters(made: Made) -> None:
    parts, context = made("three classes")
    found = parts["jacobian"]["importance"]
    found.magnitude, found.spread = 0.0 * found.magnitude, 0.0 * found.spread
    assert "No feature moves" not in answer(parts, context)
    assert judged(parts, context)["Most influential"].detail == "the rows are all alike"


def test_what_is_proved_of_a_quantity_is_how_far_off_it_gets(made: Made) -> None:
    told = answer(*made("quantity"))
    assert "leads to a value more than 4 off for half of the rows" in told


def test_an_interval_that_ends_at_all_does_so_up_to_rounding() -> None:
    assert percent(1.0 - 1e-16).startswith("100") and percent(1e-17).startswith(
        "0\N{NO-BREAK SPACE}"
    )
    assert percent(1.0 - 1e-9).startswith("over 99.9")
