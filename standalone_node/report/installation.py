"""The packages this one builds on: their versions, the bounds it sets, and whether they load."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from standalone_node._version import __version__

DISTRIBUTION = "standalone-node"
#: The table: a distribution that is needed, and the module it brings.
NEEDED = {
    "numpy": "numpy",
    "scipy": "scipy",
    "numba": "numba",
    "llvmlite": "llvmlite",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "matplotlib": "matplotlib",
    "click": "click",
    "rich": "rich",
    "jinja2": "jinja2",
    "threadpoolctl": "threadpoolctl",
}
#: The table: a distribution that only some things need, and the extra that brings it.
OPTIONAL = {"dask": "dask", "distributed": "dask", "pyarrow": "dask"}


def versions() -> dict[str, str | None]:
    """The version of this package, of Python and of what is needed; None if it is not there."""
    found: dict[str, str | None] = {
        DISTRIBUTION: __version__,
        "python": platform.python_version(),
    }
    return found | _versions_of(NEEDED)


def optional_versions() -> dict[str, str | None]:
    """The version of what only some things need; None if it is not there."""
    return _versions_of(OPTIONAL)


def _versions_of(names: Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def surroundings() -> dict[str, Any]:
    """The operating system and the interpreter."""
    return {"platform": platform.platform(), "executable": sys.executable}


def lower_bounds(extra: str | None = None) -> dict[str, str]:
    """The least version of each package that will do, as the metadata of this one have it.

    Of those that are always needed, or of those of an extra. Empty if this package is not installed
    but runs from its source.
    """
    try:
        required = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    bounds = {}
    for line in required:
        found = re.match(r"([A-Za-z0-9._-]+)[^;]*?>=\s*([0-9.]+)", line)
        brought_by = re.search(r"extra == ['\"]([^'\"]+)", line)
        if found and (brought_by[1] if brought_by else None) == extra:
            bounds[found[1].lower()] = found[2]
    return bounds


def outdated() -> dict[str, tuple[str, str]]:
    """Packages that are too old: the version there is, and the least that will do."""
    there = versions() | optional_versions()
    bounds = lower_bounds()
    for extra in dict.fromkeys(OPTIONAL.values()):
        bounds |= lower_bounds(extra)
    return {
        name: (version, bound)
        for name, bound in bounds.items()
        if (version := there.get(name)) is not None and _numbers(version) < _numbers(bound)
    }


def broken() -> dict[str, str]:
    """Packages that cannot be imported, and why."""
    found = {}
    for name, module in NEEDED.items():
        try:
            import_module(module)
        except Exception as error:  # numba, for one, raises what it likes for a numpy too new
            found[name] = " ".join(str(error).split()) or type(error).__name__
    return found


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: (2, 0) of "2.0rc1"."""
    release = re.match(r"[0-9.]*", version)
    parts = [int(part) for part in (release[0] if release else "").split(".") if part]
    while parts and parts[-1] == 0:  # 2.0 is 2
        parts.pop()
    return tuple(parts)
