"""The discrete map as a certificate reads it: coefficients of a scheme, layers of its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.layers import Layer, layer_at
from standalone_node.problem.flow import Flow
from standalone_node.problem.network import Network
from standalone_node.sensitivity.certificates.slope_bounds import slope_bounds

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scheme:
    """An explicit Runge-Kutta scheme on a time grid, with the field at its stages.

    Attributes
    ----------
    a, b : ndarray, shapes (s, s), (s,)
    h : ndarray, shape (N,)
        Step sizes.
    layers : list of list of Layer
        N lists of s, the fields f(x) = L sigma(R x + c) + e at the stages.
    """

    a: Array
    b: Array
    h: Array
    layers: list[list[Layer]]

    @property
    def activation(self) -> str:
        """The activation of all layers."""
        return self.layers[0][0].activation


def scheme_of(network: Network) -> Scheme:
    """The scheme of a network, in double precision.

    Raises
    ------
    ArgumentError
        If the dynamics are a user's field or reversible, or the activation has no bounds.
    """
    flow = network.dynamics
    if not isinstance(flow, Flow):
        raise ArgumentError(
            "no certificate for a field of your own: nothing is known of how its Jacobian varies; "
            "attack it instead"
        )
    if getattr(flow, "coupling", None) is not None or type(flow) is not Flow:
        raise ArgumentError(
            "no certificate for a reversible scheme, which is no Runge-Kutta scheme: fit with "
            "reversible=False"
        )
    slope_bounds(flow.activation)
    # The coefficients that the sweeps themselves use; in float32 they are those of float32.
    plan, at = flow.plan, flow.stage_times
    known = [layer_at(network.parameters, float(t), flow.form, flow.activation) for t in at]
    a, b, h = (np.asarray(array, dtype=np.float64) for array in (plan.a, plan.b, plan.h))
    return Scheme(a, b, h, [[known[q] for q in row] for row in plan.stage])


def spectral_norms(matrices: Array) -> Array:
    """The spectral norms (...) of matrices (..., m, n), from the smaller Gram matrix.

    Eigenvalues, not power iteration: that finds a lower bound, and a certificate needs an upper
    one. They are exact to a few units of round-off.
    """
    across = np.swapaxes(matrices, -1, -2)
    wide = matrices.shape[-2] < matrices.shape[-1]
    gram = np.matmul(matrices, across) if wide else np.matmul(across, matrices)
    if gram.shape[-1] == 0:
        return np.zeros(gram.shape[:-2])
    largest: Array = np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[..., -1], 0.0))
    return largest
