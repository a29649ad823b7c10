"""Columns of so many categories that they make the parameters outgrow the rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from numbers import Integral
from typing import Any

from standalone_node.errors import ArgumentError
from standalone_node.learn.cells import quoted
from standalone_node.learn.kinds import width_of
from standalone_node.learn.layout import Layout
from standalone_node.learn.schema import Schema
from standalone_node.learn.training import weights_of_settings
from standalone_node.model.forms import form_blocks
from standalone_node.model.weights import MODES, Constant, Evolving, Free, Galerkin

#: A warning is given where there are more parameters than this to a row ...
PER_ROW = 20
#: ... and a column of categories is to blame for more than this share of them.
SHARE = 0.5


class ManyParameters(UserWarning):
    """A column of categories makes the parameters many more than the rows."""


def explosions(schema: Schema, estimator: Any, rows: int) -> list[str]:
    """A sentence on each column that makes the parameters explode.

    The state has a component for every category, and a layer has a weight for every pair of
    components, so that parameters grow with the square of the categories. That matters where there
    are more than `PER_ROW` to a row and most of them would not be there without the column.

    Parameters
    ----------
    schema : Schema
    estimator : NodeClassifier or NodeRegressor
        Not fitted yet; its form, layout, steps and weights say how many parameters are learnt.
    rows : int
        To train on.
    """
    features = len(schema.feature_names)
    width, total = _size(schema, estimator, features)
    if total <= PER_ROW * rows:
        return []
    said = []
    for column in schema.columns:
        own = width_of(column)
        share = 1.0 - _size(schema, estimator, features - own)[1] / total
        if column.kind == "categorical" and share > SHARE:
            name = quoted(column.name)
            said.append(
                f"column {name} has {own:,} categories: the state becomes {width:,} wide and the "
                f"parameters {_number(total)} for {rows:,} rows ({_percent(share)} of them "
                f"because of it); leave it out with --ignore {name}, or put rare categories "
                "together in the file."
            )
    return said


def warn_of_explosion(schema: Schema, estimator: Any, rows: int) -> None:
    """`ManyParameters` for each sentence of `explosions`."""
    for sentence in explosions(schema, estimator, rows):
        warnings.warn(sentence, ManyParameters, stacklevel=3)


def _size(schema: Schema, estimator: Any, features: int) -> tuple[int, int]:
    """The components of the state, and what is learnt of a network of so many features."""
    outputs = len(schema.target_names)
    if schema.target.classes and estimator.loss != "logistic":
        outputs = len(schema.target.classes)
    width = Layout(estimator.channels, outputs, features, estimator.augment).width
    blocks = form_blocks(estimator.form, width, estimator.inner)
    entries = sum(prod(shape) for _, shape in blocks)
    # What is no number of steps is refused when it is fitted.
    nodes = 1 + (int(estimator.steps) if isinstance(estimator.steps, Integral) else 0)
    return width, _learnt(estimator, nodes, entries)


#: The table: what is learnt, and how many numbers that is of so many nodes with so many entries.
_COUNTS: dict[type, Callable[[Any, int, int], int]] = {
    Free: lambda weights, nodes, entries: nodes * entries,
    Constant: lambda weights, nodes, entries: entries,
    Galerkin: lambda weights, nodes, entries: (weights.modes or min(MODES, nodes)) * entries,
    Evolving: lambda weights, nodes, entries: 2 * (weights.width + 1) * entries + 2 * weights.width,
}


def _learnt(estimator: Any, nodes: int, entries: int) -> int:
    try:
        weights = weights_of_settings(estimator)
    except ArgumentError:  # it says so when it is fitted
        weights = Free()
    # Of weights that somebody wrote nothing is known but the nodal values that they make.
    return _COUNTS.get(type(weights), _COUNTS[Free])(weights, nodes, entries)


def _percent(share: float) -> str:
    """A share that is less than all, never as 100 %."""
    return "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _number(count: int) -> str:
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,}"
