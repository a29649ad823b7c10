"""Which tests can tell that a file was changed: the tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """Tests for the files of a folder; of them all those are run that come to the changed line.

    Attributes
    ----------
    tests : tuple of str
        Files, folders and functions, as pytest takes them.
    compiled : bool
        Whether numba compiles. It must not where the kernels are changed: what runs then is the
        changed Python, and can be traced.
    each : float
        Seconds; tests that take longer are left out.
    """

    tests: tuple[str, ...]
    compiled: bool
    each: float


_NAIVE, _REVERSIBLE = "tests/problem/test_against_naive.py", "tests/problem/test_reversible.py"

#: The table: a folder and its tests. Python takes a hundred times as long as the compiled kernels
#: do, so that tests of whole problems are chosen one by one there.
SUITES: dict[str, Suite] = {
    "standalone_node/kernels": Suite(
        (
            "tests/kernels",
            f"{_NAIVE}::test_every_scheme_and_form_agrees_with_the_reference",
            f"{_NAIVE}::test_every_activation_agrees_with_the_reference",
            f"{_REVERSIBLE}::test_every_scheme_agrees_with_the_stored_reference",
            "tests/problem/test_memory.py",
        ),
        compiled=False,
        each=4.0,
    ),
    "standalone_node/optimize": Suite(("tests/optimize",), compiled=True, each=30.0),
}

_PRODUCTS = ("tests/kernels/test_products.py",)
_CACHE = tuple(f"tests/kernels/test_{name}.py" for name in ("jit", "inventory", "cache"))

#: What only the compiler runs, and the tests that let it: all of them, for what they do in other
#: processes is not seen.
COMPILED: dict[str, tuple[str, ...]] = {
    **{f"standalone_node/kernels/{name}.py": _PRODUCTS for name in ("tiles", "products")},
    **{f"standalone_node/kernels/{name}.py": _CACHE for name in ("jit", "cache", "inventory")},
}


def suite_of(path: str) -> Suite | None:
    """The tests of the folder that a file lies in."""
    return next((s for folder, s in SUITES.items() if path.startswith(f"{folder}/")), None)
