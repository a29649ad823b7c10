"""Check that every internal link and anchor of a built site leads somewhere.

    python scripts/check_links.py docs/_build/html

Links to other hosts are not followed, but what a page shows or runs has to be in the site, which is
to work from disk without a network. Exit code 1 if a link is broken; each is printed with the page
it stands on.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: The attributes in which a page names another file, by element.
NAMING = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src"}
#: The relations of a <link> to what a browser fetches by itself.
FETCHED = {"stylesheet", "preload", "icon"}


@dataclass
class Page:
    """What a page links to, and the anchors it has."""

    links: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of links and anchors."""
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.page.anchors.add(value)
            elif NAMING.get(tag) == name:
                self.page.links.add(value)
                if _is_fetched(tag, dict(attrs).get("rel") or ""):
                    self.page.fetched.add(value)


def _is_fetched(tag: str, relation: str) -> bool:
    return tag != "a" and (tag != "link" or bool(FETCHED & set(relation.split())))


def read_page(path: Path) -> Page:
    """The links and anchors of one page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def page_paths(site: Path) -> list[Path]:
    """The pages below a folder; what lies in _static belongs to the theme and may be templates."""
    return sorted(p for p in site.rglob("*.html") if "_static" not in p.relative_to(site).parts)


def broken_links(site: Path) -> list[tuple[Path, str, str]]:
    """The page, the link, and what is wrong with it, for each broken link below a folder."""
    site = site.resolve()
    pages = {path: read_page(path) for path in page_paths(site)}
    found = []
    for path, page in pages.items():
        for link in sorted(page.fetched):
            if urlsplit(link).netloc:
                found.append((path.relative_to(site), link, "is fetched from another host"))
        for link in sorted(page.links):
            fault = _fault(site, path, link, pages)
            if fault:
                found.append((path.relative_to(site), link, fault))
    return found


def _fault(site: Path, path: Path, link: str, pages: dict[Path, Page]) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if goal.is_dir():
        goal = goal / "index.html"
    if parts.path.startswith("/") or not goal.is_relative_to(site):
        return "leads out of the site"
    if not goal.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    # The empty anchor, and "#top", are the top of any page.
    if anchor and anchor != "top" and goal in pages and anchor not in pages[goal].anchors:
        return "no such anchor"
    return ""


def main() -> int:
    """Print the broken links; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder with the built pages")
    site = parser.parse_args().site
    count = len(page_paths(site))
    if not count:
        print(f"{site}: no pages here; build them by: sh scripts/docs.sh", file=sys.stderr)
        return 1
    found = broken_links(site)
    for page, link, fault in found:
        print(f"{page}: {link}: {fault}")
    print(f"{count} pages, {len(found)} broken links")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
