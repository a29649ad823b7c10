"""The tableaux of the reference are held against the order conditions, in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import pytest

from naive_tables import ORDERS, ROUNDED, TABLEAUX

Tree = tuple[Any, ...]  # a rooted tree is the sorted tuple of its branches; a leaf is ()


def size(tree: Tree) -> int:
    return 1 + sum(size(branch) for branch in tree)


def density(tree: Tree) -> int:
    return size(tree) * math.prod(density(branch) for branch in tree)


def trees(order: int) -> set[Tree]:
    """All rooted trees with that many vertices."""
    smaller = [tree for n in range(1, order) for tree in sorted(trees(n))]
    found: set[Tree] = set()
    for count in range(order):
        for branches in combinations_with_replacement(smaller, count):
            if sum(size(branch) for branch in branches) == order - 1:
                found.add(tuple(sorted(branches)))
    return found


def stage_weight(A: list[list[Fraction]], i: int, tree: Tree) -> Fraction:
    product = Fraction(1)
    for branch in tree:
        product *= sum((A[i][j] * stage_weight(A, j, branch) for j in range(len(A))), Fraction(0))
    return product


def satisfies(scheme: str, tree: Tree) -> bool:
    """Butcher's condition: sum over i of b_i Phi_i(tree) = 1 / density(tree)."""
    A, b, _ = TABLEAUX[scheme]
    found = sum((b[i] * stage_weight(A, i, tree) for i in range(len(b))), Fraction(0))
    return abs(found - Fraction(1, density(tree))) <= ROUNDED.get(scheme, 0)


def test_there_are_as_many_rooted_trees_as_cayley_counted() -> None:
    assert [len(trees(order)) for order in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_tableau_satisfies_every_order_condition_up_to_its_order(scheme: str) -> None:
    for order in range(1, ORDERS[scheme] + 1):
        assert all(satisfies(scheme, tree) for tree in trees(order)), order


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_tableau_has_no_higher_order_than_it_says(scheme: str) -> None:
    assert not all(satisfies(scheme, tree) for tree in trees(ORDERS[scheme] + 1))


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_tableau_is_explicit_and_its_nodes_are_its_row_sums(scheme: str) -> None:
    A, b, c = TABLEAUX[scheme]
    assert len(A) == len(b) == len(c)
    for i in range(len(A)):
        assert sum(A[i]) == c[i]
        assert len(A[i]) == len(A) and not any(A[i][i:])


@pytest.mark.parametrize("scheme", ["bs3", "dopri5", "tsit5"])
def test_the_last_stage_of_a_fsal_pair_is_the_first_of_the_next_step(scheme: str) -> None:
    A, b, c = TABLEAUX[scheme]
    assert A[-1] == b and b[-1] == 0 and c[-1] == 1


def test_the_named_schemes_are_the_ones_their_names_mean() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert TABLEAUX["midpoint"][1:] == ([0, 1], [0, half])
    assert TABLEAUX["heun"][1:] == ([half, half], [0, 1])
    assert TABLEAUX["ralston"][2] == [0, Fraction(2, 3)]
    assert TABLEAUX["ssprk3"][2] == [0, 1, half]
    assert TABLEAUX["rk4"][2] == [0, half, half, 1]
    assert TABLEAUX["rk38"][2] == [0, third, 2 * third, 1]
    assert TABLEAUX["bs3"][2] == [0, half, Fraction(3, 4), 1]
    assert set(ORDERS) == set(TABLEAUX) and len(TABLEAUX) == 10
