"""Small fits that are broken off, and the checkpoints they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.datasets import load_diabetes, load_iris

import standalone_node as sn

X, Y = load_iris(return_X_y=True)
Q, R = (part[:60] for part in load_diabetes(return_X_y=True))


class Broken(Exception):
    """The fit was broken off."""


def breaks(at: int) -> Callable[[Any], None]:
    """A callback that breaks the fit off at its n-th call."""
    left = [at]

    def callback(row: Any) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Broken

    return callback


def classifier(**settings: Any) -> sn.NodeClassifier:
    return sn.NodeClassifier(**{"max_iterations": 12, "tolerance": 0.0, **settings})


def regressor(**settings: Any) -> sn.NodeRegressor:
    return sn.NodeRegressor(**{"max_iterations": 12, "steps": 2, "scheme": "euler", **settings})


def said(folder: Path, **options: Any) -> tuple[sn.Checkpoint, list[str]]:
    sentences: list[str] = []
    return sn.Checkpoint(folder, tell=sentences.append, **options), sentences


def newest(folder: Path) -> Path:
    return sorted(folder.glob("*.node"))[-1]
