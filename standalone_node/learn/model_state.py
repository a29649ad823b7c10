"""From a fitted estimator to the facts and arrays of a model file, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.base import NodeEstimator
from standalone_node.learn.estimators import NodeClassifier, NodeRegressor
from standalone_node.learn.layout import Layout
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.schema import Schema
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Parameters

Array = NDArray[Any]

#: The table: the kind of a model, as files call it, and its estimator.
KINDS: dict[str, type[NodeEstimator]] = {
    "classifier": NodeClassifier,
    "regressor": NodeRegressor,
}


def state_of(estimator: BaseEstimator) -> tuple[dict[str, Any], dict[str, Array]]:
    """(facts that JSON can hold, arrays) of a fitted estimator."""
    kinds = {estimator_class: kind for kind, estimator_class in KINDS.items()}
    if type(estimator) not in kinds:
        raise ArgumentError(
            f"cannot save a {type(estimator).__name__}: give a NodeClassifier or NodeRegressor"
        )
    check_is_fitted(estimator)
    schema = getattr(estimator, "schema_", None)
    names = getattr(estimator, "feature_names_in_", None)
    facts = {
        "kind": kinds[type(estimator)],
        "settings": {key: _plain(key, value) for key, value in estimator.get_params().items()},
        "schema": None if schema is None else schema.to_json(),
        "summary": estimator.summary_,
        "feature_names": None if names is None else [str(name) for name in names],
        "l2": float(estimator.l2_),
        "iterations": int(estimator.n_iter_),
    }
    arrays = {
        "times": np.array(estimator.parameters_.times),
        "values": np.array(estimator.parameters_.values),
        "mean": estimator.scaling_.mean,
        "scale": estimator.scaling_.scale,
    }
    if _adaptive(estimator):
        arrays["grid"] = np.array(estimator.times_)
    if isinstance(estimator, NodeClassifier):
        facts["classes"], facts["classes_dtype"] = _labels(estimator.classes_)
    else:
        facts["flat"] = bool(estimator._flat)
        arrays["target_mean"] = estimator.target_scaling_.mean
        arrays["target_scale"] = estimator.target_scaling_.scale
    return facts, arrays


def _adaptive(estimator: Any) -> bool:
    """Whether the time grid was chosen, so that the settings do not tell it."""
    return estimator.rtol is not None or estimator.atol is not None


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(key, entry) for entry in value]
    raise ArgumentError(
        f"the setting {key}={value!r} cannot be put into a model file: give a number or a name"
    )


def _labels(classes: Array) -> tuple[list[Any], str]:
    labels = classes.tolist()
    if not all(isinstance(label, str | int | float | bool) for label in labels):
        raise ArgumentError("class labels have to be text, numbers or booleans to be saved")
    # An array of objects that are all text becomes an array of text.
    return labels, np.array(labels).dtype.str if classes.dtype.kind == "O" else classes.dtype.str


def estimator_of(
    header: dict[str, Any], arrays: dict[str, Array]
) -> NodeClassifier | NodeRegressor:
    """The fitted estimator of a header and arrays; ModelFileError if they do not fit together."""
    try:
        return _estimator_of(header, arrays)
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError) as error:
        raise ModelFileError(
            f"its parts do not fit together ({error}): fit the model again"
        ) from error


def _estimator_of(
    header: dict[str, Any], arrays: dict[str, Array]
) -> NodeClassifier | NodeRegressor:
    estimator = KINDS[header["kind"]](**header["settings"])
    assert isinstance(estimator, NodeClassifier | NodeRegressor)
    if isinstance(estimator, NodeClassifier):
        classes = header["classes"]
        plain = all(isinstance(label, str | int | float | bool) for label in classes)
        if not plain or len(classes) < 2:
            raise ModelFileError("its classes are not labels: fit the model again")
        estimator.classes_ = np.array(classes, dtype=np.dtype(header["classes_dtype"]))
        if np.unique(estimator.classes_).size != len(classes):
            raise ModelFileError("its classes are not distinct: fit the model again")
        if estimator.classes_.dtype.kind == "O":
            raise ModelFileError("its classes are of no known type: fit the model again")
        outputs = 1 if estimator.loss == "logistic" else len(classes)
    else:
        estimator._flat = bool(header["flat"])
        estimator.target_scaling_ = Scaling(arrays["target_mean"], arrays["target_scale"])
        estimator.l2_errors_ = {}
        outputs = arrays["target_mean"].size
    if any((arrays[name] <= 0.0).any() for name in arrays if name.endswith("scale")):
        raise ModelFileError("its scales are not positive: fit the model again")
    estimator.scaling_ = Scaling(arrays["mean"], arrays["scale"])
    features = int(arrays["mean"].size)
    estimator.layout_ = Layout(estimator.channels, outputs, features, estimator.augment)
    estimator.n_features_in_ = features
    estimator.parameters_ = _parameters(estimator, arrays)
    estimator.times_ = _grid(estimator, arrays)
    estimator.l2_, estimator.n_iter_ = float(header["l2"]), int(header["iterations"])
    summary = header["summary"]
    estimator.summary_ = {str(key): summary[key] for key in summary}
    if header["feature_names"] is not None:
        estimator.feature_names_in_ = np.array([str(n) for n in header["feature_names"]], object)
    if header["schema"] is not None:
        estimator.schema_ = Schema.from_json(header["schema"])
        if len(estimator.schema_.feature_names) != features:
            raise ModelFileError("its columns and its weights do not fit: fit the model again")
    return estimator


def _grid(estimator: Any, arrays: dict[str, Array]) -> Array:
    """The time grid of the settings, or the one that was chosen."""
    times = estimator.flow_of_settings().times  # says so if a setting is none
    if not _adaptive(estimator):
        return np.asarray(times)
    grid = arrays["grid"]
    if grid[0] != 0.0 or grid[-1] != estimator.horizon or (np.diff(grid) <= 0.0).any():
        raise ModelFileError("its time grid does not fit its horizon: fit the model again")
    return grid


def _parameters(estimator: Any, arrays: dict[str, Array]) -> Parameters:
    blocks = form_blocks(estimator.form, estimator.layout_.width, estimator.inner)
    times, values = arrays["times"], arrays["values"]
    size = sum(int(np.prod(shape)) for _, shape in blocks)
    if values.shape != (times.size, size) or arrays["scale"].shape != arrays["mean"].shape:
        raise ModelFileError("its weights do not have the shape of its settings: fit it again")
    if times.size != estimator.steps + 1:
        raise ModelFileError("its depth grid does not fit its steps: fit the model again")
    if times[-1] != estimator.horizon or (np.diff(times) <= 0.0).any() or times[0] != 0.0:
        raise ModelFileError("its depth grid does not fit its horizon: fit the model again")
    return Parameters.from_values(times, values, blocks)
