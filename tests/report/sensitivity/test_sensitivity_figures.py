"""Figures of the sensitivity report: behind the axes are the numbers of the table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from standalone_node.plot.axes import log_scale
from standalone_node.plot.style import style
from standalone_node.report.document import Figure
from standalone_node.report.figures.rendering import rendered
from standalone_node.report.sensitivity.figures.canvas import WIDTH, end_labels
from standalone_node.report.sensitivity.sections import SECTIONS

Made = Callable[..., tuple[dict[str, Any], Any]]


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A warning is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def figures_of(made: Made, kind: str, **options: Any) -> dict[str, Figure]:
    parts, context = made(kind, **options)
    sections = [SECTIONS[name](found, context) for name, found in parts.items()]
    return {figure.name: figure for section in sections for figure in section.figures}


def drawn(figure: Figure, *, out: bool = False) -> list[Axes]:
    """The axes of a figure; `out` if what is done last, at the writing, is to be seen as well."""
    with style():
        canvas = matplotlib.figure.Figure(figsize=figure.size)
        figure.draw(canvas)
        if out:
            canvas.set_layout_engine("none")  # the layout takes most of the time
            canvas.draw_without_rendering()
    return canvas.axes


def numbers(table: pd.DataFrame) -> NDArray[Any]:
    return np.unique(table.select_dtypes("number").to_numpy().ravel())


def lines(axes: Axes, least: int = 3) -> list[Any]:
    return [line for line in axes.get_lines() if len(np.atleast_1d(line.get_ydata())) >= least]


def test_every_line_is_made_of_numbers_of_the_table(made: Made, kind: str) -> None:
    for name, figure in figures_of(made, kind).items():
        known = numbers(figure.table)
        for axes in drawn(figure):
            for line in lines(axes):
                if name in ("effects", "sobol") or line.get_label() == "_guide":
                    continue  # their height is a place, and told below
                values = np.asarray(line.get_ydata(), dtype=float)
                values = values[np.isfinite(values)]
                near = known[np.clip(np.searchsorted(known, values), 0, len(known) - 1)]
                below = known[np.clip(np.searchsorted(known, values) - 1, 0, len(known) - 1)]
                gap = np.minimum(np.abs(near - values), np.abs(below - values))
                assert gap.max(initial=0.0) < 1e-12 * max(1.0, np.abs(values).max()), name


def test_all_figures_are_as_narrow_as_a_telephone(made: Made) -> None:
    for figure in figures_of(made, "many").values():
        assert figure.size[0] == WIDTH and 1.5 < figure.size[1] < 6.5


@pytest.mark.parametrize("name", ["effects", "validity"])
def test_a_figure_is_written_with_its_layout(made: Made, name: str) -> None:
    assert rendered(figures_of(made, "three classes")[name]).png.startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["quantity", "one row"])
def test_results_in_which_nothing_happens_are_drawn_without_a_warning(
    made: Made, kind: str
) -> None:
    for figure in figures_of(made, kind, flat=True).values():
        drawn(figure, out=kind == "one row")
        assert figure.caption and "nan" not in figure.caption.lower()


def test_bars_and_ticks_are_effect_and_magnitude(made: Made) -> None:
    figure = figures_of(made, "quantity")["effects"]
    (axes,) = drawn(figure)
    shown = figure.table.iloc[::-1]
    assert_allclose([bar.get_width() for bar in axes.patches], shown["effect"])
    (ticks,) = lines(axes)
    assert_allclose(np.abs(ticks.get_xdata()), shown["magnitude"])
    assert_allclose(np.sign(ticks.get_xdata()), np.sign(shown["effect"]))
    assert [t.get_text() for t in axes.get_yticklabels()] == list(shown["feature"])


def test_effects_whose_sign_depends_on_the_row_are_pale(made: Made) -> None:
    figure = figures_of(made, "quantity")["effects"]
    (axes,) = drawn(figure)
    pale = [bar.get_alpha() is not None for bar in axes.patches]
    assert pale == list(figure.table.iloc[::-1]["agreement"] < 0.75)
    assert any(pale) and not all(pale)


def test_the_map_shows_the_effect_on_each_class(made: Made) -> None:
    figure = figures_of(made, "three classes")["effects"]
    left, right, _ = drawn(figure)
    (image,) = left.get_images()
    effects = figure.table.filter(like="effect on").to_numpy()
    assert_allclose(np.asarray(image.get_array()), effects)
    assert_allclose([bar.get_width() for bar in right.patches], figure.table["magnitude"])
    assert image.norm.vmax == -image.norm.vmin == np.abs(effects).max()


def test_the_map_of_quantities_is_relative_to_the_largest_effect_on_each(made: Made) -> None:
    figure = figures_of(made, "two quantities")["effects"]
    (image,) = drawn(figure)[0].get_images()
    effects = figure.table.filter(like="effect on").to_numpy()
    assert_allclose(np.asarray(image.get_array()), effects / np.abs(effects).max(axis=0))


def test_the_sobol_dots_lie_at_the_indices(made: Made) -> None:
    figure = figures_of(made, "quantity")["sobol"]
    (axes,) = drawn(figure)
    dots = [line.get_xdata() for line in lines(axes) if line.get_marker() in "os"]
    shown = figure.table.iloc[::-1]
    assert_allclose(dots[0], shown["first"])
    assert_allclose(dots[1], shown["total"])
    assert list(figure.table["total"]) == sorted(figure.table["total"], reverse=True)


def test_only_the_first_features_are_shown_but_all_are_in_the_table(made: Made) -> None:
    found = figures_of(made, "many")
    for name in ("effects", "sobol"):
        axes = drawn(found[name])[0]
        assert len(axes.get_yticklabels()) == 15
        assert len(found[name].table) == 64
        assert "of 64" in found[name].caption


def test_the_confusion_matrix_writes_its_counts(made: Made) -> None:
    parts, context = made("three classes")
    figure = SECTIONS["accuracy"](parts["accuracy"], context).figures[0]
    (axes,) = drawn(figure)
    counts = np.array(parts["accuracy"]["scores"]["confusion"])
    assert sorted(int(t.get_text()) for t in axes.texts) == sorted(counts[counts > 0].tolist())
    assert figure.table["rows"].sum() == context.rows


def test_the_distribution_of_distances_ends_where_nothing_more_was_found(made: Made) -> None:
    parts, context = made("three classes")
    found = parts["attack"]["perturbations"]
    figure = SECTIONS["attack"](parts["attack"], context).figures[0]
    right = found.right.sum()
    reached = np.isfinite(found.distance[found.right]).sum()
    assert reached < right
    assert figure.table["share fooled"].iloc[-1] == reached / right
    curve = lines(drawn(figure)[0])[0]
    assert_allclose(curve.get_xdata(), figure.table["distance"])
    assert_allclose(curve.get_ydata(), figure.table["share fooled"])


def test_the_certified_share_lies_below_what_the_attack_leaves(made: Made) -> None:
    for kind in ("three classes", "quantity"):
        table = figures_of(made, kind)["certified-share"].table
        assert (table["certified"] <= table["attacked"]).all()
        assert (table["Grönwall"] <= table["certified"]).all()
        assert (np.diff(table["certified"]) <= 0.0).all()


def test_each_point_of_the_scatter_is_a_row_with_a_distance(made: Made) -> None:
    figure = figures_of(made, "three classes")["radius-distance"]
    points = next(line for line in drawn(figure)[0].get_lines() if line.get_marker() == "o")
    seen = np.isfinite(points.get_xdata()) & np.isfinite(points.get_ydata())
    table = figure.table
    expected = np.isfinite(table["distance"]) & (table["distance"] > 0) & (table["radius"] > 0)
    assert_allclose(points.get_xdata()[seen], table["distance"][expected])
    assert_allclose(points.get_ydata()[seen], table["radius"][expected])


@pytest.mark.parametrize("spread", [0.1, 0.45, 3.0])
def test_the_line_that_no_radius_may_cross_is_the_diagonal(made: Made, spread: float) -> None:
    parts, context = made("quantity")
    found = parts["certificate"]
    found["perturbations"].distance = np.linspace(1.0, 1.0 + spread, context.rows)
    found["certificate"].radius = 0.9 * found["perturbations"].distance ** 0.6
    (axes,) = drawn(SECTIONS["certificate"](found, context).figures[1])
    assert axes.get_xscale() == axes.get_yscale() and axes.get_xlim() == axes.get_ylim()
    line, points = axes.get_lines()
    assert_allclose(line.get_xdata(), line.get_ydata())
    assert (np.asarray(points.get_ydata()) < np.asarray(points.get_xdata())).all()


def test_the_ratio_is_monte_carlo_over_the_first_order(made: Made) -> None:
    table = figures_of(made, "quantity")["validity"].table
    assert_allclose(table["ratio"], table["Monte Carlo"] / table["first order"])


def test_many_points_are_pixels(made: Made) -> None:
    figure = figures_of(made, "many")["output-stretch"]
    points = [line for line in drawn(figure)[0].get_lines() if line.get_marker() == "o"]
    assert len(figure.table) > 1500 and all(line.get_rasterized() for line in points)


def test_labels_at_the_ends_of_lines_keep_apart() -> None:
    with style():
        axes = matplotlib.figure.Figure().add_subplot()
        axes.set_ylim(0.0, 1.0)
        end_labels(axes, [(0.5, "one", "red"), (0.5, "two", "blue"), (float("inf"), "3", "k")])
    heights = sorted(text.xy[1] for text in axes.texts)
    assert np.diff(heights).min() > 0.05


@pytest.mark.parametrize("values", [[], [0.0], [1.0], [1.0, 1.0 + 1e-9], [1e-200, 1e200]])
def test_a_logarithmic_axis_copes_with_all_values(values: list[float]) -> None:
    canvas = matplotlib.figure.Figure()
    axes = canvas.add_subplot()
    log_scale(axes.yaxis, np.array(values))
    canvas.draw_without_rendering()
    low, high = axes.get_ylim()
    assert low < high


@pytest.mark.parametrize("kind", ["three classes", "two quantities"])
def test_hostile_names_are_drawn_as_they_are(made: Made, kind: str) -> None:
    odd = ("$\\frac{", "_under_score_", "<b>&amp;</b>", "a very long name\nof two lines " * 4)
    options: dict[str, Any] = {"features": odd[: 4 if kind == "three classes" else 3]}
    options["target"] = "$^{"
    if kind == "three classes":
        options["classes"] = ("_hidden", "$x$", "{}")
    else:
        options["outputs"] = ("$y_", "__")
    for figure in figures_of(made, kind, **options).values():
        panels = drawn(figure, out=figure.name in ("confusion", "effects", "sobol"))
        texts = [label.get_text() for axes in panels for label in axes.get_yticklabels()]
        assert all(len(text) <= 24 for text in texts)
