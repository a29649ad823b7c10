"""Sections and sentences: complete, and said of the numbers that are there."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.report.document import Section
from standalone_node.report.sensitivity import accuracy, attack, depth, jacobian, noise, posterior
from standalone_node.report.sensitivity.figures import (
    certified_share,
    coverage,
    depth_profile,
    distances,
    lognorms,
    parameter_errors,
    radius_distance,
    reliability,
    robust_accuracy,
    sobol,
    spectrum,
    stretching,
    validity,
)
from standalone_node.report.sensitivity.sections import SECTIONS
from standalone_node.report.sensitivity.words import brief, listed, median, percent
from standalone_node.sensitivity.names import ABOUT
from standalone_node.sensitivity.posterior.calibration import calibration

Made = Callable[..., tuple[dict[str, Any], Any]]


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A warning is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def sections(made: Made, kind: str, **options: Any) -> dict[str, Section]:
    parts, context = made(kind, **options)
    return {name: SECTIONS[name](parts[name], context) for name in SECTIONS}


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_there_is_a_section_for_every_question() -> None:
    assert list(SECTIONS) == list(ABOUT)


def test_every_section_answers_its_question_with_figures(made: Made, kind: str) -> None:
    for name, section in sections(made, kind).items():
        assert section.id == name and section.question == ABOUT[name]
        assert section.answer.endswith(".") and section.details
        assert section.figures or name == "accuracy"
        for figure in section.figures:
            assert figure.title and figure.caption.endswith(".") and figure.alt.endswith(".")
            assert isinstance(figure.table, pd.DataFrame) and len(figure.table)
            assert "nan" not in (figure.caption + figure.alt).replace("nanc", "")
        for table in section.tables:
            assert table.title and table.columns


def test_names_of_figures_and_tables_are_used_once(made: Made, kind: str) -> None:
    found = sections(made, kind).values()
    names = [part.name for s in found for part in (*s.figures, *s.tables)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("kind", ["three classes", "quantity"])
def test_a_section_without_results_says_so(made: Made, kind: str, name: str) -> None:
    _, context = made(kind, truth=None, predictions=None) if kind == "quantity" else made(kind)
    section = SECTIONS[name]({}, context)
    assert section.answer and not section.figures


@pytest.mark.parametrize("name", SECTIONS)
def test_each_result_may_be_missing(made: Made, name: str) -> None:
    parts, context = made("three classes")
    for left_out in parts[name]:
        rest = {key: value for key, value in parts[name].items() if key != left_out}
        assert SECTIONS[name](rest, context).answer
        assert SECTIONS[name]({**rest, left_out: None}, context).answer


def test_the_limits_that_bit_are_notes(made: Made) -> None:
    parts, context = made("three classes", notes={"depth": ("only 10 rows",)})
    assert SECTIONS["depth"](parts["depth"], context).notes == ("only 10 rows",)
    assert SECTIONS["noise"](parts["noise"], context).notes == ()


# Accuracy.


def test_the_accuracy_stands_next_to_its_interval_and_the_baseline(made: Made) -> None:
    _, context = made("two classes", row_words="held-out rows")
    scores = {"rows": 10, "accuracy": 0.9, "confusion": [[6, 1], [0, 3]]}
    said = plain(accuracy.of_classes({"scores": scores}, context))
    assert "90 % of 10 held-out rows" in said and "59.6 % to 98.2 %" in said and "70 %." in said
    told = accuracy.of_classes({"scores": scores, "baseline": {"accuracy": 0.25}}, context)
    assert "25" in told and "70" not in told


def test_quantities_no_better_than_their_mean_are_called_so(made: Made) -> None:
    _, context = made("quantity")
    poor = accuracy.of_quantities({"scores": {"rows": 5, "r2": -0.2, "rmse": 3.0}}, context)
    assert "no better than the mean" in poor
    none = accuracy.of_quantities({"scores": {"rows": 5, "r2": None, "rmse": 3.0}}, context)
    assert "do not vary" in none


def test_a_calibration_is_too_sure_not_sure_enough_or_right() -> None:
    sure = np.array([[0.95, 0.05]] * 100)
    wrong_often = np.arange(100) % 2
    assert "too sure, by 45 points" in reliability.side(calibration(sure, wrong_often))
    unsure = np.array([[0.55, 0.45]] * 100)
    assert "not sure enough" in reliability.side(calibration(unsure, np.zeros(100, int)))
    fair = np.array([[0.9, 0.1]] * 100)
    agreeing = (np.arange(100) % 10 == 0).astype(int)
    assert "agree with the counts" in reliability.side(calibration(fair, agreeing))


def test_intervals_are_too_narrow_too_wide_or_as_they_should_be() -> None:
    def of(observed: float) -> str:
        one = np.array([observed])
        return coverage.width(
            SimpleNamespace(levels=np.array([0.9]), observed=one, low=one - 0.02, high=one + 0.02)
        )

    assert "narrow" in of(0.5) and "wide" in of(0.99) and "as wide as they should" in of(0.9)


# Inputs.


def test_one_feature_that_does_it_all_is_told_apart_from_many() -> None:
    def told(magnitude: list[float], spread: float = 1.0) -> str:
        size = np.array(magnitude)
        names = tuple(f"f{i}" for i in range(size.size))
        return jacobian.answer(
            SimpleNamespace(
                feature_names=names, magnitude=size, order=np.argsort(-size), spread=spread
            )
        )

    assert told([0.1, 10.0]).startswith("“f1”: it alone")
    assert "it takes 16 of 20 features" in told([1.0] * 20)
    assert "all derivatives are zero" in told([0.0, 0.0])
    assert told([0.0, 0.0], spread=0.0).startswith("The rows are all alike")


def test_a_direction_is_told_by_its_largest_components(made: Made) -> None:
    _, context = made("three classes")
    words = jacobian.told(np.array([0.1, -4.0, 0.0, 3.0]), np.array([1.0, 2.0, 1.0, 1.0]), context)
    assert words == "a_b +3; petal width (cm) −4; petal length (cm) +0.1"


def test_features_that_act_together_are_told_from_those_that_act_alone() -> None:
    table = pd.DataFrame({"first": [0.5, 0.1], "total": [0.9, 0.5], "total high": [0.95, 0.6]})
    assert "60" in sobol.together(table) and "together" in sobol.together(table)
    alone = table.assign(first=[0.55, 0.44])
    assert "nearly all" in sobol.together(alone)
    idle = table.assign(**{"total high": [0.95, 0.005]})
    assert "1 feature of 2 explains less than" in sobol.together(idle)


# Depth.


def test_growth_and_shrinking_are_told_apart() -> None:
    assert stretching.became(3.0) == "grown to 3 times its length"
    assert stretching.became(0.25) == "shrunk to 0.25 times its length"
    assert stretching.became(1.0) == "kept its length"
    assert "shrinks" in depth.growth(0.5) and "grown" in depth.growth(2.0)


def test_the_depth_of_half_the_growth_is_where_it_is() -> None:
    grid = np.linspace(0.0, 1.0, 11)
    late = pd.DataFrame({"depth": grid, "largest median": np.where(grid < 0.75, 1.0, 4.0)})
    early = pd.DataFrame({"depth": grid, "largest median": np.where(grid > 0.15, 4.0, 1.0)})
    places = [float(plain(stretching.fastest(t)).split()[-5]) for t in (early, late)]
    assert places[0] < 30 < 60 < places[1]
    assert stretching.fastest(late.assign(**{"largest median": 1.0})) == ""


def test_a_bound_below_the_truth_is_put_down_to_the_coarse_grid() -> None:
    table = pd.DataFrame({"depth": [0.0, 1.0], "rate median": [0.5, 0.7]})
    table["bound median"], table["true median"] = [1.0, 2.0], [1.0, 3.0]
    assert "so coarse" in lognorms.caption(table)
    table["true median"] = [1.0, 1.0]
    assert "2 times what happens" in lognorms.caption(table)


def test_the_depth_at_which_errors_count_most_is_named() -> None:
    grid = np.array([0.0, 1.0, 2.0])
    assert "depth 1 counts most, 4 times as much as at 2" in depth_profile.contrast(
        grid, np.array([2.0, 4.0, 1.0])
    )
    assert "nearly the same" in depth_profile.contrast(grid, np.array([1.0, 1.1, 1.2]))
    assert "not at all" in depth_profile.contrast(grid, np.array([0.0, 1.1, 1.2]))


def test_how_far_the_first_order_of_parameter_errors_holds() -> None:
    table = pd.DataFrame({"level": [1e-4, 0.1], "first order": [1.0, 2.0], "true": [1.0, 2.0]})
    assert "at all levels, up to 10" in parameter_errors.caption(table, 0.1)
    assert "up to errors of 0.01" in parameter_errors.caption(table, 1e-4)
    assert "already at the smallest level, 0.01" in parameter_errors.caption(table, None)
    assert "not change at all" in parameter_errors.caption(0.0 * table, None)


# Noise.


def test_how_far_the_first_order_holds_and_where_it_leaves(made: Made) -> None:
    found = made("quantity")[0]["noise"]["validity"]
    table = validity.frame(found)
    said = validity.caption(table, 1.0, 0.3162)
    assert "up to 1 times" in plain(said) and "From 0.316 times" in said
    assert "at every level" in validity.caption(table, None, 0.01)
    assert "Nowhere is the difference more than chance" in validity.caption(table, 10.0, None)
    assert "not even at 0.01" in noise.told(
        SimpleNamespace(valid_up_to=None, levels=np.array([0.01, 1.0]))
    )


# Parameters.


def test_the_directions_that_the_data_decide_are_counted() -> None:
    assert "in 2 directions" in spectrum.caption(np.array([10.0, 2.0, 0.5]))
    assert "at least as many" in spectrum.caption(np.array([10.0, 2.0]))
    assert "in no direction" in spectrum.caption(np.array([0.5]))


def test_a_tuned_prior_is_compared_with_none_or_leaves_nothing_open() -> None:
    plain, better = (SimpleNamespace(log_loss=loss, ece=loss / 10) for loss in (0.2, 0.1))
    said = posterior.tuned(plain, better, 30.0)
    assert "30 times as strong" in said and "0.1 " in said and "0.2 " in said
    assert "the plain probabilities are the best" in posterior.tuned(plain, better, 1e5)


def test_directions_that_were_left_out_are_said_to_matter_if_they_do() -> None:
    def notes(following: float) -> tuple[str, ...]:
        return posterior.left_out(
            SimpleNamespace(eigenvalues=np.ones(5), next_eigenvalue=following)
        )

    assert notes(0.0) == () == posterior.left_out(None)
    assert "5 best known" in notes(8.0)[0] and "up to 3." in notes(8.0)[0]


# Attacks and certificates.


def test_the_median_distance_is_told_or_that_most_are_not_fooled(made: Made) -> None:
    _, context = made("three classes")
    some = distances.half(np.array([1.0, 2.0, 3.0]), context)
    assert "half of the rows 2 spreads" in some and "tenth 1 spreads" in some
    assert "half of the rows that are right 1 spr" in distances.half(
        np.ones(1), context, " that are right"
    )
    few = distances.half(np.array([1.0, np.inf, np.inf]), context)
    assert "Only for 33.3" in few
    assert "For no row" in distances.half(np.array([np.inf]), context)


def test_a_change_of_a_quantity_is_not_called_wrong(made: Made) -> None:
    for kind, words in (("three classes", "a wrong class"), ("quantity", "more than 4 off")):
        parts, context = made(kind)
        figure = SECTIONS["attack"](parts["attack"], context).figures[0]
        assert words in figure.caption
    parts, context = made("three classes", truth=None)
    assert "another class" in SECTIONS["attack"](parts["attack"], context).figures[0].caption


def test_the_place_where_half_of_the_rows_are_lost(made: Made) -> None:
    _, context = made("three classes")
    table = pd.DataFrame({"size": [0.0, 1.0, 2.0], "attacked": [0.8, 0.6, 0.3]})
    table["random noise"] = [0.8, 0.7, 0.75]
    assert "At 2 spreads" in (said := plain(robust_accuracy.caption(table, context)))
    assert "fewer than half" in said and said.endswith("leaves 75 %.")
    strong = table.assign(attacked=[0.8, 0.7, 0.6])
    assert "the largest looked at, 60 %" in plain(robust_accuracy.caption(strong, context))
    assert "No row is right" in robust_accuracy.caption(table.assign(attacked=0.0), context)


def test_the_most_fragile_rows_come_first_with_their_numbers_in_the_data(made: Made) -> None:
    parts, context = made("three classes", row_numbers={"attack": np.arange(1000, 1120)})
    found = parts["attack"]["perturbations"]
    table = attack.fragile(found, context)
    usable = np.where(found.right & np.isfinite(found.distance), found.distance, np.inf)
    first = int(usable.argmin())
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["row"] == 1000 + first and row["true"] == row["predicted"] != row["becomes"]
    assert row["becomes"] == context.classes[found.after[first]]
    measured = [r[4] for r in table.rows]
    assert measured == sorted(measured) and min(measured) > 0.0


def test_without_known_classes_there_is_no_column_of_them(made: Made) -> None:
    parts, context = made("three classes", truth=None)
    assert "true" not in attack.fragile(parts["attack"]["perturbations"], context).columns


def test_checks_that_fail_are_named() -> None:
    checks = [SimpleNamespace(name=n, holds=n != "black box") for n in ("steps", "black box")]
    assert "1 check of 2 does not hold (black box)" in attack.trusted(checks)
    assert "The checks hold" in attack.trusted(checks[:1])


def test_the_certified_share_counts_radii_and_the_other_distances() -> None:
    radius = np.array([0.0, 0.1, 0.2, 0.3])
    assert certified_share.certified(radius, 0.2) == 0.5
    assert certified_share.certified(radius, 0.0) == 0.75
    assert certified_share.unbroken(np.array([0.0, 0.2, np.inf, 1.0]), 0.2) == 0.5


def test_a_radius_beyond_a_distance_is_reported_as_a_contradiction() -> None:
    table = pd.DataFrame({"row": [1, 2], "distance": [1.0, 1.0], "radius": [0.5, 0.6]})
    assert "no point lies above" in radius_distance.caption(table)
    bad = table.assign(radius=[0.5, 1.5])
    assert "contradicts the proof" in radius_distance.caption(bad) and "1 row" in (
        radius_distance.caption(bad)
    )


def test_a_share_below_the_certified_one_is_not_passed_over(made: Made) -> None:
    _, context = made("three classes")
    table = pd.DataFrame({"radius": [0.1, 0.2], "certified": [0.9, 0.8], "attacked": [0.9, 0.7]})
    assert "one of them is wrong" in certified_share.caption(table, np.array([0.1]), context)


def test_rows_of_both_are_paired_only_if_they_are_as_many(made: Made) -> None:
    parts, context = made("three classes")
    fewer = SimpleNamespace(radius=np.array([0.1, 0.2]))
    attacked = parts["attack"]["perturbations"]
    assert len(radius_distance.frame(fewer, attacked, context)) == 0
    found = SECTIONS["certificate"]({"certificate": fewer, "perturbations": attacked}, context)
    assert [figure.name for figure in found.figures] == ["certified-share"]


# Words.


def test_numbers_are_short_and_shares_honest() -> None:
    assert [brief(v) for v in (0.0, -0.00012345, 999.6, 123456.0, None)] == [
        "0", "-0.000123", "1,000", "123,000", "–",
    ]  # fmt: skip
    assert plain(percent(0.0)) == "0 %" and plain(percent(1 - 1e-9)) == "over 99.9 %"
    assert listed(["a"]) == "a" and listed([]) == ""
    assert median([3.0, 1.0]) == 1.0 and np.isnan(median([])) and median([1, np.inf, np.inf]) > 9


def test_a_context_calls_a_single_row_one(made: Made) -> None:
    context = replace(made("three classes")[1], row_words="held-out rows")
    assert context.counted_rows(1) == "1 held-out row"
    assert context.counted_rows(1200) == "1,200 held-out rows"
