"""Rows on their way through the depth of a model, in units that people know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.plot.colouring import Colouring, alike, colouring
from standalone_node.plot.subjects import said
from standalone_node.problem.field_problem import FieldProblem
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import network_of, rows_of

Array = NDArray[Any]

#: How many rows are drawn.
ROWS = 60


@dataclass(frozen=True, eq=False)
class Ways:
    """Where rows go.

    Attributes
    ----------
    network : Network
    rows : ndarray, (B, p)
        The features.
    index : ndarray of int, (B,)
        Which of the rows given they are.
    states : ndarray, (N + 1, B, d)
        As the network has them.
    looks : Colouring
    """

    network: Network
    rows: Array
    index: Array
    states: Array
    looks: Colouring

    @property
    def times(self) -> Array:
        """The time grid, (N + 1,)."""
        return self.network.times

    @property
    def values(self) -> Array:
        """The states in the units of their components, (N + 1, B, d)."""
        shift, scale, _ = units_of(self.network)
        found: Array = shift + scale * self.states
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """What the components are called, d names."""
        return units_of(self.network)[2]

    def component(self, which: int | str) -> int:
        """The position of a component, given by it, or by its name; ArgumentError if there is none.

        A feature may be named as in the data.
        """
        names, d = self.names, self.network.width
        if isinstance(which, str):
            features = self.network.feature_names
            if which in features:
                return self.network.first + features.index(which)
            if which in names:
                return names.index(which)
        elif isinstance(which, int | np.integer) and -d <= which < d:
            return int(which) % d
        raise ArgumentError(
            f"there is no component {which!r}: give a number from 0 to {d - 1}, or one of the "
            f"names {', '.join(names)}"
        )


def units_of(network: Network) -> tuple[Array, Array, tuple[str, ...]]:
    """Shift (d,), scale (d,) and names of the components of the state.

    Outputs are in their units, features in theirs. Components that begin as a feature and end as an
    output, as in the layout "shared" and in problems, stay as they are.
    """
    d, m, first = network.width, network.outputs, network.first
    shift, scale = np.zeros(d), np.ones(d)
    names = [f"x{i}" for i in range(d)]
    if first >= m:
        shift[:m], scale[:m] = network.output_mean, network.output_scale
        outputs = network.output_names
        # A single logit decides for the second of two classes.
        names[:m] = [f"output {name}" for name in outputs[len(outputs) - m :]]
        shift[network.features], scale[network.features] = network.mean, network.scale
        names[network.features] = [f"state of {name}" for name in network.feature_names]
        rest = first + network.inputs
        names[rest:] = [f"augmented {i + 1}" for i in range(d - rest)]
    return shift, scale, tuple(names)


def ways_of(
    model: Any,
    X: ArrayLike | None,
    parameters: Parameters | None = None,
    known: ArrayLike | None = None,
    most: int = ROWS,
) -> Ways:
    """Follow some rows of X through a model, evenly chosen over what is known of them.

    Parameters
    ----------
    model : fitted estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p), or None
        None are the rows of a problem.
    parameters : Parameters, optional
        Of a problem.
    known : array_like, shape (B,), optional
        Classes or quantities; a series with a name has it in the key. If not given, what a problem
        has as classes of its own rows, or what a model that decides between classes predicts.
    most : int
        How many are followed.

    Raises
    ------
    ArgumentError
        If there is no model, no row or no parameters, or one of the rows has no class.
    StateOverflow
        If a state overflows.
    """
    network, rows = asked(model, X, parameters)
    if most < 1:
        raise ArgumentError(f"rows = {most} has to be at least 1")
    looks, order = _looks(model, X, network, rows, known)
    index = even(order, most)
    network.solve(rows[index])  # or an error that names the row that overflows
    states = network.dynamics.states(network.parameters, network.initial(rows[index]))
    return Ways(network, rows[index], index, np.asarray(states, dtype=np.float64), looks.of(index))


def asked(model: Any, X: ArrayLike | None, parameters: Parameters | None) -> tuple[Network, Array]:
    """The network that a model is, and its rows X (B, p); those of a problem if X is None."""
    if hasattr(model, "fit") and not hasattr(model, "network_"):
        steps = hasattr(model, "steps")
        raise ArgumentError(
            f"expected a fitted NodeClassifier or NodeRegressor, not {said(model)}"
            + (": give its last step, and X as the steps before make it" if steps else "")
        )
    network = network_of(model, parameters)
    problem = isinstance(model, InverseProblem | FieldProblem)
    if X is None and not problem:
        raise ArgumentError(
            f"a {type(model).__name__} does not keep the rows it was fitted to: give X"
        )
    return network, rows_of(model, network, model.inputs if X is None else X)


def _looks(
    model: Any, X: ArrayLike | None, network: Network, inputs: Array, known: ArrayLike | None
) -> tuple[Colouring, Array]:
    """The looks of all rows, and numbers in whose order they are chosen evenly."""
    labels: Sequence[Any] = getattr(model, "classes_", range(network.classes))
    rows = len(inputs)
    if known is not None:
        values = np.asarray(known)
        looks = colouring(values, rows, labels, str(getattr(known, "name", None) or ""))
        return looks, np.unique(values, return_inverse=True)[1]
    if not network.classes:
        return alike(rows), np.zeros(rows)
    own = X is None and isinstance(model, InverseProblem) and LOSSES[model.loss].takes_classes
    places = np.asarray(model.targets) if own else network.decided(network.solve(inputs))
    looks = colouring(np.asarray(labels)[places], rows, labels, "class" if own else "predicted")
    return looks, places


def even(order: Array, most: int) -> Array:
    """Positions of at most so many rows, ascending, evenly over numbers (B,) in order of size."""
    shuffled = np.random.default_rng(0).permutation(len(order))
    shuffled = shuffled[np.argsort(order[shuffled], kind="stable")]
    places = np.linspace(0.0, len(shuffled) - 1.0, min(most, len(shuffled)))
    return np.sort(shuffled[places.round().astype(np.intp)])
