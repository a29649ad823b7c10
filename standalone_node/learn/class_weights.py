"""What the rows of each class weigh: `class_weight` of the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError

Array = NDArray[Any]

#: The one word that `class_weight` may be: every class weighs as much as any other in sum.
BALANCED = "balanced"


def class_factors(
    class_weight: Any, classes: Array, positions: Array, weights: Array
) -> NDArray[np.float64]:
    """What the weight of each row is multiplied with.

    Parameters
    ----------
    class_weight : None, "balanced" or mapping
        From a label, or what `str` makes of it, to a number of at least 0; classes that are not in
        it have 1.
    classes : ndarray, shape (m,)
        The labels.
    positions : ndarray of int, shape (B,)
        Of each row's class among them.
    weights : ndarray, shape (B,)
        Of the rows, without regard to their class.

    Raises
    ------
    ArgumentError
        If `class_weight` is none of these, or names a class that there is not, or one twice.

    Examples
    --------
    >>> labels, rows = np.array(["no", "yes"]), np.array([0, 0, 0, 1])
    >>> class_factors({"yes": 3}, labels, rows, np.ones(4)).tolist()
    [1.0, 1.0, 1.0, 3.0]
    >>> np.round(class_factors("balanced", labels, rows, np.ones(4)), 3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    if class_weight is None:
        return np.ones(positions.size)
    if isinstance(class_weight, str) and class_weight == BALANCED:
        totals = np.bincount(positions, weights, classes.size)
        present = totals > 0.0
        share = totals.sum() / (present.sum() * np.where(present, totals, 1.0))
        return np.asarray(share[positions])
    if not isinstance(class_weight, Mapping):
        raise ArgumentError(
            f"class_weight = {class_weight!r} has to be None, 'balanced' or a mapping from labels "
            "to weights"
        )
    return _given(class_weight, classes)[positions]


def _given(class_weight: Mapping[Any, Any], classes: Array) -> NDArray[np.float64]:
    """The weight of each class by a mapping, (m,)."""
    labels = classes.tolist()
    places = {str(label): place for place, label in enumerate(labels)}
    places |= {label: place for place, label in enumerate(labels)}
    known = {name: weight for name, weight in class_weight.items() if name in places}
    unknown = [name for name in class_weight if name not in places]
    # As in scikit-learn: a fold may lack a class, and then all others have to be in the mapping.
    if unknown and len(known) < len(labels):
        raise ArgumentError(
            f"class_weight names the class {unknown[0]!r}, which there is none of: the classes are "
            f"{', '.join(repr(label) for label in labels)}"
        )
    found, named = np.ones(len(labels)), dict[int, Any]()
    for name, weight in known.items():
        place = places[name]
        if place in named:
            raise ArgumentError(
                f"class_weight names the class {labels[place]!r} twice, as {named[place]!r} and as "
                f"{name!r}: leave one of them out"
            )
        named[place] = name
        found[place] = _weight(name, weight)
    return found


def _weight(name: Any, value: Any) -> float:
    known = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not known or not 0.0 <= value < np.inf:
        raise ArgumentError(
            f"class_weight: the weight {value!r} of {name!r} has to be a finite number, 0 or larger"
        )
    return float(value)
