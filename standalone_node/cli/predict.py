"""`node-fit predict`: predictions beside the columns of a CSV file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from standalone_node.cli.config import configurable
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import common_options, print_json, reading_options
from standalone_node.cli.outputs import Outputs
from standalone_node.cli.predict_chunked import predict_in_chunks, say
from standalone_node.cli.rows import chunked_option, chunks_as_remedy, why_chunked

if TYPE_CHECKING:
    from standalone_node.learn.prediction import Predictions


@click.command("predict")
@configurable
@click.argument("model")
@click.argument("data")
@click.option("-o", "--output", metavar="FILE", help="Where to write.  [default: standard output]")
@reading_options
@chunked_option
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
@common_options
def command(
    model: str,
    data: str,
    output: str | None,
    chunked: str,
    quiet: bool,
    as_json: bool,
    **reading: Any,
) -> None:
    """Predict the target of MODEL for the rows of DATA, a CSV file (- is standard input).

    Columns are matched by name; DATA may have others and need not have the target. Written are the
    cells of DATA as they stand and, behind them, predicted_<target> and, for classes,
    probability_<class> for each class. The output is UTF-8 and has the delimiter and the decimal
    mark of DATA; it is compressed if FILE ends in .gz. With --json, standard output has the
    predictions of each row and not the cells of DATA.

    \b
    Examples:
      node-fit predict flowers.node.npz new.csv
      node-fit predict flowers.node.npz new.csv -o predicted.csv
    """
    outputs = None
    if output is not None:
        read = (model, data) if data != "-" else (model,)
        outputs = Outputs({"predictions": output}, read)
    messages = Messages(quiet=quiet)
    why = None
    if not (as_json and chunked == "auto"):
        why = why_chunked(data, chunked, delimiter=reading["delimiter"])
    if why is not None:
        if as_json:
            raise click.UsageError("--json holds all rows in memory: leave it or --chunked out.")
        messages.note(why)
        with messages.catching():
            count, notes = predict_in_chunks(model, data, outputs, output, reading)
        say(messages, notes, count, output)
        return
    from standalone_node.learn.model_file import load
    from standalone_node.learn.prediction import predict_table
    from standalone_node.learn.table import read_table

    with messages.catching(), chunks_as_remedy(data, possible=not as_json):
        estimator = load(model)
        table = read_table(data, **reading)
        predictions = predict_table(estimator, table, source=model)
    for sentence in predictions.table.notes:
        messages.note(sentence)
    if predictions.probabilities is None and hasattr(estimator, "classes_"):
        messages.note(f"{model}: a model of the loss {estimator.loss!r} has no probabilities.")
    frame = predictions.frame()
    text = frame.to_csv(index=False, sep=table.delimiter, lineterminator="\n")
    if as_json:
        print_json({"rows": _records(predictions)})
    if outputs is None and not as_json:
        _write_bytes(text.encode("utf-8"))
    if outputs is None:
        return
    with outputs:
        outputs.write_text("predictions", text)
        outputs.commit()
    count = len(frame)
    messages.note(f"{count:,} row{'s' * (count != 1)} with predictions were written to {output}.")


def _records(predictions: Predictions) -> list[dict[str, Any]]:
    """One dict a row: its number in the data, what is predicted, and the probabilities."""
    columns = predictions.columns()
    numbers = predictions.table.frame.index.tolist()
    return [
        {"row": number, **dict(zip(predictions.names, row, strict=True))}
        for number, row in zip(numbers, zip(*columns, strict=True), strict=True)
    ]


def _write_bytes(data: bytes) -> None:
    """To standard output, UTF-8 whatever the terminal's encoding is, as a file would be."""
    sys.stdout.flush()
    out, rest = sys.stdout.buffer, memoryview(data)
    while rest:  # unbuffered (python -u), a write may take a part only
        rest = rest[out.write(rest) or 0 :]
    out.flush()
