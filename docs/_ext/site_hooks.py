"""What Sphinx does for this site beyond its own: generated pages, pages of source, seconds."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command_pages
import public_names
from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from repository import ROOT, SHOWN, file_of, page_text, without_empty_patterns
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOG = logging.getLogger(__name__)
#: Pages of source lie below this.
SOURCES = "source"
#: The page that scripts/make_interactive.py writes, below docs/ and on the site.
INTERACTIVE = "interactive/index.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_role("source", Source())
    app.connect("builder-inited", write_generated)
    # After Napoleon, which takes docstrings apart.
    app.connect("autodoc-process-docstring", escape_bars, priority=600)
    app.connect("env-before-read-docs", spread_out)
    app.connect("source-read", read_source)
    app.connect("doctree-resolved", link_files)
    app.connect("html-collect-pages", source_pages)
    app.connect("build-finished", copy_interactive)
    app.connect("build-finished", tell_seconds)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def write_generated(app: Sphinx) -> None:
    """Write the pages of the reference, before Sphinx looks which pages there are."""
    reference = Path(app.srcdir) / "reference"
    public_names.write_pages(reference / "python")
    command_pages.write_pages(reference / "commands")


def spread_out(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Put pages that are executed far apart.

    Sphinx hands runs of neighbours to its processes; how-tos or lessons in a row would all be
    executed by one of them, one after the other.
    """
    long = [name for name in docnames if _is_executed(Path(env.doc2path(name)))]
    short = [name for name in docnames if name not in long]
    places = {round(k * len(docnames) / len(long)) for k in range(len(long))} if long else set()
    docnames[:] = [(long if k in places else short).pop(0) for k in range(len(docnames))]


def _is_executed(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        return path.suffix == ".ipynb" or "mystnb" in file.read(200)


def read_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give links to files outside docs/ the form they have on the site."""
    if Path(app.env.doc2path(docname)).suffix == ".md":
        source[0] = without_empty_patterns(docname, page_text(docname, source[0]))


def escape_bars(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """|x| in a docstring is an absolute value, and no substitution of reStructuredText."""
    for number, line in enumerate(lines):
        if "|" in line and "``" not in line and not line.lstrip().startswith((">>>", "...", "|")):
            lines[number] = re.sub(r"(?<!\\)\|", r"\\|", line)


class Source(SphinxRole):
    """`{source}`text <path>``: a link to the page that shows a file of the repository."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link; where it leads is known when pages are written."""
        label, _, path = self.text.rpartition("<")
        path = path.rstrip(">")
        if not (ROOT / path).is_file():
            LOG.warning("no such file in the repository: %s", path, location=self.get_location())
        node = nodes.inline(self.rawtext, label.strip() or path, source_file=path)
        return [node], []


def link_files(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make links of what the role has left, and of files named in backticks."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(nodes.inline)):
        if "source_file" in node:
            node.replace_self(_link(app, docname, node["source_file"], node.children))
    for node in list(doctree.findall(nodes.literal)):
        path = file_of(node.astext())
        if path is not None and not _inside_link(node):
            node.replace_self(_link(app, docname, path, [node.deepcopy()]))


def _inside_link(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, (nodes.reference, pending_xref)):
            return True
        node = node.parent
    return False


def _link(app: Sphinx, docname: str, path: str, children: list[nodes.Node]) -> nodes.reference:
    uri = app.builder.get_relative_uri(docname, f"{SOURCES}/{path}")
    return nodes.reference("", "", *children, internal=True, refuri=uri, classes=["source-file"])


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file that can be linked to."""
    folders = ("standalone_node", "scripts", "tests", "docs/_ext")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if _shown(path)]
    paths += [path for path in ROOT.iterdir() if path.is_file() and _shown(path)]
    for path in sorted(paths):
        name = path.relative_to(ROOT).as_posix()
        body = f"<h1><code>{html.escape(name)}</code></h1>{_highlighted(path)}"
        yield f"{SOURCES}/{name}", {"title": name, "body": body, "parents": []}, "page.html"


def _shown(path: Path) -> bool:
    if "__pycache__" in path.parts:
        return False
    return path.is_file() and path.suffix in SHOWN


def _highlighted(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    formatter = HtmlFormatter(linenos="inline", lineanchors="line", anchorlinenos=True)
    highlighted: str = highlight(text, lexer, formatter)
    return highlighted


def copy_interactive(app: Sphinx, error: Exception | None) -> None:
    """Copy the interactive page, which docs/interactive.md shows in a frame."""
    if error is not None or app.builder.format != "html":
        return
    page = Path(app.srcdir) / INTERACTIVE
    if not page.is_file():
        LOG.warning("%s is missing: make it by python scripts/make_interactive.py", page)
        return
    goal = Path(app.outdir) / INTERACTIVE
    goal.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(page, goal)


def tell_seconds(app: Sphinx, error: Exception | None) -> None:
    """Print what every executed page took."""
    found = {}
    for docname, data in getattr(app.env, "nb_metadata", {}).items():
        runtime = (data.get("exec_data") or {}).get("runtime")
        if runtime is not None:
            found[docname] = float(runtime)
    if error is not None or not found:
        return
    # Printed, not logged: with -q Sphinx keeps quiet, and this is asked for.
    print(f"Seconds of the pages that were executed, {sum(found.values()):.0f} together:")
    for docname, seconds in sorted(found.items(), key=lambda item: -item[1]):
        print(f"{seconds:8.1f}  {docname}")
