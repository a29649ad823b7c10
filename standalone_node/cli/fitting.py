"""What `fit` and `demo` do alike: fit with progress, write the files, show the outcome."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standalone_node.cli.failures import NOT_CONVERGED
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import as_options, print_json
from standalone_node.cli.outputs import Outputs


@dataclass(frozen=True)
class Display:
    """How a run is shown."""

    as_json: bool = False
    quiet: bool = False
    strict: bool = False


def fit_and_write(
    prepared: Any,
    arguments: Mapping[str, Any],
    outputs: Outputs,
    files: Mapping[str, str],
    display: Display,
    messages: Messages,
    *,
    refit: bool = False,
    folds: int | None = None,
    start: Any = None,
    report: str | None = None,
    checkpoint: Any = None,
) -> int:
    """Fit, write the model, its history and what else is asked for, and show the table.

    Parameters
    ----------
    prepared : Prepared
    arguments : mapping
        Of the estimator.
    outputs : Outputs
        Of `files`, checked.
    files : mapping
        "model", "history" and perhaps "figure", and where they go.
    folds : int, optional
        Of a cross-validation.
    start : Start, optional
        A model to go on from.
    report : str, optional
        The folder of a report, checked by `check_report`.
    checkpoint : Checkpoint, optional

    Returns
    -------
    int
        The exit code.
    """
    from standalone_node.learn.tabular import fit
    from standalone_node.report.facts import fit_facts
    from standalone_node.report.folds import fold_words
    from standalone_node.report.progress import progress
    from standalone_node.report.terminal import show, terminal

    settings = {} if start is None else start.estimator.get_params()
    announce(prepared, {**settings, **arguments}, messages)
    doubt = None if start is None else start.doubt(prepared)
    if doubt is not None:
        messages.warning(doubt)
    with messages.catching(as_options):
        with progress(terminal(stderr=True), quiet=display.quiet) as shown:
            fitted = fit(
                prepared,
                arguments,
                refit=refit,
                folds=folds,
                start=start,
                callback=shown.iteration,
                stage=shown.stage,
                done=lambda fold: shown.told(fold_words(fold)),
                checkpoint=checkpoint,
            )
        with outputs:
            _write(fitted, outputs, files)
    facts = fit_facts(fitted, messages.warnings, files)
    facts["end_state"]["sentence"] = as_options(facts["end_state"]["sentence"])
    if report:
        facts["files"]["report"] = str(Path(report) / "report.html")
        with messages.catching(as_options):
            _write_report(fitted, facts, report)
    if display.as_json:
        print_json(facts)
    else:
        from standalone_node.report.text import fit_table

        show(fit_table(facts))
    return NOT_CONVERGED if display.strict and not facts["end_state"]["success"] else 0


def announce(prepared: Any, arguments: Mapping[str, Any], messages: Messages) -> None:
    """What was recognised in the rows, what looks wrong, and what takes its time first."""
    from standalone_node.learn.explosion import explosions
    from standalone_node.learn.tabular import estimator_of

    for sentence in prepared.notes:
        messages.note(sentence)
    estimator = estimator_of(prepared, arguments)
    grown = explosions(prepared.schema, estimator, len(prepared.train))
    for sentence in (*prepared.warnings, *grown):
        messages.warning(sentence)
    if kernels_missing(prepared, arguments):
        messages.note("the kernels are compiled first, which takes some seconds this once.")


def kernels_missing(prepared: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether the network of these arguments has kernels that were never compiled."""
    from standalone_node.kernels.inventory import to_be_compiled
    from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR

    defaults = CLASSIFIER if prepared.task == "classification" else REGRESSOR
    settings = {**vars(defaults), **arguments}
    return to_be_compiled(settings["form"], settings["activation"], settings["dtype"])


def _write(fitted: Any, outputs: Outputs, files: Mapping[str, str]) -> None:
    from standalone_node.learn.model_file import model_bytes

    if "figure" in files:
        from standalone_node.plot.style import figure_format
        from standalone_node.report.figures import save_figure

        with outputs.stage("figure") as path:
            save_figure(fitted, path, figure_format(files["figure"]))
    outputs.write_text("history", history_csv(fitted.estimator.result_.history))
    outputs.write_bytes("model", model_bytes(fitted.estimator))
    outputs.commit()


def check_report(folder: str, files: Iterable[str], messages: Messages) -> None:
    """Refuse a folder for a report that cannot be used; say so if one is there already.

    Parameters
    ----------
    folder : str
    files : iterable of str
        What is read, and what else is written.
    """
    from standalone_node.report.folder import PAGE, check_folder

    check_folder(folder, files)
    if (Path(folder) / PAGE).exists():
        messages.note(f"the report in {folder} is there already and will be replaced.")


def _write_report(fitted: Any, facts: Mapping[str, Any], folder: str) -> None:
    from standalone_node.report.folder import write_report
    from standalone_node.report.training import training_document

    write_report(training_document(fitted, facts), folder)


def history_csv(history: Mapping[str, Any]) -> str:
    """The history of a run, a row an iteration, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["iteration", *history])
    columns = [values.tolist() for values in history.values()]
    for i, row in enumerate(zip(*columns, strict=True)):
        writer.writerow([i, *row])
    return text.getvalue()
