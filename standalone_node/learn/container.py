"""A zip of .npy arrays with one JSON header: data and nothing else.

What model files and checkpoints are made of. Written with `numpy.savez`, read without it: nothing
in a file is unpickled, evaluated or unpacked. The header carries a magic word, the version of the
format, and type and shape of every array, which are held against the sizes in the file before
memory is taken. Reading takes a small multiple of the size of the file, whatever the file says.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.archive import check_layout, opened
from standalone_node.learn.npy import LONGEST_PREAMBLE, MOST_AXES, NUMBERS, Unsound, array_of

Array = NDArray[Any]

#: A header larger than this, in bytes, is not one of ours.
LARGEST_HEADER = 16 * 2**20
#: So many lists and objects may be in any header, and one more for every eight bytes.
BRACKETS = 4096
#: A file as large as this, in bytes, would need another kind of directory.
LARGEST_FILE = 2**32 - 2**20
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"')


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

    def damaged(self, name: str, why: str = "") -> ModelFileError:
        """The error for a file that is broken; `why` is a part of the sentence."""
        reason = f" ({why})" if why else ""
        return ModelFileError(f"{name} is damaged or cut off{reason}: {self.again}")


def packed(kind: Kind, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The content of a file: facts that JSON can hold, and arrays.

    Raises
    ------
    ArgumentError
        If a fact is not finite where that is refused, an array holds other numbers than files
        do, or the file would be too large.
    """
    members = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in members.items():
        if array.dtype.str not in NUMBERS:
            raise ArgumentError(
                f"cannot write {kind.what}: {name!r} holds numbers of the type {array.dtype}, and "
                "a file holds float64, float32, int64 and bool"
            )
    shapes = {name: [array.dtype.str, list(array.shape)] for name, array in members.items()}
    header = {"magic": kind.magic, "format": kind.version, **facts, "arrays": shapes}
    try:
        text = json.dumps(header, allow_nan=not kind.finite, ensure_ascii=True)
    except ValueError as error:
        raise ArgumentError(
            f"cannot write {kind.what}: it would hold a number that is not finite ({error})"
        ) from error
    _refuse_large(kind, len(text), sum(array.nbytes for array in members.values()))
    buffer = io.BytesIO()
    written: dict[str, Any] = {"header": np.frombuffer(text.encode(), np.uint8), **members}
    np.savez(buffer, **written)
    return buffer.getvalue()


def _refuse_large(kind: Kind, header: int, numbers: int) -> None:
    """ArgumentError for what would be written and not be read again."""
    if header > LARGEST_HEADER:
        raise ArgumentError(
            f"cannot write {kind.what} with a header of {header / 2**20:.1f} MiB, 16 at the most: "
            "leave out columns with very many categories"
        )
    if header + numbers > LARGEST_FILE:
        raise ArgumentError(
            f"cannot write {kind.what} of {(header + numbers) / 1e9:.1f} GB, 4 at the most: take a "
            "smaller network"
        )


