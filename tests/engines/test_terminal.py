"""Worker processes that we start are ours alone: neither a terminal nor others reach them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from standalone_node.engines.opening import opened

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

#: What a terminal sends; not every system has both.
NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]


def listening() -> set[tuple[str, int]]:
    """Where this process and its children listen."""
    here = psutil.Process()
    return {
        tuple(found.laddr)
        for process in (here, *here.children(recursive=True))
        for found in process.net_connections("tcp")
        if found.status == psutil.CONN_LISTEN
    }


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Any, set[tuple[str, int]]]]:
    """An engine of one process that was started for it, and where somebody listens since then."""
    before = listening()
    with opened("dask", workers=1) as engine:
        yield engine, listening() - before


@pytest.mark.parametrize("number", NUMBERS)
def test_workers_do_not_hear_a_terminal(cluster: Any, number: signal.Signals) -> None:
    engine, _ = cluster
    assert list(engine.client.run(signal.getsignal, number).values()) == [signal.SIG_IGN]
    assert signal.getsignal(number) is not signal.SIG_IGN, "who started them does"


def test_nobody_listens_but_to_this_machine(cluster: Any) -> None:
    _, places = cluster
    assert len(places) >= 3, "scheduler, worker and dashboard"
    assert {host for host, _ in places} == {"127.0.0.1"}
