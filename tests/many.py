"""Tables cut into many files, for tests of what is made of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from standalone_node.learn.table import Table


def in_files(table: Table, folder: Path, cuts: Sequence[int]) -> list[Path]:
    """The rows of a table in as many files as there are runs between the cuts, and one more."""
    folder.mkdir(exist_ok=True)
    bounds = [0, *cuts, len(table.frame)]
    paths = []
    for number, (a, b) in enumerate(pairwise(bounds)):
        path = folder / f"part-{number:02}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=table.delimiter)
            writer.writerow(table.names)
            writer.writerows(table.frame.iloc[a:b].itertuples(index=False))
        paths.append(path)
    return paths


def waves(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """A table of quantities `y` and classes `side` to be learnt from numbers and a colour."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, rows)).round(4)
    colour = rng.choice(["red", "green", "blue"], rows)
    y = (np.sin(a) + 0.5 * b * (colour == "red") + 0.1 * rng.normal(size=rows)).round(5)
    side = np.where(y > 0.0, "up", "down")
    return pd.DataFrame({"a": a, "b": b, "colour": colour, "y": y, "side": side})
