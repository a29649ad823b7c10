"""`node-fit compare`: one network, many methods."""

from __future__ import annotations

from typing import Any

import click

from standalone_node.cli.config import configurable
from standalone_node.cli.fitting import announce
from standalone_node.cli.kinds import SomeOf
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import (
    SectionedCommand,
    as_options,
    common_options,
    given_arguments,
    print_json,
    some_estimator_options,
)
from standalone_node.cli.outputs import Outputs, check_figure, made_folder
from standalone_node.cli.rows import data_options, input_files, prepared_rows, refuse_both

#: The arguments of the estimators that all methods share.
_SHARED = (
    *("horizon", "steps", "scheme", "form", "inner", "activation"),
    *("weights", "basis", "modes", "channels", "augment"),
    *("loss", "l2", "h1", "smoothing", "dtype", "threads", "memory_limit"),
)

_SECTIONS = {
    "Data": [
        *("target", "ignore", "weight", "date", "missing", "na", "no_default_na"),
        *("delimiter", "encoding", "task"),
    ],
    "Held-out rows": ["test_share", "test_file", "group", "time", "seed"],
    "Network": [
        *("horizon", "steps", "scheme", "form", "inner", "activation"),
        *("weights", "basis", "modes", "channels", "augment"),
    ],
    "Cost": ["loss", "l2", "h1"],
    "Methods": [
        "methods",
        "max_sweeps",
        "time_limit",
        "tolerance",
        "level",
        "batch_size",
        "smoothing",
        "dtype",
        "threads",
        "memory_limit",
    ],
    "Output": ["output", "figure", "quiet", "as_json", "debug"],
}


@click.command("compare", cls=SectionedCommand, sections=_SECTIONS)
@configurable
@click.argument("data")
@click.option(
    "-o", "--output", metavar="FOLDER", help="Folder for comparison.csv and comparison.png."
)
@data_options
@click.option(
    "--methods",
    type=SomeOf("learn.contenders", "COMPARED", "methods"),
    metavar="NAME,NAME,...",
    help="sobolev-ncg, l2-ncg, steepest-descent, lbfgs, gauss-newton, adam, sgd, resnet.  "
    "[default: all]",
)
@click.option(
    "--max-sweeps",
    type=int,
    default=1000,
    show_default=True,
    help="Direct, adjoint and sensitivity sweeps of a run at the most.",
)
@click.option(
    "--time-limit", type=float, default=8.0, show_default=True, help="Seconds of a run at the most."
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-6,
    show_default=True,
    help="Gradient norm to end at, as a share of the one at the start.",
)
@click.option(
    "--level",
    type=float,
    default=0.01,
    show_default=True,
    help="Sweeps and seconds are told to the cost that lies this share of the way back from the "
    "best cost to the start.",
)
@click.option(
    "--batch-size",
    type=int,
    help="Rows of a batch of Adam, SGD and the ResNet.  [default: 100, a quarter of the rows at "
    "the most]",
)
@some_estimator_options(_SHARED)
@click.option("--figure", metavar="FILE", help="Draw the costs, to a .png, .svg or .pdf file.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@common_options
@click.pass_context
def command(
    ctx: click.Context, data: str, target: str | tuple[str, ...] | None, **options: Any
) -> None:
    """Train one network on DATA, a CSV file, by several methods, and compare them.

    All methods get the same rows, the same cost, the same start and the same limits. The held-out
    rows are looked at once a method, at its end. Learning rates are searched for by the training
    cost. The ResNet has a layer a step, each drawn on its own.

    \b
    Examples:
      node-fit compare flowers.csv --target species
      node-fit compare prices.csv --target price -o prices-methods --seed 3
      node-fit compare flowers.csv --target species --methods lbfgs,adam --json
    """
    refuse_both(ctx, options)
    if options["figure"]:
        check_figure(options["figure"])
    arguments = given_arguments({name: options[name] for name in _SHARED})
    messages = Messages(quiet=options["quiet"])
    prepared = prepared_rows(data, target, options)
    files = _files(options["output"], options["figure"])
    outputs = Outputs(files, input_files(data, options))
    for path in outputs.replaced:
        messages.note(f"{path} is there already and will be replaced.")
    announce(prepared, arguments, messages)
    with messages.catching(as_options):
        comparison = _compared(prepared, arguments, options)
        with outputs:
            _write(comparison, outputs, files)
    _show(comparison, messages, files, as_json=options["as_json"])


def _files(folder: str | None, figure: str | None) -> dict[str, str]:
    """What is written, and where: into a folder, which is made now, and perhaps a figure apart."""
    files = {}
    if folder is not None:
        place = made_folder(folder)
        files = {
            "histories": str(place / "comparison.csv"),
            "figure": str(place / "comparison.png"),
        }
    if figure is not None:
        files["figure"] = figure
    return files


def _compared(prepared: Any, arguments: dict[str, Any], options: dict[str, Any]) -> Any:
    from standalone_node.learn.comparison import compare
    from standalone_node.learn.runs import Limits
    from standalone_node.report.comparison_progress import ComparisonProgress
    from standalone_node.report.terminal import terminal

    with ComparisonProgress(terminal(stderr=True), quiet=options["quiet"]) as shown:
        return compare(
            prepared,
            arguments,
            methods=options["methods"],
            limits=Limits(options["max_sweeps"], options["time_limit"], options["tolerance"]),
            batch=options["batch_size"],
            share=options["level"],
            stage=shown.stage,
            callback=shown.iteration,
            done=shown.done,
        )


def _write(comparison: Any, outputs: Outputs, files: dict[str, str]) -> None:
    if "figure" in files:
        from standalone_node.plot.style import figure_format
        from standalone_node.report.figures.comparison import save_comparison

        with outputs.stage("figure") as path:
            save_comparison(comparison, path, figure_format(files["figure"]))
    if "histories" in files:
        from standalone_node.report.comparison import histories_csv

        outputs.write_text("histories", histories_csv(comparison))
    outputs.commit()


def _show(comparison: Any, messages: Messages, files: dict[str, str], *, as_json: bool) -> None:
    from standalone_node.report.comparison import comparison_facts, comparison_tables

    facts = comparison_facts(comparison, messages.warnings, files)
    for method in facts["methods"]:
        method["end_state"]["sentence"] = as_options(method["end_state"]["sentence"])
    if as_json:
        print_json(facts)
    else:
        from standalone_node.report.terminal import show

        show(comparison_tables(facts))
