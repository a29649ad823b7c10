"""What numba keeps of a compiled kernel, in one file a kernel and signature.

numba's own cache has an index a function, which each process reads, adds its entry to and writes
back. Two processes that compile at once both take the first free number, and then the index of the
one points at the code of the other: float32 code is called with float64 arrays, or one activation
instead of another, silently. Here the name of a file is the digest of all that its content depends
on. Whoever writes it writes the same, whole files take their places in one step, and none is
believed whose checksum is off.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import os
import pickle
import platform
import types
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from standalone_node.kernels.places import cache_folder, reading_folders

SUFFIX = ".kernel"
#: The settings of numba that change the code of a kernel without being part of its signature.
_SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK")


class KernelCache:
    """The cache of one kernel, as numba's dispatcher expects it.

    A cache must never be the reason that a fit fails: what cannot be read is compiled again, and
    what cannot be written is not kept.

    Parameters
    ----------
    body : callable
        The Python function that is compiled.
    """

    def __init__(self, body: Callable[..., Any]) -> None:
        self._body = body
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """The folder that new files go to; empty if there is none."""
        return str(cache_folder() or "")

    def enable(self) -> None:
        """Load and save from now on."""
        self._enabled = True

    def disable(self) -> None:
        """Neither load nor save from now on."""
        self._enabled = False

    def flush(self) -> None:
        """Forget what is kept of this kernel."""
        for path, _, header in kept_files():
            if header["kernel"] == identity(self._body):
                with contextlib.suppress(OSError):
                    path.unlink()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code compiled for this signature, None if there is none that can be used."""
        if not self._enabled:
            return None
        target_context.refresh()
        key = self._key(sig, target_context.codegen())
        for folder in reading_folders():
            payload = _payload(folder / file_name(key), key)
            if payload is not None:
                with contextlib.suppress(Exception):
                    return CompileResult._rebuild(target_context, *pickle.loads(payload))
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code compiled for this signature."""
        folder = cache_folder()
        if not self._enabled or folder is None:
            return
        if data.lifted or data.library.has_dynamic_globals:
            return  # it holds addresses of this process
        key = self._key(sig, data.codegen)
        payload = dumps(data._reduce())
        checksum = hashlib.sha256(payload).hexdigest()
        header = json.dumps({**key, "checksum": checksum}).encode()
        with contextlib.suppress(OSError):
            _write(folder / file_name(key), header + b"\n" + payload)

    def _key(self, sig: Any, codegen: Any) -> dict[str, Any]:
        """All that the code depends on, as JSON types."""
        return {
            "kernel": identity(self._body),
            "signature": str(sig),
            "source": _source_digest(self._body),
            "made_by": _made_by(codegen),
        }


def _made_by(codegen: Any) -> dict[str, Any]:
    return {
        "versions": [
            platform.python_version(),
            numba.__version__,
            llvmlite.__version__,
            np.__version__,
        ],
        "machine": list(codegen.magic_tuple()),
        "settings": [repr(getattr(numba.config, name, None)) for name in _SETTINGS],
    }


def is_current(header: dict[str, Any]) -> bool:
    """Whether a kernel was made by the versions, settings and processor at hand."""
    here: bool = header.get("made_by") == _made_by(cpu_target.target_context.codegen())
    return here


def file_name(key: dict[str, Any]) -> str:
    """The name of the file with this key."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return f"{short_name(key['kernel'])}-{digest[:32]}{SUFFIX}"


def identity(value: Any) -> str:
    """What stands for a function and all that its closure binds it to, the same in each process.

    Examples
    --------
    >>> def adder(amount):
    ...     def add(x):
    ...         return x + amount
    ...     return add
    >>> identity(adder(3)).split(".")[-1]
    'add[amount=3]'
    """
    # What numba makes of a function is as good as the function: a compiled one, an intrinsic.
    function = getattr(value, "py_func", getattr(value, "_defn", value))
    if isinstance(function, types.FunctionType):
        bound = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        cells = ", ".join(f"{name}={identity(cell.cell_contents)}" for name, cell in bound)
        name = f"{function.__module__}.{function.__qualname__}"
        if not name.startswith("standalone_node."):
            name += f"#{_source_digest(function)[:12]}"  # the folder is named after our source only
        return f"{name}[{cells}]" if cells else name
    if value is None or isinstance(value, bool | int | float | str | bytes | numba.types.Type):
        return repr(value)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, tuple):
        return f"({', '.join(identity(entry) for entry in value)})"
    return hashlib.sha256(dumps(value)).hexdigest()


def short_name(kernel: str) -> str:
    """The name of the function alone, of an `identity`."""
    return kernel.split("[")[0].split("#")[0].rsplit(".", 1)[-1]


def kept_files() -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """The files of compiled kernels, their sizes and headers; what is no such file is left out."""
    for folder in reading_folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                size = path.stat().st_size
                with path.open("rb") as file:
                    header = json.loads(file.readline())
            except (OSError, ValueError):
                continue
            if isinstance(header, dict) and {"kernel", "signature"} <= header.keys():
                yield path, size, header


def _payload(path: Path, key: dict[str, Any]) -> bytes | None:
    """What follows the header of a file, if it is of this key and whole."""
    try:
        header, _, payload = path.read_bytes().partition(b"\n")
        found = json.loads(header)
    except (OSError, ValueError):
        return None
    expected = {**key, "checksum": hashlib.sha256(payload).hexdigest()}
    return payload if found == expected else None


def _write(path: Path, data: bytes) -> None:
    """Put a file into its place in one step."""
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@cache
def _source_digest(body: Callable[..., Any]) -> str:
    """Of the file that the function stands in, or of its code where there is no such file."""
    try:
        data = Path(inspect.getfile(body)).read_bytes()
    except (OSError, TypeError):
        data = body.__code__.co_code + repr(body.__code__.co_consts).encode()
    return hashlib.sha256(data).hexdigest()
