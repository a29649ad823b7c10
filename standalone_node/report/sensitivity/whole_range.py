"""What moves the output over the range of the data?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standalone_node.report.document import Section, Table
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures import sobol
from standalone_node.report.sensitivity.words import percent
from standalone_node.sensitivity.names import ABOUT

DETAILS = (
    "Sobol' indices by Saltelli's scheme, with bootstrapped intervals. Each feature is drawn from "
    "its own distribution in the rows, independently of the others; of features that depend on "
    "each other they tell what the network does, not what happens in the data.\n\n"
    "The first-order index is the share of the variance that goes with the feature alone; the "
    "total one also counts all it does together with others."
)


def section(parts: Mapping[str, Any], context: Context) -> Section:
    """Shares of the variance, with intervals."""
    found = parts.get("sobol")
    known = found is not None
    return Section(
        id="global",
        question=ABOUT["global"],
        answer=answer(found),
        figures=(sobol.figure(found, context),) if known else (),
        tables=(_table(found),) if known else (),
        notes=context.notes_of("global"),
        details=DETAILS,
    )


def answer(found: Any | None) -> str:
    """The feature of the largest total index, and whether features act alone."""
    if found is None:
        return "This was not computed."
    table = sobol.frame(found)
    first = table.iloc[0]
    if not float(first["total"]) > 0.0:
        return "Nothing does: the output does not vary."
    return (
        f"{sobol.named(first)} has the largest share of the variance: {percent(first['total'])} "
        "with all it does together with others (95 % interval "
        f"{percent(max(first['total low'], 0.0))} to {percent(min(first['total high'], 1.0))}). "
        f"{sobol.together(table)}"
    )


def _table(found: Any) -> Table:
    table = sobol.frame(found)
    return Table(
        "sobol-indices",
        "Sobol indices",
        tuple(table.columns),
        tuple(tuple(row) for row in table.itertuples(index=False)),
        f"From {found.samples:,} samples of each kind; an estimate may lie below 0 where an index "
        "is small.",
    )
