"""`node-fit fit`: from a CSV file to a model file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from standalone_node.cli.fitting import Display, fit_and_write
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import (
    SectionedCommand,
    common_options,
    estimator_options,
    given_arguments,
    reading_options,
    seed_option,
)
from standalone_node.cli.outputs import Outputs

_SECTIONS = {
    "Data": ["target", "ignore", "missing", "na", "no_default_na", "delimiter", "encoding", "task"],
    "Held-out rows": ["test_share", "test_file", "refit", "seed"],
    "Network": ["horizon", "steps", "scheme", "form", "activation", "channels", "augment"],
    "Cost": ["loss", "l2", "h1"],
    "Optimisation": [
        "smoothing",
        "method",
        "beta",
        "rate",
        "batch_size",
        "epochs",
        "batch_iterations",
        "proximal",
        "max_iterations",
        "tolerance",
        "dtype",
        "threads",
        "memory_limit",
        "strict",
    ],
    "Output": ["output", "figure", "quiet", "as_json", "debug"],
}


@click.command("fit", cls=SectionedCommand, sections=_SECTIONS)
@click.argument("data")
@click.option("--target", metavar="COLUMN", help="The column to learn.")
@click.option(
    "-o",
    "--output",
    metavar="MODEL",
    help="The model file.  [default: DATA.node.npz beside the data]",
)
@click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="A column to leave out; repeatable."
)
@click.option(
    "--missing",
    type=click.Choice(["error", "drop", "impute"]),
    default="error",
    show_default=True,
    help="Missing cells are an error, leave their row out, or are filled in with the median or "
    "the most frequent category of the training rows.",
)
@click.option(
    "--na",
    multiple=True,
    metavar="TEXT",
    help="A cell that counts as missing, besides the empty cell and the usual NA, N/A, NaN, NULL, "
    "None, ? and the like; repeatable.",
)
@click.option("--no-default-na", is_flag=True, help="Only the empty cell and --na are missing.")
@reading_options
@click.option(
    "--task",
    type=click.Choice(["auto", "classification", "regression"]),
    default="auto",
    show_default=True,
    help="auto: text, booleans and at most 20 distinct whole numbers are classes.",
)
@click.option(
    "--test-share",
    type=float,
    default=0.2,
    show_default=True,
    help="Share of the rows to hold out and score on; 0 trains on all.",
)
@click.option("--test", "test_file", metavar="FILE", help="Held-out rows in a file of their own.")
@click.option(
    "--refit", is_flag=True, help="Score as usual, then write a model trained on all rows."
)
@seed_option
@estimator_options
@click.option("--figure", metavar="FILE", help="Draw the fit, to a .png, .svg or .pdf file.")
@click.option("--strict", is_flag=True, help="Exit code 3 if the fit did not converge.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@common_options
@click.pass_context
def command(ctx: click.Context, data: str, target: str | None, **options: Any) -> int:
    """Fit a model to DATA, a CSV file (- is standard input, .gz is decompressed).

    Numbers and text are recognised column by column, as is whether the target holds classes or
    quantities. A share of the rows is held out and scored. Written are MODEL and, beside it,
    MODEL.history.csv with one row an iteration; older files of these names are replaced.

    \b
    Examples:
      node-fit fit flowers.csv --target species
      node-fit fit prices.csv.gz --target price --ignore id --missing impute \\
               -o prices.node.npz --figure prices.png
      cut -d, -f2- raw.csv | node-fit fit - --target y -o y.node.npz --json
    """
    model = options["output"] or default_model(data)
    _refuse_both(ctx, options)
    files = {"model": model, "history": f"{model}.history.csv"}
    if options["figure"]:
        files["figure"] = options["figure"]
        _check_figure(options["figure"])
    sources = [data, *([options["test_file"]] if options["test_file"] else [])]
    outputs = Outputs(files, tuple(source for source in sources if source != "-"))
    messages = Messages(quiet=options["quiet"])
    prepared = _prepared(data, target, options)
    for path in outputs.replaced:
        messages.note(f"{path} is there already and will be replaced.")
    return fit_and_write(
        prepared,
        given_arguments(options),
        outputs,
        files,
        Display(options["as_json"], options["quiet"], options["strict"]),
        messages,
        refit=options["refit"],
    )


def default_model(data: str) -> str:
    """DATA.node.npz beside the data: the endings .gz and .csv (.tsv, .txt) give way to it."""
    if data == "-":
        raise click.UsageError("standard input has no name to call the model after: add -o MODEL.")
    path = Path(data)
    stem = re.sub(r"(?i)\.(csv|tsv|txt)$", "", re.sub(r"(?i)\.gz$", "", path.name))
    return str(path.with_name(f"{stem or path.name}.node.npz"))


def _refuse_both(ctx: click.Context, options: dict[str, Any]) -> None:
    """Options that contradict each other, or that mean nothing alone."""
    for name in ("epochs", "batch_iterations", "proximal"):
        if options[name] is not None and options["batch_size"] is None:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} is about batches: add --batch-size.")
    if options["test_file"] is None:
        return
    if options["refit"]:
        raise click.UsageError(
            "--refit would train on the rows that --test keeps apart: leave one of the two out."
        )
    if ctx.get_parameter_source("test_share") is not click.core.ParameterSource.DEFAULT:
        raise click.UsageError(
            "--test FILE names the held-out rows, so there is no --test-share: leave one out."
        )


def _check_figure(path: str) -> None:
    from standalone_node.report.figures import figure_format

    figure_format(path)


def _prepared(data: str, target: str | None, options: dict[str, Any]) -> Any:
    if data == "-" and sys.stdin.isatty():
        click.echo("Reading the data from the terminal; end with Ctrl-D.", err=True)
    from standalone_node.learn.schema import DEFAULT_NA
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import prepare

    reading = {"delimiter": options["delimiter"], "encoding": options["encoding"]}
    table = read_table(data, **reading)
    test = read_table(options["test_file"], **reading) if options["test_file"] else None
    usual = () if options["no_default_na"] else DEFAULT_NA
    return prepare(
        table,
        target,
        ignore=options["ignore"],
        missing=options["missing"],
        na=(*usual, *options["na"]),
        task=None if options["task"] == "auto" else options["task"],
        test_share=options["test_share"],
        test=test,
        seed=options["seed"],
    )
