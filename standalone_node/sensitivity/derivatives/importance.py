"""Which features matter: derivatives of the outputs, averaged over rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import numbers
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.contrasts import contrast_names, contrasts
from standalone_node.sensitivity.derivatives.jacobians import output_jacobians
from standalone_node.sensitivity.derivatives.parts import parts_of
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Importance:
    """The change of the outputs when a feature grows by its spread, to first order.

    Attributes
    ----------
    feature_names : tuple of str
        p names.
    output_names : tuple of str
        q names: of classes, or of quantities.
    spread : ndarray, shape (p,)
        By how much each feature grows.
    effect : ndarray, shape (q, p)
        Mean over the rows, with its sign. Of classes the effect is on the centred logits.
    magnitude : ndarray, shape (p,)
        Root mean square over the rows and the outputs: it counts effects whose signs cancel in
        the mean.
    agreement : ndarray, shape (p,)
        From 0 to 1: the share of the squared effect in rows where it has the sign of the mean, for
        the output that the feature moves most. 1 where a feature has no effect at all.
    """

    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    spread: Array
    effect: Array
    magnitude: Array
    agreement: Array

    @cached_property
    def order(self) -> Array:
        """The features by falling magnitude, (p,)."""
        return np.argsort(-self.magnitude, kind="stable")


def importance(
    model: Any,
    X: ArrayLike,
    *,
    parameters: Parameters | None = None,
    spread: ArrayLike | None = None,
) -> Importance:
    """How much each feature moves the outputs at rows X.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.
    spread : array_like, shape (p,), optional
        The change of each feature that is looked at, in its own units. If not given, the standard
        deviation of the rows, or of a single row the scale by which the network divides.

    Raises
    ------
    ArgumentError
        If the rows or the spread do not fit the model.
    StateOverflow
        If the state or its derivative overflows at a row, which is named.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), steps=1, scheme="euler",
    ...     activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> found = importance(problem, [[1.0, 2.0]], parameters=p)  # x(T) = x(0)
    >>> found.effect, found.order
    (array([[1., 0.]]), array([0, 1]))

    Notes
    -----
    It is a local measure: an effect beyond the rows' neighbourhood, or of several features
    together, does not show.
    """
    network, rows = subject(model, X, parameters)
    size = _spread(network, rows, spread)
    weights = contrasts(network)
    total, above, below = np.zeros((3, len(weights), network.inputs))
    for part in parts_of(network, rows, 4 * network.outputs * network.inputs):
        effects = np.einsum("qm,bmp->bqp", weights, output_jacobians(network, rows[part])) * size
        squares = np.square(effects)
        total += effects.sum(axis=0)
        above += np.where(effects > 0.0, squares, 0.0).sum(axis=0)
        below += np.where(effects < 0.0, squares, 0.0).sum(axis=0)
    return Importance(
        feature_names=network.feature_names,
        output_names=contrast_names(network),
        spread=size,
        effect=total / len(rows),
        magnitude=np.sqrt((above + below).mean(axis=0) / len(rows)),
        agreement=_agreement(total, above, below),
    )


def _agreement(total: Array, above: Array, below: Array) -> Array:
    """From the sums of effects and of squares of either sign, (q, p) each."""
    both = above + below
    leading = both.argmax(axis=0)[None]
    with_mean = np.where(total >= 0.0, above, below)
    share, whole = (np.take_along_axis(a, leading, axis=0)[0] for a in (with_mean, both))
    return np.where(whole > 0.0, share / np.where(whole > 0.0, whole, 1.0), 1.0)


def _spread(network: Network, rows: Array, given: ArrayLike | None) -> Array:
    if given is None:
        if len(rows) < 2:
            return network.scale
        unit = np.abs(rows).max(axis=0)  # so that squares do not overflow
        unit[unit == 0.0] = 1.0
        deviation: Array = unit * (rows / unit).std(axis=0)
        return deviation
    size = numbers("spread", given)
    fits = size.shape in ((), (network.inputs,))
    if not fits or not (np.isfinite(size) & (size >= 0.0)).all():
        raise ArgumentError(
            f"spread has to be a number or one for each of {network.inputs} features, none of them "
            "negative"
        )
    return np.array(np.broadcast_to(size, (network.inputs,)))
