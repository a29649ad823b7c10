"""The list of dependencies is that of the package, and the licences are those they have."""

from __future__ import annotations

import configparser
import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^\| ([\w-]+) \| ([\d.]+) \| ([\w.-]+) \| (.+) \|$", re.MULTILINE)
ROWS = {
    name: (lowest, licence, use)
    for name, lowest, licence, use in LINE.findall(
        (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    )
}
#: What metadata of older style, a text or a classifier, says instead of an SPDX name.
FAMILY = {
    "BSD-3-Clause": r"\bBSD\b",
    "BSD-2-Clause": r"\bBSD\b",
    "MIT": r"\bMIT\b",
    "PSF-2.0": r"Python Software Foundation|\bPSF\b",
    "Apache-2.0": r"Apache (Software )?License",
}


def test_the_list_is_that_of_setup_cfg() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = parser["options"]["install_requires"].split()
    lines += parser["options.extras_require"]["dask"].split()
    required = dict(line.replace("[dataframe]", "").split(">=") for line in lines)
    assert {name: lowest for name, (lowest, _, _) in ROWS.items()} == required
    assert all(len(use) > 10 for _, _, use in ROWS.values())


@pytest.mark.parametrize("name", ROWS)
def test_a_licence_is_the_one_the_package_declares(name: str) -> None:
    _, licence, _ = ROWS[name]
    declared = metadata(name)
    expression = declared.get("License-Expression")
    if expression:
        assert licence in re.split(r"[ ()]+", expression)
        return
    classifiers = [c for c in declared.get_all("Classifier") or [] if c.startswith("License ::")]
    said = "\n".join([declared.get("License") or "", *classifiers])
    assert re.search(FAMILY[licence], said)
