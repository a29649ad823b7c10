"""Tables of text for a terminal, from the dicts of `standalone_node.report.facts`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from standalone_node.learn.dates import as_text
from standalone_node.learn.scores import SCORE_NAMES
from standalone_node.problem.accuracy import PREFIX, Accuracy
from standalone_node.report.folds import fold_rows
from standalone_node.report.network import method_words, network_rows
from standalone_node.report.numbers import count, number, seconds, short
from standalone_node.summary import NUMERICAL_ACCURACY

#: The prefixes of scores in a summary.
_PARTS = ("train", "test", "baseline")

#: Facts of a summary that the rows on the network and its run tell.
_SHOWN_ABOVE = {
    "task",
    "end_state",
    "message",
    "converged",
    "iterations",
    "cost_start",
    "cost_end",
    "gradient_reduction",
}


def key_values(title: str, rows: Iterable[tuple[str, str | Text]]) -> RenderableType:
    """A title and two columns, names and values; long values go on below themselves."""
    table = Table(box=box.HORIZONTALS, show_header=False, pad_edge=False)
    table.add_column("name", style="dim", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in rows:
        table.add_row(name, value if isinstance(value, Text) else Text(value))
    return _titled(title, table)


def grid(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    words: Sequence[str] = (),
) -> RenderableType:
    """A table with a header; the first column and those called `words` are set to the left."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    lines = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    for i, header in enumerate(headers):
        left = i == 0 or header in words
        # A number is not folded: of what is too wide the headers are.
        least = None if left else max((line[i].cell_len for line in lines), default=None)
        justify: Literal["left", "right"] = "left" if left else "right"
        table.add_column(Text(header), justify=justify, overflow="fold", min_width=least)
    for line in lines:
        table.add_row(*line)
    return _titled(title, table)


def _titled(title: str, table: Table) -> RenderableType:
    # Not the title of the Table, which would be folded to the width of the table.
    return Group(Text(title, style="bold", overflow="fold"), table)


def fit_table(facts: dict[str, Any]) -> RenderableType:
    """The end of `node-fit fit`."""
    rows = [
        *learnt_rows(facts),
        *_start(facts),
        *_run(facts),
        ("seconds", seconds(facts["seconds"])),
    ]
    rows += _held_out(facts)
    rows += [(name, path) for name, path in facts["files"].items()]
    table = key_values(f"Model of {facts['target']}, from {facts['data']}", rows)
    found = facts["cross_validation"]
    if found is None:
        return table
    title, headers, cells = fold_rows(found, SCORE_NAMES)
    return Group(table, Text(), grid(title, headers, [[_cell(cell) for cell in r] for r in cells]))


def _cell(value: Any) -> str:
    """A cell of a table of figures: text as it is, whole numbers whole."""
    if isinstance(value, str):
        return value
    return count(value) if isinstance(value, int) else number(value)


def _start(facts: dict[str, Any]) -> list[tuple[str, str | Text]]:
    return [("start", facts["start"])] if facts["start"] else []


def learnt_rows(facts: dict[str, Any]) -> list[tuple[str, str | Text]]:
    """What is learnt, from what, and by what network."""
    return [
        ("task", _task(facts)),
        ("rows", _rows(facts)),
        *(
            [("weights", f"column {facts['weight']}, in the fit and the scores")]
            if facts.get("weight")
            else []
        ),
        ("inputs", _inputs(facts)),
        *network_rows(facts),
    ]


def _task(facts: dict[str, Any]) -> str:
    if facts["task"] == "regression":
        return f"regression of {facts['target']}"
    return f"classification of {facts['target']}, {len(facts['classes'])} classes"


def _rows(facts: dict[str, Any]) -> str:
    rows = facts["rows"]
    train, test = count(rows["train"]), count(rows["test"])
    if not rows["test"]:
        text = f"{train} trained on, none held out"
    elif facts["test_data"]:
        text = f"{train} trained on, {test} held out in {facts['test_data']}"
    else:
        text = f"{train} trained on, {test} held out"
    if facts.get("group") or facts.get("time"):
        kind = "group" if facts.get("group") else "time"
        text += f", parted by the {kind} {facts[kind]!r}"
    if facts.get("refit"):
        text += "; the model written was fitted again, on all"
    return text + (f"; {count(rows['left_out'])} left out" if rows["left_out"] else "")


def _inputs(facts: dict[str, Any]) -> str:
    columns, features = facts["columns"], facts["features"]
    text = f"{count(columns)} column{'s' * (columns != 1)}"
    return text if features == columns else f"{text}, {count(features)} features"


