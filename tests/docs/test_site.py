"""The site has a page for everything, every page has its place, and what is generated is whole."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import click
import pytest

import standalone_node as sn
from standalone_node.cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

import command_pages  # noqa: E402
import public_names  # noqa: E402
import repository  # noqa: E402

#: What a reader was promised: the page, and a word that its text cannot do without.
PROMISED = {
    "start/quickstart": "node-fit fit",
    "start/install": "pip install",
    "howto/csv": "--target",
    "howto/pipeline": "GridSearchCV",
    "howto/field": "check_field",
    "howto/inverse-problem": "noise_level",
    "howto/methods": "node-fit compare",
    "howto/faster": "node-fit doctor",
    "howto/report": "report.html",
    "theory/derivations": "literalinclude",
    "mathematics": "adjoint",
    "extending": "TABLEAUX",
    "results": "Sobolev",
    "performance": "bench.py",
    "others": "torchdiffeq",
}
#: Folders whose pages are written by the build, and a page that is for a forge alone.
GENERATED = ("_build", "reference/python/", "reference/commands/")
FORGE_ONLY = {"README"}


def pages() -> set[str]:
    """The names of all pages that have a source, as Sphinx names them."""
    found = (p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*.md"))
    return {name for name in found if not name.startswith(GENERATED)} - FORGE_ONLY


def entries(page: str) -> list[str]:
    """The pages that the toctrees of a page name."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    found = []
    for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = [line.strip() for line in tree.splitlines()]
        for line in lines:
            if line and not line.startswith(":"):
                # "a title <page>", or the page alone
                path = (DOCS / page).parent / line.rpartition("<")[2].rstrip(">")
                found += [
                    p.with_suffix("").resolve().relative_to(DOCS.resolve()).as_posix()
                    for p in path.parent.glob(f"{path.name}.md")
                ]
    return found


