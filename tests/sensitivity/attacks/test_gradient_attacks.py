"""FGSM and PGD."""

from __future__ import annotations

import numpy as np
import pytest
from toys import affine, curved, linear

from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.attacks.gradient_attacks import fgsm, pgd

ROWS = np.random.default_rng(5).uniform(0.0, 1.0, (40, 4))
UNIT = np.array([0.5, 1.0, 2.0, 3.0])


def _length(changes, norm):
    return np.abs(changes).max(axis=1) if norm == "linf" else np.linalg.norm(changes, axis=1)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("attack", [fgsm, pgd])
@pytest.mark.parametrize("epsilon", [0.0, 1e-9, 0.1, 10.0])
def test_points_lie_in_the_ball_and_in_the_box_exactly(attack, norm, epsilon):
    found = attack(curved(), ROWS, epsilon=epsilon, norm=norm, unit=UNIT, bounds=(0, 1))
    assert (found.perturbed >= 0.0).all() and (found.perturbed <= 1.0).all()
    assert (_length((found.perturbed - ROWS) / UNIT, norm) <= epsilon).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_broken_rows_are_those_that_the_network_gets_wrong(attack, norm):
    network = curved()
    found = attack(network, ROWS, epsilon=0.15, norm=norm)
    outputs = network.solve(found.perturbed)
    wrong = network.decided(outputs) != network.decided(network.solve(ROWS))
    np.testing.assert_array_equal(found.broken, wrong)
    assert 0 < wrong.sum() < len(ROWS)
    kept = ~wrong
    ordered = np.sort(outputs, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    np.testing.assert_allclose(found.margin[kept], margin[kept], rtol=1e-9)


@pytest.mark.parametrize("norm, dual", [("linf", 1), ("l2", 2)])
def test_one_step_lowers_the_margin_of_a_linear_network_by_the_dual_norm(norm, dual):
    network = linear(classes=1, loss="logistic")
    matrix, shift = affine(network)
    margin = np.abs(ROWS @ matrix.T + shift)[:, 0]
    found = fgsm(network, ROWS, epsilon=0.05, norm=norm, unit=UNIT)
    drop = 0.05 * np.linalg.norm(matrix[0] * UNIT, ord=dual)
    np.testing.assert_allclose(found.margin, margin - drop, atol=1e-12)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("epsilon", [0.03, 0.1, 0.3])
def test_pgd_is_never_the_weaker(norm, epsilon):
    network = curved()
    simple = fgsm(network, ROWS, epsilon=epsilon, norm=norm, bounds=(0, 1))
    many = pgd(network, ROWS, epsilon=epsilon, norm=norm, bounds=(0, 1))
    alone = pgd(network, ROWS, epsilon=epsilon, norm=norm, bounds=(0, 1), steps=1, restarts=1)
    assert (many.margin <= simple.margin).all()
    np.testing.assert_array_equal(alone.margin, simple.margin)
    assert many.margin.mean() < simple.margin.mean()


def test_restarts_break_more_rows_or_as_many():
    one = pgd(curved(), ROWS, epsilon=0.1, norm="linf", restarts=1)
    three = pgd(curved(), ROWS, epsilon=0.1, norm="linf", restarts=3)
    assert (three.margin <= one.margin).all()


def test_rows_that_are_wrong_from_the_start_stay_where_they_are():
    network = curved()
    y = (network.decided(network.solve(ROWS)) + 1) % 3
    for attack in (fgsm, pgd):
        found = attack(network, ROWS, y, epsilon=0.0, norm="l2")
        assert found.broken.all()
        np.testing.assert_array_equal(found.perturbed, ROWS)


def test_a_quantity_breaks_once_it_leaves_its_tolerance():
    network = linear(2, loss="squared")
    matrix, _ = affine(network)
    critical = (0.1 / np.linalg.norm(matrix, axis=1)).min()
    for factor, broken in ((0.999, False), (1.001, True)):
        found = pgd(network, ROWS, epsilon=factor * critical, norm="l2", tolerance=0.1, restarts=5)
        assert (found.broken == broken).all()


def test_progress_never_passes_the_end():
    calls = []
    pgd(
        curved(),
        ROWS,
        epsilon=1e-6,
        norm="l2",
        steps=4,
        restarts=2,
        progress=lambda *a: calls.append(a),
    )
    assert calls == [(k, 8) for k in range(1, 9)]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"norm": "l1"}, "norm"),
        ({"epsilon": -1.0}, "epsilon"),
        ({"epsilon": np.nan}, "epsilon"),
        ({"steps": 0}, "steps"),
        ({"restarts": 0}, "restarts"),
        ({"step": 0.0}, "step"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    settings = {"epsilon": 0.1, "norm": "l2", **options}
    with pytest.raises(ArgumentError, match=message):
        pgd(curved(), ROWS, **settings)
