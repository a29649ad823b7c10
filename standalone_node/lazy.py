"""Names of a package that are imported when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importer(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package: it imports a name from its module, and keeps it.

    Parameters
    ----------
    package : str
        This one, or one within it: nothing else is imported.
    homes : mapping
        A name, and the module below the package that has it.

    Examples
    --------
    >>> importer("standalone_node.plot", {"weights": "blocks"})("weights").__module__
    'standalone_node.plot.blocks'
    """

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = f"{package}.{homes[name]}".removeprefix("standalone_node.")
        value = getattr(import_module(f"standalone_node.{home}"), name)  # of ours, whatever it is
        setattr(sys.modules[package], name, value)
        return value

    return found
