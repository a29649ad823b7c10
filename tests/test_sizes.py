"""Files and functions stay small; what is long says why in its docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Lines of a file, and lines of a function without its docstring.
FILE, FUNCTION = 500, 60
#: How the sentence of a docstring begins that gives the reason.
REASON = "Long because "
Definition = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Path]:
    found = (ROOT / name for name in ("standalone_node", "scripts", "tests", "docs"))
    return [path for folder in found for path in sorted(folder.rglob("*.py")) if is_ours(path)]


def scripts_of_pages() -> list[Path]:
    return [path for path in sorted((ROOT / "docs").rglob("*.js")) if is_ours(path)]


def is_ours(path: Path) -> bool:
    """Whether it is written by hand: what is built lies in folders such as _build."""
    return not {"_build", "_site", "node_modules", "_static"} & set(path.relative_to(ROOT).parts)


def lines_of(function: Definition) -> int:
    """From `def` to the last line, the docstring apart; decorators, as options, are a table."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return total
    text = function.body[0]
    return total - ((text.end_lineno or text.lineno) - text.lineno + 1)


def has_reason(docstring: str | None) -> bool:
    return docstring is not None and REASON in " ".join(docstring.split())


def too_long(text: str, file: int = FILE, function: int = FUNCTION) -> Iterator[str]:
    """What of a module is longer than that and does not say why."""
    tree, count = ast.parse(text), len(text.splitlines())
    if count > file and not has_reason(ast.get_docstring(tree)):
        yield f"{count} lines"
    for node in ast.walk(tree):
        if not isinstance(node, Definition) or has_reason(ast.get_docstring(node)):
            continue
        if lines_of(node) > function:
            yield f"{node.name}: {lines_of(node)} lines"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_and_no_function_is_long_without_a_reason(path: Path) -> None:
    assert list(too_long(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", scripts_of_pages(), ids=lambda path: path.name)
def test_no_script_of_a_page_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE


def test_the_documentation_is_looked_at() -> None:
    found = {str(path.relative_to(ROOT)) for path in [*sources(), *scripts_of_pages()]}
    assert found >= {"docs/conf.py", "docs/course/coursework.py", "docs/interactive/page.js"}
    assert any(name.startswith("docs/_ext/") for name in found)


LONG = '''
def f(x):
    """Say.

    And more.
    """
    x = 1
    return x
'''


def test_docstrings_and_decorators_are_not_counted() -> None:
    for text in (LONG, LONG.replace("def", "@mark\n@mark\ndef")):
        assert list(too_long(text, function=3)) == []
        assert list(too_long(text, function=2)) == ["f: 3 lines"]


def test_a_reason_in_the_docstring_excuses() -> None:
    excused = LONG.replace("And more.", "Long\n    because it is one table.")
    assert list(too_long(excused, function=2)) == []
    assert list(too_long(LONG, file=3)) == ["8 lines"]
    assert list(too_long(f'"""Long because it is one table."""\n{LONG}', file=3)) == []
