"""What is gathered chunk by chunk is what all rows at once give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from standalone_node.learn.scaling import Moments, Scaling
from standalone_node.learn.scores import ClassTally, QuantityTally, class_scores, quantity_scores
from standalone_node.learn.streaming.draw import Draw, shared_out
from standalone_node.learn.streaming.medians import medians
from standalone_node.learn.streaming.problem import RUN, RunBatches
from standalone_node.learn.tally import Counting


def cut(rows: np.ndarray) -> Iterator[np.ndarray]:
    return iter(np.split(rows, [1, 40, 97]))


COLUMNS = {
    "normal": lambda rng: rng.standard_normal(200),
    "far": lambda rng: 1e9 + rng.standard_normal(200),
    "huge": lambda rng: 1e300 * rng.standard_normal(200),
    "tiny": lambda rng: 1e-300 * rng.standard_normal(200),
    "growing": lambda rng: np.ldexp(rng.standard_normal(200), np.arange(200) - 100),
    "constant": lambda rng: np.full(200, 0.1),
    "zero": lambda rng: np.zeros(200),
    "rare": lambda rng: (rng.random(200) < 0.02).astype(float),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_scalings_are_those_of_all_rows(name: str) -> None:
    values = COLUMNS[name](np.random.default_rng(2))[:, None]
    moments = Moments()
    for part in cut(values):
        moments.add(part)
    weights = np.ones(200)
    for found, known in (
        (moments.features(), Scaling.of_features(values, weights)),
        (moments.targets(), Scaling.of_targets(values, weights)),
    ):
        np.testing.assert_allclose(found.scale, known.scale, rtol=1e-9)
        np.testing.assert_allclose(
            found.mean, known.mean, rtol=1e-12, atol=1e-15 * float(known.scale[0])
        )


@pytest.mark.parametrize("count", [199, 200])
def test_medians_are_exact(count: int) -> None:
    rng = np.random.default_rng(4)
    rows = np.column_stack([make(rng)[:count] for make in COLUMNS.values()])
    rows[rng.random(rows.shape) < 0.2] = np.nan
    found = medians(lambda: cut(rows), rows.shape[1])
    np.testing.assert_array_equal(found, np.nanmedian(rows, axis=0))


def test_many_columns_are_counted_in_groups() -> None:
    rows = np.random.default_rng(1).integers(-9, 9, (99, 70)).astype(float)
    rows[:, 50] = np.nan
    found = medians(lambda: cut(rows), 70)
    known = np.array([np.nan if j == 50 else np.median(rows[:, j]) for j in range(70)])
    np.testing.assert_array_equal(found, known)


def test_the_scores_of_classes_are_those_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, (2, 200))
    predicted[predicted == 2] = 0
    chances = rng.dirichlet(np.ones(4), 200)
    tally = ClassTally("abcd")
    for rows in cut(np.arange(200)):
        tally.add(truth[rows], predicted[rows], chances[rows])
    found, known = tally.scores(), class_scores(truth, predicted, chances, "abcd")
    assert found.pop("log_loss") == pytest.approx(known.pop("log_loss"), rel=1e-13)
    assert found == known


def test_the_scores_of_quantities_are_those_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    truth = 50.0 + rng.standard_normal(200)
    predicted = truth + 0.3 * rng.standard_normal(200)
    tally = QuantityTally()
    for rows in cut(np.arange(200)):
        tally.add(truth[rows], predicted[rows])
    assert tally.scores() == pytest.approx(quantity_scores(truth, predicted), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_exactly_as_many_rows_are_drawn_of_each_class(seed: int) -> None:
    classes = np.random.default_rng(9).choice(3, 500, p=[0.7, 0.28, 0.02])
    counts = np.bincount(classes)
    drawn = shared_out(counts, 100)
    draw = Draw(counts, drawn, seed)
    mask = np.concatenate([draw.of(part) for part in np.split(classes, [3, 100, 450])])
    assert np.bincount(classes[mask], minlength=3).tolist() == drawn.tolist()
    assert drawn.sum() == 100


def test_every_row_is_drawn_as_often_as_any_other() -> None:
    times = np.zeros(20)
    for seed in range(2000):
        draw = Draw(np.array([20]), np.array([5]), seed)
        times += np.concatenate([draw.of(np.zeros(n, int)) for n in (3, 10, 7)])
    # 500 expected, with a standard deviation of 19
    assert abs(times - 500).max() < 80


@pytest.mark.parametrize("counts", [[10, 2], [2, 2, 2], [1000, 3, 2], [7]])
def test_no_class_is_emptied_by_a_share(counts: list[int]) -> None:
    given = np.array(counts)
    for total in range(int((given - 1).sum()) + 1):
        found = shared_out(given, total)
        assert found.sum() == total and (found >= 0).all() and (found < given).all()


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 4096])
@pytest.mark.parametrize("size", [1, 7, 64, 300, 10_000])
def test_batches_of_runs_have_every_row_once(rows: int, size: int) -> None:
    for epoch in range(2):
        found = RunBatches(size=size, seed=3).cut(rows, epoch)
        assert sorted(np.concatenate(list(found)).tolist()) == list(range(rows))
        assert [len(part) for part in found] == [found[i].size for i in range(len(found))]


def test_batches_of_runs_are_of_about_the_size_and_from_all_over() -> None:
    first = RunBatches(size=1000, seed=0).cut(50_000, 0)[0]
    assert abs(len(first) - 1000) <= RUN
    assert first.min() < 10_000 and first.max() > 40_000
    other = RunBatches(size=1000, seed=0).cut(50_000, 1)[0]
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "values, counts",
    [
        (np.arange(100) - 30.0, True),
        (np.random.default_rng(0).permutation(100) + 7.0, True),
        (np.append(np.arange(99.0), 97.0), False),
        (np.append(np.arange(98.0), [5.0, 99.0]), False),
        (np.arange(100) + 0.5, False),
        (np.arange(4.0), False),
        (2.0 * np.arange(100), False),
        (np.append(np.arange(99.0), np.inf), False),
    ],
)
def test_numbers_that_count_are_recognised_in_any_order(values: np.ndarray, counts: bool) -> None:
    counting = Counting()
    for part in np.array_split(values, 7):
        counting.add(part)
    assert counting.found is counts
