"""From a fitted estimator to the facts and arrays of a model file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.base import NodeEstimator
from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR, WHERE
from standalone_node.learn.estimators import NodeClassifier, NodeRegressor
from standalone_node.learn.json_checks import is_finite
from standalone_node.learn.layout import Layout
from standalone_node.learn.model_header import (
    check_arrays,
    check_header,
    dtype_fits,
    fit_for_labels,
)
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.schema import Schema
from standalone_node.learn.settings_schema import misfit
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Parameters

Array = NDArray[Any]

#: Settings that belong to a machine and a run, not to a model: files hold their defaults.
OF_THE_MACHINE = ("threads", "memory_limit", "verbose")
#: The table: the kind of a model, as files call it, and its estimator.
KINDS: dict[str, type[NodeEstimator]] = {
    "classifier": NodeClassifier,
    "regressor": NodeRegressor,
}


def state_of(estimator: BaseEstimator) -> tuple[dict[str, Any], dict[str, Array]]:
    """(facts that JSON can hold, arrays) of a fitted estimator."""
    kinds = {estimator_class: kind for kind, estimator_class in KINDS.items()}
    if type(estimator) not in kinds:
        remedy = "give a NodeClassifier or NodeRegressor"
        if isinstance(estimator, Pipeline):
            remedy = "joblib.dump keeps a pipeline; or save its last step, pipeline[-1]"
        raise ArgumentError(f"cannot save a {type(estimator).__name__}: {remedy}")
    check_is_fitted(estimator)
    estimator._measured()  # the summary tells it, and the rows it takes do not go into the file
    schema = getattr(estimator, "schema_", None)
    names = getattr(estimator, "feature_names_in_", None)
    facts = {
        "kind": kinds[type(estimator)],
        "settings": _settings(estimator),
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


def _settings(estimator: Any) -> dict[str, Any]:
    """The settings as files hold them; ArgumentError for one that would not be read again."""
    given = estimator.get_params(deep=False)
    settings = {key: _plain(key, given[key]) for key in given if key not in WHERE}
    for key, value in (settings | _defaults(estimator)).items():
        settings[key] = value
        what = misfit(key, value)
        if what is not None:
            raise ArgumentError(
                f"the setting {key}={value!r} cannot be put into a model file: it is not {what}"
            )
    return settings


def _defaults(estimator: Any) -> dict[str, Any]:
    """What stands in a file for the settings of the machine."""
    defaults = CLASSIFIER if isinstance(estimator, NodeClassifier) else REGRESSOR
    return {name: getattr(defaults, name) for name in OF_THE_MACHINE}


def _adaptive(estimator: Any) -> bool:
    """Whether the time grid was chosen, so that the settings do not tell it."""
    return estimator.rtol is not None or estimator.atol is not None


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(key, entry) for name, entry in value.items()}
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
    kept = np.array(labels) if classes.dtype.kind in "OU" else classes
    if not fit_for_labels(labels) or not dtype_fits(kept.dtype.str, labels):
        raise ArgumentError(
            f"class labels of the type {kept.dtype} cannot be saved: give texts of similar "
            "lengths, whole numbers, floats of up to 64 bits, or booleans"
        )
    return labels, kept.dtype.str


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
    check_header(header)
    estimator = KINDS[header["kind"]](**header["settings"])
    assert isinstance(estimator, NodeClassifier | NodeRegressor)
    estimator.set_params(**_defaults(estimator))
    check_arrays(header["kind"], arrays, adaptive=_adaptive(estimator))
    outputs = _set_targets(estimator, header, arrays)
    if any((arrays[name] <= 0.0).any() for name in arrays if name.endswith("scale")):
        raise ModelFileError("its scales are not positive: fit the model again")
    estimator.scaling_ = Scaling(arrays["mean"], arrays["scale"])
    features = int(arrays["mean"].size)
    estimator.layout_ = Layout(estimator.channels, outputs, features, estimator.augment)
    estimator.n_features_in_ = features
    estimator.parameters_ = _parameters(estimator, arrays)
    estimator.times_ = _grid(estimator, arrays)
    estimator.l2_, estimator.n_iter_ = float(header["l2"]), int(header["iterations"])
    estimator.summary_ = dict(header["summary"])
    _set_names(estimator, header, features)
    return estimator


def _set_targets(
    estimator: NodeClassifier | NodeRegressor, header: dict[str, Any], arrays: dict[str, Array]
) -> int:
    """What is predicted, classes or scaled quantities; the number of outputs."""
    if isinstance(estimator, NodeClassifier):
        classes = np.array(header["classes"], dtype=np.dtype(header["classes_dtype"]))
        if not (classes[:-1] < classes[1:]).all() or classes.tolist() != header["classes"]:
            raise ModelFileError("its classes are not distinct and sorted: fit the model again")
        estimator.classes_ = classes
        if estimator.loss == "logistic" and classes.size != 2:
            raise ModelFileError("its loss is for two classes, and it has more: fit it again")
        return 1 if estimator.loss == "logistic" else int(classes.size)
    if estimator.loss not in ("squared", "huber"):
        raise ModelFileError("its loss is not for quantities: fit the model again")
    mean, scale = arrays["target_mean"], arrays["target_scale"]
    if mean.shape != scale.shape or (header["flat"] and mean.size != 1):
        raise ModelFileError("its targets and their scales do not fit: fit the model again")
    estimator._flat = header["flat"]
    estimator.target_scaling_ = Scaling(mean, scale)
    estimator.l2_errors_ = {}
    estimator._l2_chosen = estimator.l2 == "auto"
    return int(mean.size)


def _set_names(estimator: Any, header: dict[str, Any], features: int) -> None:
    """What columns and classes are called, by scikit-learn and by the schema."""
    names = header["feature_names"]
    if names is not None:
        if len(names) != features:
            raise ModelFileError("it has more or fewer names than features: fit the model again")
        estimator.feature_names_in_ = np.array(names, object)
    if header["schema"] is None:
        return
    schema = Schema.from_json(header["schema"])
    if len(schema.feature_names) != features:
        raise ModelFileError("its columns and its weights do not fit: fit the model again")
    if list(schema.target.classes) != header.get("classes", []):
        raise ModelFileError("its classes are not those of its columns: fit the model again")
    targets = len(schema.target_names)
    said = estimator.summary_.get("baseline_prediction")
    if said is not None and not _is_prediction(said, schema.target.classes, targets):
        raise ModelFileError("its baseline is no class or quantity: fit the model again")
    if not schema.target.classes and estimator.target_scaling_.mean.size != targets:
        raise ModelFileError("it has not as many target columns as targets: fit the model again")
    if header["kind"] == "regressor" and header["flat"] != (targets == 1):
        raise ModelFileError("its predictions and its targets do not fit: fit the model again")
    estimator.schema_ = schema


def _is_prediction(said: Any, classes: tuple[Any, ...], targets: int) -> bool:
    """Whether it is a class, or the means of so many targets."""
    if classes:
        return said in classes
    means = said if isinstance(said, list) else [said]
    return len(means) == targets and all(is_finite(mean) for mean in means)


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
