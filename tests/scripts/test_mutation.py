"""Mutation testing changes what it says it does, finds what survives, and leaves the tree alone."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
mutation: Any = importlib.import_module("mutation")
changes: Any = importlib.import_module("mutants.changes")
suite: Any = importlib.import_module("mutants.suite")
tables: Any = importlib.import_module("mutants.tables")

TOY = '''"""A toy: 1 + 1."""

from typing import TYPE_CHECKING

__all__ = ["area", "forever"]
if TYPE_CHECKING:
    LIMIT = 3


def area(width: float, height: float = 2.0) -> float:
    """width * height - 0."""
    if width < 0.0:
        raise ValueError(f"width {width + 1}")
    return width * height


def forever(n: int) -> int:
    while n > 0:
        n -= 1
    return n


def nobody(n: int) -> int:
    return n + 7
'''
TESTS = """from toy.shapes import area, forever


def test_area():
    assert area(3.0) == 6.0


def test_forever():
    assert forever(2) == 0
"""


def changed(source: str) -> list[str]:
    """What the changes make of a source of one line."""
    return [c.applied(source.encode()).decode() for c in changes.of_source("x.py", source.encode())]


@pytest.mark.parametrize(
    "source, expected",
    [
        ("x = a + b", {"x = (a - b)"}),
        ("x = a < b", {"x = (a <= b)", "x = (a >= b)"}),
        ("x = 3", {"x = 4", "x = 2"}),
        ("x = 2.5", {"x = 3.5", "x = 0.0", "x = (-2.5)"}),
        ("x = 40.0", {"x = 80.0", "x = 0.0", "x = (-40.0)"}),
        ("x = True", {"x = False"}),
        ("x = -a", {"x = a"}),
        ("x = not a", {"x = a"}),
        ("x = a or b", {"x = (a and b)"}),
        ("x = max(a, b)", {"x = min(a, b)"}),
        ("x = a[b:c]", {"x = a[:c]", "x = a[b:]"}),
        ("x = a if b else c", {"x = a if (not b) else c"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    a.b(c)", {"def f():\n    pass"}),
        ("def f():\n    a *= c", {"def f():\n    a /= c", "def f():\n    pass"}),
    ],
)
def test_every_operator_makes_the_changes_it_is_named_after(
    source: str, expected: set[str]
) -> None:
    assert set(changed(source)) == expected


def test_letters_of_several_bytes_shift_no_change() -> None:
    assert changed('π = "αβγ" + θ') == ["π = ('αβγ' - θ)"]


def test_what_no_test_should_notice_is_left_alone() -> None:
    lines = TOY.splitlines()
    found = {lines[c.line - 1] for c in changes.of_source("toy.py", TOY.encode())}
    texts = ("__all__", "LIMIT", "raise", '"""', "import", "TYPE_CHECKING")
    assert found and not any(text in line for line in found for text in texts)


def test_every_file_of_the_package_stays_python_with_any_change() -> None:
    path = ROOT / "standalone_node" / "optimize" / "step_length.py"
    source = path.read_bytes()
    found = changes.of_source("step_length.py", source)
    assert len(found) > 100
    for change in found:
        after = change.applied(source)
        assert after != source
        compile(after, change.path, "exec")


def test_a_sample_is_that_of_its_seed() -> None:
    known = changes.of_source("toy.py", TOY.encode())
    drawn = mutation.sample(known, 5, seed=3)
    assert drawn == mutation.sample(known, 5, seed=3) != mutation.sample(known, 5, seed=4)
    assert len(set(drawn)) == 5 and mutation.sample(known, 10**6, seed=0) == known


def test_the_interval_is_that_of_wilson() -> None:
    """The roots of (p - share)^2 = z^2 p (1 - p) / n."""
    for noticed, count in ((0, 7), (9, 10), (170, 200)):
        for end in tables.wilson(noticed, count):
            defect = (end - noticed / count) ** 2 - 1.959963984540054**2 * end * (1 - end) / count
            assert abs(defect) < 1e-12


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with a package and tests that overlook some of its changes."""
    for name, text in (("toy/shapes.py", TOY), ("toy/__init__.py", ""), ("tests/test_t.py", TESTS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    row = suite.Suite(("tests",), compiled=False, each=10.0)
    monkeypatch.setitem(suite.SUITES, "toy", row)
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    monkeypatch.setattr("mutants.runs.START", 10.0)
    return tmp_path


def test_survivors_are_told_from_what_is_noticed_and_the_tree_is_left_alone(toy: Path) -> None:
    expected = {
        "(width / height)": "killed",
        "(width <= 0.0)": "survived",
        "pass": "hang",
        "(n - 7)": "unreached",
    }
    before = {path: path.read_bytes() for path in toy.rglob("*") if path.is_file()}
    known = [c for c in changes.changes(toy, ["toy"]) if c.text in expected]
    verdicts = mutation.tried(toy, known, budget=5.0)
    assert {path: path.read_bytes() for path in toy.rglob("*") if path.is_file()} == before
    assert {v.change.text: v.outcome for v in verdicts} == expected
    printed = tables.lines(verdicts, {"toy/shapes.py": TOY.encode()})
    assert "toy/shapes.py:24 unreached (arithmetic)" in printed
    assert "    - return n + 7\n    + return (n - 7)" in printed
    assert "50.0 % of 4" in printed[-1]
    found = json.loads(json.dumps(tables.record(verdicts, {"seed": 1})))
    assert found["noticed"] == 2 and found["changes"][0]["by"] is None


def test_tests_that_fail_anyway_are_said(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (toy / "tests" / "test_t.py").write_text(TESTS + "\n\ndef test_wrong():\n    assert False\n")
    assert mutation.main(["--paths", "toy", "--count", "2"]) == 1
    assert "tests/test_t.py::test_wrong fails; repair that first" in capsys.readouterr().err


def test_a_path_with_nothing_to_change_is_refused(toy: Path) -> None:
    with pytest.raises(SystemExit):
        mutation.main(["--paths", "toy/__init__.py"])
