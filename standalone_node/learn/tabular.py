"""From a table to a fitted and scored model: the one way, whoever asks for it.

`prepare` reads the columns and holds rows out, `fit` fits an estimator on the others and scores it
beside a baseline. Nothing about the held-out rows but the names of their categories and classes is
known to the fit: fill values, scaling and whatever the estimator chooses come from training rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.processors import held
from standalone_node.learn.cells import listed
from standalone_node.learn.explosion import warn_of_explosion
from standalone_node.learn.inner_parts import warn_of_inner_parts
from standalone_node.learn.preparation import Part, Prepared, part_of, prepare
from standalone_node.learn.schema import Schema
from standalone_node.learn.scores import class_scores, quantity_scores, scalars
from standalone_node.learn.streaming.prepared import StoredPrepared
from standalone_node.learn.targets import ClassLabel
from standalone_node.learn.terms import Terms
from standalone_node.optimize.iteration import Iteration

if TYPE_CHECKING:
    from standalone_node.learn.checkpoint import Checkpoint
    from standalone_node.learn.cross_validation import CrossValidation, Fold
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor
    from standalone_node.learn.starting import Start

__all__ = ["Fitted", "Part", "Prepared", "fit", "prepare", "scores"]

Array = NDArray[Any]
#: One and the same for every row: a class, a mean, or the means of several targets.
Prediction = ClassLabel | float | list[float]
Estimator = Any  # NodeClassifier or NodeRegressor; their module is imported when one is made


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
        Spent on fitting, a refit included, folds not.
    cross_validation : CrossValidation or None
        Of the training rows, if it was asked for.
    start : str or None
        What the model that it went on from is called.
    """

    estimator: Estimator
    prepared: Prepared
    train_scores: dict[str, Any]
    test_scores: dict[str, Any] | None
    baseline: dict[str, Any] | None
    refitted: bool
    seconds: float
    cross_validation: CrossValidation | None = None
    start: str | None = None


