"""What this process may use of its machine: processors, memory, libraries of linear algebra.

Whatever the machine does not tell is None. `root` is where the files of the kernel of Linux hang.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path("/")
#: Families of vector instructions by the names LLVM gives them, widest first.
_VECTORS = ("avx512f", "avx2", "avx", "sse4.2", "sve", "neon")
#: Version 1 of control groups says "no limit" with a number of this size.
_NO_LIMIT = 1 << 60


def processor(root: Path = ROOT) -> dict[str, Any]:
    """Model, the processors of the machine, those this process may use, and its quota of them."""
    with suppress(OSError):
        for line in (root / "proc/cpuinfo").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model", "cpu model"):
                return {"model": value.strip(), **_counts(root)}
    return {"model": platform.processor() or platform.machine() or None, **_counts(root)}


def _counts(root: Path) -> dict[str, Any]:
    from standalone_node.kernels.workers import default_threads

    return {"all": os.cpu_count(), "usable": default_threads(), "quota": processor_quota(root)}


def instructions() -> dict[str, Any]:
    """The processor that kernels are compiled for, and the vector instructions they may have."""
    from numba.core.registry import cpu_target

    _, name, listed = cpu_target.target_context.codegen().magic_tuple()
    features = {entry[1:] for entry in listed.split(",") if entry.startswith("+")}
    return {"target": name, "vectors": [name for name in _VECTORS if name in features]}


def processor_quota(root: Path = ROOT) -> float | None:
    """How many processors' time the control groups grant; None without a limit."""
    found = []
    for group in _groups(root, "cpu"):
        with suppress(OSError, ValueError, ZeroDivisionError):
            if (group / "cpu.max").exists():
                share, period = (group / "cpu.max").read_text().split()
            else:
                share = (group / "cpu.cfs_quota_us").read_text()
                period = (group / "cpu.cfs_period_us").read_text()
            if int(share) > 0:  # "max" or -1 is no limit
                found.append(int(share) / int(period))
    return min(found, default=None)


def memory(root: Path = ROOT) -> dict[str, Any]:
    """Bytes of memory: of the machine, available now, and the limits of this process by name."""
    total = available = None
    with suppress(OSError, ValueError, AttributeError):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) * 1024
    return {"total": total, "available": available, "limits": dict(_memory_limits(root))}


def _memory_limits(root: Path) -> Iterator[tuple[str, int]]:
    found = []
    for group in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(OSError, ValueError):
                found.append(int((group / name).read_text()))
    if found and min(found) < _NO_LIMIT:
        yield "control group", min(found)
    with suppress(ImportError, OSError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield "address space (ulimit -v)", soft


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The control groups of this process for a controller, each with those around it.

    Inside a container the path of the group may be that of the host; the walk then ends at the
    root of the hierarchy, where the container's own limits are.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        hierarchy = root / "sys/fs/cgroup" / (controller if controllers else "")
        group = hierarchy / path.lstrip("/")
        yield from (place for place in (group, *group.parents) if place.is_relative_to(hierarchy))


def blas_libraries() -> list[dict[str, Any]]:
    """The loaded libraries of linear algebra and their threads."""
    import scipy.linalg  # noqa: F401  (it loads its own library, and NumPy that of its own)
    from threadpoolctl import threadpool_info

    return [
        {
            "library": Path(found["filepath"]).name,
            "name": found["internal_api"],
            "version": found.get("version"),
            "architecture": found.get("architecture"),
            "threads": found["num_threads"],
        }
        for found in threadpool_info()
        if found["user_api"] == "blas"
    ]
