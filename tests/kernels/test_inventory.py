"""What is kept on disk is told apart by form, activation and precision, as the tables have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from standalone_node.kernels import inventory
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.inventory import (
    kept_kernels,
    leftovers,
    shares,
    to_be_compiled,
)
from standalone_node.kernels.jit import PRECISIONS, inlined, kernel
from standalone_node.kernels.stages import FORMS

pytestmark = pytest.mark.compiled


@inlined
def one(x):  # type: ignore[no-untyped-def]
    return x


@inlined
def two(x):  # type: ignore[no-untyped-def]
    return 2.0 * x


def _forward(activate: Callable[..., Any]) -> Any:
    @kernel
    def forward(x, out):  # type: ignore[no-untyped-def]
        out[0] = activate(x[0])

    return forward


def _backward() -> Any:
    @kernel
    def backward(x, out):  # type: ignore[no-untyped-def]
        out[0] = -x[0]

    return backward


@pytest.fixture
def small(cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, Any]]:
    """Sweeps that compile at once, of one form and two activations."""
    back = _backward()
    made = {"one": (_forward(one), back), "two": (_forward(two), back)}
    monkeypatch.setattr(inventory, "FORMS", {"form": None})
    monkeypatch.setattr(inventory, "ACTIVATIONS", dict.fromkeys(made))
    monkeypatch.setattr(inventory, "unprepared", lambda form, activation: made[activation])
    return made


def use(sweep: Callable[..., Any], dtype: str = "float64") -> None:
    sweep(np.ones(1, dtype), np.ones(1, dtype))


def counted() -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (share.activation, share.dtype): (share.kept, share.all) for share in shares(kept_kernels())
    }


def test_an_empty_cache_lacks_everything(small: dict[str, tuple[Any, Any]]) -> None:
    assert kept_kernels() == []
    assert set(counted().values()) == {(0, 2)}
    assert to_be_compiled("form", "one")


def test_a_kernel_counts_for_every_activation_that_shares_it(
    small: dict[str, tuple[Any, Any]],
) -> None:
    forward, backward = small["one"]
    use(forward)
    assert to_be_compiled("form", "one")
    use(backward)
    assert not to_be_compiled("form", "one")
    assert to_be_compiled("form", "two") and to_be_compiled("form", "one", "float32")
    assert counted() == {
        ("one", "float64"): (2, 2),
        ("one", "float32"): (0, 2),
        ("two", "float64"): (1, 2),
        ("two", "float32"): (0, 2),
    }
    assert {(kernel.name, kernel.dtype) for kernel in kept_kernels()} == {
        ("forward", "float64"),
        ("backward", "float64"),
    }
    assert all(kernel.usable and kernel.size > 1000 for kernel in kept_kernels())


def test_precisions_are_told_apart(small: dict[str, tuple[Any, Any]]) -> None:
    for sweep in small["two"]:
        use(sweep, "float32")
    assert to_be_compiled("form", "two") and not to_be_compiled("form", "two", "float32")


def test_what_other_versions_made_is_there_but_does_not_count(
    small: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for sweep in small["one"]:
        use(sweep)
    monkeypatch.setattr("standalone_node.kernels.cache.np.__version__", "1.0")
    assert [kernel.usable for kernel in kept_kernels()] == [False, False]
    assert to_be_compiled("form", "one")


def test_every_row_of_the_tables_has_its_share_in_every_precision() -> None:
    found = list(shares([]))
    assert {(share.form, share.activation, share.dtype) for share in found} == {
        (form, activation, dtype)
        for form in FORMS for activation in ACTIVATIONS for dtype in PRECISIONS
    }  # fmt: skip
    assert all(share.kept == 0 < share.all for share in found)


def test_folders_of_other_sources_are_leftovers(cache: Path) -> None:
    (cache.parent / "kernels-of-old").mkdir()
    (cache.parent / "something-else").mkdir()
    assert [path.name for path in leftovers() if path.parent == cache.parent] == ["kernels-of-old"]
