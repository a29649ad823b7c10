"""From the cells of a big file to numbers on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.columns import Reading, require, require_numbers
from standalone_node.learn.infer import kept_rows
from standalone_node.learn.kinds import kind_of
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.chunks import Chunk, Chunks
from standalone_node.learn.streaming.draw import Draw
from standalone_node.learn.streaming.encoded import Advance
from standalone_node.learn.streaming.plain import Expected
from standalone_node.learn.streaming.store import Store
from standalone_node.learn.targets import class_positions

Array = NDArray[Any]


def write(
    schema: Schema,
    chunks: Chunks,
    train: Store,
    held: Store | None = None,
    draw: Draw | None = None,
    advance: Advance | None = None,
) -> int:
    """Put the usable rows of a file into stores.

    Parameters
    ----------
    schema : Schema
    chunks : Chunks
    train, held : Store
        Those that `draw` draws go to `held`; all to `train` if there is none.
    draw : Draw, optional
    advance : callable, optional

    Returns
    -------
    int
        The rows that were left out, as `Schema.complete` leaves them out.

    Raises
    ------
    DataError
        As `Schema.complete`, `Schema.features` and `Schema.targets`.
    NodeError
        There is no room on the disk.
    """
    left_out = 0
    for chunk in chunks.read(expected(schema), advance):
        rows = coded(schema, chunk)
        left_out += len(chunk) - len(rows)
        if held is None or draw is None:
            train.append(rows)
            continue
        goal = rows[:, -1].astype(np.int64) if schema.target.classes else np.zeros(len(rows), int)
        drawn = draw.of(goal)
        train.append(rows[~drawn])
        held.append(rows[drawn])
    return left_out


def expected(schema: Schema) -> Expected:
    """What to expect of the columns of a file with this schema, the targets among them."""
    numbers = {c.name: schema.na for c in schema.columns if c.kind == "numeric"}
    texts = [c.name for c in schema.columns if c.kind != "numeric"]
    if schema.target.classes:
        texts.append(schema.target.name)
    else:
        numbers |= dict.fromkeys(schema.target_names, schema.na)
    return lambda: (numbers, texts)


def coded(schema: Schema, chunk: Chunk) -> Array:
    """The usable rows of a chunk, (n, columns + targets): codes, see `kinds`, and the targets.

    Missing cells that are going to be filled in are NaN.
    """
    goals, columns = list(schema.target_names), [column.name for column in schema.columns]
    if not chunk.numbers:
        require(chunk.table, [*goals, *columns])
    readings = _readings(schema, chunk, [*goals, *columns])
    needed = goals if schema.missing == "impute" else [*goals, *columns]
    kept = kept_rows([readings[name].missing for name in needed])
    table = chunk.table
    if not kept.all():
        if schema.missing == "error":
            schema.complete(chunk.as_text().table)  # names the cell
        places = np.flatnonzero(kept)
        table = table.rows(places)
        readings = {name: reading.rows(places) for name, reading in readings.items()}
    found = [
        kind_of(column).code(table, column, readings[column.name]) for column in schema.columns
    ]
    for name in goals:
        if schema.target.classes:
            found.append(class_positions(table, schema.target, readings[name]))
        else:
            require_numbers(table, name, readings[name], "leave the row out")
            found.append(readings[name].values)
    return np.column_stack(found).astype(np.float64)


def _readings(schema: Schema, chunk: Chunk, names: list[str]) -> Mapping[str, Reading]:
    decimals = tuple(dict.fromkeys((chunk.table.decimal, schema.decimal)))
    return {name: chunk.reading(name, schema.na, decimals) for name in names}