def _run(facts: dict[str, Any]) -> list[tuple[str, str | Text]]:
    cost, norm, end = facts["cost"], facts["gradient_norm"], facts["end_state"]
    style = "green" if end["success"] else "yellow"
    state = Text.assemble((end["name"], style), f": {end['sentence']}")
    return [
        ("cost", f"{number(cost['start'])} → {number(cost['end'])}"),
        ("gradient norm", _reduction(norm)),
        ("iterations", f"{count(facts['iterations'])} of {method_words(facts['settings'])}"),
        ("end state", state),
    ]


def _reduction(norm: dict[str, Any]) -> str:
    share = f"× {number(norm['reduction'])}"
    if "start" not in norm:
        return f"{share} of its start"
    return f"{number(norm['start'])} → {number(norm['end'])} ({share})"


def _held_out(facts: dict[str, Any]) -> list[tuple[str, str | Text]]:
    if facts["test"] is None:
        return [("held-out score", "not measured: no rows were held out")]
    compared = _beside(facts["test"], facts["baseline"])
    return [(f"held-out {name}", text) for name, text in compared]


def _beside(scores: dict[str, Any], baseline: dict[str, Any] | None) -> list[tuple[str, Text]]:
    """Each score that is one number, with that of the baseline behind it."""
    many = scores.get("targets", ())
    # Means of errors would be in no unit.
    whole = {"r2": scores["r2"]} if many else scores
    found = _compared(whole, baseline, "", ", mean of the targets" if many else "")
    for place, entry in enumerate(many):
        own = None
        if baseline is not None:
            prediction = baseline["prediction"][place]
            own = {"prediction": prediction, **baseline["targets"][place]}
        found += _compared(entry, own, f" of {entry['target']}", "")
    return found


def _compared(
    scores: dict[str, Any], baseline: dict[str, Any] | None, whose: str, more: str
) -> list[tuple[str, Text]]:
    found = []
    for name, label in SCORE_NAMES.items():
        if name not in scores:
            continue
        text = Text(number(scores[name]), style="bold")
        if baseline is not None and name in baseline:
            text.append(
                f"  (baseline {number(baseline[name])}: {always(baseline)})", "not bold dim"
            )
        found.append((f"{label}{whose}{more}", text))
    return found


def always(baseline: dict[str, Any]) -> str:
    """The one prediction of a baseline, in words."""
    prediction = baseline["prediction"]
    if isinstance(prediction, list):
        return "always the mean"
    if "accuracy" in baseline:
        return f"always {prediction}"
    return f"always {number(prediction)}, the mean"


def evaluation_tables(facts: dict[str, Any]) -> RenderableType:
    """What `node-fit evaluate` shows."""
    scores = facts["scores"]
    title = f"{facts['target']}, predicted for {count(scores['rows'])} rows of {facts['data']}"
    if "effective_size" in scores:
        title += f", weighted by {facts['weight']}"
    parts: list[RenderableType] = [key_values(title, _beside(scores, facts["baseline"]))]
    if "classes" in scores:
        parts += [_class_table(scores["classes"]), _confusion_table(scores)]
    return _spaced(parts)


def _class_table(classes: list[dict[str, Any]]) -> RenderableType:
    rows = [
        [str(entry["class"]), count(entry["rows"])]
        + [number(entry[name]) for name in ("precision", "recall", "f1")]
        for entry in classes
    ]
    return grid("Classes", ["class", "rows", "precision", "recall", "F1"], rows)


def _confusion_table(scores: dict[str, Any]) -> RenderableType:
    names = [str(entry["class"]) for entry in scores["classes"]]
    rows: list[list[str | Text]] = []
    for i, (name, counts) in enumerate(zip(names, scores["confusion"], strict=True)):
        cells = [
            Text(
                count(n) if isinstance(n, int) else short(n),
                style="bold" if i == j else "red" if n else "dim",
            )
            for j, n in enumerate(counts)
        ]
        rows.append([name, *cells])
    what = "Confusion, sums of weights" if "effective_size" in scores else "Confusion"
    return grid(f"{what}: true classes down, predicted across", ["", *names], rows)


