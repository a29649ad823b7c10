"""A checkpoint as a file: plain values and arrays, behind a checksum.

One line that says what it is, one with the SHA-256 of all that follows, and a zip of .npy arrays
with a JSON header, as a model file is. What the checksum does not vouch for is not looked at.
"""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.checkpoint_check import is_sound
from standalone_node.learn.container import Kind, packed, unpacked
from standalone_node.learn.npy import NUMBERS

#: The newest format that this version reads, and the one it writes.
FORMAT = 1
FIRST_LINE = b"standalone-node checkpoint\n"
CHECKPOINT = Kind(
    magic="standalone-node checkpoint",
    version=FORMAT,
    what="a checkpoint of standalone-node",
    source="give a folder that node-fit fit --checkpoint has written",
    again="the one before it will do",
    finite=False,
)
#: What stands in the header in the place of an array.
_ARRAY = "array:"


def checkpoint_bytes(content: dict[str, Any]) -> bytes:
    """The file that holds a nest of dicts and lists of plain values and arrays.

    ArgumentError if something else is in it.
    """
    arrays: dict[str, Any] = {}
    facts = {"content": _without_arrays(content, arrays)}
    body = packed(CHECKPOINT, facts, arrays)
    return FIRST_LINE + sha256(body).hexdigest().encode() + b"\n" + body


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `checkpoint_bytes` was given.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is damaged, foreign or of a newer format.
    """
    name = path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read ({error.strerror or error})") from error
    if not data.startswith(FIRST_LINE):
        cut_off = FIRST_LINE.startswith(data)
        raise CHECKPOINT.damaged(name) if cut_off else CHECKPOINT.foreign(name)
    digest, _, body = data[len(FIRST_LINE) :].partition(b"\n")
    if sha256(body).hexdigest().encode() != digest:
        raise CHECKPOINT.damaged(name)
    header, arrays = unpacked(CHECKPOINT, io.BytesIO(body), name)
    try:
        content = _with_arrays(header["content"], arrays)
    except (KeyError, RecursionError) as error:
        raise CHECKPOINT.damaged(name) from error
    if not is_sound(content):
        raise CHECKPOINT.damaged(name)
    found: dict[str, Any] = content
    return found


def _without_arrays(value: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.str not in NUMBERS:
            raise ArgumentError(f"an array of {value.dtype} cannot be kept: make it float64")
        name = f"a{len(arrays)}"
        arrays[name] = np.asarray(value, order="C")
        return _ARRAY + name
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {str(key): _without_arrays(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(entry, arrays) for entry in value]
    if isinstance(value, str):
        return "text:" + value
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ArgumentError(f"a {type(value).__name__} cannot be kept: give plain values and arrays")


def _with_arrays(value: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _with_arrays(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_arrays(entry, arrays) for entry in value]
    if isinstance(value, str):
        kind, _, rest = value.partition(":")
        return arrays[rest] if kind == "array" else rest
    return value
