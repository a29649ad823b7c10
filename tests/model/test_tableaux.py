"""The Runge-Kutta schemes: exact fractions that satisfy the conditions of their order."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from test_naive_tableaux import density, stage_weight, trees

import naive_tables
from standalone_node.errors import ArgumentError
from standalone_node.model.tableaux import EMBEDDED, TABLEAUX, ButcherTableau, tableau

every_scheme = pytest.mark.parametrize("scheme", TABLEAUX.values(), ids=TABLEAUX.keys())


def square(scheme: ButcherTableau) -> list[list[Fraction]]:
    return [[*row, *[Fraction(0)] * (scheme.stages - len(row))] for row in scheme.rows]


def satisfies(
    scheme: ButcherTableau, order: int, weights: tuple[Fraction, ...] | None = None
) -> bool:
    """Butcher's conditions for all rooted trees with that many vertices."""
    A, weights = square(scheme), scheme.weights if weights is None else weights
    errors = (
        sum((w * stage_weight(A, i, tree) for i, w in enumerate(weights)), Fraction(0))
        - Fraction(1, density(tree))
        for tree in trees(order)
    )
    return all(abs(error) <= naive_tables.ROUNDED.get(scheme.name, 0) for error in errors)


@every_scheme
def test_a_scheme_has_the_order_it_says_and_no_higher(scheme: ButcherTableau) -> None:
    assert all(satisfies(scheme, order) for order in range(1, scheme.order + 1))
    assert not satisfies(scheme, scheme.order + 1)


def test_the_schemes_with_an_error_estimate_are_those_of_the_reference() -> None:
    assert set(EMBEDDED) == set(naive_tables.ERROR_WEIGHTS)


@pytest.mark.parametrize("scheme", EMBEDDED.values(), ids=EMBEDDED.keys())
def test_the_embedded_weights_are_those_of_a_scheme_of_one_order_less(
    scheme: ButcherTableau,
) -> None:
    order = scheme.order - 1
    assert all(satisfies(scheme, lower, scheme.embedded) for lower in range(1, order + 1))
    assert not satisfies(scheme, order + 1, scheme.embedded)
    *_, error = scheme.all_arrays()
    published = [float(Fraction(e)) for e in naive_tables.ERROR_WEIGHTS[scheme.name].split()]
    assert error == pytest.approx(published, abs=naive_tables.ROUNDED.get(scheme.name, 1e-17))


@every_scheme
def test_a_scheme_is_explicit(scheme: ButcherTableau) -> None:
    assert len(scheme.rows) == len(scheme.weights)
    assert all(len(row) <= i for i, row in enumerate(scheme.rows))


@every_scheme
def test_the_scheme_is_the_one_of_the_reference(scheme: ButcherTableau) -> None:
    A, b, c = naive_tables.TABLEAUX[scheme.name]
    assert square(scheme) == A
    assert list(scheme.weights) == b
    assert [sum(row, Fraction(0)) for row in scheme.rows] == c
    assert naive_tables.ORDERS[scheme.name] == scheme.order


@every_scheme
def test_the_arrays_are_the_nearest_doubles_of_the_used_stages(scheme: ButcherTableau) -> None:
    a, b, c = scheme.arrays()
    A, weights, nodes = naive_tables.TABLEAUX[scheme.name]
    used = list(scheme.used)
    assert np.array_equal(a, np.array(A, dtype=float)[np.ix_(used, used)])
    assert np.array_equal(b, np.array(weights, dtype=float)[used])
    assert np.array_equal(c, np.array(nodes, dtype=float)[used])
    # What is left out is asked for by nobody.
    left_out = [i for i in range(scheme.stages) if i not in used]
    assert not any(weights[i] or any(A[j][i] for j in used) for i in left_out)


def test_the_stages_that_only_serve_an_error_estimate_are_left_out() -> None:
    unused = {name: scheme.stages - len(scheme.used) for name, scheme in TABLEAUX.items()}
    assert unused["bs3"] == unused["dopri5"] == unused["tsit5"] == 1
    assert unused["rk4"] == unused["midpoint"] == unused["euler"] == 0


def test_a_stage_used_only_through_another_one_stays() -> None:
    scheme = ButcherTableau(
        "chain",
        1,
        ((), (Fraction(1, 2),), (Fraction(0), Fraction(0)), (Fraction(0), Fraction(1))),
        (Fraction(0), Fraction(0), Fraction(0), Fraction(1)),
        "made up",
    )
    assert scheme.used == (0, 1, 3)


def test_an_unknown_scheme_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match=r"'leapfrog'.*euler.*dopri5"):
        tableau("leapfrog")


def test_every_scheme_says_where_it_is_from() -> None:
    assert all(scheme.source for scheme in TABLEAUX.values())
    assert all(name == scheme.name for name, scheme in TABLEAUX.items())
