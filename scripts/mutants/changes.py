"""Small changes of a Python source, each of which a test should notice.

An operator looks at one node of the syntax tree and yields which node (mostly this one) could be
replaced by what; it is one function and one row of `OPERATORS`. What no test should notice is left
alone: docstrings, other texts, annotations, `__all__`, decorators, `raise` and `assert`, what only
type checkers read.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Change:
    """One change of one file.

    `path` is relative to the root of the tree, `line` that of the node, `lines` the first and last
    of its statement (of a loop or a condition: without what is in it), `first` and `last` the bytes
    of the file that `text` replaces; `outside` tells that the statement is run by the import.
    """

    path: str
    line: int
    lines: tuple[int, int]
    operator: str
    first: int
    last: int
    text: str
    outside: bool

    def applied(self, source: bytes) -> bytes:
        """The file with the change."""
        return source[: self.first] + self.text.encode() + source[self.last :]

    def shown(self, source: bytes) -> str:
        """The lines before and after, for people."""
        begin = source.rfind(b"\n", 0, self.first) + 1
        end = source.find(b"\n", self.last) % (len(source) + 1)
        before = source[begin:end].decode()
        after = (source[begin : self.first] + self.text.encode() + source[self.last : end]).decode()
        return "\n".join(
            f"    {sign} {line.strip()}"
            for sign, text in (("-", before), ("+", after))
            for line in text.splitlines()
        )


#: A node, and what stands in its place.
Replacement = tuple[ast.AST, ast.AST]

_BINARY: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
# The opposite, and the same with the boundary on the other side.
_COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_SWAPPED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
#: Numbers from here on are doubled and not increased by 1, which would change nothing of them.
_LARGE = 10.0


def _with(node: Any, **fields: Any) -> Any:
    """The node with some of its fields replaced."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def arithmetic(node: ast.AST) -> Iterator[Replacement]:
    """+ for -, * for /, …; in assignments such as += too."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _BINARY.get(type(node.op), ()):
            yield node, _with(node, op=other())


def comparison(node: ast.AST) -> Iterator[Replacement]:
    """<= and >= for <, …"""
    if isinstance(node, ast.Compare):
        for n, op in enumerate(node.ops):
            for other in _COMPARED[type(op)]:
                yield node, _with(node, ops=[*node.ops[:n], other(), *node.ops[n + 1 :]])


def constant(node: ast.AST) -> Iterator[Replacement]:
    """Numbers 1 larger, 1 smaller (whole ones), 0 or of the other sign (others); not True."""
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    if isinstance(value, bool):
        yield node, ast.Constant(not value)
    elif isinstance(value, int):
        yield node, ast.Constant(value + 1)
        yield node, ast.Constant(value - 1)
    elif isinstance(value, float):
        yield node, ast.Constant(value + 1.0 if abs(value) < _LARGE else 2.0 * value)
        if value != 0.0:
            yield node, ast.Constant(0.0)
            yield node, ast.UnaryOp(ast.USub(), ast.Constant(value))


def sign(node: ast.AST) -> Iterator[Replacement]:
    """x for -x."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, node.operand


def negation(node: ast.AST) -> Iterator[Replacement]:
    """x for not x, and conditions the other way round."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    # Of comparisons and of `and`, `or` and `not` there are opposites anyway.
    simple = ast.Name | ast.Attribute | ast.Call | ast.Subscript
    if isinstance(node, ast.If | ast.While | ast.IfExp) and isinstance(node.test, simple):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)


def condition(node: ast.AST) -> Iterator[Replacement]:
    """`and` for `or`, and the reverse."""
    if isinstance(node, ast.BoolOp):
        yield node, _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())


def extremum(node: ast.AST) -> Iterator[Replacement]:
    """min for max, and the reverse."""
    if isinstance(node, ast.Name) and node.id in _SWAPPED:
        yield node, ast.Name(_SWAPPED[node.id], node.ctx)
    if isinstance(node, ast.Attribute) and node.attr in _SWAPPED:
        yield node, _with(node, attr=_SWAPPED[node.attr])


def bound(node: ast.AST) -> Iterator[Replacement]:
    """A slice without its lower or its upper bound."""
    if isinstance(node, ast.Slice):
        if node.lower is not None:
            yield node, _with(node, lower=None)
        if node.upper is not None:
            yield node, _with(node, upper=None)


def deletion(node: ast.AST) -> Iterator[Replacement]:
    """A statement less: an assignment, or a call of which nothing is read."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    assigned = isinstance(node, ast.Assign | ast.AugAssign)
    if called or assigned or (isinstance(node, ast.AnnAssign) and node.value is not None):
        yield node, ast.Pass()


def returned(node: ast.AST) -> Iterator[Replacement]:
    """None instead of a value."""
    if isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"):
        yield node, _with(node, value=ast.Constant(None))


#: The table: a name, and the function that yields what could be replaced.
OPERATORS: dict[str, Callable[[ast.AST], Iterator[Replacement]]] = {
    "arithmetic": arithmetic,
    "comparison": comparison,
    "constant": constant,
    "sign": sign,
    "negation": negation,
    "condition": condition,
    "extremum": extremum,
    "bound": bound,
    "deletion": deletion,
    "return": returned,
}


def changes(root: Path, paths: list[str]) -> list[Change]:
    """All changes of the files below the paths, in the order of files and lines."""
    files = sorted(f for path in paths for f in _sources(root / path))
    return [c for f in files for c in of_source(f.relative_to(root).as_posix(), f.read_bytes())]


def _sources(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.py"))


def of_source(path: str, source: bytes) -> list[Change]:
    """All changes of one source."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, outside, span in _nodes(ast.parse(source), True, (1, 1)):
        for name, operator in OPERATORS.items():
            if outside and name == "deletion":
                continue  # without a name that is imported nothing at all runs
            for old, other in operator(node):
                place: Any = old
                first = starts[place.lineno - 1] + place.col_offset
                last = starts[place.end_lineno - 1] + place.end_col_offset
                text = ast.unparse(ast.fix_missing_locations(other))
                simple = not isinstance(old, ast.expr) or isinstance(old, ast.Slice)
                text = text if simple or isinstance(other, ast.Constant | ast.Name) else f"({text})"
                found.append(Change(path, place.lineno, span, name, first, last, text, outside))
    return found


def _nodes(
    node: ast.AST, outside: bool, span: tuple[int, int]
) -> Iterator[tuple[ast.AST, bool, tuple[int, int]]]:
    """All nodes that may be changed, whether the import runs them, the lines of their statement."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        within = outside and not (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and name == "body"
        )
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _left_alone(child):
                continue
            lines = _span(child) if isinstance(child, ast.stmt) else span
            if hasattr(child, "lineno"):
                yield child, within, lines
            yield from _nodes(child, within, lines)


def _span(statement: Any) -> tuple[int, int]:
    body = getattr(statement, "body", None)
    end = body[0].lineno - 1 if body else statement.end_lineno
    return statement.lineno, max(statement.lineno, end)


def _left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
    return False
