"""From a table to a fitted and scored model: the one way, whoever asks for it.

`prepare` reads the columns and holds rows out, `fit` fits an estimator on the others and scores it
beside a baseline. Nothing about the held-out rows but the names of their categories and classes is
known to the fit: fill values, scaling and whatever the estimator chooses come from training rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.schema import DEFAULT_NA, Missing, Schema, infer_schema
from standalone_node.learn.scores import class_scores, quantity_scores, scalars
from standalone_node.learn.table import Table
from standalone_node.learn.targets import ClassLabel, Task
from standalone_node.optimize.result import Iteration

if TYPE_CHECKING:
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor

Array = NDArray[Any]
Estimator = Any  # NodeClassifier or NodeRegressor; their module is imported when one is made


@dataclass(frozen=True)
class Part:
    """Rows with one purpose: the table, inputs (rows, features), targets (rows,).

    The targets are positions in the classes, int64, or quantities, float64.
    """

    table: Table
    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Prepared:
    """What a table offers to learn from.

    Attributes
    ----------
    schema : Schema
        With the fill values of the training rows.
    train : Part
    test : Part or None
        The held-out rows; None if there are none.
    usable : Table
        All rows that can be used, in the order of the file; without those of a test file.
    left_out : int
        Rows that were left out for a missing cell, those of a test file included.
    test_source : str or None
        The file the held-out rows are from; None if they are of the same table.
    seed : int
        What the rows were drawn with.
    notes, warnings : tuple of str
        What was recognised, and what looks wrong: a sentence each.
    """

    schema: Schema
    train: Part
    test: Part | None
    usable: Table
    left_out: int
    test_source: str | None
    seed: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def task(self) -> Task:
        """ "classification" or "regression"."""
        return self.schema.target.task


def prepare(
    table: Table,
    target: str | None,
    *,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    test_share: float = 0.2,
    test: Table | None = None,
    seed: int = 0,
) -> Prepared:
    """Recognise the columns of a table and hold rows out.

    Parameters
    ----------
    table : Table
    target : str or None
        The column to learn.
    ignore, missing, na, task
        As in `infer_schema`.
    test_share : float
        The share of the rows that is held out, drawn with `seed`, class by class if there are
        classes; 0 holds none out. Without meaning if `test` is given.
    test : Table, optional
        Held-out rows of their own; columns and classes are then those of `table` alone.
    seed : int

    Raises
    ------
    DataError
        The tables cannot be used, or have too few rows to hold some out.
    ArgumentError
        An argument cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"x": [0.5, 1, 2.5, 4, 5, 6, 7, 8, 9, 10], "y": list("abababbaba")}
    >>> prepared = prepare(Table.from_frame(pd.DataFrame(rows)), "y")
    >>> prepared.task, len(prepared.train), len(prepared.test)
    ('classification', 8, 2)
    """
    if not 0.0 <= test_share < 1.0:
        raise ArgumentError(
            f"test_share = {test_share:g} has to be at least 0 and less than 1; it is the share "
            "of the rows that is held out."
        )
    schema, said = infer_schema(table, target, ignore=ignore, missing=missing, na=na, task=task)
    usable = schema.complete(table)
    left_out = len(table.frame) - len(usable.frame)
    notes, held = [*usable.notes, said[0]], None
    if test is not None:
        held = schema.complete(test)
        left_out += len(test.frame) - len(held.frame)
        notes[-1:-1] = held.notes
        rows = usable
    elif test_share > 0.0:
        places = _split(schema, usable, test_share, seed)
        rows, held = usable.rows(places[0]), usable.rows(places[1])
    else:
        rows = usable
    schema = schema.fitted(rows)
    return Prepared(
        schema=schema,
        train=_part(schema, rows),
        test=None if held is None else _part(schema, held),
        usable=usable,
        left_out=left_out,
        test_source=None if test is None else test.source,
        seed=seed,
        notes=tuple(notes),
        warnings=tuple(said[1:]),
    )


def _part(schema: Schema, table: Table) -> Part:
    return Part(table, schema.features(table), schema.targets(table))


def _split(schema: Schema, table: Table, share: float, seed: int) -> tuple[Array, Array]:
    """The positions of the training and of the held-out rows, in the order they were drawn in."""
    targets = schema.targets(table)
    classes = len(schema.target.classes)
    total = len(targets)
    held = int(np.ceil(share * total - 1e-9))
    # One row a class is the least for a score of classes; R2 needs a mean and a departure from it.
    least = max(classes, 2)
    remedy = "add rows, give a file of them with --test, or train on all with --test-share 0."
    if held < least or total - held < least:
        parts = f"{total - held} to train on and {held} to test on"
        raise DataError(
            f"{table.source}: of {total} usable rows a test share of {share:g} leaves {parts}, and "
            f"{least} are needed in each; {remedy}"
        )
    train, test = train_test_split(
        np.arange(total), test_size=held, random_state=seed, stratify=targets if classes else None
    )
    absent = np.setdiff1d(targets, targets[train]) if classes else []
    if len(absent):
        label = schema.target.classes[int(absent[0])]
        raise DataError(
            f"{table.source}: a test share of {share:g} leaves no row of the class {label!r} to "
            f"train on; make it smaller, or {remedy}"
        )
    return train, test


@dataclass(frozen=True)
class Fitted:
    """A fitted model and how it did.

    Attributes
    ----------
    estimator : NodeClassifier or NodeRegressor
        With its schema and its summary; of all rows if `refitted`.
    prepared : Prepared
    train_scores : dict
        On the rows it was trained on before any refit.
    test_scores : dict or None
        On the held-out rows, of the model of the training rows.
    baseline : dict or None
        The scores on the held-out rows of the most frequent class, or the mean, of the training
        rows, and that ``prediction``.
    refitted : bool
    seconds : float
        Spent on fitting, a refit included.
    """

    estimator: Estimator
    prepared: Prepared
    train_scores: dict[str, Any]
    test_scores: dict[str, Any] | None
    baseline: dict[str, Any] | None
    refitted: bool
    seconds: float


def fit(
    prepared: Prepared,
    arguments: Mapping[str, Any] | None = None,
    *,
    refit: bool = False,
    callback: Callable[[Iteration], Any] | None = None,
    stage: Callable[[str], Any] | None = None,
) -> Fitted:
    """Fit an estimator on the training rows, score it, and on demand fit it again on all rows.

    Parameters
    ----------
    prepared : Prepared
    arguments : mapping, optional
        Arguments of the estimator; its `random_state` is the seed of `prepared` if not given.
    refit : bool
        Whether the model is in the end that of all rows. The scores are those of the training
        rows' model in any case.
    callback : callable, optional
        Called with every `Iteration`.
    stage : callable, optional
        Called with a few words before each fit.

    Raises
    ------
    ArgumentError
        An argument cannot be used.
    StateOverflow
        The state left the range of floating-point numbers.
    """
    if refit and prepared.test_source is not None:
        raise ArgumentError(
            "--refit would train on the rows of the test file as well, which --test keeps apart; "
            "leave one of the two out."
        )
    options = {"random_state": prepared.seed, **(arguments or {})}
    tell = stage or (lambda words: None)
    began = time.perf_counter()
    estimator = _estimator(prepared, options)
    tell(_words(estimator, f"on {_rows(len(prepared.train))}"))
    estimator.fit(
        prepared.train.inputs, _labels(prepared.schema, prepared.train.targets), callback=callback
    )
    seconds = time.perf_counter() - began
    schema = prepared.schema
    train_scores = scores(schema, estimator, prepared.train)
    prediction = _prediction(schema, prepared.train.targets)
    test_scores = baseline = None
    if prepared.test is not None:
        test_scores = scores(schema, estimator, prepared.test)
        baseline = baseline_scores(schema, prediction, prepared.test.targets)
    refitted = refit and prepared.test is not None
    if refitted:
        began = time.perf_counter()
        estimator = _estimator(prepared, options)
        tell(_words(estimator, f"again, on all {_rows(len(prepared.usable.frame))}"))
        schema = schema.fitted(prepared.usable)
        everything = _part(schema, prepared.usable)
        estimator.fit(everything.inputs, _labels(schema, everything.targets), callback=callback)
        seconds += time.perf_counter() - began
    estimator.schema_ = schema
    fitted = Fitted(estimator, prepared, train_scores, test_scores, baseline, refitted, seconds)
    estimator.summary_ = {**(estimator.summary_ or {}), **_summary(fitted, prediction)}
    return fitted


def _estimator(prepared: Prepared, options: Mapping[str, Any]) -> NodeClassifier | NodeRegressor:
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor

    kind = NodeClassifier if prepared.task == "classification" else NodeRegressor
    return kind(**options)


def _labels(schema: Schema, targets: Array) -> Array:
    """The targets as a scikit-learn estimator knows them: labels of one NumPy type, or floats."""
    return np.array(schema.target.classes)[targets] if schema.target.classes else targets


def scores(schema: Schema, estimator: Estimator, part: Part) -> dict[str, Any]:
    """The scores of a model on rows; see `class_scores` and `quantity_scores`."""
    if schema.target.task == "regression":
        return quantity_scores(part.targets, estimator.predict(part.inputs))
    probabilities = probabilities_of(estimator, part.inputs)
    predicted = class_positions(estimator, estimator.predict(part.inputs))
    return class_scores(part.targets, predicted, probabilities, schema.target.classes)


def probabilities_of(estimator: Estimator, inputs: Array) -> Array | None:
    """The probabilities of the classes, (rows, classes); None for a loss that has none."""
    if not hasattr(estimator, "predict_proba"):
        return None
    return np.asarray(estimator.predict_proba(inputs))


def class_positions(estimator: Estimator, labels: Array) -> Array:
    """The positions of predicted labels in `classes_`, which is sorted as the schema's are."""
    return np.searchsorted(estimator.classes_, labels)


