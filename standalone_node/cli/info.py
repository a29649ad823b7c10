"""`node-fit info`: what a model file holds."""

from __future__ import annotations

import click

from standalone_node.cli.options import as_options, common_options, print_json


@click.command("info")
@click.argument("model")
@common_options
def command(model: str, as_json: bool) -> None:
    """Show what MODEL holds: task, columns, classes, settings, end state, scores.

    \b
    Examples:
      node-fit info flowers.node.npz
      node-fit info flowers.node.npz --json
    """
    from standalone_node.learn.model_file import load
    from standalone_node.report.facts import info_facts

    facts = {"model": model, **info_facts(load(model))}
    facts["end_state"]["sentence"] = as_options(facts["end_state"]["sentence"])
    if as_json:
        print_json(facts)
        return
    from standalone_node.report.terminal import show
    from standalone_node.report.text import info_tables

    show(info_tables(facts, model))
