"""`node-fit fit`: from a CSV file to a model file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from standalone_node.cli.checkpoints import (
    asked_for,
    checkpoint_of,
    checkpoint_options,
    ends_after_the_iteration,
)
from standalone_node.cli.config import configurable
from standalone_node.cli.engine import check_engine, engine_for, engine_options
from standalone_node.cli.fitting import Display, check_report, fit_and_write
from standalone_node.cli.many_files import is_many, model_of, refuse_options
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import (
    SectionedCommand,
    common_options,
    estimator_options,
    given_arguments,
)
from standalone_node.cli.outputs import Outputs, check_figure
from standalone_node.cli.rows import (
    chunked_option,
    data_options,
    input_files,
    refuse_both,
    rows_for_fit,
    scratch_option,
)
from standalone_node.cli.start import start_of, start_option
from standalone_node.errors import NodeError

_SECTIONS = {
    "Data": [
        *("target", "ignore", "weight", "date", "missing", "na", "no_default_na"),
        *("delimiter", "encoding", "task"),
    ],
    "Big files": ["chunked", "scratch"],
    "Held-out rows": ["test_share", "test_file", "group", "time", "cv", "refit", "seed"],
    "Network": [
        *("horizon", "steps", "scheme", "rtol", "atol", "reversible"),
        *("form", "inner", "activation", "weights", "basis", "modes", "channels", "augment"),
    ],
    "Cost": ["loss", "l2", "h1", "class_weight"],
    "Optimisation": [
        *("start", "method", "smoothing", "beta", "line_search", "restart", "rate", "continuation"),
        *("max_iterations", "tolerance", "time_limit", "validation_share", "patience"),
        *("batch_size", "epochs", "batch_iterations", "proximal"),
        *("dtype", "threads", "memory_limit", "strict"),
    ],
    "Beyond one machine": ["engine", "scheduler", "workers", "timeout"],
    "Interruptions": ["checkpoint", "every", "resume"],
    "Output": ["output", "figure", "report", "quiet", "as_json", "debug"],
}


@click.command("fit", cls=SectionedCommand, sections=_SECTIONS)
@configurable
@click.argument("data")
@click.option(
    "-o",
    "--output",
    metavar="MODEL",
    help="The model file.  [default: DATA.node.npz beside the data; parts.node.npz of "
    "parts/*.csv, beside the folder]",
)
@data_options
@chunked_option
@scratch_option
@start_option
@click.option(
    "--cv",
    type=click.IntRange(min=2),
    metavar="K",
    help="Score by K folds of the training rows as well, with mean and spread: each fold is scored "
    "by a fit to the others.",
)
@click.option(
    "--refit", is_flag=True, help="Score as usual, then write a model trained on all rows."
)
@estimator_options
@engine_options
@click.option("--figure", metavar="FILE", help="Draw the fit, to a .png, .svg or .pdf file.")
@click.option(
    "--report",
    metavar="FOLDER",
    help="Write a report into a folder: a page, its figures and their numbers.",
)
@checkpoint_options
@click.option("--strict", is_flag=True, help="Exit code 3 if the fit did not converge.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@common_options
@click.pass_context
def command(
    ctx: click.Context, data: str, target: str | tuple[str, ...] | None, **options: Any
) -> int:
    """Fit a model to DATA, a CSV file (- is standard input, .gz is decompressed), or many: a
    pattern such as 'parts/*.csv' in quotes, a folder of CSV or Parquet files, a Parquet file.

    Numbers and text are recognised column by column, as is whether the target holds classes or
    quantities. A share of the rows is held out and scored. Written are MODEL and, beside it,
    MODEL.history.csv with one row an iteration; older files of these names are replaced. --report
    adds a folder with report.html, which opens in any browser.

    \b
    Examples:
      node-fit fit flowers.csv --target species
      node-fit fit prices.csv.gz --target price --ignore id --missing impute \\
               -o prices.node.npz --report prices
      cut -d, -f2- raw.csv | node-fit fit - --target y -o y.node.npz --json
      node-fit fit 'parts/*.csv' --target y
      node-fit fit visits.csv --target outcome --group patient --cv 5
      node-fit fit newer.csv --start flowers.node.npz --steps 6 -o finer.node.npz
      node-fit fit flowers.csv --target species --resume
      node-fit fit flowers.csv --target species --dump-config > fit.toml
      node-fit fit --config fit.toml --steps 6
      node-fit fit flowers.csv --target species --engine dask \\
               --scheduler tcp://host:8786

    A fit of more than a minute keeps where it stands in MODEL.checkpoint; Ctrl-C ends it after the
    iteration at work, and --resume goes on from there to the same model, bit for bit.
    """
    model = options["output"] or default_model(data)
    _refuse_both(ctx, options)
    files = {"model": model, "history": f"{model}.history.csv"}
    if options["figure"]:
        files["figure"] = options["figure"]
        check_figure(options["figure"])
    outputs = Outputs(files, input_files(data, options))
    messages = Messages(quiet=options["quiet"])
    if options["report"]:
        check_report(options["report"], (*input_files(data, options), *files.values()), messages)
    start = start_of(ctx, options)
    checkpoint = checkpoint_of({**options, "target": target}, model, messages)
    with (
        rows_and_engine(data, target, options, messages, start) as (prepared, engine),
        ends_after_the_iteration(checkpoint),
    ):
        for path in outputs.replaced:
            messages.note(f"{path} is there already and will be replaced.")
        code = fit_and_write(
            prepared,
            {**given_arguments(options), **({} if engine is None else {"engine": engine})},
            outputs,
            files,
            Display(options["as_json"], options["quiet"], options["strict"]),
            messages,
            refit=options["refit"],
            folds=options["cv"],
            start=start,
            report=options["report"],
            checkpoint=checkpoint,
        )
    if not asked_for(options):
        checkpoint.discard()
    return code


@contextmanager
def rows_and_engine(
    data: str,
    target: str | tuple[str, ...] | None,
    options: dict[str, Any],
    messages: Messages,
    start: Any,
) -> Iterator[tuple[Any, Any]]:
    """The rows, and the engine that the estimator is to be told of, if there is one.

    Many files are read by the engine, which has their rows then. Others are read first: what is
    wrong with them is said before a cluster is started.
    """
    given = data, target, options, messages, start
    if is_many(data):
        refuse_options(options)
        with engine_for(options, messages) as engine, rows_for_fit(*given, engine) as prepared:
            yield prepared, None
    else:
        with rows_for_fit(*given) as prepared, engine_for(options, messages) as engine:
            yield prepared, engine


def default_model(data: str) -> str:
    """DATA.node.npz beside the data: the endings .gz and .csv (.tsv, .txt) give way to it.

    Of many files it is called after their folder, and beside it.
    """
    if is_many(data):
        return model_of(data)
    if data == "-":
        raise click.UsageError("standard input has no name to call the model after: add -o MODEL.")
    path = Path(data)
    if not path.name:
        raise NodeError(f"{data}: this is a folder; name a CSV file in it.")
    stem = re.sub(r"(?i)\.(csv|tsv|txt)$", "", re.sub(r"(?i)\.gz$", "", path.name))
    return str(path.with_name(f"{stem or path.name}.node.npz"))


def _refuse_both(ctx: click.Context, options: dict[str, Any]) -> None:
    """Options that contradict each other, or that mean nothing alone."""
    if options["refit"] and options["test_file"] is not None:
        raise click.UsageError(
            "--refit would train on the rows that --test keeps apart: leave one of the two out."
        )
    check_engine(options)
    refuse_both(ctx, options)
