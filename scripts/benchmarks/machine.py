"""The machine a benchmark ran on, and the versions of everything."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_info

PACKAGES = (
    *("standalone-node", "numpy", "scipy", "numba", "llvmlite"),
    *("jax", "jaxlib", "diffrax", "equinox", "torch", "torchdiffeq"),
)
#: Variables that begin so change how fast somebody is, or on how many threads.
PREFIXES = ("OPENBLAS_", "OMP_", "GOMP_", "MKL_", "XLA_", "JAX_", "NUMBA_", "MALLOC_", "LD_PRELOAD")
#: Above this load average at the start the machine is not quiet.
QUIET = 0.5


def describe() -> dict[str, Any]:
    """Processor, cores, memory, system, load average, versions, BLAS, environment variables."""
    assert np.linalg and scipy.linalg  # both bring a BLAS of their own, to be seen below
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "cores_usable": len(_affinity()) or os.cpu_count(),
        "memory_gib": _memory(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "versions": {name: _version(name) for name in PACKAGES},
        "blas": [
            {key: library.get(key) for key in ("prefix", "version", "architecture", "num_threads")}
            for library in threadpool_info()
            if library["user_api"] == "blas"
        ],
        "variables": {
            name: os.environ[name] for name in sorted(os.environ) if name.startswith(PREFIXES)
        },
    }


def noise_warning(machine: dict[str, Any]) -> str | None:
    """A sentence if something else was running at the start."""
    load = machine["load_average"]
    if load is None or load[0] <= QUIET:
        return None
    return f"the load average was {load[0]:.2f} at the start: the machine is not quiet"


@contextmanager
def cores(number: int) -> Iterator[None]:
    """Keep this process, and the threads it will start, on that many cores where one can.

    Every library then sizes its pool of threads alike.
    """
    before = _affinity()
    if before:
        os.sched_setaffinity(0, set(sorted(before)[:number]))
    try:
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)


def _affinity() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _memory() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(size / 2**30, 1)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
