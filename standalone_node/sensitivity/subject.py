"""Whose sensitivity is asked for: a fitted estimator, or a problem with parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.field_problem import FieldProblem
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.network import LOGITS, FieldDynamics, Network
from standalone_node.problem.shared import check_parameters
from standalone_node.problem.targets import positions_in

Array = NDArray[Any]


def network_of(model: Any, parameters: Parameters | None = None) -> Network:
    """The map from rows to outputs that a model stands for.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        A fitted `NodeClassifier` or `NodeRegressor` brings its parameters along. Of a problem the
        rows are initial states x(0), and the outputs the first m components of x(T) (all of them
        for a `FieldProblem`).
    parameters : Parameters, optional
        Of a problem; for anything else they take the place of its own.

    Raises
    ------
    ArgumentError
        If it is none of those, or a problem without parameters.

    Examples
    --------
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), steps=2)
    >>> network = network_of(problem, problem.initial_parameters())
    >>> network.inputs, network.outputs
    (2, 1)
    """
    if isinstance(model, InverseProblem | FieldProblem):
        return _of_problem(model, parameters)
    network = model if isinstance(model, Network) else getattr(model, "network_", None)
    if not isinstance(network, Network):
        raise ArgumentError(
            f"expected a fitted NodeClassifier or NodeRegressor, or a problem with parameters, not "
            f"{type(model).__name__}"
        )
    return network if parameters is None else network.with_parameters(parameters)


def rows_of(model: Any, network: Network, X: ArrayLike) -> Array:
    """The rows X as the network takes them, (B, p); a table is read by the estimator's schema."""
    read = getattr(model, "numbers_of", None)
    return network.rows(X if read is None else read(X))


def subject(
    model: Any, X: ArrayLike, parameters: Parameters | None = None
) -> tuple[Network, Array]:
    """`network_of` and `rows_of`."""
    network = network_of(model, parameters)
    return network, rows_of(model, network, X)


def _of_problem(problem: Any, parameters: Parameters | None) -> Network:
    if parameters is None:
        raise ArgumentError("a problem alone has no parameters: give parameters=...")
    kind = type(problem).__name__
    check_parameters(parameters, problem.blocks, problem.horizon, lambda: f"this {kind}")
    d = problem.width
    whole = isinstance(problem, FieldProblem)
    m = d if whole else problem.outputs
    classes, loss = 0, "" if whole else problem.loss
    if not whole and LOSSES[loss].takes_classes:
        classes = m
    elif loss == "logistic":
        classes = 2
    names = tuple(f"x{i}" for i in range(d))
    outputs = tuple(f"x{i}(T)" for i in range(m))
    dynamics: Any = problem.flow if not whole else None
    if whole:
        settings = problem.settings
        dynamics = FieldDynamics(settings["field"], problem.times, settings["scheme"])
    return Network(
        dynamics=dynamics,
        parameters=parameters,
        width=d,
        first=0,
        mean=np.zeros(d),
        scale=np.ones(d),
        outputs=m,
        output_mean=np.zeros(m),
        output_scale=np.ones(m),
        classes=classes,
        logits=loss in LOGITS,
        feature_names=names,
        output_names=tuple(map(str, range(classes))) if classes else outputs,
    )


def positions_of(model: Any, y: ArrayLike | None) -> Array | None:
    """The right classes as positions (B,), from labels as an estimator knows them; None for None.

    Raises
    ------
    ArgumentError
        If there is a label that the estimator does not know, or more than one a row.
    """
    if y is None:
        return None
    known = getattr(model, "classes_", None)
    return np.asarray(y) if known is None else positions_in(known, y)
