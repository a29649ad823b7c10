"""What is installed is the whole package: every folder, the data sets and the command."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy, so that nothing is left behind in the working tree."""
    pytest.importorskip("setuptools", minversion="77", reason="setup.cfg needs setuptools 77")
    folder = tmp_path_factory.mktemp("wheel")
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("standalone_node", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    build = "from setuptools.build_meta import build_wheel; build_wheel('made')"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "made").glob("*.whl")
    return zipfile.ZipFile(path)


def test_setup_cfg_lists_every_folder_of_the_package(settings: configparser.ConfigParser) -> None:
    listed = set(settings["options"]["packages"].split())
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "standalone_node").rglob("__init__.py")
    }
    assert listed == found | {"standalone_node.data"}


def test_the_wheel_holds_every_module_of_the_working_tree(wheel: zipfile.ZipFile) -> None:
    modules = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "standalone_node").rglob("*.py")
    }
    assert modules <= set(wheel.namelist())
    assert "standalone_node/py.typed" in wheel.namelist()


def test_the_wheel_holds_every_data_set_as_it_is(wheel: zipfile.ZipFile) -> None:
    data_sets = list((ROOT / "data").glob("*.csv"))
    assert data_sets
    for path in data_sets:
        assert wheel.read(f"standalone_node/data/{path.name}") == path.read_bytes(), path.name


def test_the_wheel_holds_the_templates_of_the_report_as_they_are(wheel: zipfile.ZipFile) -> None:
    templates = ROOT / "standalone_node" / "report" / "templates"
    names = {path.name for path in templates.iterdir()}
    assert names >= {"report.html.jinja", "report.css"}
    for name in names:
        path = f"standalone_node/report/templates/{name}"
        assert wheel.read(path) == (templates / name).read_bytes(), name


def test_the_wheel_brings_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert "License-Expression: MIT" in wheel.read(metadata).decode()
    folder = metadata.rsplit("/", 1)[0]
    assert "Copyright" in wheel.read(f"{folder}/licenses/LICENSE").decode()
    commands = wheel.read(f"{folder}/entry_points.txt").decode()
    assert "node-fit = standalone_node.cli.main:main" in commands


def test_the_lowest_versions_are_the_lower_bounds(settings: configparser.ConfigParser) -> None:
    requirements = settings["options"]["install_requires"].split()
    requirements += settings["options.extras_require"]["dask"].split()
    bounds = dict(
        requirement.replace("[dataframe]", "").split(">=") for requirement in requirements
    )
    constraints = re.findall(
        r"^([\w-]+)==(\S+)$", (ROOT / "scripts" / "lowest.txt").read_text(), re.MULTILINE
    )
    assert {name: Version(version) for name, version in constraints} == {
        name: Version(version) for name, version in bounds.items()
    }


def test_the_citation_names_this_version() -> None:
    module = (ROOT / "standalone_node" / "_version.py").read_text()
    version = re.search(r'__version__ = "(.+)"', module)
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert version is not None and cited is not None
    assert cited[1] == version[1]


def test_the_wheel_is_for_every_system(wheel: zipfile.ZipFile) -> None:
    assert Path(str(wheel.filename)).name.endswith("-py3-none-any.whl")
    assert not [name for name in wheel.namelist() if name.endswith((".so", ".pyd", ".c", ".pyx"))]
