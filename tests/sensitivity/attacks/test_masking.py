"""The symptoms of derivatives that are masked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toys import curved

from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network
from standalone_node.sensitivity.attacks.masking import masking_checks

ROWS = np.random.default_rng(5).uniform(0.0, 1.0, (40, 4))


class _Masked(Network):
    """A network whose derivatives are not those of its outputs."""

    def pull_back(self, trajectory, functional):
        return 0.0 * super().pull_back(trajectory, functional)


def _fields(network):
    return {name: getattr(network, name) for name in network.__dataclass_fields__}


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_a_smooth_network_shows_no_symptom(norm):
    checks = masking_checks(curved(), ROWS, norm=norm)
    assert [check.name for check in checks if not check.holds] == []
    assert len({check.name for check in checks}) == len(checks) == (7 if norm == "l2" else 6)
    for check in checks:
        assert check.detail.endswith(".") and any(mark.isdigit() for mark in check.detail)


def test_a_network_that_hides_its_derivatives_is_seen_through():
    masked = _Masked(**_fields(curved()))
    checks = {c.name: c.holds for c in masking_checks(masked, ROWS, norm="linf", epsilon=0.2)}
    assert not checks["derivatives do not vanish"]
    assert not checks["the black box does not beat the derivatives"]


def test_only_rows_that_are_right_are_looked_at():
    network = curved()
    y = network.decided(network.solve(ROWS))
    y[:10] = (y[:10] + 1) % 3
    details = [c.detail for c in masking_checks(network, ROWS, y, most_rows=15)]
    assert any("of 15 rows" in detail for detail in details)
    with pytest.raises(ArgumentError, match="no row has the right answer"):
        masking_checks(network, ROWS, (network.decided(network.solve(ROWS)) + 1) % 3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"most_rows": 0}, "most_rows"),
        ({"queries": 0}, "queries"),
        ({"distance": [1.0]}, "distance has shape"),
        ({"norm": "linf", "distance": np.ones(40)}, "norm has to be 'l2'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        masking_checks(curved(), ROWS, **options)


def test_progress_ends_at_the_end():
    calls = []
    small = replace(curved())
    masking_checks(small, ROWS[:5], queries=20, progress=lambda *done: calls.append(done))
    assert calls[-1] == (7, 7)
