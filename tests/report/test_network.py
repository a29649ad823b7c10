"""What is told of a network is what it is, whatever its grid and whatever is learnt of it."""

from __future__ import annotations

from typing import Any

import pytest

import standalone_node as sn
from standalone_node.model.forms import FORM_BLOCKS, FORMULAS
from standalone_node.model.weights import WEIGHTS
from standalone_node.report.facts import network_facts
from standalone_node.report.network import LEARNT, network_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def told(**arguments: Any) -> dict[str, str]:
    """The rows on a small fitted classifier."""
    model = sn.NodeClassifier(max_iterations=2, **arguments)
    model.fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    return {name: str(words) for name, words in network_rows(network_facts(model))}


def test_fixed_steps() -> None:
    assert told()["steps"] == "3 steps of midpoint to T = 4"
    assert told(steps=1)["steps"] == "1 step of midpoint to T = 4"
    assert "learnt" not in told()


def test_chosen_steps_are_counted_and_the_depth_grid_apart() -> None:
    steps = told(scheme="dopri5", rtol=1e-9, steps=2)["steps"]
    assert int(steps.split()[0]) > 2
    assert steps.endswith("chosen by tolerance; 2 intervals of depth")


def test_a_reversible_scheme_is_named() -> None:
    assert told(reversible=True)["steps"] == "3 steps of midpoint, made reversible, to T = 4"


@pytest.mark.parametrize("weights", sorted(set(WEIGHTS) - {"free"}))
def test_what_is_learnt_is_named(weights: str) -> None:
    assert told(weights=weights)["learnt"] == LEARNT[weights]


def test_every_form_has_a_formula() -> None:
    assert set(FORMULAS) == set(FORM_BLOCKS)
