"""The report of a fit says what the fit was, with the numbers that were measured."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.learn.defaults import WHERE
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, fit, prepare
from standalone_node.report.document import Document, Figure
from standalone_node.report.facts import fit_facts
from standalone_node.report.figures import FIGURES
from standalone_node.report.figures.rendering import rendered
from standalone_node.report.figures.trajectories import lead_of, over_depth, paths_of
from standalone_node.report.figures.weights_over_depth import variation_of
from standalone_node.report.folder import write_report
from standalone_node.report.training import training_document
from standalone_node.report.training_verdicts import verdicts, wilson

KINDS = (
    "plane",
    "space",
    "quantity",
    "refitted",
    "refitted classes",
    "all rows",
    "no probabilities",
)
ALWAYS = ["predictions", "flow", "weights", "convergence", "data", "settings"]


def document_of(fitted: Fitted) -> Document:
    return training_document(fitted, fit_facts(fitted, ["a warning"], {"model": "m.npz"}))


@pytest.fixture(scope="module")
def documents(fits: dict[str, Fitted]) -> dict[str, Document]:
    return {kind: document_of(fitted) for kind, fitted in fits.items()}


def figure(document: Document, name: str) -> Figure:
    return next(figure for figure in document.figures if figure.name == name)


def table(document: Document, name: str) -> list[tuple[Any, ...]]:
    return list(next(table for table in document.tables if table.name == name).rows)


def verdict(document: Document, label: str) -> Any:
    return next(verdict for verdict in document.verdicts if verdict.label.startswith(label))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fit_has_a_report(documents: dict[str, Document], kind: str) -> None:
    document = documents[kind]
    assert [section.id for section in document.sections] == ALWAYS
    assert all(section.question.endswith("?") for section in document.sections)
    assert all(figure.alt and figure.caption and len(figure.table) for figure in document.figures)
    assert document.warnings == ("a warning",)


def test_each_kind_of_fit_has_the_figures_that_suit_it(documents: dict[str, Document]) -> None:
    rest = ["weights-over-depth", "convergence"]
    names = {kind: [f.name for f in document.figures] for kind, document in documents.items()}
    assert names["plane"] == [
        "confusion", "decision-regions", "trajectories", "phase-plane", *rest,
    ]  # fmt: skip
    assert names["space"] == ["confusion", "trajectories", *rest]
    assert names["quantity"] == [
        "predicted-against-true", "residuals", "trajectories", "phase-plane", *rest,
    ]  # fmt: skip


def test_the_score_stands_beside_its_interval_and_the_baseline(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    test, baseline = fits["plane"].test_scores, fits["plane"].baseline
    assert test is not None and baseline is not None
    found = verdict(documents["plane"], "Held-out accuracy")
    assert found.value == f"{100 * test['accuracy']:.1f}\N{NO-BREAK SPACE}%"
    low, _ = wilson(test["accuracy"], test["rows"])
    assert f"{100 * low:.1f}" in found.detail and f"always {baseline['prediction']}" in found.detail
    right = round(test["accuracy"] * test["rows"])
    assert f"in {right} of {test['rows']} held-out rows" in documents["plane"].answer


def test_wilson_intervals_are_those_of_the_formula() -> None:
    n, share, z = 30, 29 / 30, 1.959964
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    assert np.allclose(wilson(share, n), (centre - half, centre + half), atol=1e-6)


@pytest.mark.parametrize("test, train, grades", [
    (1.0, 1.0, ("good", "good")),
    (0.5, 0.6, ("poor", "good")),
    (0.75, 0.8, ("fair", "good")),  # of so few rows it may be chance
    (0.625, 0.8, ("poor", "good")),  # most mistakes of the baseline are made, too
    (0.5, 1.0, ("poor", "poor")),
])  # fmt: skip
def test_scores_are_graded_against_chance_and_by_the_mistakes_avoided(
    fits: dict[str, Fitted], test: float, train: float, grades: tuple[str, str]
) -> None:
    fitted = fits["plane"]
    assert fitted.test_scores is not None and fitted.baseline is not None
    told = replace(
        fitted,
        test_scores={**fitted.test_scores, "accuracy": test},
        train_scores={**fitted.train_scores, "accuracy": train},
        baseline={**fitted.baseline, "accuracy": 0.5},
    )
    found = document_of(told).verdicts
    assert (found[0].grade, found[1].grade) == grades


def test_a_regression_is_good_if_its_errors_are_smaller_beyond_chance(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    found = verdict(documents["quantity"], "Held-out R²")
    scores = fits["quantity"].test_scores
    assert scores is not None and found.value == f"{scores['r2']:.2f}"
    assert found.grade == "good"
    # Predictions that are as good as the mean in most rows and much better in one may be luck.
    part, mean = fits["quantity"].prepared.test, fits["quantity"].baseline
    assert part is not None and mean is not None

    def graded(predictions: np.ndarray) -> str:
        class Told:
            def __getattr__(self, name: str) -> Any:
                return getattr(fits["quantity"].estimator, name)

            def predict(self, inputs: np.ndarray) -> np.ndarray:
                return predictions

        told = replace(fits["quantity"], estimator=Told())
        return str(verdicts(told, fit_facts(fits["quantity"], [], {}))[0].grade)

    same = np.full(len(part), mean["prediction"])
    lucky = np.where(np.arange(len(part)) == 0, part.targets, same)
    assert graded(part.targets) == "good"
    assert graded(lucky) == "fair"
    assert graded(same) == "poor"


def test_without_held_out_rows_nothing_is_claimed(documents: dict[str, Document]) -> None:
    document = documents["all rows"]
    assert verdict(document, "Held-out score").grade == "poor"
    assert "nothing is known" in document.answer
    assert [row[0] for row in table(document, "scores")] == ["rows trained on"]


def test_a_refit_is_said(documents: dict[str, Document]) -> None:
    assert "fitted again" in documents["refitted"].sections[0].notes[0]
    assert not documents["quantity"].sections[0].notes


def test_a_fit_that_did_not_converge_is_not_called_converged(
    documents: dict[str, Document],
) -> None:
    found = verdict(documents["plane"], "Converged")
    assert (found.value, found.grade) == ("no", "fair")
    assert "before it had converged" in documents["plane"].answer


@pytest.mark.parametrize("kind", ["plane", "quantity"])
def test_the_figures_of_a_fit_come_with_the_numbers_they_draw(
    fits: dict[str, Fitted], documents: dict[str, Document], kind: str
) -> None:
    for name, panel in FIGURES.items():
        if panel.suits(fits[kind]):
            found = figure(documents[kind], name).table
            assert found.equals(panel.numbers(fits[kind]))


def test_the_numbers_of_the_confusion_matrix_are_its_counts(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    scores = fits["plane"].test_scores
    assert scores is not None
    found = figure(documents["plane"], "confusion").table["rows"].to_numpy()
    assert found.reshape(2, 2).tolist() == scores["confusion"]


def test_the_rows_of_the_regions_are_all_rows_with_their_classes(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    found = figure(documents["plane"], "decision-regions").table
    assert len(found) == 40 and (found["rows"] == "held out").sum() == 8
    scores = fits["plane"].test_scores
    held = found[found["rows"] == "held out"]
    assert scores is not None
    assert np.mean(held["true kind"] == held["predicted kind"]) == scores["accuracy"]


def test_residuals_are_counted_once_each(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    found = figure(documents["quantity"], "residuals").table
    part = fits["quantity"].prepared.test
    assert part is not None
    assert found["rows, model"].sum() == found["rows, baseline"].sum() == len(part)


def test_trajectories_end_in_the_predictions(fits: dict[str, Fitted]) -> None:
    fitted = fits["quantity"]
    paths = paths_of(fitted)
    part = fitted.prepared.test
    assert part is not None
    places = [part.table.frame.index.get_loc(row) for row in paths.rows]
    predicted = fitted.estimator.predict(part.inputs[places])
    assert np.allclose(paths.outputs[-1, :, 0], predicted, rtol=1e-12)
    assert np.allclose(paths.features[0], part.inputs[places], rtol=1e-12)
    assert np.array_equal(paths.targets, part.targets[places])
    ends = over_depth(fitted, paths).table.groupby("row")["output size"].last()
    assert np.allclose(ends.loc[list(paths.rows)], predicted)


def test_the_lead_is_positive_where_the_right_class_wins() -> None:
    outputs = np.array([[[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]]])
    assert lead_of(outputs, np.array([0, 2])).tolist() == [[1.0, -1.0]]


def test_weights_that_are_constant_do_not_vary(fits: dict[str, Fitted]) -> None:
    p = fits["plane"].estimator.parameters_
    still = p.like(np.tile(p.values[0], (len(p.times), 1)))
    assert variation_of(still).share < 1e-12 and variation_of(still).largest_step == 0.0
    shift = p.like(np.linspace(-1.0, 1.0, len(p.times))[:, None] * np.ones_like(p.values))
    assert variation_of(shift).share > 0.99


def test_the_numbers_of_the_weights_are_the_weights(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    p = fits["plane"].estimator.parameters_
    found = figure(documents["plane"], "weights-over-depth").table
    assert np.array_equal(found["depth"], p.times)
    root = np.sqrt(np.mean(np.square(p.weights.reshape(len(p.times), -1)), axis=1))
    assert np.allclose(found["size of W"], root)
    entry = next(name for name in found.columns if name.startswith("W["))
    i, j = (int(number) - 1 for number in entry[2:-1].split(", "))
    assert np.array_equal(found[entry], p.weights[:, i, j])


def test_all_settings_are_listed_as_options(
    fits: dict[str, Fitted], documents: dict[str, Document]
) -> None:
    found = dict(table(documents["plane"], "settings"))
    assert found["--steps"] == "2" and found["--l2"] == "0.01"
    skipped = {"threads", "verbose", "random_state", "warm_start", *WHERE}
    names = set(fits["plane"].estimator.get_params()) - skipped
    assert set(found) == {"--" + name.replace("_", "-") for name in names}


@pytest.mark.parametrize("kind", ["plane", "quantity"])
def test_the_report_of_a_fit_is_a_page_and_files(
    documents: dict[str, Document], tmp_path: Path, kind: str
) -> None:
    written = write_report(documents[kind], tmp_path)
    assert len(written) == 2 + 3 * len(documents[kind].figures) + len(documents[kind].tables)
    assert "Traceback" not in written[0].read_text()
    assert json.loads(written[1].read_text())["facts"] == documents[kind].facts


def test_two_documents_of_a_fit_are_drawn_the_same(fits: dict[str, Fitted]) -> None:
    found = [rendered(figure(document_of(fits["plane"]), "trajectories")) for _ in range(2)]
    assert found[0] == found[1]


def test_after_a_refit_no_errors_are_compared_row_by_row(documents: dict[str, Document]) -> None:
    found = verdict(documents["refitted"], "Held-out R²")
    assert found.grade == "neutral" and "not known after a refit" in found.detail


def test_classes_beyond_the_panels_are_shown_by_their_lead() -> None:
    x = np.linspace(0.0, 1.0, 60)
    frame = pd.DataFrame({"x": x, "y": np.sin(7.0 * x), "z": (6.0 * x * 0.999).astype(int)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = prepare(Table.from_frame(frame, "rows.csv"), "z", task="classification")
        fitted = fit(prepared, {"max_iterations": 2, "steps": 2, "l2": 0.01})
    table = figure(document_of(fitted), "trajectories").table
    ends = table.groupby("row")["lead of the true class"].last()
    assert fitted.test_scores is not None and len(ends) == 12
    assert np.mean(ends > 0.0) == pytest.approx(fitted.test_scores["accuracy"])
