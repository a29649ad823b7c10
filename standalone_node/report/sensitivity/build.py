"""From an analysis to the document of a report."""

from __future__ import annotations

import datetime
import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from standalone_node._version import __version__
from standalone_node.learn.judged import Judged, digest
from standalone_node.model.forms import FORMULAS
from standalone_node.report.document import Document, Section
from standalone_node.report.facts import model_facts
from standalone_node.report.numbers import seconds as duration
from standalone_node.report.numbers import short
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.sections import SECTIONS
from standalone_node.report.sensitivity.verdicts import answer, verdicts
from standalone_node.sensitivity.analysis import Analysis
from standalone_node.sensitivity.analysis_rows import picked
from standalone_node.sensitivity.names import ABOUT

Array = NDArray[Any]
#: What distances and errors are measured in, unless somebody says otherwise.
SPREAD = (
    "The spread of a column is the root mean square of its standard deviation and half its range, "
    "in the rows of the fit."
)


@dataclass(frozen=True)
class Origin:
    """What a report was asked for with.

    Attributes
    ----------
    model, data : str
        The files.
    command : tuple of str
        The words of the command line, or none.
    noise : str
        What the errors of the inputs are.
    box : object
        What attacks leave the columns in: "none", "data", or two numbers.
    """

    model: str
    data: str
    command: Sequence[str]
    noise: str
    box: Any = "none"


def document_of(
    analysis: Analysis,
    judged: Judged,
    estimator: Any,
    origin: Origin,
    warnings: Sequence[str] = (),
) -> Document:
    """The report on an analysis of a fitted estimator.

    Parameters
    ----------
    analysis : Analysis
        Of the rows of `judged`.
    judged : Judged
    estimator : NodeClassifier or NodeRegressor
    origin : Origin
    warnings : sequence of str
        What was warned about on the way.
    """
    context = _context(analysis, judged, origin)
    parts = _parts(analysis, judged)
    sections = tuple(SECTIONS[name](parts[name], context) for name in ABOUT if name in parts)
    summary = verdicts(parts, context)
    opening = answer(parts, context)
    provenance = _provenance(analysis, judged, estimator, origin)
    said = (
        *warnings,
        *(f"{ABOUT[name]} Left out: {why}." for name, why in analysis.left_out.items()),
    )
    return Document(
        title=f"How far can the predictions of “{judged.target}” be trusted?",
        subtitle=f"Sensitivity of the model {origin.model} on {len(analysis.study):,} "
        f"{judged.words} of {origin.data}",
        answer=opening,
        verdicts=summary,
        sections=sections,
        provenance=provenance,
        facts=_facts(sections, analysis),
        warnings=said,
    )


def _context(analysis: Analysis, judged: Judged, origin: Origin) -> Context:
    study, network = analysis.study, analysis.study.network
    classes = network.classes
    numbers = judged.numbers[analysis.index]
    tolerance = None if study.tolerance is None else float(np.ravel(study.tolerance)[0])
    return Context(
        task="classification" if classes else "regression",
        target=judged.target,
        classes=network.output_names if classes else (),
        features=network.feature_names,
        rows=len(study),
        total=analysis.total,
        outputs=() if classes else network.output_names,
        units=_unit_words(study.unit),
        relative=study.unit == "spread",
        truth=study.truth,
        predictions=network.decided(study.outputs) if classes else study.outputs,
        noise=origin.noise,
        tolerance=tolerance,
        row_words=judged.words,
        row_numbers={name: numbers[index] for name, index in analysis.rows.items()},
        notes=_notes(analysis, judged, origin),
    )


def _unit_words(unit: Any) -> str:
    if isinstance(unit, str):
        return "spreads of the columns"
    return "the columns' own units" if unit in (None, 1.0) else f"units of {short(float(unit))}"


