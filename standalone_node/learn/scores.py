"""How good predictions are: the numbers for classes and for quantities, as plain Python values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from standalone_node.learn.targets import ClassLabel

Array = NDArray[Any]

#: The score of a task that is named first: a key of the scores below.
LEADING = {"classification": "accuracy", "regression": "r2"}


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
    labels = np.arange(len(classes))
    scores: dict[str, Any] = {"rows": len(truth), "accuracy": float(np.mean(truth == predicted))}
    if probabilities is not None:
        likelihood = np.maximum(probabilities[np.arange(len(truth)), truth], np.finfo(float).tiny)
        scores["log_loss"] = float(-np.log(likelihood).mean()) + 0.0
    precision, recall, f1, rows = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    scores["classes"] = [
        {
            "class": label,
            "rows": int(rows[i]),
            "precision": _defined(precision[i]),
            "recall": _defined(recall[i]),
            "f1": _defined(f1[i]),
        }
        for i, label in enumerate(classes)
    ]
    scores["confusion"] = confusion_matrix(truth, predicted, labels=labels).tolist()
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
    error = predicted - truth
    spread = float(np.square(truth - truth.mean()).sum())
    return {
        "rows": len(truth),
        "r2": 1.0 - float(np.square(error).sum()) / spread if spread > 0.0 else None,
        "rmse": float(np.sqrt(np.mean(np.square(error)))),
        "mae": float(np.mean(np.abs(error))),
    }


def scalars(scores: dict[str, Any], prefix: str) -> dict[str, int | float | None]:
    """The scores that are one number, under names such as "test_accuracy"."""
    return {
        f"{prefix}_{name}": value
        for name, value in scores.items()
        if value is None or isinstance(value, int | float)
    }


def _defined(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
