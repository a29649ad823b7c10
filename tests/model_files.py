"""Model files taken apart and put together again, for the tests of what reads them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

Members = list[tuple[str, bytes]]


def npy(array: Any, **options: Any) -> bytes:
    """A member of a file, as NumPy writes it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), **options)
    return file.getvalue()


def header_of(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        header: dict[str, Any] = json.loads(file["header"].tobytes())
    return header


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def header_member(header: Any) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return npy(np.frombuffer(text, np.uint8))


def write_members(
    path: Path, members: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED
) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)


def change_header(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the header of a file in place; all else stays."""
    members, header = members_of(path), header_of(path)
    change(header)
    write_members(path, (members | {"header.npy": header_member(header)}).items())
