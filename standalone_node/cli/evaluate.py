"""`node-fit evaluate`: how good a model is on labelled rows."""

from __future__ import annotations

from typing import Any

import click

from standalone_node.cli.config import configurable
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import common_options, print_json, reading_options
from standalone_node.cli.rows import chunked_option, chunks_as_remedy, why_chunked


@click.command("evaluate")
@configurable
@click.argument("model")
@click.argument("data")
@reading_options
@chunked_option
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
@common_options
def command(
    model: str, data: str, chunked: str, as_json: bool, quiet: bool, **reading: Any
) -> None:
    """Score MODEL on DATA, a CSV file with the target column (- is standard input).

    For classes: accuracy, log loss, precision, recall and F1 of each class, and the confusion
    matrix. For quantities: R², root mean square error and mean absolute error. Beside them stands
    what the most frequent class, or the mean, of the training rows would score.

    \b
    Examples:
      node-fit evaluate flowers.node.npz labelled.csv
      node-fit evaluate flowers.node.npz labelled.csv --json
    """
    from standalone_node.report.facts import evaluation_facts

    messages = Messages(quiet=quiet)
    why = why_chunked(data, chunked, delimiter=reading["delimiter"])
    if why is not None:
        messages.note(why)
    with messages.catching():
        evaluation = _evaluation(model, data, why is not None, reading)
    for sentence in evaluation.notes:
        messages.note(sentence)
    facts = {"model": model, **evaluation_facts(evaluation)}
    if as_json:
        print_json(facts)
        return
    from standalone_node.report.terminal import show
    from standalone_node.report.text import evaluation_tables

    show(evaluation_tables(facts))


def _evaluation(model: str, data: str, in_chunks: bool, reading: dict[str, Any]) -> Any:
    """An `Evaluation`, or a `StoredEvaluation`."""
    from standalone_node.learn.model_file import load

    estimator = load(model)
    if in_chunks:
        from standalone_node.learn.streaming.applying import evaluate_chunks
        from standalone_node.learn.streaming.prepared import opened

        return evaluate_chunks(estimator, opened(data, **reading), source=model)
    from standalone_node.learn.prediction import evaluate_table
    from standalone_node.learn.table import read_table

    with chunks_as_remedy(data):
        return evaluate_table(estimator, read_table(data, **reading), source=model)
