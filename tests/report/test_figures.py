"""Figures: which one suits which fit, and that each shows what was fitted."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from standalone_node.errors import ArgumentError
from standalone_node.learn.tabular import Fitted
from standalone_node.plot.style import FORMATS
from standalone_node.report.figures import FIGURES, figure_names, save_figure

KINDS = (
    "plane",
    "space",
    "quantity",
    "refitted",
    "refitted classes",
    "all rows",
    "no probabilities",
)
MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def drawn(name: str, fitted: Fitted) -> Any:
    axes = Figure().add_subplot()
    FIGURES[name].draw(axes, fitted)
    return axes


def test_each_kind_of_fit_has_the_figures_that_suit_it(fits: dict[str, Fitted]) -> None:
    assert figure_names(fits["plane"]) == ["convergence", "decision-regions", "confusion"]
    assert figure_names(fits["space"]) == ["convergence", "confusion"]
    assert figure_names(fits["quantity"]) == ["convergence", "predicted-against-true"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_has_a_title_and_names_on_its_axes(fits: dict[str, Fitted], kind: str) -> None:
    for name in figure_names(fits[kind]):
        axes = drawn(name, fits[kind])
        assert axes.get_title() and axes.get_xlabel() and axes.get_ylabel()


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_has_its_numbers(fits: dict[str, Fitted], kind: str) -> None:
    for name in figure_names(fits[kind]):
        frame = FIGURES[name].numbers(fits[kind])
        assert len(frame) and frame.columns.is_unique and not frame.isna().to_numpy().all()


def test_the_numbers_of_the_convergence_figure_are_the_history(fits: dict[str, Fitted]) -> None:
    frame = FIGURES["convergence"].numbers(fits["plane"])
    history = fits["plane"].estimator.result_.history
    assert list(frame.columns) == ["iteration", *history]
    assert all(np.array_equal(frame[name], values) for name, values in history.items())


def test_the_residuals_are_predicted_minus_true(fits: dict[str, Fitted]) -> None:
    frame = FIGURES["predicted-against-true"].numbers(fits["quantity"])
    assert np.array_equal(frame["residual"], frame["predicted"] - frame["true"])
    test = fits["quantity"].test_scores
    assert test is not None
    assert np.sqrt(np.mean(frame["residual"] ** 2)) == pytest.approx(test["rmse"], rel=1e-12)


def test_the_convergence_figure_shows_the_history(fits: dict[str, Fitted]) -> None:
    cost, norm = drawn("convergence", fits["plane"]).get_lines()
    history = fits["plane"].estimator.result_.history
    assert np.allclose(cost.get_ydata(), history["cost"] / history["cost"][0])
    assert np.allclose(norm.get_ydata(), history["gradient_norm"] / history["gradient_norm"][0])


def test_the_confusion_figure_counts_the_held_out_rows(fits: dict[str, Fitted]) -> None:
    axes = drawn("confusion", fits["plane"])
    scores = fits["plane"].test_scores
    assert scores is not None
    counts = sorted(n for line in scores["confusion"] for n in line if n)
    assert sorted(int(text.get_text()) for text in axes.texts) == counts
    assert "8 held-out rows" in axes.get_title()
    assert "40 training rows" in drawn("confusion", fits["all rows"]).get_title()


def test_a_refit_is_said_where_the_rows_shown_were_trained_on(fits: dict[str, Fitted]) -> None:
    title = drawn("predicted-against-true", fits["refitted"]).get_title()
    assert "held-out rows, seen in the refit" in title
    assert "refit" not in drawn("predicted-against-true", fits["quantity"]).get_title()


def test_the_points_are_predictions_against_true_values(fits: dict[str, Fitted]) -> None:
    fitted = fits["quantity"]
    assert fitted.prepared.test is not None
    points = drawn("predicted-against-true", fitted).get_lines()[1]
    assert np.array_equal(points.get_xdata(), fitted.prepared.test.targets)
    expected = fitted.estimator.predict(fitted.prepared.test.inputs)
    assert np.array_equal(points.get_ydata(), expected)


def test_the_regions_have_the_colour_of_the_class_predicted_there(
    fits: dict[str, Fitted],
) -> None:
    axes = drawn("decision-regions", fits["plane"])
    (image,) = axes.get_images()
    left, right, bottom, top = image.get_extent()
    corners = np.array([[left, bottom], [right, top]])
    predicted = fits["plane"].estimator.predict(corners).tolist()
    pixels = image.get_array()
    # The first class is blue, the second orange.
    blues = [bool(pixel[2] > pixel[0]) for pixel in (pixels[0, 0], pixels[-1, -1])]
    assert blues == [label == "above the long line" for label in predicted]
    assert len(set(predicted)) == 2


@pytest.mark.parametrize("kind", ["plane", "quantity"])
def test_no_typesetting_is_left_in_the_text_of_a_figure(
    fits: dict[str, Fitted], tmp_path: Path, kind: str
) -> None:
    with rc_context({"svg.fonttype": "none"}):  # text as text
        save_figure(fits[kind], tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text()
    assert ">iteration<" in text
    assert "$" not in text and "mathdefault" not in text


@pytest.mark.parametrize("ending", FORMATS)
def test_a_figure_is_written_the_same_each_time(
    fits: dict[str, Fitted], tmp_path: Path, ending: str
) -> None:
    paths = [tmp_path / f"{name}.{ending}" for name in ("one", "two")]
    for path in paths:
        save_figure(fits["plane"], path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(MAGIC[ending])


def test_dollar_signs_and_underscores_in_names_are_drawn_as_they_are(
    fits: dict[str, Fitted], tmp_path: Path
) -> None:
    prepared = fits["plane"].prepared
    schema = prepared.schema
    columns = tuple(replace(c, name=f"price $_{c.name}") for c in schema.columns)
    target = replace(schema.target, name="$^{", classes=("_a$b$", "$\\frac"))
    odd = replace(prepared, schema=replace(schema, columns=columns, target=target))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(replace(fits["plane"], prepared=odd), tmp_path / "odd.svg")
    axes = drawn("decision-regions", replace(fits["plane"], prepared=odd))
    assert len(axes.get_legend().get_texts()) == 3


def test_another_format_is_an_error_that_lists_those_there_are(
    fits: dict[str, Fitted], tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match=r"plot\.gif.*\.png, \.svg, \.pdf"):
        save_figure(fits["plane"], tmp_path / "plot.gif")
