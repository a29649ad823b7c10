"""Settings shared by all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# The examples are the same in every run, and a first call may have to compile a kernel.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

# The width of somebody's terminal, which workers are told of, is not that of what tests read.
os.environ.pop("COLUMNS", None)

#: Whether numba was told to compile nothing; then the kernels run as Python, slowly.
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")

if INTERPRETED:
    import interpreted

    interpreted.install()


@pytest.fixture
def many_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads share every batch that has two blocks, also where the caller would be quicker alone.

    For tests of what threads must not change: of small problems they would say nothing.
    """
    monkeypatch.setattr("standalone_node.problem.flow.TINY", 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what only the compiler does are left out where it is switched off."""
    if INTERPRETED:
        for item in items:
            if item.get_closest_marker("compiled"):
                item.add_marker(pytest.mark.skip(reason="is about compiled code"))