def fit(
    prepared: Prepared | StoredPrepared,
    arguments: Mapping[str, Any] | None = None,
    *,
    refit: bool = False,
    folds: int | None = None,
    start: Start | None = None,
    callback: Callable[[Iteration], Any] | None = None,
    stage: Callable[[str], Any] | None = None,
    done: Callable[[Fold], Any] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Fitted:
    """Fit an estimator on the training rows, score it, and on demand fit it again on all rows.

    Parameters
    ----------
    prepared : Prepared or StoredPrepared
        Rows on the disk are fitted by batches, see `fit_stored`; those of many files where they
        are, see `fit_files`.
    arguments : mapping, optional
        Arguments of the estimator; its `random_state` is the seed of `prepared` if not given.
    refit : bool
        Whether the model is in the end that of all rows. The scores are those of the training
        rows' model in any case.
    folds : int, optional
        Of a cross-validation of the training rows that comes first.
    start : Start, optional
        A model to go on from, whose columns `prepared` has, instead of a fit from the beginning.
    callback : callable, optional
        Called with every `Iteration` but those of folds.
    stage : callable, optional
        Called with a few words before each fit.
    done : callable, optional
        Called with every `Fold` that was fitted and scored.
    checkpoint : Checkpoint, optional
        Of all runs, those of a refit included.

    Raises
    ------
    ArgumentError
        An argument cannot be used.
    StateOverflow
        The state left the range of floating-point numbers.
    """
    limit = (arguments or {}).get("time_limit")
    terms = Terms.starting_now(callback, checkpoint, limit)
    if isinstance(prepared, StoredPrepared):
        with held(), nullcontext() if checkpoint is None else checkpoint:
            done_elsewhere: Fitted = prepared.fit(arguments, refit=refit, terms=terms, stage=stage)
            return done_elsewhere
    if refit and prepared.test_source is not None:
        raise ArgumentError(
            "--refit would train on the rows of the test file as well, which --test keeps apart; "
            "leave one of the two out."
        )
    if folds is not None and start is not None:
        raise ArgumentError(
            "--cv would score rows that the model of --start may have been trained on: leave one "
            "of the two out."
        )
    options = {"random_state": prepared.seed, **(arguments or {})}
    made = partial(estimator_of, prepared) if start is None else start.continued
    estimator = made(options)
    warn_of_explosion(prepared.schema, estimator, len(prepared.train))
    warn_of_inner_parts(prepared.parting, estimator)
    tell = stage or (lambda words: None)
    refit = refit and prepared.test is not None
    with nullcontext() if checkpoint is None else checkpoint:
        crossed = None
        if folds is not None:
            from standalone_node.learn.cross_validation import cross_validate

            watch: dict[str, Any] = {"stage": tell, "done": done}
            crossed = cross_validate(prepared, options, folds, terms, runs_after=1 + refit, **watch)
        fitted = _fitted(prepared, estimator, terms, tell)
        if refit:
            fitted = _refitted(fitted, made(options), terms, tell)
    source = None if start is None else start.source
    fitted = replace(fitted, cross_validation=crossed, start=source)
    prediction = constant_prediction(prepared.schema, prepared.train)
    estimator = fitted.estimator
    estimator.summary_ = {**estimator.summary_, **summary(fitted, prediction)}
    if start is not None:
        estimator.summary_ |= start.facts()
        estimator.set_params(warm_start=False)  # of this fit, not of the model
    return fitted


def _fitted(
    prepared: Prepared, estimator: Estimator, terms: Terms, tell: Callable[[str], Any]
) -> Fitted:
    """The training rows' model and its scores."""
    began, schema = time.perf_counter(), prepared.schema
    tell(_words(estimator, f"on {_rows(len(prepared.train))}"))
    learn(estimator, schema, prepared.train, terms)
    estimator.schema_ = schema
    seconds = time.perf_counter() - began
    train_scores = scores(schema, estimator, prepared.train)
    test_scores = None if prepared.test is None else scores(schema, estimator, prepared.test)
    baseline = baseline_of(prepared)
    return Fitted(estimator, prepared, train_scores, test_scores, baseline, False, seconds)


def _refitted(
    fitted: Fitted, estimator: Estimator, terms: Terms, tell: Callable[[str], Any]
) -> Fitted:
    """The scores of the training rows' model, and a model of all rows."""
    began, prepared = time.perf_counter(), fitted.prepared
    tell(_words(estimator, f"again, on all {_rows(len(prepared.usable.frame))}"))
    schema = prepared.schema.fitted(prepared.usable)
    learn(estimator, schema, part_of(schema, prepared.usable), terms)
    estimator.schema_ = schema
    seconds = fitted.seconds + time.perf_counter() - began
    return replace(fitted, estimator=estimator, refitted=True, seconds=seconds)


def learn(estimator: Estimator, schema: Schema, part: Part, terms: Terms) -> None:
    """Fit an estimator to rows."""
    estimator.fit_on(part.inputs, labels_of(schema, part.targets), part.weights, terms)


def estimator_of(prepared: Prepared, options: Mapping[str, Any]) -> NodeClassifier | NodeRegressor:
    """An estimator for the task, with these arguments."""
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor

    if prepared.task == "classification":
        return NodeClassifier(**options)
    if options.get("class_weight") is not None:
        names = prepared.schema.target_names
        several = len(names) > 1  # of which none can hold classes
        raise ArgumentError(
            f"class_weight = {options['class_weight']!r} is for classes, and {listed(names)} "
            f"hold{'' if several else 's'} quantities: leave it out"
            + ("" if several else ", or give task = 'classification'")
        )
    return NodeRegressor(**{name: options[name] for name in options if name != "class_weight"})


def labels_of(schema: Schema, targets: Array) -> Array:
    """The targets as a scikit-learn estimator knows them: labels of one NumPy type, or floats."""
    return np.array(schema.target.classes)[targets] if schema.target.classes else targets


def scores(schema: Schema, estimator: Estimator, part: Part) -> dict[str, Any]:
    """The scores of a model on rows; see `class_scores` and `quantity_scores`."""
    if schema.target.task == "regression":
        predicted = estimator.predict(part.inputs)
        return quantity_scores(part.targets, predicted, part.weights, schema.target_names)
    probabilities = probabilities_of(estimator, part.inputs)
    predicted = class_positions(estimator, estimator.predict(part.inputs))
    classes = schema.target.classes
    return class_scores(part.targets, predicted, probabilities, classes, part.weights)


def probabilities_of(estimator: Estimator, inputs: Array) -> Array | None:
    """The probabilities of the classes, (rows, classes); None for a loss that has none."""
    if not hasattr(estimator, "predict_proba"):
        return None
    return np.asarray(estimator.predict_proba(inputs))


def class_positions(estimator: Estimator, labels: Array) -> Array:
    """The positions of predicted labels in `classes_`, which is sorted as the schema's are."""
    return np.searchsorted(estimator.classes_, labels)


def constant_prediction(schema: Schema, part: Part) -> Prediction:
    """The most frequent class (of equally frequent ones the first), or the mean, of each target."""
    if schema.target.task == "regression":
        means = np.average(part.targets, axis=0, weights=part.weights)
        return plain_means(means)
    counts = np.bincount(part.targets, part.weights, minlength=len(schema.target.classes))
    return schema.target.classes[int(counts.argmax())]


def plain_means(means: Array) -> float | list[float]:
    """Means of targets as a model file holds them: one number, or a list of them."""
    found = np.atleast_1d(means).tolist()
    return found if len(found) > 1 else float(found[0])


def baseline_scores(schema: Schema, prediction: Prediction, part: Part) -> dict[str, Any]:
    """The scores of one and the same prediction for every row, and that prediction."""
    classes, targets, weights = schema.target.classes, part.targets, part.weights
    if not classes:
        same = np.broadcast_to(np.array(prediction, dtype=np.float64), targets.shape)
        found = quantity_scores(targets, same, weights, schema.target_names)
        return {"prediction": prediction, **found}
    place = next(i for i, label in enumerate(classes) if label == prediction)
    accuracy = float(np.average(targets == place, weights=weights))
    return {"prediction": prediction, "rows": len(targets), "accuracy": accuracy}


def baseline_of(prepared: Prepared) -> dict[str, Any] | None:
    """`baseline_scores` on the held-out rows; None if there are none."""
    if prepared.test is None:
        return None
    prediction = constant_prediction(prepared.schema, prepared.train)
    return baseline_scores(prepared.schema, prediction, prepared.test)


def summary(fitted: Fitted, prediction: Prediction) -> dict[str, Any]:
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
        for name in ("baseline_rows", "baseline_effective_size"):
            facts.pop(name, None)
    if prepared.test is not None and prepared.test_source is None:
        facts |= _split_of(prepared)
    if fitted.cross_validation is not None:
        facts |= fitted.cross_validation.facts()
    return facts


def _split_of(prepared: Prepared | StoredPrepared) -> dict[str, Any]:
    """What draws the same held-out rows from the same table again."""
    if isinstance(prepared, StoredPrepared):
        return {}
    parting = prepared.parting
    return {
        "split": parting.kind,
        "split_column": parting.column,
        **({} if parting.format is None else {"split_format": parting.format}),
        "held_out_share": prepared.test_share,
    }


def _words(estimator: Estimator, rows: str) -> str:
    if estimator.l2 == "auto":
        return f"Choosing l2 by cross-validation, then fitting {rows}"
    return f"Fitting {rows}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
