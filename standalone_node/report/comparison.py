"""The outcome of a comparison: facts for `--json`, tables for a terminal, histories as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from standalone_node.learn.comparison import Comparison
from standalone_node.learn.runs import Attempt, Run
from standalone_node.learn.scores import LEADING, SCORE_NAMES
from standalone_node.report.facts import data_facts, network_facts
from standalone_node.report.numbers import count, number, seconds, short
from standalone_node.report.text import always, grid, key_values, learnt_rows

#: What stands where a method did not come to the common level.
_MISSED = "not reached"
#: What marks a method that does not minimise the common cost.
MARK = " *"


def comparison_facts(
    comparison: Comparison, warnings: Sequence[str], files: Mapping[str, str]
) -> dict[str, Any]:
    """What `node-fit compare` has to tell, as JSON types.

    Parameters
    ----------
    comparison : Comparison
    warnings : sequence of str
    files : mapping
        What was written, and where.
    """
    level = comparison.level
    return {
        **data_facts(comparison.prepared),
        **network_facts(comparison.estimator),
        "limits": {
            "sweeps": comparison.limits.sweeps,
            "seconds": comparison.limits.seconds,
            "tolerance": comparison.limits.tolerance,
        },
        "batch_size": comparison.batch,
        "cost": {"start": comparison.start, "best": comparison.best},
        "level": {"share": comparison.share, "cost": level},
        "methods": [_run_facts(run, level) for run in comparison.runs],
        "baseline": comparison.baseline,
        "notes": list(comparison.prepared.notes),
        "warnings": list(warnings),
        "files": dict(files),
    }


def _run_facts(run: Run, level: float) -> dict[str, Any]:
    reached = run.kept.reached(level)
    return {
        "name": run.name,
        "label": run.contender.label,
        "end_state": {
            "name": run.kept.end.name,
            "sentence": run.kept.end.sentence,
            "success": run.kept.end.success,
        },
        "iterations": run.kept.iterations,
        "cost": run.kept.cost,
        "loss": run.loss,
        "sweeps": run.kept.sweeps,
        "seconds": run.kept.seconds,
        "reached": None if reached is None else {"sweeps": reached[0], "seconds": reached[1]},
        "train": run.train_scores,
        "test": run.test_scores,
        "roughness": run.roughness,
        "rate": run.kept.rate,
        "rates": [_attempt_facts(tried) for tried in run.attempts if tried.rate is not None],
        "same_cost": run.contender.same_cost,
        "network": dict(run.contender.network),
    }


def _attempt_facts(tried: Attempt) -> dict[str, Any]:
    return {
        "rate": tried.rate,
        "cost": tried.cost,
        "sweeps": tried.sweeps,
        "seconds": tried.seconds,
    }


def histories_csv(comparison: Comparison) -> str:
    """The histories of all methods below each other, a row an iteration."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(comparison.runs[0].kept.history)
    writer.writerow(["method", "rate", "iteration", *names])
    for run in comparison.runs:
        rate = "" if run.kept.rate is None else run.kept.rate
        columns = [run.kept.history[name].tolist() for name in names]
        for i, row in enumerate(zip(*columns, strict=True)):
            writer.writerow([run.name, rate, i, *row])
    return text.getvalue()


def comparison_tables(facts: dict[str, Any]) -> RenderableType:
    """The end of `node-fit compare`."""
    title = f"{facts['target']}, from {facts['data']}: one network, {_methods(facts)}"
    limits = facts["limits"]
    rows = [
        *learnt_rows(facts),
        ("limits", f"{count(limits['sweeps'])} sweeps or {seconds(limits['seconds'])} a run"),
        ("level", _level(facts)),
    ]
    if facts["baseline"] is not None:
        rows.append(("baseline", _baseline(facts)))
    rows += [(name, path) for name, path in facts["files"].items()]
    return Group(key_values(title, rows), "", _grid(facts), *_remarks(facts))


def _methods(facts: dict[str, Any]) -> str:
    found = len(facts["methods"])
    return f"{found} methods" if found > 1 else "1 method"


