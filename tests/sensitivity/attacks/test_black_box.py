"""Random search, which sees outputs only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toys import curved

from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.attacks.black_box import random_search
from standalone_node.sensitivity.attacks.gradient_attacks import pgd
from standalone_node.sensitivity.attacks.smallest import smallest_perturbation

ROWS = np.random.default_rng(5).uniform(0.0, 1.0, (30, 4))


class _Blind:
    """A map that has outputs and nothing else."""

    def __init__(self, dynamics):
        self.times, self.states, self.dtype = dynamics.times, dynamics.states, dynamics.dtype


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_it_needs_no_derivative_and_stays_in_the_ball_and_the_box(norm):
    network = curved()
    blind = replace(network, dynamics=_Blind(network.dynamics))
    found = random_search(blind, ROWS, epsilon=0.2, norm=norm, bounds=(0, 1), queries=100)
    change = found.perturbed - ROWS
    size = np.abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1)
    assert (size <= 0.2).all() and (found.perturbed >= 0).all() and (found.perturbed <= 1).all()
    wrong = network.decided(network.solve(found.perturbed)) != network.decided(network.solve(ROWS))
    np.testing.assert_array_equal(found.broken, wrong)
    assert wrong.any()


def test_more_queries_never_do_worse_than_the_first():
    few = random_search(curved(), ROWS, epsilon=0.1, norm="l2", queries=1)
    many = random_search(curved(), ROWS, epsilon=0.1, norm="l2", queries=300)
    assert (many.margin <= few.margin).all() and many.margin.mean() < few.margin.mean()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_it_comes_close_to_the_attack_by_derivatives(norm):
    blind = random_search(curved(), ROWS, epsilon=0.1, norm=norm, queries=500)
    seeing = pgd(curved(), ROWS, epsilon=0.1, norm=norm)
    kept = ~seeing.broken
    start = pgd(curved(), ROWS, epsilon=0.0, norm=norm).margin
    gain = (start - blind.margin)[kept].sum() / (start - seeing.margin)[kept].sum()
    assert 0.8 < gain <= 1.0 + 1e-6


def test_it_breaks_no_row_within_its_smallest_perturbation():
    network = curved()
    distance = smallest_perturbation(network, ROWS).distance
    epsilon = 0.999 * float(distance.min())
    assert not random_search(network, ROWS, epsilon=epsilon, norm="l2").broken.any()


def test_without_queries_there_is_no_search():
    with pytest.raises(ArgumentError, match="queries"):
        random_search(curved(), ROWS, epsilon=0.1, norm="l2", queries=0)
