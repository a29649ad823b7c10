"""A network and the unit ball of changes of its features, worked on in chunks of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from standalone_node.kernels.workers import Workers, default_threads
from standalone_node.model.layers import Layer
from standalone_node.problem.network import Network
from standalone_node.sensitivity.certificates.centre import Centre, centre_of, weights_of
from standalone_node.sensitivity.certificates.remainder import Functionals
from standalone_node.sensitivity.certificates.scheme import scheme_of
from standalone_node.sensitivity.geometry import Unit, geometry_of

Array = NDArray[Any]

#: Bytes of the arrays of the chunks of rows that are worked on at once.
MEMORY = 100_000_000
#: Multiplications a row up to which stages are paired: what each does to every later one, neuron by
#: neuron, costs as many as the stages squared times the width cubed.
PAIRED = 3e8


class Ball:
    """All changes of the features of size 1 in their units, and the network they are put into.

    Parameters
    ----------
    network : Network
    unit : see `geometry_of`

    Attributes
    ----------
    size : ndarray, shape (p,)
        How far a change of one unit moves each component of x(0).
    matrix : ndarray, shape (d, p)
        P, which takes a change of the features, in units, to one of x(0).
    norm : float
        |P|.
    paired : bool
        Whether stages are paired.
    """

    def __init__(self, network: Network, unit: Unit) -> None:
        self.network, self.scheme = network, scheme_of(network)
        self.size = geometry_of(network, unit).unit / network.scale
        self.matrix = np.zeros((network.width, network.inputs))
        self.matrix[network.features] = np.diag(self.size)
        self.norm = float(self.size.max())
        self.widths = [_inner(layer, network.width) for s in self.scheme.layers for layer in s]
        self.paired = 2.0 * len(self.widths) ** 2 * max(self.widths) ** 3 <= PAIRED

    def each(self, work: Callable[[slice], tuple[Array, ...]], rows: int, functionals: int) -> Any:
        """The arrays that work(rows) returns, joined along their last axis, that of the rows."""
        allowed = getattr(self.network.dynamics, "threads", default_threads())
        workers = Workers(min(2, allowed))
        many = max(1, MEMORY // (workers.threads * self._bytes(functionals)))
        # As many chunks as threads at least, or one of them has nothing to do.
        many = min(many, -(-rows // workers.threads))
        cuts = [slice(start, min(rows, start + many)) for start in range(0, rows, many)]
        found: list[tuple[Array, ...]] = []
        # Matrices this small are not worth a second thread of BLAS.
        with threadpool_limits(1, "blas"):
            workers.each(lambda k: work(cuts[k]), len(cuts), found.append)
        return tuple(np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))

    def _bytes(self, functionals: int) -> int:
        """What the centre of one row takes."""
        d, p = self.matrix.shape
        q, stages, total = max(self.widths), self.scheme.b.size, sum(self.widths)
        pairs = (q * q * len(self.widths) + 2 * q * d) * len(self.widths) // 2 + q * total
        step = d * d * (3 * stages + 4) + 3 * d * p
        return 8 * (total * (p + functionals + 8) + step + (pairs if self.paired else 0))

    def centre(self, rows: Array, carried: bool) -> Centre:
        """The unchanged trajectories of rows of features (B, p)."""
        states = self.network.initial(rows)
        return centre_of(self.scheme, states, self.matrix if carried else None, self.paired)

    def outputs(self, centre: Centre) -> Array:
        """The outputs of the unchanged rows, (B, m), in their own units."""
        m = self.network.outputs
        found: Array = self.network.output_mean + self.network.output_scale * centre.final[:, :m]
        return found

    def functionals(self, centre: Centre, normals: Array) -> Functionals:
        """Functionals (B, K, m) of the outputs, in their own units."""
        whole = np.zeros((*normals.shape[:2], self.network.width))
        whole[:, :, : self.network.outputs] = normals * self.network.output_scale
        gradients, weights = weights_of(centre, whole)
        found = gradients[:, :, self.network.features] * self.size
        return Functionals(found, weights, np.linalg.norm(whole, axis=2))


def _inner(layer: Layer, width: int) -> int:
    """q of a layer."""
    return width if layer.right is None else len(layer.right)
