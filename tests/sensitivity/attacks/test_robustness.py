"""The accuracy that is left under attacks of growing size."""

from __future__ import annotations

import numpy as np
import pytest
from toys import affine, curved, linear

from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.attacks.gradient_attacks import pgd
from standalone_node.sensitivity.attacks.robustness import robust_accuracy
from standalone_node.sensitivity.attacks.smallest import smallest_perturbation

ROWS = np.random.default_rng(5).uniform(0.0, 1.0, (40, 4))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_curve_begins_at_the_accuracy_and_never_rises(norm):
    network = curved()
    y = network.decided(network.solve(ROWS))
    y[:4] = (y[:4] + 1) % 3
    found = robust_accuracy(network, ROWS, y, norm=norm)
    assert found.accuracy[0] == found.fgsm[0] == found.noise[0] == pytest.approx(0.9)
    assert found.epsilons[0] == 0.0 and (np.diff(found.epsilons) > 0.0).all()
    assert (np.diff(found.accuracy) <= 0.0).all() and found.accuracy[-1] < 0.2
    assert (found.accuracy <= found.fgsm + 1e-12).all()
    assert found.noise[1:-1].mean() > found.accuracy[1:-1].mean()
    assert found.rows == 40


@pytest.mark.parametrize("norm, dual", [("linf", 1), ("l2", 2)])
def test_the_curve_of_a_linear_network_is_that_of_its_distances(norm, dual):
    network = linear(classes=1, loss="logistic")
    matrix, shift = affine(network)
    distance = np.abs(ROWS @ matrix.T + shift)[:, 0] / np.linalg.norm(matrix[0], ord=dual)
    sizes = np.quantile(distance, [0.2, 0.5, 0.8]) * 1.0001
    found = robust_accuracy(network, ROWS, norm=norm, epsilons=sizes)
    exact = (distance[None] > found.epsilons[:, None]).mean(axis=1)
    np.testing.assert_allclose(found.accuracy, exact)


def test_it_is_never_above_what_the_smallest_perturbations_and_pgd_say():
    network = curved()
    distance = smallest_perturbation(network, ROWS).distance
    found = robust_accuracy(network, ROWS, norm="l2", epsilons=[0.05, 0.1, 0.2])
    for epsilon, accuracy in zip(found.epsilons[1:], found.accuracy[1:], strict=True):
        broken = pgd(network, ROWS, epsilon=epsilon, norm="l2").broken | (distance <= epsilon)
        assert accuracy <= 1.0 - broken.mean() + 1e-12


def test_distances_that_are_known_are_not_looked_for_again(monkeypatch):
    monkeypatch.setattr("standalone_node.sensitivity.attacks.robustness.smallest_changes", None)
    found = robust_accuracy(
        curved(), ROWS, norm="l2", epsilons=[0.01], distance=np.full(len(ROWS), 0.005)
    )
    np.testing.assert_array_equal(found.accuracy, [1.0, 0.0])


def test_a_row_that_broke_stays_broken():
    found = robust_accuracy(
        curved(), ROWS[:1], norm="l2", epsilons=[1e-4, 2e-4], distance=np.array([1e-4])
    )
    np.testing.assert_array_equal(found.accuracy, [1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"norm": "l1"}, "norm"),
        ({"norm": "l2", "epsilons": [-0.1]}, "epsilons"),
        ({"norm": "l2", "epsilons": []}, "epsilons"),
        ({"norm": "l2", "steps": 0}, "steps"),
        ({"norm": "l2", "restarts": 0}, "restarts"),
        ({"norm": "l2", "draws": 0}, "draws"),
        ({"norm": "l2", "distance": [1.0]}, "distance has shape"),
        ({"norm": "linf", "distance": np.ones(40)}, "norm has to be 'l2'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        robust_accuracy(curved(), ROWS, **options)
