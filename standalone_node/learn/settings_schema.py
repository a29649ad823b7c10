"""What the settings of an estimator may be in a model file: a row for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.learn.class_weights import BALANCED
from standalone_node.learn.json_checks import is_finite, record, require
from standalone_node.learn.layout import CHANNELS
from standalone_node.model.bases import BASES
from standalone_node.model.forms import FORM_BLOCKS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.model.weights import WEIGHTS
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.line_searches import LINE_SEARCHES
from standalone_node.optimize.methods import METHODS
from standalone_node.problem.losses import LOSSES

#: No size is larger. Numbers that only count what a fit does, such as iterations, may be.
LARGEST_SIZE = 2**31
#: No list of a setting is longer.
LONGEST_LIST = 1000


class Rule(NamedTuple):
    """What a setting has to be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    what: str


def _is_whole(value: Any, least: int) -> bool:
    return type(value) is int and value >= least


def _whole(least: int) -> Rule:
    return Rule(lambda value: _is_whole(value, least), f"a whole number of at least {least}")


def _size(least: int) -> Rule:
    return Rule(
        lambda value: _is_whole(value, least) and value <= LARGEST_SIZE,
        f"a whole number from {least} to {LARGEST_SIZE}",
    )


def _name(table: Collection[str]) -> Rule:
    return Rule(
        lambda value: isinstance(value, str) and value in table, f"one of {', '.join(table)}"
    )


def _or(rule: Rule, value: Any, word: str) -> Rule:
    return Rule(
        lambda given: (given is value or given == value) or rule.fits(given),
        f"{rule.what}, or {word}",
    )


def _or_null(rule: Rule) -> Rule:
    return _or(rule, None, "null")


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= LONGEST_LIST
        and all(_size(1).fits(item) for item in value)
    )


def _is_class_weight(value: Any) -> bool:
    weights = list(value.values()) if isinstance(value, dict) else []
    return value == BALANCED or (
        isinstance(value, dict)
        and len(weights) <= LONGEST_LIST
        and all(isinstance(name, str) for name in value)
        and all(map(_NUMBER.fits, weights))
    )


_NUMBER = Rule(lambda value: is_finite(value) and value >= 0.0, "a finite number, 0 or larger")
_POSITIVE = Rule(lambda value: is_finite(value) and value > 0.0, "a positive finite number")
_TRUTH = Rule(lambda value: isinstance(value, bool), "true or false")

#: The table: a setting, and what it has to be. Where a fit ran (`WHERE`) is in no file.
SETTINGS: Mapping[str, Rule] = {
    "horizon": _POSITIVE,
    "steps": _size(1),
    "scheme": _name(TABLEAUX),
    "rtol": _or_null(_NUMBER),
    "atol": _or_null(_NUMBER),
    "reversible": Rule(
        lambda value: _TRUTH.fits(value) or _POSITIVE.fits(value), "true, false or a number"
    ),
    "form": _name(FORM_BLOCKS),
    "inner": _or_null(_size(1)),
    "activation": _name(ACTIVATIONS),
    "weights": _name(WEIGHTS),
    "basis": _or_null(_name(BASES)),
    "modes": _or_null(_size(1)),
    "channels": _name(CHANNELS),
    "augment": _size(0),
    "loss": _name(LOSSES),
    "l2": _or(_NUMBER, "auto", "auto"),
    "h1": _NUMBER,
    "smoothing": _or(_NUMBER, "auto", "auto"),
    "method": _name(METHODS),
    "beta": _name(BETAS),
    "line_search": _name(LINE_SEARCHES),
    "restart": _or_null(_whole(1)),
    "rate": _or_null(_NUMBER),
    "batch_size": _or_null(_whole(1)),
    "epochs": _whole(0),
    "batch_iterations": _or_null(_whole(0)),
    "proximal": _NUMBER,
    "continuation": _or_null(Rule(_is_list, "a list of whole numbers")),
    "validation_share": _NUMBER,
    "patience": _or_null(_whole(0)),
    "max_iterations": _whole(0),
    "tolerance": _NUMBER,
    "time_limit": _or_null(_NUMBER),
    "dtype": _name(PRECISIONS),
    "threads": _or_null(_whole(1)),
    "memory_limit": Rule(
        lambda value: value is None or isinstance(value, str) or _is_whole(value, 0),
        "a number of bytes or a size such as 500MB, or null",
    ),
    "random_state": _or_null(_whole(0)),
    "warm_start": _TRUTH,
    "verbose": Rule(lambda value: _TRUTH.fits(value) or _is_whole(value, 0), "a whole number"),
    "class_weight": _or_null(Rule(_is_class_weight, "'balanced' or numbers by label")),
}


def misfit(name: str, value: Any) -> str | None:
    """What a setting would have to be, if it is something else.

    Examples
    --------
    >>> misfit("steps", 0)
    'a whole number from 1 to 2147483648'
    >>> misfit("steps", 4)
    """
    rule = SETTINGS[name]
    return None if rule.fits(value) else rule.what


def check_settings(settings: Any) -> dict[str, Any]:
    """The settings in a header; ModelFileError, which names the key, if one is none or unfit."""
    found = record(settings, "settings", (), optional=SETTINGS)
    for name, value in found.items():
        what = misfit(name, value)
        require(what is None, f"settings.{name}", what or "")
    return found
