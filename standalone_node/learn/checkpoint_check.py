"""What a checkpoint has to hold, whoever wrote it: held against tables of keys and kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import numpy as np

from standalone_node.optimize.record import COLUMNS
from standalone_node.optimize.stopping import END_STATES

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return _is_number(value) and isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_vector(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim == 1


def _is_length(value: Any) -> bool:
    return value is None or _is_number(value) or value == "auto"


def _is_end(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in END_STATES)


def _are_sweeps(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))


def _is_state(value: Any) -> bool:
    """Finite vectors of one length; what the method carries along are numbers and such vectors."""
    if not _has(value, _STATE):
        return False
    vectors = [value[name] for name in ("u", "derivative", "gradient")]
    size = vectors[0].size
    sound = all(vector.size == size and np.isfinite(vector).all() for vector in vectors)
    return sound and _carried(value["memory"], size)


def _carried(value: Any, size: int) -> bool:
    if isinstance(value, dict):
        return all(_carried(entry, size) for entry in value.values())
    if isinstance(value, list):
        return all(_carried(entry, size) for entry in value)
    if isinstance(value, np.ndarray):
        return value.shape == (size,) and value.dtype == np.float64
    return value is None or isinstance(value, int | float)


def _is_other_state(value: Any) -> bool:
    return value is None or _is_state(value)


def _is_column(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fi" and value.ndim == 1


def _are_columns(value: Any) -> bool:
    """What an `Iteration` tells, as columns of one length."""
    if not isinstance(value, dict) or not set(COLUMNS) <= set(value):
        return False
    if not all(map(_is_column, value.values())):
        return False
    return len({column.size for column in value.values()}) == 1 and value["cost"].size > 0


def _is_record(value: Any) -> bool:
    if not _has(value, _RECORD):
        return False
    return value["scores"].size in (0, value["columns"]["cost"].size)


def _is_memory(value: Any) -> bool:
    return value is None or _has(value, _MEMORY)


def _is_identity(value: Any) -> bool:
    return _has(value, {"settings": _is_dict, "limits": _is_dict})


def _is_worth(value: Any) -> bool:
    """A number, or scores by their names."""
    if isinstance(value, dict):
        return all(score is None or _is_number(score) for score in value.values())
    return _is_number(value)


def _is_entry(value: Any) -> bool:
    if isinstance(value, dict) and "value" in value:
        table = {"identity": _is_identity, "value": _is_worth}
        return _has(value, table) and _is_count(value.get("depth", 0))
    return _has(value, {"identity": _is_identity, "memory": _is_memory})


def _are_entries(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_entry, value))


def _has(value: Any, table: Mapping[str, Check]) -> bool:
    if not isinstance(value, dict):
        return False
    return all(name in value and sound(value[name]) for name, sound in table.items())


_STATE: dict[str, Check] = {
    "u": _is_vector,
    "cost": _is_finite,
    "derivative": _is_vector,
    "gradient": _is_vector,
    "step": _is_number,
    "beta": _is_number,
    "memory": _is_dict,
}
_RECORD: dict[str, Check] = {
    "columns": _are_columns,
    "scores": _is_vector,
    "elapsed": _is_finite,
    "watched": _is_finite,
    "sweeps": _are_sweeps,
    "sweeps_before": _are_sweeps,
    "highest": _is_number,
    "since_best": _is_count,
    "newest": _is_other_state,
    "best": _is_other_state,
    "lowest": _is_other_state,
}
_OBJECTIVE: dict[str, Check] = {
    "since": _is_count,
    "solved": lambda value: isinstance(value, bool),
    "problem": lambda value: value is None or _is_dict(value),
}
_MEMORY: dict[str, Check] = {
    "state": _is_state,
    "length": _is_length,
    "objective": lambda value: _has(value, _OBJECTIVE),
    "record": _is_record,
    "end": _is_end,
}
_CONTENT: dict[str, Check] = {
    "version": _is_text,
    "settings": _is_dict,
    "elapsed": _is_finite,
    "entries": _are_entries,
}


def is_sound(content: Any) -> bool:
    """Whether the content of a checkpoint has all that a fit takes up, of the right kinds."""
    return _has(content, _CONTENT)
