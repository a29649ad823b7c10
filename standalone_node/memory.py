"""How much memory there is, and refusing what needs more of it before it is taken.

A system that promises more memory than it has ends a process that takes it, without a word: what is
large has to be looked at beforehand.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from standalone_node.errors import NotEnoughMemory

#: Where Linux tells the limits of a container: the limit, what is in use, and what of that could be
#: given back at once. Version 2 of control groups, and version 1.
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "memory.current", "inactive_file"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
#: Where it tells what is free, and what this process has reserved, in pages.
MEMINFO, STATM = "/proc/meminfo", "/proc/self/statm"
#: What is taken without a look at what is free.
SMALL = 32_000_000


class Need(NamedTuple):
    """Memory that something is going to take.

    Attributes
    ----------
    cause : str
        What makes it large, as "steps = 1000000".
    what : str
        What it is for, as "the time grid".
    size : int
        Bytes.
    remedy : str
        What lowers it, as "lower steps".
    """

    cause: str
    what: str
    size: int
    remedy: str


def machine_memory() -> int:
    """Bytes of memory this process may use: those of the machine, or of its container."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = 8 << 30
    limits = (_number(Path(path)) for path, _, _ in CGROUPS)
    return min([total, *(limit for limit in limits if limit is not None)])


def available_memory() -> int:
    """Bytes this process can still take without pushing anything out of the memory.

    The least of what is free on the machine, in the container, and below the limit of the
    process's own address space (``ulimit -v``); all of `machine_memory` where nothing is told.
    """
    total = machine_memory()
    return max(0, min([_free_on_the_machine(total), _free_addresses(total), *_free_in_groups()]))


def require(needs: Iterable[Need]) -> None:
    """Refuse what does not fit into the memory that is free.

    Raises
    ------
    NotEnoughMemory
        Naming the largest of the needs, what is free, and the remedy.

    Examples
    --------
    >>> require([Need("steps = 20", "the time grid", 160, "lower steps")])
    """
    needs = list(needs)
    total = sum(need.size for need in needs)
    if total <= SMALL:
        return
    free = available_memory()
    if total > free:
        largest = max(needs, key=lambda need: need.size)
        beside = "" if total < 1.1 * largest.size else f" and {size_text(total)} in all"
        raise NotEnoughMemory(
            f"{largest.cause} would need {size_text(largest.size)} of memory for {largest.what}"
            f"{beside}, but {size_text(free)} are free: {largest.remedy}"
        )


def size_text(size: int) -> str:
    """A number of bytes as people write it.

    Examples
    --------
    >>> size_text(999), size_text(1_250_000), size_text(16 * 10**9)
    ('999 B', '1.2 MB', '16 GB')
    """
    power = min(5, max(0, (len(str(size)) - 1) // 3))
    share = size / 1000**power
    digits = f"{share:.1f}" if share < 9.95 and power else f"{share:.0f}"
    return f"{digits} {('B', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"


def _free_on_the_machine(total: int) -> int:
    kilobytes = _named(Path(MEMINFO), "MemAvailable:")
    return total if kilobytes is None else min(total, 1024 * kilobytes)


def _free_in_groups() -> list[int]:
    free = []
    for path, used, inactive in CGROUPS:
        limit, folder = _number(Path(path)), Path(path).parent
        if limit is not None:
            given_back = _named(folder / "memory.stat", inactive) or 0
            free.append(limit - max(0, (_number(folder / used) or 0) - given_back))
    return free


def _free_addresses(total: int) -> int:
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return total
        reserved = int(Path(STATM).read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError):
        return total
    return min(total, limit - reserved)


def _number(path: Path) -> int | None:
    """The number that is all of a file; None if there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _named(path: Path, name: str) -> int | None:
    """The number behind a name at the beginning of a line."""
    try:
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] == [name]:
                return int(words[1])
    except (OSError, ValueError, IndexError):
        pass
    return None
