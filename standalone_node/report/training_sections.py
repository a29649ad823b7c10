"""The sections of the report of a fit: a function each, and the table that lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from standalone_node.learn.scores import SCORE_NAMES
from standalone_node.learn.tabular import Fitted
from standalone_node.plot.following import ROWS
from standalone_node.report.document import Cell, Section, Table
from standalone_node.report.figures import trajectories, weights_over_depth
from standalone_node.report.folds import fold_rows
from standalone_node.report.numbers import count, number, short
from standalone_node.report.text import column_values, learnt_rows
from standalone_node.report.training_predictions import panel_figure, predictions
from standalone_node.report.training_verdicts import percent

Facts = Mapping[str, Any]


def flow(fitted: Fitted, facts: Facts) -> Section:
    """How rows move through the depth."""
    paths = trajectories.paths_of(fitted)
    figures = [trajectories.over_depth(fitted, paths)]
    if fitted.estimator.network_.inputs == 2:
        figures.append(trajectories.phase_plane(fitted, paths))
    return Section(
        id="flow",
        question="What happens to a row on its way through the network?",
        answer=(
            f"A row is the start of a differential equation for {facts['width']} numbers, and its "
            f"prediction is read off where the solution is at t = {short(float(paths.times[-1]))}. "
            "The figure follows single rows."
        ),
        figures=tuple(figures),
        details=(
            f"Up to {ROWS} rows are drawn, chosen evenly over the "
            f"{'classes' if facts['classes'] else 'true values'}. The components of the state that "
            "become the outputs are shown in the units of the outputs; those of losses with "
            "probabilities are logits."
        ),
    )


def weights(fitted: Fitted, facts: Facts) -> Section:
    """The weights as functions of the depth."""
    varies = weights_over_depth.variation_of(fitted.estimator.parameters_)
    return Section(
        id="weights",
        question="Are the weights smooth functions of the depth?",
        answer=(
            f"The weights vary by {percent(varies.share)} of their size over the depth, and from "
            f"one depth point to the next by {percent(varies.largest_step)} at most."
        ),
        figures=(weights_over_depth.figure(fitted),),
        details=(
            "The share is the root of the integral of |θ − mean|² over that of |θ|²; 0 means that "
            "all layers are equal, 100 % that nothing is common to them. The largest step is that "
            "of |θ| between neighbouring depth points, relative to the largest |θ|."
        ),
    )


def convergence(fitted: Fitted, facts: Facts) -> Section:
    """How the optimisation went and ended."""
    cost, norm, end = facts["cost"], facts["gradient_norm"], facts["end_state"]
    words = {
        "title": "Cost and gradient norm over the iterations",
        "caption": (
            "Both relative to their start, on a logarithmic scale. A gradient norm that has fallen "
            "by orders of magnitude tells of a stationary point; a cost that still falls at the "
            "end tells that more iterations would change the model."
        ),
        "alt": (
            f"Lines over {facts['iterations']} iterations: the cost goes from "
            f"{number(cost['start'])} to {number(cost['end'])}, the gradient norm from "
            f"{number(norm['start'])} to {number(norm['end'])}."
        ),
    }
    return Section(
        id="convergence",
        question="Did the optimisation arrive?",
        answer=f"{'Yes' if end['success'] else 'Not quite'}. {end['sentence']}",
        figures=(panel_figure("convergence", fitted, words, (7.2, 3.8)),),
    )


def folds(fitted: Fitted, facts: Facts) -> Section | None:
    """The folds of a cross-validation, if there was one."""
    found = facts["cross_validation"]
    if found is None:
        return None
    leading = found["leading"]
    label = SCORE_NAMES[leading]
    title, headers, rows = fold_rows(found, SCORE_NAMES)
    of, base = found["scores"][leading], found["baseline"][leading]
    return Section(
        id="folds",
        question="How much does the score depend on the rows that it is measured on?",
        answer=(
            f"Over {found['folds']} folds the {label} is {number(of['mean'])} ± "
            f"{number(of['spread'])}, mean and standard deviation; that of the baseline is "
            f"{number(base['mean'])} ± {number(base['spread'])}."
        ),
        tables=(Table("folds", title, tuple(headers), tuple(tuple(row) for row in rows)),),
        details=(
            "Each fold is scored by a model that was fitted to the rows of the others alone, fill "
            "values and scaling included; by time, to those that came before. The spread is that "
            "of single folds: the mean of all is more certain, but folds that share rows to train "
            "on are not independent, so that no standard error is told."
        ),
    )


def data(fitted: Fitted, facts: Facts) -> Section:
    """The columns, as they were read."""
    rows: list[tuple[Cell, ...]] = []
    for column in fitted.estimator.schema_.to_json()["columns"]:
        rows.append((column["name"], column["kind"], column_values(column) or None))
    columns: tuple[str, ...] = ("column", "kind", "values")
    if not any(row[2] for row in rows):
        columns, rows = columns[:2], [row[:2] for row in rows]
    notes = list(facts["notes"])
    if facts["rows"]["left_out"]:
        notes.append(f"{count(facts['rows']['left_out'])} rows with missing cells were left out.")
    plural = "s" * (facts["columns"] != 1)
    return Section(
        id="data",
        question="What was learnt from?",
        answer=(
            f"{count(facts['columns'])} column{plural} of {facts['data']}, which make "
            f"{count(facts['features'])} features; {count(facts['rows']['train'])} rows were "
            f"trained on and {count(facts['rows']['test'])} held out."
        ),
        tables=(Table("columns", "Inputs", columns, tuple(rows)),),
        notes=tuple(notes),
    )


def settings(fitted: Fitted, facts: Facts) -> Section:
    """The network in words, and all arguments."""
    network = tuple((name, str(value)) for name, value in learnt_rows(dict(facts)))
    arguments = tuple(
        (f"--{name.replace('_', '-')}", _argument(value))
        for name, value in facts["settings"].items()
    )
    return Section(
        id="settings",
        question="What exactly was fitted?",
        answer=(
            f"A network of {facts['width']} state components with {facts['time_steps']} steps over "
            "the depth. The settings below make the same model again."
        ),
        tables=(
            Table("network", "The network", ("property", "value"), network),
            Table(
                "settings",
                "All settings",
                ("option", "value"),
                arguments,
                "A dash stands for what node-fit fit --help tells as the default of the option.",
            ),
        ),
    )


def _argument(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


#: The table: the sections in their order; a function may return None where it has nothing to say.
SECTIONS: tuple[Callable[[Fitted, Facts], Section | None], ...] = (
    predictions,
    folds,
    flow,
    weights,
    convergence,
    data,
    settings,
)