def _prediction(schema: Schema, targets: Array) -> ClassLabel | float:
    """The most frequent class (of equally frequent ones the first), or the mean."""
    if schema.target.task == "regression":
        return float(targets.mean())
    counts = np.bincount(targets, minlength=len(schema.target.classes))
    return schema.target.classes[int(counts.argmax())]


def baseline_scores(
    schema: Schema, prediction: ClassLabel | float, targets: Array
) -> dict[str, Any]:
    """The scores of one and the same prediction for every row, and that prediction."""
    classes = schema.target.classes
    if not classes:
        return {
            "prediction": prediction,
            **quantity_scores(targets, np.full(len(targets), float(prediction))),
        }
    place = next(i for i, label in enumerate(classes) if label == prediction)
    accuracy = float(np.mean(targets == place))
    return {"prediction": prediction, "rows": len(targets), "accuracy": accuracy}


def _summary(fitted: Fitted, prediction: ClassLabel | float) -> dict[str, Any]:
    """Facts for the model file: plain values, and nothing that another run would change."""
    prepared = fitted.prepared
    facts: dict[str, Any] = {
        "task": prepared.task,
        "seed": prepared.seed,
        "train_rows": len(prepared.train),
        "left_out_rows": prepared.left_out,
        "refit": fitted.refitted,
        "baseline_prediction": prediction,
        **scalars(fitted.train_scores, "train"),
    }
    if fitted.test_scores is not None and fitted.baseline is not None:
        facts |= scalars(fitted.test_scores, "test")
        numbers = {name: value for name, value in fitted.baseline.items() if name != "prediction"}
        facts |= scalars(numbers, "baseline")
        facts.pop("baseline_rows")
    return facts


def _words(estimator: Estimator, rows: str) -> str:
    if estimator.l2 == "auto":
        return f"Choosing l2 by cross-validation, then fitting {rows}"
    return f"Fitting {rows}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
