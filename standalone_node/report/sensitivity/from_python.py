"""The report on a fitted estimator, for whoever has arrays or a table in Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from standalone_node.errors import ArgumentError
from standalone_node.learn.base import NodeEstimator
from standalone_node.learn.judged import Judged
from standalone_node.learn.scores import class_scores, quantity_scores
from standalone_node.report.folder import check_folder, write_report
from standalone_node.report.sensitivity.build import Origin, document_of
from standalone_node.report.sensitivity.words import PERCENT
from standalone_node.sensitivity.analysis import analyse


def sensitivity_report(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    folder: str | os.PathLike[str] = "report",
    **options: Any,
) -> Path:
    """Write how far the outputs of a fitted estimator can be trusted, as `node-fit sensitivity`.

    Parameters
    ----------
    model : NodeClassifier or NodeRegressor
        Fitted.
    X : array_like, shape (B, p), or a table with the columns of the fit
        Rows the model was not trained on, if the scores are to be honest.
    y : array_like, shape (B,), optional
        Known targets.
    folder : path-like
        Made if need be; files of a report in it are replaced.
    **options
        Of `standalone_node.sensitivity.analyse`: `questions`, `noise`, `unit`, `bounds`,
        `tolerance`, `rows`, `time_limit`, `samples`, `fit_rows`, `fit_count`, `seed`, `progress`.

    Returns
    -------
    Path
        Of the page, ``report.html``.

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    NodeError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import standalone_node as sn
    >>> x = np.linspace(-1.0, 1.0, 40)[:, None]
    >>> model = sn.NodeClassifier().fit(x, np.where(x[:, 0] > 0.2, "high", "low"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = sn.sensitivity_report(model, x, None, folder, questions=["jacobian"])
    ...     page.name, "Which inputs matter" in page.read_text()
    ('report.html', True)
    """
    if not isinstance(model, NodeEstimator):
        raise ArgumentError(
            f"a report is on a fitted NodeClassifier or NodeRegressor, not {type(model).__name__}: "
            "of problems, standalone_node.sensitivity has the numbers"
        )
    check_folder(os.fspath(folder))
    inputs = model.numbers_of(X)
    labels = None if y is None else np.asarray(y)
    options.setdefault("fit_count", model.summary_.get("train_rows"))
    analysis = analyse(model, X, labels, **options)
    judged = _judged(model, X, inputs, labels)
    origin = Origin("in memory", "arrays", (), _noise_words(options.get("noise", 0.05)))
    document = document_of(analysis, judged, model, origin)
    write_report(document, os.fspath(folder))
    return Path(folder) / "report.html"


def _judged(model: NodeEstimator, X: Any, inputs: Any, labels: Any) -> Judged:
    """The rows and the scores on them."""
    numbers = np.arange(1, len(inputs) + 1)
    scores = None if labels is None else _scores(model, X, labels)
    schema = getattr(model, "schema_", None)
    return Judged(schema, numbers, inputs, labels, scores, None, None, "rows", ())


def _scores(model: Any, X: Any, labels: Any) -> dict[str, Any] | None:
    if not hasattr(model, "classes_"):
        return None if labels.ndim > 1 else quantity_scores(labels, model.predict(X))
    probabilities = model.predict_proba(X) if hasattr(model, "predict_proba") else None
    truth, predicted = (
        np.searchsorted(model.classes_, found) for found in (labels, model.predict(X))
    )
    return class_scores(truth, predicted, probabilities, model.classes_.tolist())


def _noise_words(noise: Any) -> str:
    if isinstance(noise, str):
        return "errors as large as the rows vary"
    if np.ndim(noise) == 0:
        return f"errors of {100 * float(noise):g}{PERCENT} of the spread of each column"
    return "errors of the standard deviations given" if np.ndim(noise) == 1 else "errors as given"
