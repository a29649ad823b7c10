"""What tests have done elsewhere: workers import it, so that it has to be a module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any


def listed(first: int, pieces: tuple[Any, ...], *shared: Any) -> dict[str, Any]:
    return {"first": first, "pieces": list(pieces), "shared": list(shared), "made": time.time_ns()}


def scaled_sum(group: dict[str, Any], factor: float) -> float:
    return factor * float(sum(group["pieces"]))


def whole(group: dict[str, Any]) -> dict[str, Any]:
    return group


def who(group: dict[str, Any]) -> int:
    return os.getpid()


def square(number: float, offset: float = 0.0) -> float:
    return number**2 + offset


def raising(number: int) -> int:
    if number == 2:
        raise ValueError("two is too many")
    return number


def ends_its_worker(group: dict[str, Any], once: str) -> int:
    """Kill the worker that calls it, the first time that any does."""
    try:
        Path(once).touch(exist_ok=False)
    except FileExistsError:
        return len(group["pieces"])
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def sleeping(number: float) -> float:
    time.sleep(number)
    return number
