"""Broken links of a built site are found, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.check_links import broken_links

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_links.py"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two pages that link to each other, and a picture."""
    (tmp_path / "more").mkdir()
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "index.html").write_text(
        '<h1 id="top-of-all">A</h1><a href="more/">b</a><a href="more/index.html#part%201">b</a>'
        '<a href="#top-of-all">a</a><a href="#">top</a><img src="picture.png?v=1">'
        '<a href="https://example.org/x#y">far</a><a href="mailto:a@example.org">post</a>'
    )
    (tmp_path / "more" / "index.html").write_text('<a name="part 1"></a><a href="../">a</a>')
    return tmp_path


def test_a_sound_site_has_no_broken_links(site: Path) -> None:
    assert broken_links(site) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("nowhere.html", "no such file"),
        ("more/#part%202", "no such anchor"),
        ("#nothing", "no such anchor"),
        ("../outside.html", "leads out of the site"),
        ("/from/the/root.html", "leads out of the site"),
    ],
)
def test_a_broken_link_is_told_with_its_page(site: Path, link: str, fault: str) -> None:
    page = site / "index.html"
    page.write_text(page.read_text() + f'<a href="{link}">x</a>')
    assert broken_links(site) == [(Path("index.html"), link, fault)]


@pytest.mark.parametrize(
    "element",
    [
        '<script src="https://example.org/far">',
        '<link rel="stylesheet" href="https://example.org/far">',
        '<img src="https://example.org/far">',
        '<iframe src="https://example.org/far">',
    ],
)
def test_what_a_page_shows_has_to_be_in_the_site(site: Path, element: str) -> None:
    page = site / "index.html"
    page.write_text(page.read_text() + element)
    fault = "is fetched from another host"
    assert broken_links(site) == [(Path("index.html"), "https://example.org/far", fault)]


def test_addresses_that_nothing_fetches_are_left_alone(site: Path) -> None:
    page = site / "index.html"
    canonical = '<link rel="canonical" href="https://example.org/far">'
    page.write_text(page.read_text() + canonical + '<img src="data:image/png;base64,AAAA">')
    assert broken_links(site) == []


def test_what_the_theme_brings_is_left_alone(site: Path) -> None:
    (site / "_static").mkdir()
    (site / "_static" / "template.html").write_text('<a href="{{ there }}">x</a>')
    assert broken_links(site) == []


def test_the_exit_code_tells(site: Path, tmp_path: Path) -> None:
    def code(folder: Path) -> int:
        return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True).returncode

    assert code(site) == 0
    (site / "more" / "index.html").write_text('<a href="gone.html">x</a>')
    assert code(site) == 1
    (tmp_path / "empty").mkdir()
    assert code(tmp_path / "empty") == 1
