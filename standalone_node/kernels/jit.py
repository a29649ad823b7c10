"""The decorators through which every kernel is compiled.

``error_model="numpy"`` keeps the zero-division check out of the loops, without which LLVM does not
vectorise a division. ``contract`` (fused multiply-add) is the only licence given to the optimiser:
``reassoc`` would cost bitwise reproducibility, and full fast-math folds ``isnan`` away. Without
``nrt``, numba's own memory, kernels can neither allocate nor return arrays, and in return count no
references to them: that took up to two thirds of the time of a sweep through narrow states.

numba is imported when the first kernel is made: a module that only holds bodies and their names
costs nothing to import.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

Body = Callable[..., Any]

OPTIONS = {"error_model": "numpy", "fastmath": {"contract"}}
KERNEL_OPTIONS = {**OPTIONS, "nogil": True, "_nrt": False}
#: The precisions that kernels are compiled for.
PRECISIONS = ("float64", "float32")
#: The routines of this process; what they compute depends on nothing but their arguments.
_ROUTINES: dict[str, Any] = {}


def kernel(body: Body) -> Body:
    """Compile `body` without the GIL, kept on disk where there is a place for it."""
    import numba

    _inlined.tell_numba()
    compiled: Any = numba.njit(**KERNEL_OPTIONS)(body)
    if compiled is not body:  # as it is if NUMBA_DISABLE_JIT is set
        from standalone_node.kernels.cache import KernelCache

        # What numba's own cache=True does, but for the class of the cache.
        compiled._cache = KernelCache(body)
    made: Body = compiled
    return made


def routine(name: str, arguments: list[Any], body: Body) -> None:
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
    import llvmlite.binding
    import numba
    from numba.core.ccallback import CFunc

    from standalone_node.kernels.cache import KernelCache

    _inlined.tell_numba()
    body = named(name)(body)
    signature = (tuple(arguments), numba.types.void)
    compiled: Any = CFunc(body, signature, locals={}, options=dict(OPTIONS))
    compiled._cache = KernelCache(body)
    compiled.compile()
    _ROUTINES[name] = compiled  # machine code goes with the object
    llvmlite.binding.add_symbol(name, compiled.address)


def inlined(body: Body) -> Body:
    """Let kernels call the plain Python function `body`, which stays a plain Python function.

    It is compiled on its own and again, with all that it calls, in whatever calls it.
    """
    _inlined.add(body)
    return body


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


class _Inlined:
    """The bodies that numba has yet to be told of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Body] = []

    def add(self, body: Body) -> None:
        with self._lock:
            self._waiting.append(body)

    def tell_numba(self) -> None:
        import numba.extending

        with self._lock:
            while self._waiting:
                numba.extending.register_jitable(**OPTIONS)(self._waiting.pop())


_inlined = _Inlined()
