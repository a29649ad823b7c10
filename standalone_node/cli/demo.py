"""`node-fit demo`: a bundled data set, fitted."""

from __future__ import annotations

import os
from typing import Any

import click

from standalone_node.cli.fitting import Display, fit_and_write
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import common_options, print_json, seed_option
from standalone_node.cli.outputs import Outputs, made_folder

FOLDER = "node-fit-demo"


@click.command("demo")
@click.argument("name", default="spirals")
@click.option("--list", "only_list", is_flag=True, help="List the data sets and do nothing else.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    default=FOLDER,
    show_default=True,
    help="Folder for the model, its history and a figure; made if it is not there.",
)
@seed_option
@click.option("-q", "--quiet", is_flag=True, help="No progress, no notes and no hints.")
@common_options
def command(
    name: str, only_list: bool, output: str, seed: int, quiet: bool, as_json: bool
) -> int | None:
    """Fit the bundled data set NAME, two spirals if none is given, and show the result.

    Written are NAME.node.npz, NAME.node.npz.history.csv and NAME.png, a figure, into a folder.

    \b
    Examples:
      node-fit demo
      node-fit demo iris -o /tmp/iris
      node-fit demo --list
    """
    from standalone_node.learn.bundled import data_set

    if only_list:
        _list(as_json)
        return None
    chosen = data_set(name)
    folder = made_folder(output)
    model = str(folder / f"{name}.node.npz")
    files = {
        "model": model,
        "history": f"{model}.history.csv",
        "figure": str(folder / f"{name}.png"),
    }
    outputs = Outputs(files)
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import prepare

    messages = Messages(quiet=quiet)
    messages.note(f"{name}: {chosen.about}.")
    prepared = prepare(read_table(chosen.path), chosen.target, seed=seed)
    display = Display(as_json=as_json, quiet=quiet)
    code = fit_and_write(prepared, {}, outputs, files, display, messages)
    if not quiet:
        _hints(chosen, files)
    return code


def _list(as_json: bool) -> None:
    from standalone_node.learn.bundled import DATA_SETS

    if as_json:
        rows: list[dict[str, Any]] = [
            {"name": name, "target": found.target, "about": found.about, "path": str(found.path)}
            for name, found in DATA_SETS.items()
        ]
        print_json({"data_sets": rows})
        return
    from standalone_node.report.terminal import show
    from standalone_node.report.text import grid

    headers = ["name", "target", "what it is"]
    cells = [(name, found.target, found.about) for name, found in DATA_SETS.items()]
    show(grid("Bundled data sets", headers, cells, words=headers))


def _hints(chosen: Any, files: dict[str, str]) -> None:
    """What to try next, as commands to copy."""
    data = os.path.relpath(chosen.path)
    data = data if not data.startswith("..") else str(chosen.path)
    lines = (
        "",
        "Try next:",
        f"  node-fit info {files['model']}",
        f"  node-fit predict {files['model']} {data}",
        f"  node-fit evaluate {files['model']} {data}",
    )
    for line in lines:
        click.echo(line, err=True)
