"""The documentation says what is there: its examples run, its links lead somewhere."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.learn.estimators import NodeClassifier, NodeRegressor
from standalone_node.model.bases import BASES
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.model.weights import WEIGHTS
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.line_searches import LINE_SEARCHES
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.stopping import END_STATES
from standalone_node.problem.losses import LOSSES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(p for p in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in p.parts),
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
]
MATHEMATICS = (ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8")
TABLES: dict[str, Any] = {
    "TABLEAUX": TABLEAUX,
    "ACTIVATIONS": ACTIVATIONS,
    "FORMS": FORMS,
    "LOSSES": LOSSES,
    "BETAS": BETAS,
    "WEIGHTS": WEIGHTS,
    "BASES": BASES,
    "LINE_SEARCHES": LINE_SEARCHES,
    "METHODS": METHODS,
    "END_STATES": END_STATES,
}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def python_blocks(page: Path) -> str:
    """The Python blocks of a page, all else blanked, so that failures name the right line."""
    kept, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = line.lstrip().startswith("```")
        kept.append(line if inside and not fence else "")
        inside = line.strip() == "```python" if fence else inside
    return "\n".join(kept) + "\n"


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the first table behind a text, by the name in backticks they begin with."""
    table = MATHEMATICS.split(heading, 1)[1].split("\n\n| ", 1)[1].split("\n\n", 1)[0]
    cells = (line.strip("|").split("|") for line in table.splitlines()[2:])
    return {first.strip().strip("`"): [c.strip() for c in rest] for first, *rest in cells}


@every_page
def test_the_examples_give_what_they_show(page: Path) -> None:
    test = doctest.DocTestParser().get_doctest(
        python_blocks(page), {"__name__": "__main__"}, page.name, str(page), 0
    )
    report: list[str] = []
    result = doctest.DocTestRunner().run(test, out=report.append)
    assert result.failed == 0, "".join(report)


def test_there_are_examples() -> None:
    assert sum(python_blocks(page).count(">>>") for page in PAGES) > 20


@every_page
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8")))
    for link in links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        goal = (page.parent / name).resolve() if name else page
        assert goal.exists(), link
        assert not anchor or anchor in anchors(goal), link


@pytest.mark.parametrize("table", TABLES)
def test_every_name_is_explained_in_the_mathematics(table: str) -> None:
    assert [name for name in TABLES[table] if f"`{name}`" not in MATHEMATICS] == []


def test_orders_and_stages_are_those_of_the_schemes() -> None:
    found = rows("The schemes (")
    assert list(found) == list(TABLEAUX)
    for name, scheme in TABLEAUX.items():
        assert found[name] == [str(scheme.order), str(len(scheme.used)), scheme.source]


def test_end_states_count_as_success_or_not_as_documented() -> None:
    found = {name: cells[-1] for name, cells in rows("## End states").items()}
    assert found == {name: "yes" if state.success else "no" for name, state in END_STATES.items()}


def test_the_defaults_are_those_of_the_estimators() -> None:
    documented = rows("*Grids and end.*")
    for place, estimator in enumerate((NodeClassifier, NodeRegressor)):
        parameters = inspect.signature(estimator).parameters
        defaults = {name: f"`{parameter.default!r}`" for name, parameter in parameters.items()}
        # What stands for one of the two only has a dash for the other.
        said = {name: cells[place] for name, cells in documented.items() if cells[place] != "-"}
        assert said == defaults


def test_every_file_named_in_the_mathematics_is_there() -> None:
    named = set(re.findall(r"`((?:[a-z]+/)+\w+\.py)`", MATHEMATICS))
    assert len(named) > 15
    for path in named:
        assert (ROOT / "standalone_node" / path).exists() or (ROOT / path).exists(), path
