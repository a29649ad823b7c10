"""How good predictions are: the numbers for classes and for quantities, as plain Python values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from standalone_node.learn.targets import ClassLabel

Array = NDArray[Any]

#: The score of a task that is named first: a key of the scores below.
LEADING = {"classification": "accuracy", "regression": "r2"}


#: The scores that are one number, and what they are called.
SCORE_NAMES = {
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "r2": "R²",
    "rmse": "root mean square error",
    "mae": "mean absolute error",
}


def class_scores(
    truth: Array, predicted: Array, probabilities: Array | None, classes: Sequence[ClassLabel]
) -> dict[str, Any]:
    """The scores of predicted classes.

    Parameters
    ----------
    truth, predicted : ndarray of int, (rows,)
        Positions in `classes`.
    probabilities : ndarray of float64, (rows, len(classes)), optional
    classes : sequence of str, int or bool

    Returns
    -------
    dict
        ``accuracy``; ``log_loss``, the mean of -log p(true class), if there are probabilities;
        ``classes``, one dict a class of its rows, precision, recall and F1 (None where it is 0/0);
        ``confusion``, rows the true, columns the predicted class.
    """
    tally = ClassTally(classes)
    tally.add(truth, predicted, probabilities)
    return tally.scores()


class ClassTally:
    """The scores of predicted classes, gathered chunk by chunk: see `class_scores`."""

    def __init__(self, classes: Sequence[ClassLabel]) -> None:
        self._classes = tuple(classes)
        self._confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._losses: float | None = None

    def add(self, truth: Array, predicted: Array, probabilities: Array | None) -> None:
        """Further rows."""
        self._confusion += confusion_matrix(truth, predicted, labels=np.arange(len(self._classes)))
        if probabilities is not None:
            likelihood = probabilities[np.arange(len(truth)), truth]
            losses = -np.log(np.maximum(likelihood, np.finfo(float).tiny))
            self._losses = (self._losses or 0.0) + float(losses.sum())

    def scores(self) -> dict[str, Any]:
        """Those of all rows so far."""
        right, rows = np.diag(self._confusion), self._confusion.sum(axis=1)
        total, guessed = int(rows.sum()), self._confusion.sum(axis=0)
        scores: dict[str, Any] = {"rows": total, "accuracy": float(right.sum() / total)}
        if self._losses is not None:
            scores["log_loss"] = self._losses / total + 0.0
        scores["classes"] = [
            {
                "class": label,
                "rows": int(rows[i]),
                "precision": _ratio(right[i], guessed[i]),
                "recall": _ratio(right[i], rows[i]),
                "f1": _ratio(2 * right[i], rows[i] + guessed[i]),
            }
            for i, label in enumerate(self._classes)
        ]
        scores["confusion"] = self._confusion.tolist()
        return scores


def quantity_scores(truth: Array, predicted: Array) -> dict[str, Any]:
    """The scores of predicted quantities, (rows,) each.

    Returns
    -------
    dict
        ``r2``, the share of the variance that is explained (None if there is no variance), and
        ``rmse`` and ``mae``, the root mean square and the mean absolute error in the unit of the
        target.
    """
    tally = QuantityTally()
    tally.add(truth, predicted)
    return tally.scores()


class QuantityTally:
    """The scores of predicted quantities, gathered chunk by chunk: see `quantity_scores`."""

    def __init__(self) -> None:
        self._rows, self._mean, self._spread = 0, 0.0, 0.0
        self._squares = self._sizes = 0.0

    def add(self, truth: Array, predicted: Array) -> None:
        """Further rows."""
        error, mean, count = predicted - truth, float(truth.mean()), len(truth)
        away, total = mean - self._mean, self._rows + count
        # Spreads about two means, and what these are apart (Chan, Golub, LeVeque 1983).
        between = away * away * (self._rows * (count / total)) if self._rows else 0.0
        self._spread += float(np.square(truth - mean).sum()) + between
        self._mean += away * (count / total)
        self._squares += float(np.square(error).sum())
        self._sizes += float(np.abs(error).sum())
        self._rows = total

    def scores(self) -> dict[str, Any]:
        """Those of all rows so far."""
        spread = self._spread
        return {
            "rows": self._rows,
            "r2": 1.0 - self._squares / spread if spread > 0.0 else None,
            "rmse": float(np.sqrt(self._squares / self._rows)),
            "mae": self._sizes / self._rows,
        }


def scalars(scores: dict[str, Any], prefix: str) -> dict[str, int | float | None]:
    """The scores that are one number, under names such as "test_accuracy"."""
    return {
        f"{prefix}_{name}": value
        for name, value in scores.items()
        if value is None or isinstance(value, int | float)
    }


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