def _level(facts: dict[str, Any]) -> str:
    share, cost = short(100.0 * facts["level"]["share"]), facts["cost"]
    return (
        f"cost {number(facts['level']['cost'])}: {share} % of the way back from the best, "
        f"{number(cost['best'])}, to the start, {number(cost['start'])}"
    )


def _baseline(facts: dict[str, Any]) -> str:
    name = LEADING[facts["task"]]
    score = number(facts["baseline"][name])
    return f"held-out {SCORE_NAMES[name]} {score} ({always(facts['baseline'])})"


def _grid(facts: dict[str, Any]) -> RenderableType:
    methods, score = facts["methods"], LEADING[facts["task"]]
    same = [method for method in methods if method["same_cost"]] or methods
    columns: list[tuple[str, Sequence[Text]]] = [
        ("end state", [_end(method) for method in methods]),
        ("iterations", [Text(count(method["iterations"])) for method in methods]),
        ("cost", _column(methods, lambda m: m["cost"], number, min, same)),
        ("sweeps\nto level", _column(methods, _reached("sweeps"), _whole, min, same, _MISSED)),
        ("seconds\nto level", _column(methods, _reached("seconds"), _brief, min, same)),
    ]
    if any(method["test"] for method in methods):
        found = _column(methods, lambda m: (m["test"] or {}).get(score), number, max, methods)
        columns.append((f"held-out\n{SCORE_NAMES[score]}", found))
    found = _column(methods, lambda m: m["roughness"], number, min, methods)
    columns.append(("roughness", found))
    labels = [
        method["label"] + ("" if method["same_cost"] or len(methods) == 1 else MARK)
        for method in methods
    ]
    return grid(
        "Methods",
        ["method", *(name for name, _ in columns)],
        [[label, *cells] for label, *cells in zip(labels, *(c for _, c in columns), strict=True)],
        words=["end state"],
    )


def _end(method: dict[str, Any]) -> Text:
    colour = "green" if method["end_state"]["success"] else "yellow"
    return Text(method["end_state"]["name"], style=colour)


def _column(
    methods: Iterable[dict[str, Any]],
    value: Callable[[dict[str, Any]], float | None],
    write: Callable[[float], str],
    best: Callable[[list[float]], float],
    judged: Sequence[dict[str, Any]],
    nothing: str = "–",
) -> list[Text]:
    """The cells of a column, the best of those that are judged in bold; `nothing` where there is
    no number.
    """
    known = [found for method in judged if (found := value(method)) is not None and isfinite(found)]
    cells = []
    for method in methods:
        found = value(method)
        if found is None or not isfinite(found):
            cells.append(Text(nothing, style="dim"))
            continue
        first = bool(known) and found == best(known) and any(method is other for other in judged)
        cells.append(Text(write(found), style="bold" if first and len(known) > 1 else ""))
    return cells


def _reached(what: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda method: None if method["reached"] is None else method["reached"][what]


def _whole(value: float) -> str:
    return count(round(value))


def _brief(value: float) -> str:
    """Seconds with two digits or so: more are noise."""
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10.0 else f"{value:.1f}"


def _remarks(facts: dict[str, Any]) -> list[RenderableType]:
    """What a reader of the table has to know, a line each."""
    lines = ["Roughness is ∫|θ'|² dt. The best of a column is in bold."]
    searched = [method for method in facts["methods"] if method["rates"]]
    if searched:
        lines.append(
            f"Batches of {count(facts['batch_size'])} rows. The learning rate is that of the least "
            "cost; what the others took is not charged:"
        )
        lines += [f"  {_rates(method)}" for method in searched]
    if any(not method["same_cost"] for method in facts["methods"]):
        lines.append(
            f"{MARK.strip()} minimises another cost, without the penalty h1, over layers drawn one "
            "by one; a sweep counts by the evaluations in it."
        )
    return [Text(line, style="dim") for line in lines]


def _rates(method: dict[str, Any]) -> str:
    tried = method["rates"]
    rates = ", ".join(short(entry["rate"]) for entry in sorted(tried, key=lambda e: e["rate"]))
    sweeps = count(round(sum(entry["sweeps"] for entry in tried)))
    took = seconds(sum(entry["seconds"] for entry in tried))
    return f"{method['label']}: {short(method['rate'])} of {rates}; {sweeps} sweeps, {took} in all"
