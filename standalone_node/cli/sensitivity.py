"""`node-fit sensitivity`: how far the outputs of a model can be trusted, as a report."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import click

from standalone_node.cli.config import configurable
from standalone_node.cli.kinds import Box, SomeOf, Unit
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import (
    SectionedCommand,
    as_options,
    common_options,
    print_json,
    reading_options,
)

_SECTIONS = {
    "What is asked": ["only", "rows", "held_out", "train_file", "time_limit", "samples", "seed"],
    "Changes of the inputs": ["noise", "unit", "box", "tolerance"],
    "Reading": ["delimiter", "encoding"],
    "Output": ["output", "quiet", "as_json", "debug"],
}


@click.command("sensitivity", cls=SectionedCommand, sections=_SECTIONS)
@configurable
@click.argument("model")
@click.argument("data")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    help="Folder of the report, made if it is not there.  [default: MODEL.sensitivity beside it]",
)
@click.option(
    "--only",
    type=SomeOf("sensitivity.names", "ABOUT", "questions", shown=True),
    help="Only these questions.  [default: all]",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Rows at the most, drawn at random.",
)
@click.option(
    "--held-out",
    is_flag=True,
    help="Only the rows that the fit held out; DATA is the file of the fit.",
)
@click.option(
    "--train",
    "train_file",
    metavar="FILE",
    help="The rows of the fit, on which the posterior of the parameters stands.  [default: DATA]",
)
@click.option(
    "--time-limit", type=float, metavar="SECONDS", help="What does not fit is left out and named."
)
@click.option(
    "--samples",
    type=click.IntRange(min=100),
    default=1000,
    show_default=True,
    help="Of a Monte Carlo estimate, for each row.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="Of all that is drawn at random.",
)
@click.option(
    "--noise",
    metavar="SHARE|data|FILE",
    default="0.05",
    show_default=True,
    help="Errors of the inputs: their standard deviation as a share of the spread of each numeric "
    "column; data, as large as the rows vary, correlations included; or a CSV file of two columns, "
    "name and standard deviation, or of a covariance.",
)
@click.option(
    "--unit",
    type=Unit(),
    default="spread",
    show_default=True,
    help="What a column is divided by where changes are measured: its spread, or a number.",
)
@click.option(
    "--box",
    type=Box(),
    default="none",
    show_default=True,
    help="Attacks leave the columns between these numbers, or between their least and largest "
    "value in DATA.",
)
@click.option(
    "--tolerance",
    type=float,
    help="A change of a quantity that is another answer.  [default: the root mean square error]",
)
@reading_options
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@common_options
def command(model: str, data: str, output: str | None, **options: Any) -> None:
    """Report how far the outputs of MODEL can be trusted on DATA, a CSV file (- is standard input).

    Which inputs matter, where in the depth the network reacts, what errors of the inputs and of
    the parameters do, how small a change leads to a wrong answer, and up to which change none can.
    With the target column the answers are held against it. Written are FOLDER/report.html, a page
    that needs no network, its figures (SVG, PNG), the numbers behind them (CSV) and report.json.

    \b
    Examples:
      node-fit sensitivity flowers.node.npz flowers.csv --held-out -o report/
      node-fit sensitivity digits.node.npz new.csv --unit 16 --box 0,16
      node-fit sensitivity prices.node.npz new.csv --only noise --noise errors.csv
    """
    quiet, folder = options["quiet"], Path(output or default_folder(model))
    read = (model, data, options["train_file"], options["noise"])
    _check(folder, [name for name in read if name and name != "-"])
    messages = Messages(quiet=quiet)
    with messages.catching(as_options):
        document, seconds = _analysed(model, data, options, messages)
        paths = _written(document, folder, quiet)
    if options["as_json"]:
        from standalone_node.report.page import summary

        print_json(summary(document))
        return
    from standalone_node.report.sensitivity.summary import summary_table
    from standalone_node.report.terminal import show

    show(summary_table(document, str(folder / "report.html"), len(paths), seconds))


def default_folder(model: str) -> str:
    """MODEL without .node.npz, and .sensitivity behind it."""
    path = Path(model)
    return str(path.with_name(re.sub(r"(\.node)?\.npz$", "", path.name) + ".sensitivity"))


def _check(folder: Path, files: list[str]) -> None:
    """Refuse a folder that cannot be written to before anything is computed."""
    from standalone_node.report.folder import check_folder

    check_folder(folder, [name for name in files if Path(name).exists()])


def _analysed(
    model: str, data: str, options: dict[str, Any], messages: Messages
) -> tuple[Any, float]:
    """The document of an analysis, and the seconds it took."""
    from standalone_node.learn.judged import judged_rows
    from standalone_node.learn.model_file import load
    from standalone_node.learn.table import read_table
    from standalone_node.report.sensitivity.build import Origin, document_of
    from standalone_node.sensitivity.analysis import analyse

    reading = {name: options[name] for name in ("delimiter", "encoding")}
    estimator = load(model)
    train = read_table(options["train_file"], **reading) if options["train_file"] else None
    judged = judged_rows(
        estimator,
        read_table(data, **reading),
        source=model,
        held_out=options["held_out"],
        train=train,
    )
    for sentence in judged.notes:
        messages.note(sentence)
    noise, noise_words = _noise(estimator, judged.schema, options["noise"], reading)
    with _progress(options["quiet"]) as progress:
        analysis = analyse(
            estimator,
            judged.inputs,
            judged.labels,
            questions=options["only"],
            noise=noise,
            unit=options["unit"],
            bounds=_bounds(options["box"], judged.inputs),
            tolerance=options["tolerance"],
            rows=options["rows"],
            time_limit=options["time_limit"],
            samples=options["samples"],
            fit_rows=judged.fit,
            fit_count=estimator.summary_.get("train_rows"),
            seed=options["seed"],
            progress=progress,
        )
    origin = Origin(model, data, ("node-fit", *sys.argv[1:]), noise_words, options["box"])
    left_out = {name: as_options(why) for name, why in analysis.left_out.items()}
    analysis = replace(analysis, left_out=left_out)
    document = document_of(analysis, judged, estimator, origin, messages.warnings)
    return document, analysis.study.clock.seconds


def _noise(estimator: Any, schema: Any, given: str, reading: dict[str, Any]) -> tuple[Any, str]:
    """Standard deviations or a covariance of the features, and how they are called."""
    from standalone_node.errors import ArgumentError, DataError
    from standalone_node.learn.noise import noise_of_table, share_of_spread
    from standalone_node.learn.table import read_table
    from standalone_node.sensitivity.uncertainty.propagation import covariance_of

    if given == "data":
        return "data", "errors as large as the rows vary"
    try:
        share = float(given)
    except ValueError:
        noise = noise_of_table(read_table(given, **reading), schema)
        try:
            return covariance_of(estimator.network_, noise), f"the errors in {given}"
        except ArgumentError as error:
            raise DataError(f"{given}: {error}") from None
    if not 0.0 < share < float("inf"):
        raise click.UsageError(f"--noise {given} has to be a positive share, data, or a file.")
    numeric = any(column.kind == "numeric" for column in schema.columns)
    what = "numeric column" if numeric else "zero or one that stands for a category"
    words = f"errors of {100 * share:g}\N{NO-BREAK SPACE}% of the spread of each {what}"
    return share_of_spread(schema, estimator.scaling_.scale, share), words


def _bounds(box: Any, inputs: Any) -> Any:
    if box == "none":
        return None
    return (inputs.min(axis=0), inputs.max(axis=0)) if box == "data" else box


def _progress(quiet: bool) -> Any:
    from standalone_node.report.analysis_progress import AnalysisProgress
    from standalone_node.report.terminal import terminal
    from standalone_node.sensitivity.names import ABOUT

    return AnalysisProgress(terminal(stderr=True), ABOUT, quiet=quiet)


def _written(document: Any, folder: Path, quiet: bool) -> list[Path]:
    from standalone_node.report.analysis_progress import AnalysisProgress
    from standalone_node.report.folder import write_report
    from standalone_node.report.terminal import terminal

    words = {"report": "Drawing the figures and writing the page"}
    total, begun = len(document.figures) + 1, count()
    with AnalysisProgress(terminal(stderr=True), words, quiet=quiet) as shown:
        paths = write_report(document, folder, lambda said: shown("report", next(begun), total))
        shown("report", total, total)
    return paths
