"""A network with fixed parameters as a map from rows of features to outputs, and its derivatives.

What is asked of a fitted network, how far its outputs can be trusted, is asked of this map: it
knows how features become the initial state, which components of x(T) are outputs, and the units of
both. Its derivatives are those of the sensitivity and the adjoint problem, in these units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.special
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.layers import layer_at
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.arguments import numbers
from standalone_node.problem.field_flow import FieldFlow
from standalone_node.problem.flow import Flow, Terminal

Array = NDArray[Any]

#: Losses whose outputs are logits.
LOGITS = ("cross-entropy", "logistic")


class Dynamics(Protocol):
    """The discrete map x(0) -> x(T), its tangent and its transpose: a `Flow`, or a field's."""

    @property
    def times(self) -> Array:
        """The time grid (N + 1,)."""
        ...

    def direct(self, p: Parameters, inputs: Array) -> Any:
        """A trajectory, with `final` x(T) (B, d)."""
        ...

    def states(self, p: Parameters, inputs: Array, *, final: bool = False) -> Array:
        """The states (N + 1, B, d), or x(T) (B, d) alone."""
        ...

    def sensitivity(
        self, trajectory: Any, direction: Parameters, initial: Array | None, *, final: bool = False
    ) -> Array:
        """The change of the states (N + 1, B, d), or of x(T) (B, d) alone, to first order."""
        ...

    def adjoint(
        self, trajectory: Any, terminal: Terminal, *, keep: bool = False
    ) -> tuple[Array | None, Derivative]:
        """The adjoint states (N + 1, B, d), if kept, and the derivative."""
        ...


class FieldDynamics:
    """The flow of a user's field, with the verbs of a `Flow`."""

    def __init__(self, field: Any, times: Array, scheme: str) -> None:
        self.times = times
        self.flow = FieldFlow(field, times, scheme)

    def direct(self, p: Parameters, inputs: Array) -> Any:
        """A trajectory, with `final` x(T) (B, d)."""
        return self.flow.direct(p, inputs)

    def states(self, p: Parameters, inputs: Array, *, final: bool = False) -> Array:
        """The states (N + 1, B, d), or x(T) (B, d) alone."""
        states = self.flow.direct(p, inputs).states
        return states[-1] if final else states

    def sensitivity(
        self, trajectory: Any, direction: Parameters, initial: Array | None, *, final: bool = False
    ) -> Array:
        """The change of the states (N + 1, B, d), or of x(T) (B, d) alone, to first order."""
        xi = self.flow.sensitivity(trajectory, direction, initial)
        return xi[-1] if final else xi

    def adjoint(
        self, trajectory: Any, terminal: Terminal, *, keep: bool = False
    ) -> tuple[Array | None, Derivative]:
        """The adjoint states (N + 1, B, d), if kept, and the derivative."""
        sources = np.zeros_like(trajectory.states)
        sources[-1] = terminal(trajectory.final, slice(0, len(trajectory.final)))
        states, derivative = self.flow.adjoint(trajectory, sources)
        return (states if keep else None), derivative


