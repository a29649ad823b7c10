"""A copy of the tree, the only one that is ever changed."""

from __future__ import annotations

import compileall
import contextlib
import os
import py_compile
import shutil
from collections.abc import Iterator
from pathlib import Path

#: What no test of the package needs; the rest of the tree is small.
LEFT_OUT = (".git", ".venv*", "venv", "__pycache__", ".*_cache", ".hypothesis", "shared", "*.npz")


def copied(root: Path, place: Path) -> Path:
    """Copy the tree to a new folder `place`.

    Its modules are compiled with the hash of their source and not the time of it, which is too
    coarse: an edit back and forth within a second would go unnoticed.
    """
    shutil.copytree(root, place, ignore=shutil.ignore_patterns(*LEFT_OUT))
    compileall.compile_dir(
        place, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
    )
    return place


@contextlib.contextmanager
def written(path: Path, data: bytes) -> Iterator[None]:
    """The file with other content for a while."""
    before = path.read_bytes()
    try:
        path.write_bytes(data)
        yield
    finally:
        path.write_bytes(before)


def environment(place: Path, compiled: bool) -> dict[str, str]:
    """The variables for a process that tests the copy, with one thread for each library."""
    paths = (place, Path(__file__).resolve().parents[1])  # what tests is not what is changed
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("PYTEST")},
        **single,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "NUMBA_DISABLE_JIT": "0" if compiled else "1",
    }