def unpacked(kind: Kind, file: IO[bytes], name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of a file; ModelFileError, which calls it `name`, if it is not sound."""
    size = file.seek(0, io.SEEK_END)
    _refuse_foreign(kind, file, size, name)
    try:
        with opened(file, size) as archive:
            if "header.npy" not in archive.namelist():
                raise kind.foreign(name)
            members = check_layout(archive)
            header = _header(kind, archive, members["header.npy"], name)
            shapes = _declared(header, members)
            arrays = {key: _array(kind, archive, key, *shapes[key], name) for key in shapes}
            return header, arrays
    except Unsound as error:
        raise kind.damaged(name, str(error)) from error
    except zipfile.BadZipFile as error:
        raise kind.damaged(name, _reason(error)) from error
    except (EOFError, NotImplementedError, OverflowError, RuntimeError, ValueError) as error:
        raise kind.damaged(name, "the archive cannot be read") from error


def _reason(error: zipfile.BadZipFile) -> str:
    if "CRC" in str(error):
        return "the checksum of a member is wrong"
    return "its directory and its members do not agree"


def _refuse_foreign(kind: Kind, file: IO[bytes], size: int, name: str) -> None:
    """Why a file that is no zip is none of ours: empty, pickled, or something else altogether."""
    file.seek(0)
    start = file.read(4)
    if not size:
        raise ModelFileError(f"{name} is empty, so it is not {kind.what}: {kind.again}")
    if start[:1] == b"\x80":
        raise ModelFileError(
            f"{name} is a Python pickle and is not opened, since it could run any code: "
            "save the model with standalone_node.save"
        )
    if start[:2] != b"PK"[:size]:
        raise kind.foreign(name)


def _header(
    kind: Kind, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str
) -> dict[str, Any]:
    if info.file_size - LONGEST_PREAMBLE > LARGEST_HEADER:
        raise Unsound(f"its header takes {info.file_size:,} bytes, more than any of ours")
    text = array_of(archive.read(info), "header").astype(np.uint8).tobytes()
    _refuse_nesting(text)
    try:
        header = json.loads(text.decode(), parse_constant=_no_constant if kind.finite else None)
    except (ValueError, RecursionError) as error:
        raise Unsound("its header is no JSON") from error
    if not isinstance(header, dict) or header.get("magic") != kind.magic:
        raise kind.foreign(name)
    version = header.get("format")
    if type(version) is int and version > kind.version:
        raise ModelFileError(
            f"{name} has format {version}, and this version reads up to {kind.version}: "
            "update with pip install -U standalone-node"
        )
    if type(version) is not int or version < 1:
        raise Unsound("its header names no format")
    return header


def _refuse_nesting(text: bytes) -> None:
    """Refuse a JSON text of hardly more than brackets, which would take 30 times its size."""
    bare = _TEXTS.sub(b"", text)
    if bare.count(b"[") + bare.count(b"{") > BRACKETS + len(text) // 8:
        raise Unsound("its header is hardly more than brackets")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _declared(
    header: dict[str, Any], members: dict[str, zipfile.ZipInfo]
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array as declared, held against the sizes in the zip directory.

    Nothing of an array is read before this: a small file cannot ask for a lot of memory.
    """
    declared = header.get("arrays")
    if not isinstance(declared, dict):
        raise Unsound("its header declares no arrays")
    named = {"header.npy", *(f"{key}.npy" for key in declared)}
    if set(members) != named:
        odd = min(set(members) ^ named)
        where = "in the file only" if odd in members else "in the header only"
        raise Unsound(f"the member {odd[:60]!r} is {where}")
    shapes = {}
    for key, entry in declared.items():
        match entry:
            case [str() as dtype, list() as shape] if dtype in NUMBERS and _is_shape(shape):
                numbers = math.prod(shape) * np.dtype(dtype).itemsize
            case _:
                raise Unsound(f"its header declares {key[:60]!r} as no array of numbers")
        if not 0 <= members[f"{key}.npy"].file_size - numbers <= LONGEST_PREAMBLE:
            raise Unsound(f"{key[:60]!r} is not as large as its header says")
        shapes[key] = (dtype, tuple(shape))
    return shapes


def _is_shape(shape: list[Any]) -> bool:
    lengths = all(type(length) is int and 0 <= length < 2**40 for length in shape)
    return len(shape) <= MOST_AXES and lengths


def _array(
    kind: Kind, archive: zipfile.ZipFile, key: str, dtype: str, shape: tuple[int, ...], name: str
) -> Array:
    array = array_of(archive.read(f"{key}.npy"), key)
    if array.dtype.str != dtype or array.shape != shape:
        raise Unsound(f"{key[:60]!r} is not the array that its header declares")
    if kind.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelFileError(f"{name} holds numbers that are not finite in {key!r}: {kind.again}")
    return array
