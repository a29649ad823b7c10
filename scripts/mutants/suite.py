"""Which tests can tell that a file was changed: the tables."""

from __future__ import annotations

#: Tests that are run without numba's compiler, by the folder that is changed. Of them all only those
#: are run that come to the changed line.
INTERPRETED: dict[str, tuple[str, ...]] = {
    "standalone_node/kernels": (
        "tests/kernels",
        "tests/model/test_tableaux.py",
        "tests/problem/test_against_naive.py",
        "tests/problem/test_reversible.py",
        "tests/problem/test_two_layers.py",
        "tests/problem/test_transpose.py",
        "tests/problem/test_memory.py",
    ),
    "standalone_node/optimize": ("tests/optimize",),
}

#: What only the compiler runs, and the tests that let it: all of them, for what they do in other
#: processes is not seen.
COMPILED: dict[str, tuple[str, ...]] = {
    "standalone_node/kernels/tiles.py": ("tests/kernels/test_products.py",),
    "standalone_node/kernels/products.py": ("tests/kernels/test_products.py",),
    "standalone_node/kernels/jit.py": ("tests/kernels/test_jit.py", "tests/kernels/test_cache.py"),
    "standalone_node/kernels/cache.py": (
        "tests/kernels/test_cache.py",
        "tests/kernels/test_inventory.py",
    ),
    "standalone_node/kernels/inventory.py": ("tests/kernels/test_inventory.py",),
}


def interpreted(path: str) -> tuple[str, ...]:
    """The tests of the folder that a file lies in; none if the table does not know it."""
    return next((t for folder, t in INTERPRETED.items() if path.startswith(f"{folder}/")), ())
