"""What is read from JSON, checked before it is used: the message names the key."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, NoReturn

from standalone_node.errors import ModelFileError


def record(
    data: object, key: str, keys: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """An object with these keys, and none but these and the optional ones."""
    if not isinstance(data, dict):
        refuse(key, f"an object with the keys {', '.join(keys)}")
    for name in keys:
        require(name in data, f"{key}.{name}", "present")
    for name in data:
        require(name in keys or name in optional, f"{key}.{name}", "a key of this format")
    return data


def items(data: object, key: str) -> list[Any]:
    """A list."""
    if not isinstance(data, list):
        refuse(key, "a list")
    return data


def text(data: object, key: str) -> str:
    """A text that is not empty."""
    if not isinstance(data, str) or not data:
        refuse(key, "a text that is not empty")
    return data


def texts(data: object, key: str) -> tuple[str, ...]:
    """A list of distinct texts."""
    found = items(data, key)
    fine = all(isinstance(item, str) for item in found) and len(set(found)) == len(found)
    require(fine, key, "a list of distinct texts")
    return tuple(found)


def choice(data: object, key: str, choices: Collection[str]) -> str:
    """One of these texts."""
    if not isinstance(data, str) or data not in choices:
        refuse(key, f"one of {', '.join(repr(name) for name in choices)}")
    return data


def is_finite(data: object) -> bool:
    """Whether it is a number, and one that a double can hold."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        return False
    try:
        return math.isfinite(data)
    except OverflowError:  # an integer beyond the range of a double
        return False


def require(fine: bool, key: str, what: str) -> None:
    """Refuse what is not fine."""
    if not fine:
        refuse(key, what)


def refuse(key: str, what: str) -> NoReturn:
    """ModelFileError: the key is not what it has to be."""
    shown = key if len(key) <= 80 else key[:77] + "..."
    raise ModelFileError(
        f"the model file is damaged or foreign: {shown!r} is not {what}; fit the model again."
    )
