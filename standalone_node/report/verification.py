"""The table of `node-fit verify`: a row a scheme, a column a check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from standalone_node.problem.selfcheck import Check
from standalone_node.report.text import grid


def verification_table(checks: Sequence[Check]) -> RenderableType:
    """What was measured, what is off in red, and in the last row what is expected."""
    names = list(dict.fromkeys(check.check for check in checks))
    found = {(check.scheme, check.check): check for check in checks}
    rows: list[list[str | Text]] = []
    for scheme in dict.fromkeys(check.scheme for check in checks):
        mine = [found.get((scheme, name)) for name in names]
        fine = all(check is None or check.ok for check in mine)
        verdict = Text("ok", style="green") if fine else Text("OFF", style="bold red")
        rows.append([scheme, *(_cell(check) for check in mine), verdict])
    return grid("Verification", ["scheme", *names, ""], rows)


def _cell(check: Check | None) -> Text:
    if check is None:
        return Text("–")
    value = f"{check.value:.1e}" if abs(check.value) < 1e-3 else f"{check.value:.3f}"
    return Text(value if check.ok else f"{value} (not {check.expected})", "" if check.ok else "red")


def verification_facts(checks: Sequence[Check]) -> dict[str, Any]:
    """The same as a dict of JSON types."""
    return {
        "ok": all(check.ok for check in checks),
        "checks": [
            {
                "scheme": check.scheme,
                "check": check.check,
                "value": float(check.value),
                "expected": check.expected,
                "ok": bool(check.ok),
            }
            for check in checks
        ],
    }
