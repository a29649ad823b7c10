"""Documents for the tests of the report: a plain one, and one whose names are attacks."""

from __future__ import annotations

from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd

from standalone_node.report.document import Document, Figure, Section, Table, Verdict

#: Names a data file may contain. What they try is to set a flag in the page, or to load something.
HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src="http://example.invalid/a.png" onerror="window.hacked = 1">',
    "' onmouseover='window.hacked = 1",
    "</style></title><svg onload=window.hacked=1>",
    "{{ 7 * 7 }} {% raw %} ${x} -->]]>&lt;b&gt;",
    "javascript:window.hacked=1",
    "=HYPERLINK(1)\x01\u202e\ud800",
)


def figure_of(name: str = "waves", label: str = "t", **changes: Any) -> Figure:
    """Two lines, with a label on the axis and in the legend."""
    t = np.linspace(0.0, 1.0, 30)

    def draw(canvas: matplotlib.figure.Figure) -> None:
        axes = canvas.add_subplot()
        axes.plot(
            t, np.sin(9.0 * t), color="#0072B2", label=label.encode("utf-8", "replace").decode()
        )
        axes.plot(t, np.cos(9.0 * t), color="black", label="black")
        axes.set_xlabel(label.encode("utf-8", "replace").decode())
        axes.legend()

    parts: dict[str, Any] = {
        "name": name,
        "title": f"Waves of {label}",
        "caption": f"Two waves over {label}.\n\nThe second one is black.",
        "alt": f"Two waves between -1 and 1 over {label}.",
        "table": table_with(label, t),
        "draw": draw,
        "size": (5.0, 3.0),
    }
    return Figure(**{**parts, **changes})


def table_with(label: str, t: Any) -> pd.DataFrame:
    """A column of any name; pandas' own texts cannot be all that Python's can."""
    names = pd.Index([label, "sine"], dtype=object)
    return pd.DataFrame(np.column_stack([t, np.sin(9.0 * t)]), columns=names)


def table_of(name: str = "numbers", label: str = "t") -> Table:
    """Text, a whole number, numbers with digits, and an empty cell."""
    rows = ((label, 1200, 0.5, None), ("second", 7, 12.25, "x"))
    return Table(name, f"Numbers of {label}", ("name", "count", "size", label), rows, label)


def document_of(labels: tuple[str, ...] = ("t",), **changes: Any) -> Document:
    """A section a label."""
    sections = tuple(
        Section(
            id=f"part-{i}",
            question=f"What about {label}?",
            answer=f"Nothing about {label}.",
            figures=(figure_of(f"waves-{i}", label),),
            tables=(table_of(f"numbers-{i}", label),),
            notes=(f"A note on {label}.",),
            details=f"The formula of {label}.\n\nIts source.",
        )
        for i, label in enumerate(labels)
    )
    label = " ".join(labels)
    grades = ("good", "fair", "poor", "neutral")
    parts: dict[str, Any] = {
        "title": f"Report on {label}",
        "subtitle": label,
        "answer": f"All is well with {label}.",
        "verdicts": tuple(Verdict(f"{g} {label}", label, label, g) for g in grades),  # type: ignore[arg-type]
        "sections": sections,
        "provenance": (("data", label), ("seed", "0")),
        "facts": {"label": label, "nothing": float("nan"), "array": np.arange(3)},
        "warnings": (f"Mind {label}.",),
    }
    return Document(**{**parts, **changes})
