"""Files of the repository that pages of the site speak of: pure functions on texts and paths.

Pages link to each other and to files outside docs/ by relative paths, as a forge shows them. On the
site README, CONTRIBUTING and the like are pages as well, and every other file has a page that shows
its source.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: The table: files outside docs/ that are pages of the site, and the page that holds them.
PAGES = {
    "README.md": "project/readme",
    "CONTRIBUTING.md": "project/contributing",
    "SECURITY.md": "project/security",
    "CHANGELOG.md": "project/changelog",
    "data/README.md": "project/data",
    "docs/README.md": "index",
}
#: Where a path in backticks may begin.
BASES = ("", "standalone_node/", "docs/", "standalone_node/sensitivity/")
#: Endings of files that have a page that shows them.
SHOWN = (".py", ".sh", ".cfg", ".toml", ".txt", ".cff")
_LINK = re.compile(r"(!?)\[([^\]\n]*(?:\n[^\]\n]*)?)\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```[^\n]*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def page_text(docname: str, text: str) -> str:
    """The source of a page with its links to files outside docs/ as the site has them.

    A page of `PAGES` is the file it holds, whatever stands in its own source.
    """
    held = {page: name for name, page in PAGES.items() if not name.startswith("docs/")}
    if docname in held:
        source = ROOT / held[docname]
        text = source.read_text(encoding="utf-8")
    else:
        source = DOCS / f"{docname}.md"
    return outside_code(text, lambda part: _LINK.sub(_rewriter(docname, source), part))


def without_empty_patterns(docname: str, text: str) -> str:
    """The text without the entries of toctrees that are patterns and match no page.

    A part of the site may be left out; Sphinx has no way to be told so.
    """
    here = (DOCS / docname).parent

    def kept(line: str) -> bool:
        if not re.fullmatch(r"[\w./-]+\*", line):
            return True
        return any(path.suffix in (".md", ".rst", ".ipynb") for path in here.glob(line))

    return "\n".join(line for line in text.split("\n") if kept(line))


def outside_code(text: str, change):  # type: ignore[no-untyped-def]
    """The text with `change` applied to all that is no code."""
    parts, last = [], 0
    pieces = list(_CODE.finditer(text))
    # A link's text may be in backticks, so a piece of code inside a link is left to the link.
    for piece in pieces:
        if piece.group().startswith("```"):
            parts += [change(text[last : piece.start()]), piece.group()]
            last = piece.end()
    return "".join([*parts, change(text[last:])])


def _rewriter(docname: str, source: Path):  # type: ignore[no-untyped-def]
    here = (DOCS / docname).parent

    def rewritten(match: re.Match[str]) -> str:
        image, label, target = match.groups()
        name, _, anchor = target.partition("#")
        if "://" in target or not name:
            return match.group()
        goal = (source.parent / name).resolve()
        if not goal.is_relative_to(ROOT) or not goal.exists():
            return match.group()
        inside = goal.relative_to(ROOT).as_posix()
        if inside in PAGES:
            goal = DOCS / f"{PAGES[inside]}.md"
        elif not goal.is_relative_to(DOCS):
            return f"{{source}}`{label.replace('`', '')} <{inside}>`"
        path = os.path.relpath(goal, here)
        return f"{image}[{label}]({path}{'#' + anchor if anchor else ''})"

    return rewritten


def file_of(literal: str) -> str | None:
    """The file of the repository that a text in backticks names, if it does."""
    if not re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", literal) or not literal.endswith(SHOWN):
        return None
    for base in BASES:
        path = ROOT / base / literal
        # One name without a folder would be found in many places.
        if path.is_file() and ("/" in base + literal) and _tracked(path):
            return path.relative_to(ROOT).as_posix()
    return None


def _tracked(path: Path) -> bool:
    return not any(part.startswith((".", "_build")) for part in path.relative_to(ROOT).parts)
