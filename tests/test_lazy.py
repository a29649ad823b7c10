"""Names that are imported when they are first used: once, and by the package that has them."""

from __future__ import annotations

import sys
import types

import pytest

from standalone_node.lazy import importer


def test_a_name_is_kept_in_its_package_once_it_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = (
        types.ModuleType("standalone_node.toy"),
        types.ModuleType("standalone_node.toy.home"),
    )
    module.answer = 42  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "standalone_node.toy", package)
    monkeypatch.setitem(sys.modules, "standalone_node.toy.home", module)
    assert importer("standalone_node.toy", {"answer": "home"})("answer") == 42
    assert package.answer == 42


@pytest.mark.parametrize("name", ["", ".plot", ".sensitivity"])
def test_a_name_that_there_is_not_is_refused_with_that_of_the_package(name: str) -> None:
    package = sys.modules.get(f"standalone_node{name}") or __import__(
        f"standalone_node{name}", fromlist=["nothing"]
    )
    with pytest.raises(AttributeError, match=rf"module 'standalone_node{name}' has no attribute"):
        _ = package.nothing
