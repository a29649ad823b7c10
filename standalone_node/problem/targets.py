"""What users may give as targets, brought to the form the losses read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.losses import LOSSES

Array = NDArray[Any]


def read_targets(
    targets: ArrayLike, samples: int, width: int, loss: str, outputs: int | None
) -> tuple[Array, int]:
    """The targets as a loss reads them, and m, how many components of the state they concern.

    Values come back as float64 (B, m), the classes of a loss that takes classes as int64 (B,).

    Raises
    ------
    ArgumentError
        If shape, type or range of the targets do not fit the loss, the state or `outputs`.
    """
    y = np.asarray(targets)
    if outputs is not None and (not isinstance(outputs, int | np.integer) or outputs < 1):
        raise ArgumentError(f"outputs = {outputs!r} has to be a whole number of at least 1")
    if y.ndim not in (1, 2) or y.shape[0] != samples:
        raise ArgumentError(
            f"targets of shape {y.shape} do not fit {samples} rows of inputs: give (B,) or (B, m)"
        )
    if y.dtype.kind not in "iubf":
        raise ArgumentError(f"targets have to be numbers, not {y.dtype}: encode classes as 0, 1, …")
    if loss == "logistic":
        return _labels(y, outputs), 1
    if y.ndim == 1 and y.dtype.kind in "iub":
        classes, m = _classes(y.astype(np.int64), width, outputs)
        return (classes, m) if LOSSES[loss].takes_classes else (np.eye(m)[classes], m)
    if LOSSES[loss].takes_classes:
        raise ArgumentError(f"{loss} takes integer classes (B,), not {y.dtype} {y.shape}")
    return _values(y, width, outputs)


def _classes(y: Array, width: int, outputs: int | None) -> tuple[Array, int]:
    m = int(y.max()) + 1 if outputs is None else outputs
    if y.min() < 0 or y.max() >= m:
        raise ArgumentError(
            f"integer targets are classes and have to lie in 0…{m - 1}, as outputs = {m}"
        )
    if m > width:
        raise ArgumentError(
            f"{m} classes do not fit a state of {width} components: widen the inputs by zero "
            "columns, or give floats if the targets are values and not classes"
        )
    return y, m


def _labels(y: Array, outputs: int | None) -> Array:
    labels = y.reshape(y.shape[0], -1).astype(np.float64)
    if labels.shape[1] != 1 or outputs not in (None, 1) or not np.isin(labels, (0.0, 1.0)).all():
        raise ArgumentError("the logistic loss takes one label a row, 0 or 1, and one output")
    return labels


def _values(y: Array, width: int, outputs: int | None) -> tuple[Array, int]:
    values = y.reshape(y.shape[0], -1).astype(np.float64)
    m = values.shape[1]
    if m > width or outputs not in (None, m):
        raise ArgumentError(
            f"targets have {m} components, but the state has {width}"
            + ("" if outputs is None else f" and outputs = {outputs}")
        )
    if not np.isfinite(values).all():
        raise ArgumentError("targets have to be finite: there are NaN or infinite values")
    return values, m


def positions_in(classes: Array, labels: ArrayLike) -> Array:
    """Where labels (B,) stand among the classes of a model, whatever their type.

    Raises
    ------
    ArgumentError
        If there is more than one label a row, or one that is none of the classes.

    Examples
    --------
    >>> positions_in(np.array(["no", "yes"]), ["yes", "no"])
    array([1, 0])
    """
    given = np.asarray(labels)
    if given.ndim != 1:
        raise ArgumentError(f"y has shape {given.shape}, but has to hold one label a row, (B,)")
    places = {label: k for k, label in enumerate(classes.tolist())}
    found = [places.get(label, -1) for label in given.tolist()]
    if -1 in found:
        unknown = given.tolist()[found.index(-1)]
        raise ArgumentError(f"the label {unknown!r} is none of the classes of the model")
    return np.array(found, dtype=np.intp)
