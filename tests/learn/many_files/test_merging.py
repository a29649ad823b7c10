"""What is counted file by file and put together is what is counted one row after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.learn.columns import read_column
from standalone_node.learn.scaling import Moments
from standalone_node.learn.scores import ClassTally, QuantityTally
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally

NA = ("", "NA")
#: What a cell may hold, by the kind of the column.
WORDS = {
    "numbers": ["1", "2.5", "-3", "1e3", "0.1", "7"],
    "numbers with gaps": ["1", "2", "", "NA", "4.5"],
    "few words": ["red", "green", "blue", ""],
    "numbers and words": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "many"],
    "dates": ["2020-01-31", "2021-02-01", "2021-12-24", "2022-06-30"],
    "days and months": ["1/2/2020", "3/4/2021", "13/5/2021", ""],
    "dates and words": ["2020-01-31", "2021-02-01", "soon", "1/2/2021"],
    "not finite": ["1.5", "inf", "2", "nan"],
    "truths": ["yes", "no", "Yes"],
    "nothing": ["", "NA"],
}


def cells(kind: str, rows: int, rng: np.random.Generator) -> list[str]:
    return [str(cell) for cell in rng.choice(WORDS[kind], rows)]


def counted(
    texts: list[str],
    kept: np.ndarray,
    start: int,
    wanted: bool | None = None,
    limit: int | None = None,
) -> Tally:
    """A tally of rows of a column, the first of which has this number; with texts, if wanted."""
    tally = Tally("x", wanted, limit)
    add(tally, texts, kept, start)
    return tally


def add(tally: Tally, texts: list[str], kept: np.ndarray, start: int) -> None:
    index = pd.RangeIndex(start + 1, start + len(texts) + 1)
    frame = pd.DataFrame({"x": texts}, index=index, dtype=object)
    table = Table("t", frame, np.arange(start + 2, start + len(texts) + 2))
    tally.add(table, read_column(table, "x", NA, (".",)), kept)


def told(tally: Tally) -> dict[str, Any]:
    """All that the rules ask of a tally."""
    names = ("rows", "present", "numbers", "kept", "missing", "no_number", "no_finite", "first")
    dates = tally.dates
    return {
        **{name: getattr(tally, name) for name in names},
        "range": (tally.low, tally.high),
        "fraction": tally.fraction,
        "texts": [
            (text, seen.rows, seen.kept, seen.first, seen.value if seen.value == seen.value else 0)
            for text, seen in (tally.texts or {}).items()
        ],
        "counting": tally.counting.found,
        "dates": (dates.rows, dates.best, dates.share),
        "forms": [(name, one.rows, one.miss, one.parts) for name, one in dates.forms.items()],
        "ranges": [(one.low, one.high) for one in dates.forms.values()],
        "kinds": (tally.numeric, tally.dated, tally.lacks_texts, tally.crowded),
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", WORDS)
def test_tallies_of_runs_are_those_of_all_rows(kind: str, seed: int) -> None:
    rng = np.random.default_rng([seed, len(kind)])
    rows = int(rng.integers(2, 30))
    texts, kept = cells(kind, rows, rng), rng.random(rows) < 0.8
    cuts = np.sort(rng.integers(0, rows + 1, size=3)).tolist()
    whole, parts = Tally("x", True), Tally("x", True)
    for a, b in zip([0, *cuts], [*cuts, rows], strict=True):
        add(whole, texts[a:b], kept[a:b], a)
        parts.merge(counted(texts[a:b], kept[a:b], a, wanted=True))
    assert told(parts) == told(whole)


def test_a_column_of_numbers_that_ends_as_words_lacks_its_texts() -> None:
    kept = np.ones(3, bool)
    tally = counted(["1", "2", "3"], kept, 0)
    tally.merge(counted(["a", "b", "a"], kept, 3))
    assert tally.lacks_texts


def test_numbers_that_count_the_rows_of_all_files_are_found_out_in_any_order() -> None:
    numbers = np.random.default_rng(3).permutation(40) + 7
    tally = Tally("x")
    for k, part in enumerate(np.split(numbers, [3, 17])):
        tally.merge(counted([str(n) for n in part], np.ones(part.size, bool), 50 * k))
    assert tally.counting.found
    tally.merge(counted(["7"], np.ones(1, bool), 200))
    assert not tally.counting.found


def test_no_more_texts_are_remembered_than_the_limit() -> None:
    kept = np.ones(3, bool)
    tally = counted(["a", "b", "c"], kept, 0, wanted=True, limit=4)
    tally.merge(counted(["d", "e", "a"], kept, 3, wanted=True, limit=4))
    assert tally.crowded
    assert list(tally.texts or {}) == ["a", "b", "c", "d"]
    assert (tally.texts or {})["a"].rows == 2


def test_every_cell_that_is_told_of_names_its_file() -> None:
    texts = ["2020-01-31", "soon", "", "inf", "2.5"]
    tally = counted(texts, np.ones(5, bool), 0, wanted=True)
    tally.name_file("b.csv")
    assert tally.missing is not None
    assert tally.missing.where == "row 3 (line 4) of b.csv"
    (form,) = tally.dates.forms.values()
    spots = [tally.no_number, tally.no_finite, tally.first, tally.fraction, form.miss]
    spots += [seen.first for seen in (tally.texts or {}).values()]
    assert [spot.file for spot in spots if spot] == ["b.csv"] * len(spots)


def test_a_merged_tally_leaves_the_other_one_as_it_was() -> None:
    kept = np.ones(2, bool)
    other = counted(["a", "b"], kept, 2, wanted=True)
    before = told(other)
    tally = Tally("x", True)
    for _ in range(2):
        tally.merge(other)
    assert told(other) == before
    assert (tally.texts or {})["a"].rows == 2


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e200])
def test_moments_of_parts_are_those_of_all_rows(scale: float) -> None:
    values = np.random.default_rng(4).normal(5.0, 3.0, size=(60, 3)) * scale
    values[:7] *= 1e-4
    whole = Moments()
    whole.add(values)
    parts = Moments()
    for part in np.split(values, [7, 8, 40]):
        other = Moments()
        other.add(part)
        parts = parts + other
    for name in ("features", "targets"):
        found, expected = getattr(parts, name)(), getattr(whole, name)()
        np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-13)
        np.testing.assert_allclose(found.scale, expected.scale, rtol=1e-13)


def test_moments_of_no_rows_add_nothing() -> None:
    some = Moments()
    some.add(np.array([[1.0], [4.0]]))
    assert (some + Moments()).targets().mean.tolist() == [2.5]
    assert (Moments() + some).targets().mean.tolist() == [2.5]
    assert (Moments() + Moments()).rows == 0


def test_scores_of_classes_in_parts_are_those_of_all_rows() -> None:
    rng = np.random.default_rng(5)
    truth, guess = rng.integers(0, 3, size=(2, 50))
    chances = rng.dirichlet(np.ones(3), size=50)
    whole, parts = ClassTally("abc"), ClassTally("abc")
    whole.add(truth, guess, chances)
    for run in (slice(0, 20), slice(20, 21), slice(21, 50)):
        part = ClassTally("abc")
        part.add(truth[run], guess[run], chances[run])
        parts.merge(part)
    found, expected = parts.scores(), whole.scores()
    assert found.pop("log_loss") == pytest.approx(expected.pop("log_loss"), rel=1e-13)
    assert found == expected


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_quantities_in_parts_are_those_of_all_rows(weighted: bool) -> None:
    rng = np.random.default_rng(6)
    truth, guess = rng.normal(3.0, 2.0, size=(2, 50, 2))
    weights = rng.random(50) if weighted else None
    whole, parts = QuantityTally("ab"), QuantityTally("ab")
    whole.add(truth, guess, weights)
    for run in (slice(0, 20), slice(20, 21), slice(21, 50)):
        part = QuantityTally("ab")
        part.add(truth[run], guess[run], None if weights is None else weights[run])
        parts.merge(part)
    found, expected = parts.scores(), whole.scores()
    for name in ("r2", "rmse", "mae"):
        assert found[name] == pytest.approx(expected[name], rel=1e-13)
    assert found["rows"] == expected["rows"] == 50
    if weighted:
        assert found["effective_size"] == pytest.approx(expected["effective_size"], rel=1e-13)


def test_of_quantities_and_of_crowds_a_few_texts_are_enough() -> None:
    kept = np.array([False, True, True, True, True])
    tally = counted(["0.5", "1.5", "2", "3", "4"], kept, 0, wanted=True)
    tally.thin(4)
    assert len(tally.texts or {}) == 5
    tally.thin(2)
    assert list(tally.texts or {}) == ["1.5", "2"]
    assert tally.crowded and not tally.lacks_texts
    crowd = counted(["a", "b", "c", "d", "e"], kept, 0, wanted=True, limit=3)
    crowd.thin(1)
    assert list(crowd.texts or {}) == ["b"] and not crowd.lacks_texts


@pytest.mark.parametrize("texts", [["1", "2", "3", "4"], ["a", "b", "c", "d"]])
def test_no_text_of_what_may_be_classes_is_given_up(texts: list[str]) -> None:
    tally = counted(texts, np.ones(4, bool), 0, wanted=True)
    tally.thin(2)
    assert list(tally.texts or {}) == texts and not tally.crowded


def test_texts_that_were_given_up_are_lacking_if_the_column_ends_as_words() -> None:
    tally = counted(["0.5", "1.5", "2.5"], np.ones(3, bool), 0, wanted=True)
    tally.thin(1)
    words = counted(["a", "b", "a"], np.ones(3, bool), 3, wanted=True)
    other = counted(["a", "b", "a"], np.ones(3, bool), 3, wanted=True)
    words.merge(tally)
    tally.merge(other)
    assert tally.lacks_texts and words.lacks_texts
