"""The report of a fit: what `node-fit fit --report` writes, as a document."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from standalone_node._version import __version__
from standalone_node.learn.tabular import Fitted
from standalone_node.report.document import Document
from standalone_node.report.numbers import count
from standalone_node.report.training_sections import SECTIONS
from standalone_node.report.training_verdicts import opening, verdicts

#: The libraries a result may depend on.
_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "pandas", "matplotlib")


def training_document(fitted: Fitted, facts: Mapping[str, Any]) -> Document:
    """The document of a fit.

    Parameters
    ----------
    fitted : Fitted
    facts : mapping
        Of the fit, by `standalone_node.report.facts.fit_facts`.
    """
    target = facts["target"]
    return Document(
        title=f"Model of {target}",
        subtitle=f"Fitted to {facts['data']}: {_rows(facts)}.",
        answer=opening(facts),
        verdicts=verdicts(fitted, facts),
        sections=tuple(
            section for make in SECTIONS if (section := make(fitted, facts)) is not None
        ),
        provenance=provenance(facts),
        facts=dict(facts),
        warnings=tuple(facts["warnings"]),
    )


def _rows(facts: Mapping[str, Any]) -> str:
    rows = facts["rows"]
    held = f"{count(rows['test'])} held out" if rows["test"] else "none held out"
    return f"{count(rows['train'])} rows trained on, {held}"


def provenance(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a fit was made from and by; nothing in it changes if the same is done again."""
    data = [("data", facts["data"]), *_digest("SHA-256 of the data", facts["data"])]
    if facts["test_data"]:
        data.append(("held-out data", facts["test_data"]))
        data += _digest("SHA-256 of the held-out data", facts["test_data"])
    files = [(name, path) for name, path in facts["files"].items() if name != "report"]
    return (*data, ("seed", str(facts["seed"])), *files, *installation())


def installation() -> tuple[tuple[str, str], ...]:
    """The versions of the package, of Python and of the libraries a result may depend on."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        ("standalone-node", __version__),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("libraries", ", ".join(found)),
    )


def _digest(name: str, path: str) -> list[tuple[str, str]]:
    if not Path(path).is_file():
        return []  # standard input, or a data frame
    with open(path, "rb") as file:
        return [(name, hashlib.file_digest(file, "sha256").hexdigest())]
