"""Nothing in the package turns data into code, starts a process or opens a connection.

The source is read as a tree, so that comments and messages may speak of what is not done.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "standalone_node"
FILES = sorted(ROOT.rglob("*.py"))

#: What is not imported: it runs what it reads, or reaches out of the process.
MODULES = {
    *("pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"),
    *("yaml", "ruamel", "code", "codeop", "runpy", "imp", "pty", "subprocess", "multiprocessing"),
    *("socket", "ssl", "http", "urllib", "requests", "ftplib", "smtplib", "xmlrpc", "asyncio"),
    *("ctypes", "cffi", "webbrowser"),
}
#: What is not called by its bare name …
BUILT_IN = {"eval", "exec", "compile", "__import__", "input", "breakpoint"}
#: … nor of the module `os` …
OF_OS = {
    *("system", "popen", "fork", "forkpty", "startfile", "posix_spawn", "posix_spawnp"),
    *("execv", "execve", "execvp", "execl", "execle", "execlp", "spawnv", "spawnl", "spawnve"),
}
#: … nor as an attribute of anything.
ATTRIBUTES = {
    *("read_pickle", "to_pickle", "read_hdf", "eval", "query", "literal_eval", "fromregex"),
    *("exec_module", "load_module"),
}
#: The exceptions. Compiled kernels are machine code, and come from a folder that only the user can
#: write to (kernels/places.py); `node-fit doctor` imports the libraries in its own table.
EXCEPTIONS = {("kernels/cache.py", "pickle"), ("report/installation.py", "import_module")}


def offences(tree: ast.AST) -> Iterator[str]:
    """The names of what a source does that nothing here may do."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (a.name for a in names if a.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str() as module) if module.split(".")[0] in MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in BUILT_IN:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr=name)) if name in OF_OS:
                yield f"os.{name}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in ATTRIBUTES:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load")):
                yield "np.load"
            case ast.Call(func=ast.Name(id="import_module"), args=[where, *_]):
                if not is_ours(where):
                    yield "import_module"
            case ast.keyword(arg="allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield "allow_pickle"


def is_ours(where: ast.expr) -> bool:
    """Whether what is imported by name is a module of this package."""
    first = where.values[0] if isinstance(where, ast.JoinedStr) else where
    return isinstance(first, ast.Constant) and str(first.value).startswith("standalone_node.")


def test_no_source_runs_what_it_reads() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), what)
        for path in FILES
        for what in offences(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == EXCEPTIONS


def test_there_are_sources() -> None:
    assert len(FILES) > 150


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "exec(text)",
        "os.system(text)",
        "frame.query(text)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "read(path, allow_pickle=flag)",
        "import_module(name)",
        "import_module(f'{name}.x')",
        "import yaml as y",
    ],
)
def test_what_would_run_it_is_found(source: str) -> None:
    assert list(offences(ast.parse(source)))
