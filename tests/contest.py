"""A small table of two kinds of rows, and a comparison on it that takes no time."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from standalone_node.learn.comparison import Comparison, compare
from standalone_node.learn.preparation import Prepared, prepare
from standalone_node.learn.runs import Limits
from standalone_node.learn.table import Table

SWEEPS = 24


def rows(target: str, **options: Any) -> Prepared:
    """Sixty points of the plane: on which side of a parabola they are, and how far."""
    rng = np.random.default_rng(5)
    points = rng.normal(0.0, 1.0, (60, 2)).round(3)
    above = points[:, 1] - points[:, 0] ** 2 + 0.5
    frame = pd.DataFrame(points, columns=["x", "y"])
    frame[target] = above.round(3) if target == "distance" else np.where(above > 0, "in", "out")
    return prepare(Table.from_frame(frame, "points.csv"), target, **options)


def contest(
    target: str = "side",
    arguments: dict[str, Any] | None = None,
    *,
    sweeps: int = SWEEPS,
    test_share: float = 0.2,
    **options: Any,
) -> Comparison:
    """A comparison on these rows within a few sweeps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compare(
            rows(target, test_share=test_share),
            {"steps": 2, "l2": 0.01, **(arguments or {})},
            limits=Limits(sweeps=sweeps),
            **options,
        )
