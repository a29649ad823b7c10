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
    truth: Array,
    predicted: Array,
    probabilities: Array | None,
    classes: Sequence[ClassLabel],
    weights: Array | None = None,
) -> dict[str, Any]:
    """The scores of predicted classes.

    Parameters
    ----------
    truth, predicted : ndarray of int, (rows,)
        Positions in `classes`.
    probabilities : ndarray of float64, (rows, len(classes)), optional
    classes : sequence of str, int or bool
    weights : ndarray of float64, (rows,), optional
        Of the rows, in all means and sums.

    Returns
    -------
    dict
        ``rows``, their number; ``accuracy``; ``log_loss``, the mean of -log p(true class), if
        there are probabilities; ``classes``, one dict a class of its rows, precision, recall and
        F1 (None where it is 0/0); ``confusion``, rows the true, columns the predicted class: rows,
        or the sums of their weights. With weights also ``effective_size``:
        as many rows of equal weight tell as much of a mean, (Σw)² / Σw² (Kish 1965).
    """
    tally = ClassTally(classes)
    tally.add(truth, predicted, probabilities, weights)
    return tally.scores()


class _Rows:
    """How many rows there were, and what their weights come to."""

    def __init__(self) -> None:
        self.count = 0
        self.weight = self._squares = 0.0
        self._weighted = False

    def add(self, count: int, weights: Array | None) -> None:
        """Further rows, and their weights if they have any."""
        self.count += count
        self._weighted = self._weighted or weights is not None
        own = np.ones(count) if weights is None else weights
        self.weight += float(own.sum())
        self._squares += float(np.square(own).sum())

    def merge(self, other: _Rows) -> None:
        """Those of another one, too."""
        self.count += other.count
        self.weight += other.weight
        self._squares += other._squares
        self._weighted = self._weighted or other._weighted

    def told(self) -> dict[str, Any]:
        """The number of rows, and with weights as many of equal weight as tell as much."""
        found: dict[str, Any] = {"rows": self.count}
        if self._weighted:
            found["effective_size"] = self.weight**2 / self._squares if self._squares else 0.0
        return found


class ClassTally:
    """The scores of predicted classes, gathered chunk by chunk: see `class_scores`."""

    def __init__(self, classes: Sequence[ClassLabel]) -> None:
        self._classes = tuple(classes)
        self._rows = _Rows()
        self._counts = np.zeros(len(classes), dtype=np.int64)
        self._confusion: Array = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._losses: float | None = None

    def add(
        self,
        truth: Array,
        predicted: Array,
        probabilities: Array | None,
        weights: Array | None = None,
    ) -> None:
        """Further rows."""
        self._rows.add(len(truth), weights)
        self._counts += np.bincount(truth, minlength=self._counts.size)
        labels = np.arange(len(self._classes))
        self._confusion = self._confusion + confusion_matrix(
            truth, predicted, labels=labels, sample_weight=weights
        )
        if probabilities is not None:
            likelihood = probabilities[np.arange(len(truth)), truth]
            losses = -np.log(np.maximum(likelihood, np.finfo(float).tiny))
            lost = float(losses.sum()) if weights is None else float(weights @ losses)
            self._losses = (self._losses or 0.0) + lost

    def merge(self, other: ClassTally) -> None:
        """The rows of another one, too."""
        self._rows.merge(other._rows)
        self._counts = self._counts + other._counts
        self._confusion = self._confusion + other._confusion
        if other._losses is not None:
            self._losses = (self._losses or 0.0) + other._losses

    def scores(self) -> dict[str, Any]:
        """Those of all rows so far."""
        right, true = np.diag(self._confusion), self._confusion.sum(axis=1)
        total, guessed = true.sum(), self._confusion.sum(axis=0)
        scores = {**self._rows.told(), "accuracy": float(right.sum() / total)}
        if self._losses is not None:
            scores["log_loss"] = float(self._losses / total) + 0.0
        scores["classes"] = [
            {
                "class": label,
                "rows": int(self._counts[i]),
                "precision": _ratio(right[i], guessed[i]),
                "recall": _ratio(right[i], true[i]),
                "f1": _ratio(2 * right[i], true[i] + guessed[i]),
            }
            for i, label in enumerate(self._classes)
        ]
        scores["confusion"] = self._confusion.tolist()
        return scores


