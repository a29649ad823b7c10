"""The section of a fit's report on its predictions: scores, and where the model is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure
import numpy as np

from standalone_node.learn.scores import SCORE_NAMES
from standalone_node.learn.tabular import Fitted
from standalone_node.report.document import Cell, Figure, Section, Table
from standalone_node.report.figures import FIGURES, predicted_against_true, residuals
from standalone_node.report.figures.shown import shown_part
from standalone_node.report.numbers import count, number
from standalone_node.report.text import always
from standalone_node.report.training_verdicts import explained_by_target, percent

Facts = Mapping[str, Any]

_REFIT = (
    "After scoring, the model was fitted again on all rows. The scores are those of the first fit; "
    "the figures show the second, which has seen the rows that are called held out."
)


def panel_figure(
    name: str, fitted: Fitted, words: Mapping[str, str], size: tuple[float, float]
) -> Figure:
    """A figure of `FIGURES` as a figure of a document; its title stands above it there."""
    panel = FIGURES[name]

    def draw(canvas: matplotlib.figure.Figure) -> None:
        drawn = panel.drawn(fitted)
        across = min(2, len(drawn))
        for place, one in enumerate(drawn, start=1):
            axes = canvas.add_subplot(-(-len(drawn) // across), across, place)
            one(axes)
            axes.set_title("")

    return Figure(name=name, table=panel.numbers(fitted), draw=draw, size=size, **words)


def predictions(fitted: Fitted, facts: Facts) -> Section:
    """Scores, and where the model is wrong."""
    quantities = facts["task"] == "regression"
    figures = _quantity_figures(fitted) if quantities else _class_figures(fitted, facts)
    tables = [_scores(facts)] if quantities else [_scores(facts), _classes(fitted, facts)]
    return Section(
        id="predictions",
        question="How good are the predictions?",
        answer=_verdict_words(facts),
        figures=figures,
        tables=tuple(tables),
        notes=(_REFIT,) if facts["refit"] else (),
        details=(
            "The rows were split at random"
            f"{'' if quantities else ', class by class'}, with seed {facts['seed']}, and nothing "
            "of the held-out rows was used in the fit. The baseline is the best prediction that "
            "looks at no input: the "
            f"{'mean' if quantities else 'most frequent class'} of the training rows.\n\n"
            "Intervals of an accuracy are Wilson's at 95 %. They cover the chance of drawing these "
            "held-out rows, and not that of drawing other rows to train on. "
            "Root mean square errors are compared row by row: the mean difference of the squared "
            "errors has to be more than 1.96 of its standard errors from 0."
        ),
    )


def _verdict_words(facts: Facts) -> str:
    test, baseline = facts["test"], facts["baseline"]
    if test is None or baseline is None:
        return (
            "Nobody knows: no rows were held out. What follows are the rows trained on, which a "
            "model may know by heart."
        )
    if "accuracy" in test:
        weighed = "the weight of " if "effective_size" in test else ""
        return (
            f"{percent(test['accuracy'])} of {weighed}{count(test['rows'])} held-out rows are "
            f"predicted correctly, against {percent(baseline['accuracy'])} for the guess "
            f"“{always(baseline)}”."
        )
    if "targets" in test:
        return (
            f"Of {count(test['rows'])} held-out rows the variance that is explained is "
            f"{explained_by_target(test)}."
        )
    return (
        f"The root mean square error of {count(test['rows'])} held-out rows is "
        f"{number(test['rmse'])}, against {number(baseline['rmse'])} for the guess "
        f"“{always(baseline)}”."
    )


def _class_figures(fitted: Fitted, facts: Facts) -> tuple[Figure, ...]:
    table = FIGURES["confusion"].numbers(fitted)
    right = int(table.loc[table["true"] == table["predicted"], "rows"].sum())
    rows, held = int(table["rows"].sum()), shown_part(fitted)[1]
    worst = table[(table["true"] != table["predicted"]) & (table["rows"] > 0)]
    mixed = "No two classes are mixed up."
    if len(worst):
        most = worst.sort_values("rows", ascending=False, kind="stable").head(1)
        ((true, predicted, times),) = most[["true", "predicted", "rows"]].to_numpy(dtype=object)
        mixed = f"Most often, {_times(times)}, {true} is taken for {predicted}."
    side = min(7.0, 3.2 + 0.45 * len(facts["classes"]))
    words = {
        "title": "Which class is taken for which",
        "caption": (
            f"True classes down, predicted classes across, over {rows:,} {held}: {right:,} on the "
            f"diagonal are right. Shaded by the share of the true class. {mixed}"
        ),
        "alt": f"Confusion matrix: {right:,} of {rows:,} {held} are right. {mixed}",
    }
    figures = [panel_figure("confusion", fitted, words, (side + 0.8, side))]
    if FIGURES["decision-regions"].suits(fitted):
        figures.append(_regions(fitted))
    return tuple(figures)


def _regions(fitted: Fitted) -> Figure:
    first, second = (column.name for column in fitted.prepared.schema.columns)
    target = fitted.prepared.schema.target.name
    words = {
        "title": f"What is predicted over {first} and {second}",
        "caption": (
            f"The {target} that is predicted at each point of the plane, fainter where the "
            "probability is lower, and the rows in the colour of their true class. The numbers are "
            "those of the rows; what is predicted elsewhere, node-fit predict tells."
        ),
        "alt": (
            f"Regions of predicted {target} over {first} and {second}, with "
            f"{len(fitted.prepared.train):,} rows trained on"
            + (f" and {len(fitted.prepared.test):,} held out" if fitted.prepared.test else "")
            + "."
        ),
    }
    return panel_figure("decision-regions", fitted, words, (7.2, 5.4))


def _quantity_figures(fitted: Fitted) -> tuple[Figure, ...]:
    table, held = FIGURES["predicted-against-true"].numbers(fitted), shown_part(fitted)[1]
    names, close = predicted_against_true.shown_targets(fitted), []
    for place, name in enumerate(names):
        true, predicted = predicted_against_true.columns_of(fitted, place)
        flat = min(len(true), np.ptp(true) > 0.0, np.ptp(predicted) > 0.0) < 1 or len(true) < 2
        found = float("nan") if flat else float(np.corrcoef(true, predicted)[0, 1])
        close.append(number(found) if len(names) == 1 else f"{number(found)} of {name}")
    more = len(fitted.prepared.schema.target_names) - len(names)
    words = {
        "title": "Predicted against true",
        "caption": (
            f"A point for each of {len(table):,} {held}. On the line the prediction is right; "
            "points above it are predicted too high. A cloud that is flatter than the line means "
            "predictions nearer to the mean than the truth is, as always where inputs tell little."
            f"{f' Not drawn are {more} further targets.' if more else ''}"
        ),
        "alt": (
            f"Predicted against true {', '.join(names)} of {len(table):,} {held}; their "
            f"correlation is {', '.join(close)}."
        ),
    }
    rows, across = -(-len(names) // 2), min(2, len(names))
    size = (5.4, 5.2) if len(names) == 1 else (4.4 * across, 4.2 * rows)
    return (
        panel_figure("predicted-against-true", fitted, words, size),
        *(residuals.figure(fitted, place) for place in range(len(names))),
    )


def _scores(facts: Facts) -> Table:
    names = {name: label for name, label in SCORE_NAMES.items() if name in facts["train"]}
    several = "targets" in facts["train"]
    parts = {"rows trained on": "train", "held-out rows": "test", "baseline": "baseline"}
    rows: list[tuple[Cell, ...]] = []
    for label, part in parts.items():
        found = facts[part]
        if found is None:
            continue
        # Means of errors would be in no unit.
        known = [found.get(n) if n == "r2" or not several else None for n in names]
        rows.append((f"{label}, mean" if several else label, found["rows"], *known))
        for entry in found.get("targets", ()):
            own = (entry[name] for name in names)
            rows.append((f"{label}, {entry['target']}", found["rows"], *own))
    note = ""
    if facts["weight"]:
        note = f"Means are weighted by the column {facts['weight']}."
    return Table("scores", "Scores", ("", "rows", *names.values()), tuple(rows), note)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _classes(fitted: Fitted, facts: Facts) -> Table:
    known = facts["test"] or facts["train"]
    rows = tuple(
        (str(entry["class"]), entry["rows"], entry["precision"], entry["recall"], entry["f1"])
        for entry in known["classes"]
    )
    return Table(
        "classes",
        f"Class by class, {'held-out' if facts['test'] else 'training'} rows",
        ("class", "rows", "precision", "recall", "F1"),
        rows,
        "Precision: of the rows predicted as the class, the share that is of it. Recall: of the "
        "rows of the class, the share that is found. F1: their harmonic mean.",
    )
