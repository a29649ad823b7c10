"""A Dask cluster of processes that are nobody's children but ours: each can be killed or frozen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Seconds until a process has to be there, on a machine with much else to do.
PATIENCE = 60.0


@dataclass
class Cluster:
    """A scheduler, and workers of one thread each, which nobody starts again."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the scheduler, as soon as it is there."""
        file, end = self.folder / "scheduler.json", time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.05)
        raise TimeoutError("no scheduler")

    def start_worker(self) -> None:
        self.workers.append(
            _started("worker", self.address, "--nthreads=1", "--no-nanny", "--no-dashboard",
                     f"--local-directory={self.folder}", "--host=127.0.0.1")
        )  # fmt: skip

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()  # also if it is frozen
            process.wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """One that is there while it is needed, its workers too."""
    from distributed import Client

    folder.mkdir(parents=True, exist_ok=True)
    found = Cluster(
        folder,
        _started("scheduler", "--port=0", "--host=127.0.0.1", "--no-dashboard",
                 f"--scheduler-file={folder}/scheduler.json"),
    )  # fmt: skip
    try:
        for _ in range(workers):
            found.start_worker()
        with Client(found.address, set_as_default=False, timeout=PATIENCE) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
        yield found
    finally:
        found.end()


@contextmanager
def frozen(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Processes that do nothing meanwhile, with their connections open."""
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


def _started(*arguments: Any) -> subprocess.Popen[bytes]:
    # What the tests import is imported there, too.
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, arguments)],
        env={**os.environ, **paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
