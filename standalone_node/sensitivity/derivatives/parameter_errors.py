"""What errors of the parameters do to the outputs, to first order and truly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.depth import banded_product, mass
from standalone_node.model.nodal import Parameters, block_slices
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.matrices import check_finite
from standalone_node.sensitivity.derivatives.parts import parts_of
from standalone_node.sensitivity.subject import subject

Array = NDArray[Any]

#: Two levels a decade from 1e-4 to 1e-0.5.
LEVELS = tuple(float(level) for level in np.logspace(-4.0, -0.5, 8))
#: Cosines of a random function of depth: the constant, and these many half waves.
HALF_WAVES = 3
#: Share of the true change up to which the first order counts as valid.
VALID = 0.1


@dataclass(frozen=True, eq=False)
class OutputChange:
    """The change of the outputs of B rows under a given change of the parameters.

    Attributes
    ----------
    first_order : ndarray, shape (B, m)
        By the sensitivity problem.
    true : ndarray, shape (B, m)
        By solving again.
    """

    first_order: Array
    true: Array

    @property
    def relative_error(self) -> Array:
        """|true - first order| / |true| of each row, (B,); 0 where both are zero."""
        error = np.linalg.norm(self.true - self.first_order, axis=1)
        size = np.linalg.norm(self.true, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(error > 0.0, error / size, 0.0)


@dataclass(frozen=True, eq=False)
class ParameterErrors:
    """Random errors of theta of several sizes, and what they do; root mean squares over all.

    Attributes
    ----------
    levels : ndarray, shape (L,)
        The errors, relative to the root mean square of each block of theta.
    first_order, true : ndarray, shape (L,)
        The change of the outputs over draws, rows and outputs; inf where a state overflows.
    error : ndarray, shape (L,)
        The difference of the two.
    flips : ndarray, shape (L,), or None
        The share of rows and draws whose class changes; None for quantities.
    draws : int
    """

    levels: Array
    first_order: Array
    true: Array
    error: Array
    flips: Array | None
    draws: int

    @property
    def valid_up_to(self) -> float | None:
        """The largest level whose error is below 10 % of the true change; None if there is none."""
        pairs = zip(self.levels, self.error, self.true, strict=True)
        valid = [float(level) for level, error, true in pairs if error < VALID * true < np.inf]
        return max(valid, default=None)


def output_change(
    model: Any, X: ArrayLike, delta: Parameters, *, parameters: Parameters | None = None
) -> OutputChange:
    """The change of the outputs at rows X when the parameters become theta + delta.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    delta : Parameters
        On the depth grid of theta.
    parameters : Parameters, optional
        theta, of a problem.

    Raises
    ------
    ArgumentError
        If the rows or delta do not fit the model.
    StateOverflow
        If a state or its derivative overflows, before the change or after it.

    Examples
    --------
    >>> from standalone_node import InverseProblem
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 1, 1)), np.zeros((2, 1)))
    >>> delta = Parameters([0.0, 1.0], np.full((2, 1, 1), 0.1), np.zeros((2, 1)))
    >>> found = output_change(problem, [[1.0]], delta, parameters=p)
    >>> found.first_order, found.true
    (array([[0.1]]), array([[0.1]]))
    """
    network, rows = subject(model, X, parameters)
    if not isinstance(delta, Parameters) or not delta.matches(network.parameters):
        raise ArgumentError(
            "delta has to be Parameters with the blocks and the depth grid of theta"
        )
    changed = network.with_parameters(network.parameters + delta)
    first_order, true = np.empty((2, len(rows), network.outputs))
    for part in parts_of(network, rows, _numbers(network)):
        start = network.trajectory(rows[part])
        first_order[part] = _tangent(network, start, delta, part.start)
        end = _final(changed, rows[part])
        _refuse_overflow(end, part.start)
        true[part] = _change(network, start, end)
    return OutputChange(first_order, true)


def parameter_error_study(
    model: Any,
    X: ArrayLike,
    *,
    parameters: Parameters | None = None,
    levels: ArrayLike = LEVELS,
    draws: int = 8,
    seed: int = 0,
) -> ParameterErrors:
    """How large errors of theta may be, and up to which the first order tells what they do.

    An error is a smooth random function of depth, independent for each entry of theta; its root
    mean square is the level times that of the block that the entry belongs to.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        As for `network_of`.
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.
    levels : array_like, shape (L,)
        Positive.
    draws : int
        Random functions; all levels see the same ones.
    seed : int

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    StateOverflow
        If the state or its derivative overflows at a row before anything is changed.

    Examples
    --------
    >>> from standalone_node import InverseProblem
    >>> problem = InverseProblem([[1.0]], [[0.0]], steps=1, scheme="euler", activation="identity")
    >>> p = Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.zeros((2, 1)))
    >>> parameter_error_study(problem, [[1.0]], parameters=p, levels=[0.01, 0.1]).valid_up_to
    0.1
    """
    network, rows = subject(model, X, parameters)
    sizes, draws = _levels(levels), whole_number("draws", draws, 1)
    deltas = list(_random_errors(network.parameters, draws, np.random.default_rng(seed)))
    sums, flips = np.zeros((3, sizes.size)), np.zeros(sizes.size)
    for part in parts_of(network, rows, _numbers(network)):
        start = network.trajectory(rows[part])
        for delta in deltas:
            tangent = _tangent(network, start, delta, part.start)
            for k, level in enumerate(sizes):
                found = _one(network, start, rows[part], float(level), delta, tangent)
                sums[:, k] += found.squares
                flips[k] += found.flips
    count = draws * len(rows)
    first_order, true, error = np.sqrt(sums / (count * network.outputs))
    shares = flips / count if network.classes else None
    return ParameterErrors(sizes, first_order, true, error, shares, draws)


class _Found(NamedTuple):
    """Sums of squares of the first order, the true change, their difference; rows that flip."""

    squares: Array
    flips: int


def _one(
    network: Network, start: Any, rows: Array, level: float, delta: Parameters, tangent: Array
) -> _Found:
    changed = network.with_parameters(network.parameters + level * delta)
    end, first = _final(changed, rows), level * tangent
    fine = np.asarray(np.isfinite(end).all(axis=1))
    true = np.where(fine[:, None], _change(network, start, end), np.inf)
    flips = 0
    if network.classes:
        before = network.decided(start.final[:, : network.outputs])
        flips = int(np.count_nonzero(~fine | (network.decided(end) != before)))
    with np.errstate(over="ignore"):
        squares = np.square([first, true, true - first]).sum(axis=(1, 2))
    return _Found(squares, flips)


def _numbers(network: Network) -> int:
    return 4 * network.times.size * network.width


def _tangent(network: Network, trajectory: Any, delta: Parameters, first: int) -> Array:
    """The change of the outputs (B, m), to first order."""
    with np.errstate(over="ignore", invalid="ignore"):
        return check_finite(network.push_forward(trajectory, None, delta), first)


def _final(network: Network, rows: Array) -> Array:
    """The first m components of x(T), (B, m), finite or not."""
    states = network.dynamics.states(network.parameters, network.initial(rows), final=True)
    found: Array = states[:, : network.outputs]
    return found


def _change(network: Network, start: Any, end: Array) -> Array:
    """From x(T) of a trajectory to its first m components (B, m), in the units of the outputs."""
    before = start.final[:, : network.outputs].astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        found: Array = network.output_scale * (end.astype(np.float64, copy=False) - before)
    return found


def _refuse_overflow(end: Array, first: int) -> None:
    bad = np.flatnonzero(~np.isfinite(end).all(axis=1))
    if bad.size:
        raise StateOverflow(
            f"with the changed parameters the state of row {first + int(bad[0]) + 1} overflows: "
            "take a smaller delta"
        )


def _levels(given: ArrayLike) -> Array:
    sizes = np.asarray(given, dtype=np.float64)
    if sizes.ndim != 1 or sizes.size == 0 or not (np.isfinite(sizes) & (sizes > 0.0)).all():
        raise ArgumentError("levels have to be a sequence of positive numbers")
    return np.sort(sizes)


def _random_errors(p: Parameters, draws: int, rng: np.random.Generator) -> Iterator[Parameters]:
    """Smooth random functions of depth, as large as theta: a constant and a few cosines.

    They do not depend on the grid but through the root mean square of theta.
    """
    waves = np.cos(np.pi * np.outer(p.times / p.horizon, np.arange(HALF_WAVES + 1)))
    waves /= np.sqrt(HALF_WAVES + 1)
    waves[:, 1:] *= np.sqrt(2.0)  # as the mean square of a cosine is one half
    size = np.empty(p.values.shape[1])
    for columns in block_slices(p.blocks).values():
        values = p.values[:, columns]
        square = float(np.vdot(values, banded_product(mass(p.times), values)))
        size[columns] = np.sqrt(square / (p.horizon * values.shape[1]))
    for _ in range(draws):
        yield p.like(waves @ rng.normal(size=(HALF_WAVES + 1, size.size)) * size)