@dataclass(frozen=True, eq=False)
class Network:
    """Rows of features (B, p) in, outputs (B, m) out.

    Attributes
    ----------
    dynamics : Dynamics
        The discrete map x(0) -> x(T).
    parameters : Parameters
    width : int
        d.
    first : int
        Where the features begin in x(0); the other components begin at zero.
    mean, scale : ndarray, shape (p,)
        x(0) holds (features - mean) / scale.
    outputs : int
        m: the outputs are the first m components of x(T), times `output_scale` plus `output_mean`.
    output_mean, output_scale : ndarray, shape (m,)
    classes : int
        How many classes the outputs decide between; 0 for quantities.
    logits : bool
        Whether the outputs are logits, so that there are probabilities.
    feature_names, output_names : tuple of str
        p and m names; with classes, one for each of them instead of each output.
    """

    dynamics: Any
    parameters: Parameters
    width: int
    first: int
    mean: Array
    scale: Array
    outputs: int
    output_mean: Array
    output_scale: Array
    classes: int
    logits: bool
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]

    @property
    def inputs(self) -> int:
        """p, the number of features."""
        return int(self.mean.size)

    @property
    def times(self) -> Array:
        """The time grid (N + 1,)."""
        return np.asarray(self.dynamics.times)

    @property
    def features(self) -> slice:
        """Where the features are in x(0)."""
        return slice(self.first, self.first + self.inputs)

    @cached_property
    def no_change(self) -> Parameters:
        """The direction zero."""
        return 0.0 * self.parameters

    def with_parameters(self, parameters: Parameters) -> Network:
        """The same network with other parameters."""
        return replace(self, parameters=parameters)

    # Rows, states, outputs.

    def rows(self, X: ArrayLike) -> Array:
        """X as float64 (B, p); ArgumentError if it is anything else, or not finite."""
        rows = np.atleast_2d(numbers("the rows", X))
        if rows.ndim != 2 or rows.shape[0] == 0 or rows.shape[1] != self.inputs:
            raise ArgumentError(
                f"the rows have shape {rows.shape}, but the network takes (B, {self.inputs})"
            )
        if not np.isfinite(rows).all():
            bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
            raise ArgumentError(f"row {bad + 1} holds a number that is not finite")
        return rows

    def initial(self, X: Array) -> Array:
        """x(0) of rows of features, (B, d)."""
        states = np.zeros((len(X), self.width))
        with np.errstate(over="ignore"):
            states[:, self.features] = (X - self.mean) / self.scale
        return states

    def trajectory(self, X: Array) -> Any:
        """The direct problem solved, to be differentiated; StateOverflow names a row."""
        trajectory = self.dynamics.direct(self.parameters, self.initial(X))
        self._check(trajectory.final)
        return trajectory

    def final(self, X: Array) -> Array:
        """The first m components of x(T), (B, m), as the loss sees them."""
        states = self.dynamics.states(self.parameters, self.initial(X), final=True)
        return self._check(states[:, : self.outputs])

    def solve(self, X: Array) -> Array:
        """The outputs of rows of features, (B, m), in their own units."""
        return self._in_units(self.final(X))

    def outputs_of(self, trajectory: Any) -> Array:
        """The outputs (B, m) of a trajectory, in their own units."""
        return self._in_units(trajectory.final[:, : self.outputs])

    def _in_units(self, final: Array) -> Array:
        with np.errstate(over="ignore"):
            values = self.output_mean + self.output_scale * final.astype(np.float64, copy=False)
        return self._check(values)

    def _check(self, final: Array) -> Array:
        bad = np.flatnonzero(~np.isfinite(final).all(axis=1))
        if bad.size:
            raise StateOverflow(
                f"the state of row {int(bad[0]) + 1} overflows on its way through the depth: its "
                "features lie far outside the training data, or the horizon is too long"
            )
        return final

    # What outputs say.

    def decided(self, outputs: Array) -> Array:
        """The class (a position) that outputs (B, m) stand for, (B,)."""
        if not self.classes:
            raise ArgumentError("a network of quantities decides between no classes")
        if self.outputs == 1:
            return (outputs[:, 0] > 0.0).astype(np.intp)
        return np.asarray(outputs.argmax(axis=1))

    def probabilities(self, outputs: Array) -> Array:
        """The probabilities (B, classes) that logits (B, m) stand for."""
        if not self.logits:
            raise ArgumentError("the outputs of this network are no logits: no probabilities")
        if self.outputs == 1:
            return np.column_stack([scipy.special.expit(-outputs), scipy.special.expit(outputs)])
        found: Array = scipy.special.softmax(outputs, axis=1)
        return found

    # Derivatives, in the units of features and outputs.

    def push_forward(
        self, trajectory: Any, change: Array | None, direction: Parameters | None = None
    ) -> Array:
        """The change of the outputs (B, m), to first order, by the sensitivity problem.

        `change` is that of the features, (B, p) or (p,), `direction` that of the parameters.
        """
        initial = None
        if change is not None:
            initial = np.zeros(trajectory.final.shape)
            initial[:, self.features] = change / self.scale
        along = self.no_change if direction is None else direction
        xi = self.dynamics.sensitivity(trajectory, along, initial, final=True)
        found: Array = self.output_scale * xi[:, : self.outputs].astype(np.float64, copy=False)
        return found

    def pull_back(self, trajectory: Any, functional: Array) -> Array:
        """The derivative (B, p) of a functional (B, m) of the outputs, by the adjoint problem."""
        states = self.adjoint_states(trajectory, functional)
        found: Array = states[0][:, self.features].astype(np.float64) / self.scale
        return found

    def adjoint_states(self, trajectory: Any, functional: Array) -> Array:
        """The adjoint states (N + 1, B, d) of a functional (B, m) of the outputs."""
        states, _ = self.dynamics.adjoint(trajectory, self._terminal(functional), keep=True)
        return np.asarray(states)

    def parameter_derivative(self, trajectory: Any, functional: Array) -> Derivative:
        """The derivative, summed over the rows, with respect to the parameters."""
        derivative: Derivative = self.dynamics.adjoint(trajectory, self._terminal(functional))[1]
        return derivative

    def _terminal(self, functional: Array) -> Terminal:
        def terminal(final: Array, rows: slice) -> Array:
            found = np.zeros_like(final)
            found[:, : self.outputs] = functional[rows] * self.output_scale
            return found

        return terminal

    def velocity_jacobians(self, t: float, states: Array) -> Array:
        """f_x at depth t and states (B, d), (B, d, d)."""
        if isinstance(self.dynamics, FieldDynamics):
            return self.dynamics.flow.velocity_jacobians(self.parameters, t, states)
        flow = self.dynamics
        assert isinstance(flow, Flow)
        layer = layer_at(self.parameters, t, flow.form, flow.activation)
        return layer.jacobians(states.astype(np.float64, copy=False))