def test_every_page_is_reached_from_the_front_page() -> None:
    reached, waiting = set(), ["index"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += entries(page)
    assert pages() - reached == set()


@pytest.mark.parametrize("page", PROMISED)
def test_the_promised_pages_are_there(page: str) -> None:
    assert PROMISED[page] in (DOCS / f"{page}.md").read_text(encoding="utf-8")


def test_every_public_name_has_a_page_that_is_listed(tmp_path: Path) -> None:
    public_names.write_pages(tmp_path)
    names = [f"standalone_node.{name}" for name in sn.__all__ if name not in ("__version__",)]
    modules = [name for name in names if name.rpartition(".")[2] in public_names.public_modules()]
    assert "standalone_node.sensitivity" in modules
    listed = (tmp_path / "standalone_node.rst").read_text(encoding="utf-8")
    for name in set(names) - set(modules):
        assert name in listed
        assert name.rpartition(".")[2] in (tmp_path / f"{name}.rst").read_text(encoding="utf-8")
    inner = (tmp_path / "sensitivity.rst").read_text(encoding="utf-8")
    for name in sn.sensitivity.__all__:
        assert f"standalone_node.sensitivity.{name}" in inner
        assert (tmp_path / f"standalone_node.sensitivity.{name}.rst").exists()


def test_a_page_of_a_name_that_is_gone_is_gone(tmp_path: Path) -> None:
    (tmp_path / "standalone_node.no_more.rst").write_text("old", encoding="utf-8")
    public_names.write_pages(tmp_path)
    assert not (tmp_path / "standalone_node.no_more.rst").exists()


def test_the_page_of_a_class_has_its_own_methods_and_not_those_of_scikit_learn() -> None:
    members = public_names.own_members(sn.NodeClassifier)
    assert {"fit", "predict", "predict_proba", "partial_fit"} <= set(members)
    assert "get_params" not in members and "set_fit_request" not in members


def test_members_that_the_package_has_for_itself_are_on_no_page_and_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [name for names in public_names.full_names().values() for name in names]
    values = [public_names.resolved(name) for name in names]
    classes = [value for value in values if isinstance(value, type)]
    shown = {name for value in classes for name in public_names.own_members(value)}
    assert not shown & public_names.FOR_THE_PACKAGE
    hidden = public_names.FOR_THE_PACKAGE
    monkeypatch.setattr(public_names, "FOR_THE_PACKAGE", set())
    everything = {name for value in classes for name in public_names.own_members(value)}
    assert everything == shown | hidden


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command_has_every_option_with_its_help(name: str) -> None:
    page = command_pages.command_page(name)
    above = click.Context(main, info_name="node-fit")
    command = main.get_command(above, name)
    assert command is not None
    ctx = click.Context(command, info_name=name, parent=above)
    options = [p for p in command.get_params(ctx) if isinstance(p, click.Option) and not p.hidden]
    assert options
    for option in options:
        for flag in option.opts:
            assert re.search(rf"^\.\. option:: .*{re.escape(flag)}\b", page, re.MULTILINE), flag
    assert page.count("\n.. option::") == len(options)


def test_the_page_of_a_command_has_the_headings_of_its_help() -> None:
    page = command_pages.command_page("fit")
    headings = [h for h in ("Data", "Network", "Optimisation", "Output") if f"\n{h}\n---" in page]
    assert headings == ["Data", "Network", "Optimisation", "Output"]
    assert "$ node-fit fit flowers.csv --target species" in page


def test_a_default_stands_apart_from_the_help() -> None:
    page = command_pages.command_page("fit")
    assert "   Default: 3 for classes, 4 for quantities." in page
    assert "[default" not in page


def test_links_of_a_page_made_from_a_file_of_the_repository_lead_to_pages() -> None:
    text = repository.page_text("project/readme", "")
    assert text.startswith("# standalone-node")
    assert "](../csv.md)" in text and "](contributing.md)" in text
    assert "{source}`CITATION.cff <CITATION.cff>`" in text


def test_links_out_of_docs_become_links_to_pages() -> None:
    assert repository.page_text("csv", "[a](../CONTRIBUTING.md)") == "[a](project/contributing.md)"
    assert repository.page_text("csv", "[a](sir.md#the-field)") == "[a](sir.md#the-field)"
    code = "```\n[a](../CONTRIBUTING.md)\n```\n"
    assert repository.page_text("csv", code) == code


def test_patterns_of_a_toctree_that_match_nothing_are_left_out() -> None:
    text = "```{toctree}\n:glob:\n\nstart/*\nno-such-part*\n```\n* a list"
    assert repository.without_empty_patterns("index", text) == text.replace("no-such-part*\n", "")


def test_files_named_in_backticks_are_found() -> None:
    assert repository.file_of("kernels/sweeps.py") == "standalone_node/kernels/sweeps.py"
    assert repository.file_of("scripts/bench.py") == "scripts/bench.py"
    assert repository.file_of("no/such.py") is None and repository.file_of("x + y") is None


def included() -> list[tuple[Path, str, str]]:
    """File, object and beginning of the pieces of code that the pages include."""
    found = []
    pattern = r"^```\{literalinclude\} (\S+)\n((?::[\w-]+:.*\n)*)"
    for page in sorted(DOCS.rglob("*.md")):
        for target, block in re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE):
            options = dict(re.findall(r"^:([\w-]+): *(.*)$", block, re.MULTILINE))
            path = (page.parent / target).resolve()
            found.append((path, options.get("pyobject", ""), options.get("start-at", "")))
    return found


def objects(text: str) -> dict[str, str]:
    """The source of each function, class and method, by its name within the file."""
    found = {}
    waiting: list[tuple[str, ast.AST]] = [("", ast.parse(text))]
    while waiting:
        above, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
                name = f"{above}{child.name}"
                found[name] = ast.get_source_segment(text, child) or ""
                waiting.append((f"{name}.", child))
    return found


def test_code_that_pages_include_is_where_they_say() -> None:
    assert len(included()) > 5
    for path, name, begins in included():
        text = path.read_text(encoding="utf-8")
        source = objects(text).get(name, "") if name else text
        assert source, f"{path.name} has no {name}"
        assert begins in source, f"{name} in {path.name} has no {begins!r}"
