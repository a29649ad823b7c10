"""`node-fit predict` on a file that is read in chunks."""

from __future__ import annotations

import gzip
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from standalone_node.cli.messages import Messages
from standalone_node.cli.outputs import Outputs
from standalone_node.errors import NodeError


def predict_in_chunks(
    model: str, data: str, outputs: Outputs | None, output: str | None, reading: dict[str, Any]
) -> tuple[int, list[str]]:
    """Write the predictions for a file, chunk by chunk.

    Returns
    -------
    (int, list of str)
        The number of rows written, and what is to be said of them.
    """
    from standalone_node.learn.model_file import load
    from standalone_node.learn.streaming.prepared import opened

    estimator, chunks = load(model), opened(data, **reading)
    if outputs is None:
        # Not at once: what cannot be predicted to the end is not to be written at all.
        with _temporary() as file:
            try:
                count = _written(estimator, chunks, model, file)
            except OSError as error:
                raise _no_room(error) from None
            file.seek(0)
            sys.stdout.flush()
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    else:
        assert output is not None
        with outputs, outputs.stage("predictions") as path:
            with path.open("w+b") as file:
                if Path(output).suffix.lower() == ".gz":
                    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
                        count = _written(estimator, chunks, model, packed)
                else:
                    count = _written(estimator, chunks, model, file)
            outputs.commit()
    return count, _notes(estimator, chunks, count)


def _temporary() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> NodeError:
    return NodeError(
        f"{tempfile.gettempdir()}: the predictions cannot be kept there until they are complete "
        f"({error.strerror or error}); name a file for them with -o, or another folder with TMPDIR."
    )


def _written(estimator: Any, chunks: Any, model: str, file: IO[bytes] | gzip.GzipFile) -> int:
    from standalone_node.learn.streaming.applying import predict_chunks

    count = 0
    for predictions in predict_chunks(estimator, chunks, source=model):
        text = io.StringIO()
        predictions.frame().to_csv(
            text, index=False, sep=chunks.delimiter, lineterminator="\n", header=not count
        )
        file.write(text.getvalue().encode("utf-8"))
        count += len(predictions.values)
    return count


def _notes(estimator: Any, chunks: Any, count: int) -> list[str]:
    from standalone_node.learn.streaming.survey import left_out_notes

    schema = estimator.schema_
    return [*chunks.notes, *left_out_notes(chunks.source, chunks.rows - count, schema)]


def say(messages: Messages, notes: list[str], count: int, output: str | None) -> None:
    """The notes, and how many rows were written if that was to a file."""
    for sentence in notes:
        messages.note(sentence)
    if output is not None:
        rows = f"{count:,} row{'s' * (count != 1)}"
        messages.note(f"{rows} with predictions were written to {output}.")
