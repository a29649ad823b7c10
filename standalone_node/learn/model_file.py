"""Model files: a zip of .npy arrays and one JSON header, data and nothing else.

Written with `numpy.savez`, read with ``allow_pickle=False``. The header carries a magic word, the
version of the format, type and shape of every array, the settings of the estimator and, if the
model was fitted to a table, the schema of its columns. No time of day, no path, no code.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ModelFileError
from standalone_node.learn.files import write_whole

if TYPE_CHECKING:
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor

Array = NDArray[Any]

MAGIC = "standalone-node model"
FORMAT = 1
#: A header larger than this, in bytes, is not one of ours.
LARGEST_HEADER = 16 * 2**20
#: What an .npy member may hold beside its numbers, in bytes.
NPY_OVERHEAD = 4096
#: The types of number a model file may hold.
DTYPES = ("<f8", "<i8", "|b1")


def save(estimator: NodeClassifier | NodeRegressor, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to `path`, exactly that name.

    An old file there is replaced by a complete new one or not at all.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Fitted; `schema_` and `summary_` go with it.
    path : path-like

    Raises
    ------
    ArgumentError
        If the path cannot be written, or a setting cannot be put into a file.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    """
    write_whole(path, model_bytes(estimator))


def model_bytes(estimator: NodeClassifier | NodeRegressor) -> bytes:
    """The content of the model file of a fitted estimator. Errors as for `save`."""
    from standalone_node.learn.model_state import state_of

    facts, arrays = state_of(estimator)
    shapes = {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()}
    header = {"magic": MAGIC, "format": FORMAT, **facts, "arrays": shapes}
    text = json.dumps(header, allow_nan=False, ensure_ascii=True)
    buffer = io.BytesIO()
    members: dict[str, Any] = {"header": np.frombuffer(text.encode(), np.uint8), **arrays}
    np.savez(buffer, **members)
    return buffer.getvalue()


def load(path: str | os.PathLike[str]) -> NodeClassifier | NodeRegressor:
    """The fitted estimator in a model file.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, pickled or of a newer format.

    Examples
    --------
    >>> import tempfile, numpy as np, standalone_node as sn
    >>> model = sn.NodeClassifier().fit(np.array([[0.0], [1.0]]), ["a", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sn.save(model, folder + "/ab.node.npz")
    ...     print(sn.load(folder + "/ab.node.npz").predict([[0.9]]))
    ['b']
    """
    from standalone_node.learn.model_state import estimator_of

    header, arrays = _read(path)
    try:
        return estimator_of(header, arrays)
    except ModelFileError as error:
        raise ModelFileError(f"{Path(path).name}: {error}") from error


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The header of a model file: kind, settings, schema, summary. Errors as for `load`."""
    return _read(path)[0]


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    name = Path(path).name
    try:
        with zipfile.ZipFile(path) as archive:
            header = _header(archive, name)
            shapes = _declared(header, archive, name)
            return header, {key: _array(archive, key, *shapes[key], name) for key in shapes}
    except FileNotFoundError as error:
        raise ModelFileError(
            f"there is no model file {str(path)!r}: check the path, or fit one with node-fit fit"
        ) from error
    except zipfile.BadZipFile as error:
        raise ModelFileError(_verdict(path, name)) from error
    except OSError as error:
        raise ModelFileError(
            f"cannot read the model file {str(path)!r}: {error.strerror or error}"
        ) from error
    except (EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(_damaged(name)) from error


def _verdict(path: str | os.PathLike[str], name: str) -> str:
    """Why a file that is no zip is no model: cut off, pickled, or something else altogether."""
    with open(path, "rb") as file:
        start = file.read(4)
    if start[:2] == b"PK":
        return _damaged(name)
    if start[:1] == b"\x80":
        return (
            f"{name} is a Python pickle and is not opened, since it could run any code: "
            "save the model with standalone_node.save"
        )
    return f"{name} is not a model file of standalone-node: give a file written by node-fit fit"


def _damaged(name: str) -> str:
    return f"{name} is damaged or cut off: copy it again, or fit the model again"


def _header(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    foreign = ModelFileError(
        f"{name} is not a model file of standalone-node: give a file written by node-fit fit"
    )
    if "header.npy" not in archive.namelist():
        raise foreign
    size = archive.getinfo("header.npy").file_size - NPY_OVERHEAD
    if size > LARGEST_HEADER:
        raise foreign
    member = archive.read("header.npy")
    try:
        text = np.lib.format.read_array(io.BytesIO(member), allow_pickle=False)
        header = json.loads(text.astype(np.uint8).tobytes().decode())
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFileError(_damaged(name)) from error
    if not isinstance(header, dict) or header.get("magic") != MAGIC:
        raise foreign
    version = header.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise ModelFileError(
            f"{name} has format {version}, and this version reads up to {FORMAT}: "
            "update with pip install -U standalone-node"
        )
    if version != FORMAT:
        raise ModelFileError(_damaged(name))
    return header


def _declared(
    header: dict[str, Any], archive: zipfile.ZipFile, name: str
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array as declared, held against the sizes in the zip directory.

    Nothing of an array is read before this: a small file cannot ask for a lot of memory.
    """
    declared = header.get("arrays")
    if not isinstance(declared, dict):
        raise ModelFileError(_damaged(name))
    members = {info.filename: info for info in archive.infolist()}
    if set(members) != {"header.npy", *(f"{key}.npy" for key in declared)}:
        raise ModelFileError(_damaged(name))
    shapes = {}
    for key, entry in declared.items():
        info = members[f"{key}.npy"]
        match entry:
            case [str() as dtype, list() as shape] if dtype in DTYPES and all(
                type(length) is int and 0 <= length < 2**40 for length in shape
            ):
                numbers = math.prod(shape) * np.dtype(dtype).itemsize
            case _:
                raise ModelFileError(_damaged(name))
        stored = info.compress_type == zipfile.ZIP_STORED
        if not stored or not 0 <= info.file_size - numbers <= NPY_OVERHEAD:
            raise ModelFileError(_damaged(name))
        shapes[key] = (dtype, tuple(shape))
    return shapes


def _array(
    archive: zipfile.ZipFile, key: str, dtype: str, shape: tuple[int, ...], name: str
) -> Array:
    member = io.BytesIO(archive.read(f"{key}.npy"))
    array: Array = np.lib.format.read_array(member, allow_pickle=False)
    if array.dtype.str != dtype or array.shape != shape:
        raise ModelFileError(_damaged(name))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelFileError(
            f"{name} holds numbers that are not finite in {key!r}: fit the model again"
        )
    return array
