"""In what a fit differs from the one that a checkpoint is of, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The data, from which much of the rest follows, and what messages call them.
_DATA = {
    "inputs": "other inputs (rows or columns)",
    "targets": "other targets",
    "sample_weight": "other sample weights",
}
_WORDS = {**_DATA, "start": "another start"}
_ABSENT = object()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs, as "steps = 3 there, steps = 4 here", one entry a setting.

    If the data differ, nothing else is said.

    Examples
    --------
    >>> differences({"steps": 3, "loss": "huber"}, {"steps": 4, "loss": "huber"})
    ['steps = 3 there, steps = 4 here']
    """
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name, _ABSENT), now.get(name, _ABSENT)
        if _same(old, new):
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found[name] = differences(old, new)
        else:
            said = f"{_said(name, old)} there, {_said(name, new)} here"
            if _is_digest(old) or _is_digest(new):
                said = f"another {name}"
            found[name] = [_WORDS.get(name, said)]
    chosen = [name for name in found if name in _DATA] or list(found)
    return [words for name in chosen for words in found[name]]


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return old == new or (old != old and new != new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return not differences(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


def _said(name: str, value: Any) -> str:
    return f"no {name}" if value is _ABSENT else f"{name} = {value!r}"


def _is_digest(value: Any) -> bool:
    """Whether a value stands for an array, which says nothing to a person."""
    return "array (" in repr(value)
