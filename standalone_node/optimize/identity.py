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
#: Longer lists are known by a checksum.
LISTED = 64


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


#: Arguments of problems that are compared as the problem holds them, however they were given.
_HELD = ("inputs", "targets", "sample_weight", "outputs", "penalty")


def _settings_of(problem: Any) -> dict[str, Any]:
    """The arguments a problem was made of, or what kind of object it is."""
    whole = getattr(problem, "stands_for", None)
    if whole is not None:  # it makes no difference where the rows are, but how their sums are cut
        return _settings_of(whole) | ({"shards": problem.cuts} if problem.cuts else {})
    if callable(getattr(problem, "identity", None)):
        return plain(dict(problem.identity())) | {"problem": type(problem).__qualname__}
    settings = getattr(problem, "settings", None)
    if not isinstance(settings, Mapping):
        return {"problem": plain(problem)}
    held = {name: getattr(problem, name, None) for name in _HELD if name in settings}
    given = {**settings, **{name: value for name, value in held.items() if value is not None}}
    return {name: plain(value) for name, value in given.items() if name not in UNMINDED}


def plain(value: Any) -> Any:
    """A value as JSON can hold it: arrays and parameters by their digest, objects by their fields.

    An object may say by a method `identity` what it is; of others, and of functions, only the name
    is known.

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
        return [plain(entry) for entry in value] if len(value) <= LISTED else _digest_of_list(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return np.dtype(value).name
    if not isinstance(value, type):
        if callable(getattr(value, "identity", None)):
            return {"type": kind.__qualname__, **plain(value.identity())}
        if is_dataclass(value):
            entries = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
            return {"type": kind.__qualname__, **entries}
        if hasattr(value, "__array__"):
            return _digest(np.asarray(value))
    return getattr(value, "__qualname__", kind.__qualname__)


def _digest_of_list(value: Any) -> str:
    try:
        return _digest(np.array(value))
    except ValueError:  # rows of different lengths
        return _digest(np.array([repr(plain(entry)) for entry in value]))


def _digest(array: Any) -> str:
    """Shape, type and a checksum of an array, of which no copy is made if it is contiguous."""
    found = np.asarray(array, order="C")
    if found.dtype == object:
        content = sha256(repr(found.tolist()).encode())
    else:
        content = sha256(found.reshape(-1).view(np.uint8).data)
    return f"array {found.shape} of {found.dtype}, {content.hexdigest()[:16]}"