def quantity_scores(
    truth: Array,
    predicted: Array,
    weights: Array | None = None,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """The scores of predicted quantities, (rows,), or (rows, m) of several targets.

    Parameters
    ----------
    truth, predicted : ndarray of float64
    weights : ndarray of float64, (rows,), optional
        Of the rows, in all means.
    names : sequence of str
        Those of the targets, if there are several.

    Returns
    -------
    dict
        ``rows``; ``r2``, the share of the variance that is explained (None if there is no
        variance), and ``rmse`` and ``mae``, the root mean square and the mean absolute error in
        the unit of the target. Of several targets these are the means over the targets, and
        ``targets`` has a dict for each. With weights also ``effective_size``.
    """
    tally = QuantityTally(names)
    tally.add(truth, predicted, weights)
    return tally.scores()


class QuantityTally:
    """The scores of predicted quantities, gathered chunk by chunk: see `quantity_scores`."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = tuple(names) if len(names) > 1 else ()
        self._rows = _Rows()
        width = max(1, len(self._names))
        self._mean, self._spread = np.zeros(width), np.zeros(width)
        self._squares, self._sizes = np.zeros(width), np.zeros(width)

    def add(self, truth: Array, predicted: Array, weights: Array | None = None) -> None:
        """Further rows."""
        truth, predicted = truth.reshape(len(truth), -1), predicted.reshape(len(truth), -1)
        own = np.ones(len(truth)) if weights is None else weights
        before, count = self._rows.weight, float(own.sum())
        self._rows.add(len(truth), weights)
        if not count:
            return
        error, mean = predicted - truth, own @ truth / count
        self._join(before, count, mean, own @ np.square(truth - mean))
        self._squares += own @ np.square(error)
        self._sizes += own @ np.abs(error)

    def _join(self, before: float, count: float, mean: Array, spread: Array) -> None:
        """Spreads about two means, and what these are apart (Chan, Golub, LeVeque 1983)."""
        away, total = mean - self._mean, before + count
        between = away * away * (before * (count / total)) if before else 0.0
        self._spread += spread + between
        self._mean += away * (count / total)

    def merge(self, other: QuantityTally) -> None:
        """The rows of another one, too."""
        before = self._rows.weight
        self._rows.merge(other._rows)
        if not other._rows.weight:
            return
        self._join(before, other._rows.weight, other._mean, other._spread)
        self._squares += other._squares
        self._sizes += other._sizes

    def scores(self) -> dict[str, Any]:
        """Those of all rows so far."""
        each = [self._of(j) for j in range(self._spread.size)]
        if not self._names:
            return {**self._rows.told(), **each[0]}
        named = [{"target": n, **found} for n, found in zip(self._names, each, strict=True)]
        means = {name: _mean([found[name] for found in each]) for name in each[0]}
        return {**self._rows.told(), **means, "targets": named}

    def _of(self, j: int) -> dict[str, float | None]:
        total, spread = self._rows.weight, float(self._spread[j])
        return {
            "r2": 1.0 - float(self._squares[j]) / spread if spread > 0.0 else None,
            "rmse": float(np.sqrt(self._squares[j] / total)),
            "mae": float(self._sizes[j] / total),
        }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def scalars(scores: dict[str, Any], prefix: str) -> dict[str, int | float | None]:
    """The scores that are one number, under names such as "test_accuracy" or "test_r2[width]"."""
    found = {
        f"{prefix}_{name}": value
        for name, value in scores.items()
        if value is None or isinstance(value, int | float)
    }
    for entry in scores.get("targets", ()):
        found |= {
            f"{prefix}_{name}[{entry['target']}]": value
            for name, value in entry.items()
            if name != "target"
        }
    return found


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
