"""The header of a model file, checked key by key before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ModelFileError
from standalone_node.learn.dates import is_format
from standalone_node.learn.json_checks import choice, is_finite, items, record, require, text, texts
from standalone_node.learn.row_keys import PARTINGS
from standalone_node.learn.settings_schema import check_settings

Array = NDArray[Any]

#: What every header has beside what `container` puts there.
COMMON = ("kind", "settings", "schema", "summary", "feature_names", "l2", "iterations")
#: What else there is: for each kind of model the keys of its header, and its arrays.
KEYS = {"classifier": ("classes", "classes_dtype"), "regressor": ("flat",)}
ARRAYS = {
    "classifier": ("times", "values", "mean", "scale"),
    "regressor": ("times", "values", "mean", "scale", "target_mean", "target_scale"),
}
#: What every summary tells; all further facts are numbers, texts, truth values or null.
RUN = ("end_state", "message", "converged", "iterations")
COSTS = ("cost_start", "cost_end", "gradient_reduction")
#: How the names of scores begin, which are numbers or null.
SCORES = ("train_", "test_", "baseline_")

#: Labels are texts of one length in memory: a long one among many short ones makes all of them
#: long. So many bytes are granted in any case, and so many for each byte of the labels themselves.
LABEL_ROOM, LABEL_SHARE = 2**20, 8

_LABELS = re.compile(r"\|b1|[<>|][iu][1248]|[<>][f][248]|[<>]U[1-9][0-9]{0,9}")


def check_header(header: dict[str, Any]) -> None:
    """Check what a header says by itself; ModelFileError, which names the key, if it cannot be."""
    kind = choice(header.get("kind"), "kind", tuple(KEYS))
    record(header, "header", (*COMMON, *KEYS[kind]), optional=("magic", "format", "arrays"))
    check_settings(header["settings"])
    _check_summary(header["summary"])
    if header["feature_names"] is not None:
        texts(header["feature_names"], "feature_names")
    require(is_finite(header["l2"]) and header["l2"] >= 0.0, "l2", "a finite number, 0 or larger")
    require(_is_count(header["iterations"]), "iterations", "a whole number")
    if kind == "classifier":
        classes = items(header["classes"], "classes")
        if not fit_for_labels(classes):
            raise ModelFileError("its classes are not labels: fit the model again")
        dtype = text(header["classes_dtype"], "classes_dtype")
        require(dtype_fits(dtype, classes), "classes_dtype", "a type for these labels")
    else:
        require(isinstance(header["flat"], bool), "flat", "true or false")


def check_arrays(kind: str, arrays: Mapping[str, Array], *, adaptive: bool) -> None:
    """Check that the arrays are those of this kind of model, and which axes they have."""
    names = (*ARRAYS[kind], *(("grid",) if adaptive else ()))
    record(dict(arrays), "arrays", names)
    for name, array in arrays.items():
        axes = 2 if name == "values" else 1
        fine = array.ndim == axes and array.dtype == np.float64 and array.size > 0
        require(fine, f"arrays.{name}", f"an array of float64 with {axes} axes, not empty")


def fit_for_labels(classes: Sequence[Any]) -> bool:
    """Whether there are two or more labels that JSON can hold, all of one kind."""
    kinds = {type(label) for label in classes}
    if len(classes) < 2 or not kinds <= {str, int, float, bool}:
        return False
    return len(kinds) == 1 and all(
        isinstance(label, str | bool) or is_finite(label) for label in classes
    )


def dtype_fits(dtype: str, classes: Sequence[Any]) -> bool:
    """Whether NumPy's type of that name holds these labels, and little more than them."""
    if not _LABELS.fullmatch(dtype):
        return False
    if dtype[1] != "U":
        wanted = {"b": bool, "i": int, "u": int, "f": float}[dtype[1]]
        return all(type(label) is wanted for label in classes)
    if not all(isinstance(label, str) for label in classes):
        return False
    longest = max(len(label) for label in classes)
    memory = 4 * longest * len(classes)
    own = sum(len(label) for label in classes)
    return int(dtype[2:]) <= max(1, longest) and memory <= max(LABEL_ROOM, LABEL_SHARE * 4 * own)


def _check_summary(summary: object) -> None:
    further = summary if isinstance(summary, dict) else ()
    facts = record(summary, "summary", (*RUN, *COSTS), optional=further)
    for name in ("end_state", "message"):
        require(isinstance(facts[name], str), f"summary.{name}", "a text")
    require(isinstance(facts["converged"], bool), "summary.converged", "true or false")
    require(_is_count(facts["iterations"]), "summary.iterations", "a whole number")
    for name in COSTS:
        require(is_finite(facts[name]), f"summary.{name}", "a finite number")
    for name, value in facts.items():
        if name == "baseline_prediction" and isinstance(value, list):
            numbers = all(is_finite(entry) for entry in value)
            require(numbers, f"summary.{name}", "a list of finite numbers")
            continue
        plain = value is None or isinstance(value, str | bool) or is_finite(value)
        require(plain, f"summary.{name}", "a text, a finite number, true, false or null")
        if name.startswith(SCORES) and name != "baseline_prediction":
            number = value is None or is_finite(value)
            require(number, f"summary.{name}", "a finite number or null")
        if name.endswith("_rows") or name == "seed":
            require(_is_count(value), f"summary.{name}", "a whole number")
    if "split" in facts:
        _check_split(facts)


def _check_split(facts: Mapping[str, Any]) -> None:
    """What draws the held-out rows again: by what, of which column, and how many."""
    kind = choice(facts["split"], "summary.split", tuple(PARTINGS))
    column, share = facts.get("split_column"), facts.get("held_out_share", 0.0)
    fits = column is None if kind == "content" else isinstance(column, str)
    require(fits, "summary.split_column", "the column of a split by group or time, else null")
    if facts.get("split_format") is not None:
        fits = kind == "time" and is_format(facts["split_format"])
        require(fits, "summary.split_format", "the format of the dates of a time, else null")
    fits = is_finite(share) and 0.0 < share < 1.0
    require(fits, "summary.held_out_share", "a number between 0 and 1")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63
