"""What counts as the same answer: half-spaces of the outputs.

A row keeps its answer as long as it stays on the positive side of some hyperplanes: for classes
the logit of its class above each of the others, for quantities the output within a tolerance of
what it was. Attacks look for the nearest way out, a certificate for a radius that leads to none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Answers:
    """Row b keeps its answer while normals[b, k] . z + offsets[b, k] > 0 for every k.

    Attributes
    ----------
    normals : ndarray, shape (B, K, m)
    offsets : ndarray, shape (B, K)
    others : ndarray of int, shape (B, K)
        The class on the other side; for quantities 2 j of a fall of output j, 2 j + 1 of a rise.
    reference : ndarray, shape (B,) or (B, m)
        The class (a position) that is kept, or the outputs whose neighbourhood is.
    """

    normals: Array
    offsets: Array
    others: Array
    reference: Array

    def __len__(self) -> int:
        return len(self.offsets)

    def margins(self, outputs: Array) -> Array:
        """How far outputs (B, m) are from each hyperplane, (B, K); positive inside."""
        found: Array = np.einsum("bkm,bm->bk", self.normals, outputs) + self.offsets
        return found

    def kept(self, outputs: Array) -> Array:
        """Which rows keep their answer, (B,)."""
        return np.asarray((self.margins(outputs) > 0.0).all(axis=1))

    def of(self, index: Array) -> Answers:
        """Those of some of the rows (repetitions allowed)."""
        return Answers(
            self.normals[index], self.offsets[index], self.others[index], self.reference[index]
        )


def same_class(network: Network, reference: Array) -> Answers:
    """The class at these positions (B,) stays the most probable one."""
    rows = np.arange(len(reference))
    if network.outputs == 1:  # one logit, whose sign decides
        sign = np.where(reference == 1, 1.0, -1.0)
        return Answers(
            sign[:, None, None], np.zeros((rows.size, 1)), 1 - reference[:, None], reference
        )
    classes = network.classes
    others = np.array([[k for k in range(classes) if k != c] for c in range(classes)])[reference]
    normals = np.zeros((rows.size, classes - 1, network.outputs))
    np.put_along_axis(normals, others[:, :, None], -1.0, axis=2)
    normals[rows, :, reference] = 1.0
    return Answers(normals, np.zeros(others.shape), others, reference)


def same_quantity(outputs: Array, tolerance: ArrayLike) -> Answers:
    """The outputs (B, m) stay within a tolerance, a number or (m,), of what they are."""
    rows, m = outputs.shape
    allowed = np.broadcast_to(np.asarray(tolerance, dtype=np.float64), (m,))
    if not (np.isfinite(allowed) & (allowed > 0.0)).all():
        raise ArgumentError(f"tolerance = {tolerance!r} has to be positive")
    signs = np.tile([1.0, -1.0], m)  # a fall, a rise of each output
    normals = np.repeat(np.eye(m), 2, axis=0) * signs[:, None]
    offsets = np.repeat(allowed, 2) - signs * np.repeat(outputs, 2, axis=1)
    shape = (rows, 2 * m)
    return Answers(
        np.broadcast_to(normals, (*shape, m)),
        offsets,
        np.tile(np.arange(2 * m), (rows, 1)),
        outputs,
    )


def answers_of(
    network: Network, outputs: Array, y: ArrayLike | None, tolerance: ArrayLike | None
) -> Answers:
    """The answers that rows have to keep.

    Parameters
    ----------
    network : Network
    outputs : ndarray, shape (B, m)
        Of the unchanged rows.
    y : array_like of int, shape (B,), optional
        The right classes, by position; those that are predicted if not given. Quantities keep
        what is predicted in any case.
    tolerance : float or array_like, shape (m,), optional
        For quantities: by how much an output may change and be the same answer.
    """
    if not network.classes:
        if tolerance is None:
            raise ArgumentError(
                "for quantities say what a wrong answer is: tolerance=..., a change of the output"
            )
        return same_quantity(outputs, tolerance)
    if tolerance is not None:
        raise ArgumentError(
            f"tolerance = {tolerance!r} belongs to quantities: leave it out, classes change or not"
        )
    reference = network.decided(outputs) if y is None else np.asarray(y)
    if reference.shape != (len(outputs),) or reference.dtype.kind not in "iu":
        raise ArgumentError("y has to hold one class a row, as a position in the classes")
    if reference.min() < 0 or reference.max() >= network.classes:
        raise ArgumentError(f"y has to hold classes 0…{network.classes - 1}, by position")
    return same_class(network, reference)
