"""The examples in the docstrings of the package give what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import standalone_node

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(standalone_node.__path__, "standalone_node.")
    if not found.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_show(name: str) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_there_are_examples_in_docstrings() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    public = importlib.import_module("standalone_node.sensitivity.derivatives.jacobians")
    assert any(example.examples for example in finder.find(public))
