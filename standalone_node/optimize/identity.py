"""What a run is: problem, start and settings as plain values, to tell it from another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from standalone_node.model.nodal import Parameters
from standalone_node.optimize.batches import Batches

#: What may differ between a run and the one that takes it up: it changes no bit of the end.
UNMINDED = ("threads", "memory_limit", "verbose", "time_limit")


def identity_of(
    problem: Any,
    start: Parameters,
    learnt: Any,
    asked: Mapping[str, Any],
    max_iterations: int,
    batches: Batches | None,
) -> dict[str, Any]:
    """The identity of a run of `minimize`.

    Returns
    -------
    dict
        "settings", a name and a plain value each; and "limits", which may be others when a run is
        taken up: it then goes on until they are reached.
    """
    cuts = {} if batches is None else plain(batches)
    limits = {"max_iterations": max_iterations, "epochs": cuts.pop("epochs", None)}
    settings = {
        **_settings_of(problem),
        "start": plain(start),
        "weights": plain(learnt),
        **{f"batches: {name}": value for name, value in cuts.items() if name != "type"},
        **{name: plain(value) for name, value in asked.items()},
    }
    return {"settings": settings, "limits": limits}


def _settings_of(problem: Any) -> dict[str, Any]:
    """The arguments a problem was made of, or what kind of object it is."""
    settings = getattr(problem, "settings", None)
    if not isinstance(settings, Mapping):
        return {"problem": type(problem).__qualname__}
    return {name: plain(value) for name, value in settings.items() if name not in UNMINDED}


def plain(value: Any) -> Any:
    """A value as JSON can hold it: arrays and parameters by their digest, objects by their fields.

    Examples
    --------
    >>> plain(np.float64(0.5)), plain((1, "a")), plain(np.ones(3))[:13]
    (0.5, [1, 'a'], 'array (3,) of')
    """
    if isinstance(value, np.generic):
        return plain(value.item())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return _digest(value)
    if isinstance(value, Parameters):
        return [_digest(value.times), _digest(value.values)]
    if isinstance(value, list | tuple):
        return _digest(np.array(value)) if _is_table(value) else [plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        entries = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {"type": type(value).__qualname__, **entries}
    if hasattr(value, "__array__"):
        return _digest(np.asarray(value))
    return getattr(value, "__qualname__", type(value).__qualname__)


def _is_table(value: Any) -> bool:
    """Whether a list is data: rows of numbers, or many of them."""
    return len(value) > 16 or (len(value) > 0 and isinstance(value[0], list | tuple))


def _digest(array: Any) -> str:
    found = np.ascontiguousarray(array)
    content = sha256(found.tobytes() if found.dtype != object else repr(found.tolist()).encode())
    return f"array {found.shape} of {found.dtype}, {content.hexdigest()[:16]}"
