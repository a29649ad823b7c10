"""Losses: a loss is one small class and one row of `LOSSES`.

A loss sees z, the first m components of x(T), as (B, m), and one target a row. All of them are
convex in z, which is what the step length from the sensitivity problem rests on.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[Any]


class Loss(Protocol):
    """What the problem asks of a loss; z is (B, m), y (B, m) values or (B,) integer classes."""

    #: Whether integer targets stay classes (or become one-hot rows of values).
    takes_classes: bool

    def value(self, z: Array, y: Array) -> Array:
        """The loss of each row, (B,)."""
        ...

    def derivative(self, z: Array, y: Array) -> Array:
        """The partials with respect to z, (B, m)."""
        ...

    def along(self, z: Array, y: Array, xi: Array) -> tuple[Array, Array]:
        """The first and the second derivative of each row along xi (B, m), (B,) each."""
        ...

    def curvature(self, z: Array, y: Array, xi: Array) -> Array:
        """The change of the partials along xi, (B, m): the second derivative times xi."""
        ...


def _along(partials: Array, xi: Array) -> Array:
    return np.einsum("bm,bm->b", partials, xi)


class Squared:
    """Half the sum of squares, 1/2 |z - y|^2."""

    takes_classes = False

    def value(self, z: Array, y: Array) -> Array:
        """1/2 |z - y|^2 of each row."""
        difference = z - y
        return 0.5 * np.einsum("bm,bm->b", difference, difference)

    def derivative(self, z: Array, y: Array) -> Array:
        """z - y."""
        return z - y

    def along(self, z: Array, y: Array, xi: Array) -> tuple[Array, Array]:
        """The second derivative is |xi|^2."""
        return _along(z - y, xi), _along(xi, xi)

    def curvature(self, z: Array, y: Array, xi: Array) -> Array:
        """xi."""
        return xi.copy()


class Huber:
    """Squared up to a residual of width 1, linear beyond, summed over the components."""

    takes_classes = False

    def value(self, z: Array, y: Array) -> Array:
        """r^2 / 2 for |r| <= 1, |r| - 1/2 beyond, summed."""
        size = np.abs(z - y)
        return np.where(size <= 1.0, 0.5 * size * size, size - 0.5).sum(axis=1)

    def derivative(self, z: Array, y: Array) -> Array:
        """r, cut off at -1 and 1."""
        return np.clip(z - y, -1.0, 1.0)

    def along(self, z: Array, y: Array, xi: Array) -> tuple[Array, Array]:
        """The second derivative is the sum of xi^2 over the components with |r| <= 1."""
        bends = np.where(np.abs(z - y) <= 1.0, xi * xi, 0.0).sum(axis=1)
        return _along(self.derivative(z, y), xi), bends

    def curvature(self, z: Array, y: Array, xi: Array) -> Array:
        """xi where |r| <= 1, else 0."""
        return np.where(np.abs(z - y) <= 1.0, xi, 0.0)


class CrossEntropy:
    """Minus the logarithm of the softmax probability of the right class."""

    takes_classes = True

    def value(self, z: Array, y: Array) -> Array:
        """log(sum exp z) - z_y of each row."""
        largest, _, total = _exponentials(z)
        return np.log(total) + largest - z[np.arange(y.size), y]

    def derivative(self, z: Array, y: Array) -> Array:
        """softmax(z) minus the indicator of the class."""
        _, partials, total = _exponentials(z)
        partials /= total[:, None]
        partials[np.arange(y.size), y] -= 1.0
        return partials

    def along(self, z: Array, y: Array, xi: Array) -> tuple[Array, Array]:
        """The second derivative is the variance of xi under the softmax probabilities."""
        _, p, total = _exponentials(z)
        p /= total[:, None]
        mean = _along(p, xi)
        centred = xi - mean[:, None]
        return mean - xi[np.arange(y.size), y], np.einsum("bm,bm,bm->b", p, centred, centred)

    def curvature(self, z: Array, y: Array, xi: Array) -> Array:
        """p (xi - <p, xi>), p the softmax probabilities."""
        _, p, total = _exponentials(z)
        p /= total[:, None]
        return p * (xi - _along(p, xi)[:, None])


def _exponentials(z: Array) -> tuple[Array, Array, Array]:
    """The largest component of each row, exp(z - largest), and its sum over each row."""
    largest = z.max(axis=1)
    powers = np.exp(z - largest[:, None])
    return largest, powers, powers.sum(axis=1)


class Logistic:
    """log(1 + exp z) - y z on the first component, for labels y of 0 or 1."""

    takes_classes = False

    def value(self, z: Array, y: Array) -> Array:
        """log(1 + exp z) - y z of each row."""
        return (np.logaddexp(0.0, z) - y * z)[:, 0]

    def derivative(self, z: Array, y: Array) -> Array:
        """sigmoid(z) - y."""
        return scipy.special.expit(z) - y

    def along(self, z: Array, y: Array, xi: Array) -> tuple[Array, Array]:
        """The second derivative is sigmoid'(z) xi^2."""
        p = scipy.special.expit(z)
        return ((p - y) * xi)[:, 0], (p * scipy.special.expit(-z) * xi * xi)[:, 0]

    def curvature(self, z: Array, y: Array, xi: Array) -> Array:
        """sigmoid'(z) xi."""
        return scipy.special.expit(z) * scipy.special.expit(-z) * xi


#: The table: a name and its loss.
LOSSES: dict[str, Loss] = {
    "squared": Squared(),
    "cross-entropy": CrossEntropy(),
    "huber": Huber(),
    "logistic": Logistic(),
}
