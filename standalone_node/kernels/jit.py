"""The two decorators through which every kernel is compiled, and where compiled code is kept.

``error_model="numpy"`` keeps the zero-division check out of the loops, without which LLVM does not
vectorise a division. ``contract`` (fused multiply-add) is the only licence given to the optimiser:
``reassoc`` would cost bitwise reproducibility, and full fast-math folds ``isnan`` away. Without
``nrt``, numba's own memory, kernels can neither allocate nor return arrays, and in return count no
references to them: that took up to two thirds of the time of a sweep through narrow states.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numba.extending

Body = Callable[..., Any]

OPTIONS = {"error_model": "numpy", "fastmath": {"contract"}}
#: The routines of this process; what they compute depends on nothing but their arguments.
_ROUTINES: dict[str, Any] = {}
KERNEL_OPTIONS = {**OPTIONS, "nogil": True, "_nrt": False}


def kernel(body: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `body` without the GIL, cached on disk where a cache can be written."""
    folder = cache_folder()
    if folder is None:
        compiled: Callable[..., Any] = numba.njit(**KERNEL_OPTIONS)(body)
        return compiled
    with _caching_in(folder):
        compiled = numba.njit(cache=True, **KERNEL_OPTIONS)(body)
    return compiled


def routine(name: str, arguments: list[Any], body: Callable[..., Any]) -> None:
    """Compile `body` by itself, as a function that machine code of kernels finds by `name`.

    Parameters
    ----------
    name : str
        One for each body and kind of arguments.
    arguments : list of numba types
    body : callable
        Returns nothing.

    Notes
    -----
    Kernels that call it have to be compiled or loaded afterwards. What many kernels call is
    compiled once this way, and not again into each of them.
    """
    signature, folder = numba.types.void(*arguments), cache_folder()
    body = named(name)(body)
    if folder is None:
        compiled = numba.cfunc(signature, **OPTIONS)(body)
    else:
        with _caching_in(folder):
            compiled = numba.cfunc(signature, cache=True, **OPTIONS)(body)
    _ROUTINES[name] = compiled  # machine code goes with the object
    llvmlite.binding.add_symbol(name, compiled.address)


def inlined(body: Callable[..., Any]) -> Callable[..., Any]:
    """Let kernels call the plain Python function `body`, which stays a plain Python function.

    Being one, it may also be a free variable of a kernel made by a factory: numba finds the
    kernel again in its cache by the names of such functions, which it cannot for compiled ones.
    """
    jitable: Callable[..., Any] = numba.extending.register_jitable(**OPTIONS)(body)
    return jitable


def named(*parts: object) -> Callable[[Body], Body]:
    """Give a function that a factory makes a name of its own, before it is compiled.

    Compiled code is linked by names, and numba tells functions of one name apart by numbers that
    are counted in each process. Two functions from one factory, compiled by two processes and
    taken out of the cache by a third, could have the same number: one would be called as the other.
    """

    def rename(body: Body) -> Body:
        body.__name__ = body.__qualname__ = "_".join(str(part).replace("-", "_") for part in parts)
        return body

    return rename


@cache
def cache_folder() -> Path | None:
    """Where compiled kernels are kept; None if there is no place for them.

    The folder is named after the source of all kernels, because numba compares a kernel with the
    source of its own file only, and would not notice a change in a function it calls. It lies in
    NUMBA_CACHE_DIR, the user's cache folder or the folder for temporary files, whichever comes
    first and can be written to.
    """
    name = f"kernels-{_fingerprint()}"
    for place in _places():
        folder = place / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def to_be_compiled() -> bool:
    """Whether the next sweeps have to be compiled, none being kept from earlier runs."""
    folder = cache_folder()
    return folder is None or not any(folder.iterdir())


def _places() -> Iterator[Path]:
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR) / "standalone-node"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):
        yield Path(home) / "standalone-node"
    # Compiled code is run: nobody else may be able to put it there.
    owner = os.getuid() if hasattr(os, "getuid") else 0
    private = Path(tempfile.gettempdir()) / f"standalone-node-{owner}"
    try:
        private.mkdir(mode=0o700, exist_ok=True)
        status = private.lstat()
    except OSError:
        return
    if not hasattr(os, "getuid") or (status.st_uid == owner and status.st_mode & 0o077 == 0):
        yield private


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _caching_in(folder: Path) -> Iterator[None]:
    """Let numba keep the kernels made meanwhile in `folder`: it looks when it makes one."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
