"""A zip of .npy arrays with one JSON header: data and nothing else.

What model files and checkpoints are made of. Written with `numpy.savez`, read with
``allow_pickle=False``. The header carries a magic word, the version of the format, and type and
shape of every array, which are held against the sizes in the file before memory is taken.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ModelFileError

Array = NDArray[Any]

#: A header larger than this, in bytes, is not one of ours.
LARGEST_HEADER = 16 * 2**20
#: What an .npy member may hold beside its numbers, in bytes.
NPY_OVERHEAD = 4096
#: The types of number a file may hold.
DTYPES = ("<f8", "<i8", "|b1")


@dataclass(frozen=True)
class Kind:
    """What a file is: its magic word, its format, what messages call it and how to get a good one.

    Attributes
    ----------
    magic : str
    version : int
        The newest format that is read.
    what : str
        "a model file of standalone-node".
    source : str
        What to do instead of a file that is none: "give a file written by node-fit fit".
    again : str
        What to do instead of one that is damaged: "copy it again, or fit the model again".
    finite : bool
        Whether numbers that are not finite are refused.
    """

    magic: str
    version: int
    what: str
    source: str
    again: str
    finite: bool = True

    def foreign(self, name: str) -> ModelFileError:
        """The error for a file that is something else."""
        return ModelFileError(f"{name} is not {self.what}: {self.source}")

    def damaged(self, name: str) -> ModelFileError:
        """The error for a file that is broken."""
        return ModelFileError(f"{name} is damaged or cut off: {self.again}")


def packed(kind: Kind, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The content of a file: facts that JSON can hold, and arrays."""
    shapes = {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()}
    header = {"magic": kind.magic, "format": kind.version, **facts, "arrays": shapes}
    text = json.dumps(header, allow_nan=not kind.finite, ensure_ascii=True)
    buffer = io.BytesIO()
    members: dict[str, Any] = {"header": np.frombuffer(text.encode(), np.uint8), **arrays}
    np.savez(buffer, **members)
    return buffer.getvalue()


def unpacked(kind: Kind, file: IO[bytes], name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of a file; ModelFileError, which calls it `name`, if it is not sound."""
    try:
        with zipfile.ZipFile(file) as archive:
            header = _header(kind, archive, name)
            shapes = _declared(kind, header, archive, name)
            arrays = {key: _array(kind, archive, key, *shapes[key], name) for key in shapes}
            return header, arrays
    except zipfile.BadZipFile as error:
        raise _verdict(kind, file, name) from error
    except (EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise kind.damaged(name) from error


def _verdict(kind: Kind, file: IO[bytes], name: str) -> ModelFileError:
    """Why a file that is no zip is none of ours: cut off, pickled, or something else altogether."""
    file.seek(0)
    start = file.read(4)
    if start[:2] == b"PK":
        return kind.damaged(name)
    if start[:1] == b"\x80":
        return ModelFileError(
            f"{name} is a Python pickle and is not opened, since it could run any code: "
            "save the model with standalone_node.save"
        )
    return kind.foreign(name)


def _header(kind: Kind, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if "header.npy" not in archive.namelist():
        raise kind.foreign(name)
    size = archive.getinfo("header.npy").file_size - NPY_OVERHEAD
    if size > LARGEST_HEADER:
        raise kind.foreign(name)
    member = archive.read("header.npy")
    try:
        text = np.lib.format.read_array(io.BytesIO(member), allow_pickle=False)
        header = json.loads(text.astype(np.uint8).tobytes().decode())
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise kind.damaged(name) from error
    if not isinstance(header, dict) or header.get("magic") != kind.magic:
        raise kind.foreign(name)
    version = header.get("format")
    if isinstance(version, int) and version > kind.version:
        raise ModelFileError(
            f"{name} has format {version}, and this version reads up to {kind.version}: "
            "update with pip install -U standalone-node"
        )
    if version != kind.version:
        raise kind.damaged(name)
    return header


def _declared(
    kind: Kind, header: dict[str, Any], archive: zipfile.ZipFile, name: str
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array as declared, held against the sizes in the zip directory.

    Nothing of an array is read before this: a small file cannot ask for a lot of memory.
    """
    declared = header.get("arrays")
    if not isinstance(declared, dict):
        raise kind.damaged(name)
    members = {info.filename: info for info in archive.infolist()}
    if set(members) != {"header.npy", *(f"{key}.npy" for key in declared)}:
        raise kind.damaged(name)
    shapes = {}
    for key, entry in declared.items():
        info = members[f"{key}.npy"]
        match entry:
            case [str() as dtype, list() as shape] if dtype in DTYPES and all(
                type(length) is int and 0 <= length < 2**40 for length in shape
            ):
                numbers = math.prod(shape) * np.dtype(dtype).itemsize
            case _:
                raise kind.damaged(name)
        stored = info.compress_type == zipfile.ZIP_STORED
        if not stored or not 0 <= info.file_size - numbers <= NPY_OVERHEAD:
            raise kind.damaged(name)
        shapes[key] = (dtype, tuple(shape))
    return shapes


def _array(
    kind: Kind, archive: zipfile.ZipFile, key: str, dtype: str, shape: tuple[int, ...], name: str
) -> Array:
    member = io.BytesIO(archive.read(f"{key}.npy"))
    array: Array = np.lib.format.read_array(member, allow_pickle=False)
    if array.dtype.str != dtype or array.shape != shape:
        raise kind.damaged(name)
    if kind.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelFileError(f"{name} holds numbers that are not finite in {key!r}: {kind.again}")
    return array