def _notes(analysis: Analysis, judged: Judged, origin: Origin) -> dict[str, tuple[str, ...]]:
    """The limits that bit, question by question."""
    notes = dict(analysis.notes)
    if len(analysis.study) < analysis.total:
        drawn = (
            f"{len(analysis.study):,} of the {analysis.total:,} rows were drawn at random (--rows)."
        )
        notes = {name: (drawn, *said) for name, said in notes.items()}
        if "accuracy" in notes:
            notes["accuracy"] += ("Scores are those of all rows.",)
    for name in ("noise", "attack", "certificate"):
        told = origin.noise if name == "noise" else _unit_words(analysis.study.unit)
        if name in notes and "spread" in told:
            notes[name] = (SPREAD, *notes[name])
    if judged.categories:
        more = " and others" if len(judged.categories) > 5 else ""
        said = (
            "Changes of categories are changes of their zeros and ones, which no row can have: "
            f"{', '.join(judged.categories[:5])}{more}."
        )
        for name in ("attack", "certificate"):
            if name in notes:
                notes[name] = (*notes[name], said)
    return notes


def _parts(analysis: Analysis, judged: Judged) -> dict[str, Mapping[str, Any]]:
    """What each section is made of."""
    parts: dict[str, dict[str, Any]] = {name: dict(found) for name, found in analysis.parts.items()}
    if "accuracy" in parts:
        parts["accuracy"] |= {"scores": judged.scores, "baseline": judged.baseline}
        parts["accuracy"]["coverage"] = parts.get("posterior", {}).get("coverage")
    if "certificate" in parts and "perturbations" in parts.get("attack", {}):
        rows = analysis.rows
        common = np.intersect1d(rows["attack"], rows["certificate"])
        attacked = np.searchsorted(rows["attack"], common)
        parts["certificate"]["perturbations"] = picked(
            parts["attack"]["perturbations"], attacked, rows["attack"].size
        )
        certified = np.searchsorted(rows["certificate"], common)
        for name in ("certificate", "gronwall"):
            parts["certificate"][name] = picked(
                parts["certificate"][name], certified, rows["certificate"].size
            )
    return dict(parts)


def _provenance(
    analysis: Analysis, judged: Judged, estimator: Any, origin: Origin
) -> tuple[tuple[str, str], ...]:
    study = analysis.study
    facts = model_facts(estimator)
    settings = facts["settings"]
    network = (
        f"{facts['width']} components, x' = {FORMULAS.get(settings['form'], settings['form'])}, "
        f"σ = {settings['activation']}, {facts['time_steps']} steps of {settings['scheme']} to "
        f"T = {short(settings['horizon'])}"
    )
    took = ", ".join(f"{name} {duration(spent)}" for name, spent in analysis.seconds.items())
    rows = (
        ("standalone-node", __version__),
        ("command", shlex.join(origin.command)),
        ("seed", str(study.seed)),
        ("data", origin.data),
        ("SHA-256 of the data", digest(origin.data) or "read from standard input"),
        ("rows", f"{len(study):,} of {analysis.total:,} {judged.words}"),
        ("model", origin.model),
        ("SHA-256 of the model", digest(origin.model) or ""),
        ("network", network),
        ("end of the fit", facts["end_state"]["sentence"]),
        ("errors of the inputs", origin.noise),
        ("unit of changes", _unit_words(study.unit)),
        ("box of changes", _box_words(origin.box)),
        ("Monte Carlo samples a row", f"{study.samples:,}"),
        ("time limit", "none" if study.clock.limit is None else f"{study.clock.limit:g} s"),
        ("time", f"{duration(study.clock.seconds)}: {took}"),
        ("written", datetime.datetime.now().astimezone().isoformat(timespec="seconds")),
        ("software", _software()),
    )
    return tuple((name, value) for name, value in rows if value)


def _software() -> str:
    return f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"


def _box_words(box: Any) -> str:
    if box == "none":
        return "none"
    return "the range of each column" if box == "data" else f"{box[0]:g} to {box[1]:g}"


def _facts(sections: Sequence[Section], analysis: Analysis) -> dict[str, Any]:
    """What the texts do not hold: the tables by name, and how the analysis went."""
    return {
        "tables": {
            table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            for section in sections
            for table in section.tables
        },
        "left_out": dict(analysis.left_out),
        "seconds": dict(analysis.seconds),
    }
