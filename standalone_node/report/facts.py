"""The outcome of a run as one dict of JSON types: what `--json` prints and what the tables show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from standalone_node.learn.defaults import WHERE
from standalone_node.learn.prediction import Evaluation
from standalone_node.learn.streaming.applying import StoredEvaluation
from standalone_node.learn.tabular import Estimator, Fitted, Prepared
from standalone_node.report.folds import cross_validation_facts

#: Arguments of an estimator that steer the run on this machine and do not belong to the model.
_NOT_SETTINGS = (*WHERE, "threads", "verbose", "random_state", "warm_start")


def fit_facts(fitted: Fitted, warnings: Sequence[str], files: Mapping[str, str]) -> dict[str, Any]:
    """What `node-fit fit` has to tell.

    Parameters
    ----------
    fitted : Fitted
    warnings : sequence of str
        All that was warned about, of the data and of the run.
    files : mapping
        What was written: "model", "history", "figure", and where.
    """
    facts = model_facts(fitted.estimator)
    norms = fitted.estimator.result_.history["gradient_norm"]
    facts["gradient_norm"] |= {"start": float(norms[0]), "end": float(norms[-1])}
    return {
        **data_facts(fitted.prepared),
        **facts,
        "train": fitted.train_scores,
        "test": fitted.test_scores,
        "baseline": fitted.baseline,
        "cross_validation": cross_validation_facts(fitted),
        "start": fitted.start,
        "refit": fitted.refitted,
        "seconds": fitted.seconds,
        "notes": list(fitted.prepared.notes),
        "warnings": list(warnings),
        "files": dict(files),
    }


def data_facts(prepared: Prepared) -> dict[str, Any]:
    """What is told of the rows that a model learns from."""
    schema = prepared.schema
    return {
        "data": prepared.usable.source,
        "task": prepared.task,
        "target": ", ".join(schema.target_names),
        "targets": list(schema.target_names),
        "weight": schema.weight,
        "classes": list(schema.target.classes),
        "rows": {
            "train": len(prepared.train),
            "test": 0 if prepared.test is None else len(prepared.test),
            "left_out": prepared.left_out,
        },
        "test_data": prepared.test_source,
        "group": _parted_by(prepared, "group"),
        "time": _parted_by(prepared, "time"),
        "columns": len(schema.columns),
        "features": len(schema.feature_names),
        "seed": prepared.seed,
    }


def _parted_by(prepared: Any, kind: str) -> str | None:
    """The column of a group or a time by which rows are parted; rows on the disk have none."""
    parting = getattr(prepared, "parting", None)
    return parting.column if parting is not None and parting.kind == kind else None


def model_facts(estimator: Estimator) -> dict[str, Any]:
    """What is told of any fitted estimator: its width, its settings and how its run ended.

    It comes from what a model file keeps, so that it is the same before `save` and after `load`.
    """
    run = estimator.summary_
    return {
        **network_facts(estimator),
        "cost": {"start": run["cost_start"], "end": run["cost_end"]},
        "gradient_norm": {"reduction": run["gradient_reduction"]},
        "iterations": run["iterations"],
        "end_state": {
            "name": run["end_state"],
            "sentence": run["message"],
            "success": run["converged"],
        },
    }


def network_facts(estimator: Estimator) -> dict[str, Any]:
    """What is told of the network of an estimator, fitted or about to be."""
    settings = {
        name: _plain(value)
        for name, value in estimator.get_params().items()
        if name not in _NOT_SETTINGS
    }
    return {
        "width": int(estimator.width_),
        "time_steps": int(estimator.times_.size) - 1,
        "settings": settings,
        "l2": float(estimator.l2_),
    }


def evaluation_facts(evaluation: Evaluation | StoredEvaluation) -> dict[str, Any]:
    """What `node-fit evaluate` has to tell."""
    weighted = "effective_size" in evaluation.scores
    return {
        "data": evaluation.source,
        "task": evaluation.schema.target.task,
        "target": ", ".join(evaluation.schema.target_names),
        "weight": evaluation.schema.weight if weighted else None,
        "scores": evaluation.scores,
        "baseline": evaluation.baseline,
    }


def info_facts(estimator: Estimator) -> dict[str, Any]:
    """What `node-fit info` has to tell of a model."""
    schema = getattr(estimator, "schema_", None)
    facts: dict[str, Any] = {
        "estimator": type(estimator).__name__,
        "features": int(estimator.n_features_in_),
        **model_facts(estimator),
        "parameters": int(estimator.parameters_.values.size),
        "summary": {name: _plain(value) for name, value in estimator.summary_.items()},
        "schema": None if schema is None else schema.to_json(),
    }
    if schema is None and hasattr(estimator, "classes_"):
        facts["classes"] = [_plain(label) for label in estimator.classes_]
    return facts


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
