"""One cluster of two worker processes for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from standalone_node.engines.cluster import Dask
from standalone_node.engines.opening import opened


@pytest.fixture(scope="module")
def two() -> Iterator[Dask]:
    with opened("dask", workers=2, timeout=120.0) as engine:
        assert isinstance(engine, Dask)
        yield engine