def info_tables(facts: dict[str, Any], source: str) -> RenderableType:
    """What `node-fit info` shows."""
    schema, summary = facts["schema"], facts["summary"]
    rows: list[tuple[str, str | Text]] = [("estimator", facts["estimator"])]
    if schema is not None:
        rows.append(("target", _target(schema)))
        if "weight" in schema:
            rows.append(("weights", f"column {schema['weight']}"))
        rows.append(("missing cells", _missing(schema)))
    elif "classes" in facts:
        rows.append(("classes", ", ".join(str(label) for label in facts["classes"])))
    rows += [("features", count(facts["features"])), *network_rows(facts), *_run(facts)]
    rows.append(("parameters", f"{count(facts['parameters'])} numbers"))
    parts: list[RenderableType] = [key_values(f"Model {source}", rows)]
    parts += _summary_tables(summary)
    settings = [
        (name.replace("_", "-"), short(value) if isinstance(value, float) else _value(value))
        for name, value in facts["settings"].items()
    ]
    parts.append(key_values("Settings", settings))
    if schema is not None:
        parts.append(_column_table(schema["columns"]))
    return _spaced(parts)


def _target(schema: dict[str, Any]) -> str:
    target = schema["target"]
    text = f"{', '.join([target['name'], *schema.get('further', ())])}, {target['task']}"
    classes = ", ".join(str(label) for label in target["classes"])
    return f"{text}: {classes}" if classes else text


def _missing(schema: dict[str, Any]) -> str:
    what = {"error": "are an error", "drop": "leave their row out", "impute": "are filled in"}
    tokens = ", ".join(repr(token) for token in schema["na"] if token)
    return f"{what[schema['missing']]} (the empty cell{f', {tokens}' if tokens else ''})"


def _summary_tables(summary: dict[str, Any]) -> list[RenderableType]:
    """The scores as a table of their own, and what else a summary tells."""
    names = _score_labels(summary)
    told = {f"{part}_{name}" for part in _PARTS for name in (*SCORE_NAMES, *names)} | _SHOWN_ABOVE
    rest = [
        (name.replace("_", " "), _value(value))
        for name, value in summary.items()
        if name not in told and not name.startswith(PREFIX)
    ]
    parts: list[RenderableType] = []
    if names:
        rows = [
            [label, *(number(summary.get(f"{part}_{name}")) for part in _PARTS)]
            for name, label in names.items()
        ]
        parts.append(grid("Scores", ["", "training rows", "held-out rows", "baseline"], rows))
    accuracy = Accuracy.from_facts(summary)
    unknown = (("accuracy", "not kept in this file"),)
    parts.append(key_values(NUMERICAL_ACCURACY, unknown if accuracy is None else accuracy.lines()))
    return [*parts, key_values("Facts of the fit", rest)] if rest else parts


def _score_labels(summary: dict[str, Any]) -> dict[str, str]:
    """The scores in a summary, those of single targets among them, and what they are called."""
    found = {name: label for name, label in SCORE_NAMES.items() if f"train_{name}" in summary}
    for key in summary:
        name, bracket, target = key.removeprefix("train_").partition("[")
        if key.startswith("train_") and bracket and name in SCORE_NAMES:
            found[f"{name}[{target}"] = f"{SCORE_NAMES[name]} of {target.removesuffix(']')}"
    if len(found) == len(SCORE_NAMES.keys() & found.keys()):
        return found
    # Of several targets; means of errors would be in no unit.
    own = {name: label for name, label in found.items() if name not in SCORE_NAMES}
    return {"r2": f"{SCORE_NAMES['r2']}, mean of the targets", **own}


def column_values(column: dict[str, Any]) -> str:
    """What the cells of a column may be, as far as that is more than its kind tells."""
    if column["kind"] == "date":
        return str(column["format"])
    if column["kind"] == "boolean":
        return "{} is 0, {} is 1".format(*column["categories"])
    return ", ".join(column["categories"])


def _column_table(columns: list[dict[str, Any]]) -> RenderableType:
    rows = []
    for column in columns:
        fill = column["fill"]
        filled = "" if fill is None else fill
        if isinstance(fill, float):
            filled = as_text(fill) if column["kind"] == "date" else number(fill)
        rows.append([column["name"], column["kind"], column_values(column), filled])
    headers = ["column", "kind", "values", "filled with"]
    shown = [i for i, _ in enumerate(headers) if i < 2 or any(row[i] for row in rows)]
    return grid(
        "Inputs",
        [headers[i] for i in shown],
        [[row[i] for i in shown] for row in rows],
        words=headers,
    )


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, float):
        return number(value) if value % 1 else short(value)
    return count(value) if isinstance(value, int) else str(value)


def _spaced(parts: Sequence[RenderableType]) -> Group:
    """Parts with an empty line between them."""
    return Group(*(piece for part in parts for piece in (part, Text())))
