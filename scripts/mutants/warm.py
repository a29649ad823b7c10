"""A process that has imported what tests need from others, and forks a child for every run.

It reads requests from stdin, one JSON object a line, and answers each with one:

    tests    files and folders; order: the tests of them to run, null for all
    limit    seconds; each: seconds for a single test, null for any
    trace    files whose lines are to be traced, null for none
    cache    the folder for compiled kernels, null for one of this run
    →
    outcome  "passed", "failed", "hang"; by: the first test that failed; seconds: by test
    lines    by test, if traced: pairs of a file and a line

The package itself and its tests are imported by the child, anew each time.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

#: What takes long to import.
OTHERS = (
    *("numpy", "scipy.optimize", "scipy.sparse", "scipy.linalg", "scipy.integrate", "scipy.stats"),
    *("numba", "numba.core.ccallback", "llvmlite.binding", "hypothesis", "hypothesis.strategies"),
    *("hypothesis.extra.numpy", "pytest", "_pytest.assertion.rewrite", "pandas", "sklearn.base"),
    *("sklearn.datasets", "sklearn.model_selection", "xdist", "unittest.mock", "threadpoolctl"),
)
#: Bytes of memory that a child may have.
MEMORY = 8 << 30
#: Exit codes of pytest that say that all is well, or that there was nothing to run.
FINE = (0, 5)


def serve() -> None:
    """Answer requests until there are none."""
    for name in OTHERS:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    print("{}", file=answers, flush=True)  # ready
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """One request in a child."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        began = time.perf_counter()
        child = os.fork()
        if child == 0:
            _test(request, found, folder)
        in_time = _waited(child, request["limit"])
        took = time.perf_counter() - began
        if not in_time:
            return {"outcome": "hang", "by": None, "took": took}
        if not found.exists():
            return {"outcome": "failed", "by": "the end of the process", "took": took}
        return {**json.loads(found.read_text(encoding="utf-8")), "took": took}


def _waited(child: int, limit: float) -> bool:
    """Whether the child ended by itself; with all that it started it is gone in any case."""
    end = time.monotonic() + limit
    ended = False
    while not ended and time.monotonic() < end:
        ended = os.waitpid(child, os.WNOHANG)[0] == child
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
    return ended


def _test(request: dict[str, Any], found: Path, folder: str) -> None:
    """In the child: run pytest, write what was found, and be gone."""
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.environ["NUMBA_CACHE_DIR"] = request["cache"] or folder
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        found.write_text(json.dumps(_found(request)), encoding="utf-8")
    finally:
        os._exit(0)


def _found(request: dict[str, Any]) -> dict[str, Any]:
    import pytest

    from mutants.chosen import Chosen, Reach

    # What pytest makes of the tests is kept by the traced run, which changes nothing.
    sys.dont_write_bytecode = request["trace"] is None
    chosen = Chosen(request["order"], request["each"])
    plugins: list[Any] = [chosen]
    if request["trace"] is not None:
        plugins.append(Reach(Path.cwd(), request["trace"]))
    options = ["-q", "-x", "--tb=no", "-W", "ignore", "-p", "no:cacheprovider", "-n", "0"]
    code = pytest.main([*options, *request["tests"]], plugins=plugins)
    failed = int(code) not in FINE or chosen.failed is not None
    found: dict[str, Any] = {
        "outcome": "failed" if failed else "passed",
        "by": chosen.failed,
        "seconds": chosen.seconds,
    }
    if request["trace"] is not None:
        found["lines"] = {test: sorted(lines) for test, lines in plugins[1].lines.items()}
    return found


if __name__ == "__main__":
    serve()
