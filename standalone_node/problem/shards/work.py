"""What is asked of those who have shards: sums over the rows of theirs.

Each function takes the group first and the model next; it returns partial sums for
`standalone_node.problem.shards.tree.total`. They depend on nothing but their arguments, what a
group has in its notes only saves time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.processors import held
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.line import LineModel
from standalone_node.problem.shards.group import Group
from standalone_node.problem.shards.model import Model, Way
from standalone_node.problem.shards.tree import Node, partial_sums

Array = NDArray[Any]
Sums = list[tuple[Node, Any]]


def _over_shards(group: Group, model: Model, one: Callable[[InverseProblem], Any]) -> list[Any]:
    """What `one` gives of the problem of each shard."""
    with held(), np.errstate(over="ignore", invalid="ignore"):
        return [one(problem) for problem in model.problems(group)]


def _summed(group: Group, model: Model, values: list[Any]) -> Sums:
    return partial_sums(group.first, values, model.count)


def cost(group: Group, model: Model, way: Way, eta: float, ahead: bool) -> Sums:
    """The shares of the cost at a point of the way.

    If `ahead`, the derivative will most likely be asked for next: where that saves a sweep it is
    worked out at once, and kept until it is asked for.
    """
    p = point(group, way, eta)
    group.notes.pop("lines", None)  # where a trial begins, the line has served

    def both(problem: InverseProblem) -> tuple[float, Derivative | None]:
        share = problem.samples / model.samples
        if ahead and problem.recomputes:
            value, partials = problem.cost_and_derivative(p)
            return share * value, share * partials
        return share * problem.cost(p), None

    found = _over_shards(group, model, both)
    partials = [derivative for _, derivative in found if derivative is not None]
    if partials:
        group.notes["derivative"] = way.token, eta, _summed(group, model, partials)
    group.notes["point"] = way.token, eta, p
    return _summed(group, model, [value for value, _ in found])


def derivative(group: Group, model: Model, way: Way, eta: float) -> Sums:
    """The shares of dE there."""
    token, at, known = group.notes.pop("derivative", ("", 0.0, None))
    if (token, at) == (way.token, eta) and known is not None:
        found: Sums = known
        return found
    p = point(group, way, eta)

    def one(problem: InverseProblem) -> Derivative:
        return (problem.samples / model.samples) * problem.cost_and_derivative(p)[1]

    return _summed(group, model, _over_shards(group, model, one))


def line_derivatives(group: Group, model: Model, way: Way, eta: float) -> Sums:
    """The shares of slope and curvature at eta of the cost along the way, to first order in x(T).

    They come of one sensitivity sweep, whose outcome is kept as long as the way is the same.
    """
    lines = _lines(group, model, way)
    return _summed(group, model, [share * np.array(one.derivatives(eta)) for share, one in lines])


def line_value(group: Group, model: Model, way: Way, eta: float) -> Sums:
    """The shares of that cost itself."""
    lines = _lines(group, model, way)
    return _summed(group, model, [share * one.value(eta) for share, one in lines])


def _lines(group: Group, model: Model, way: Way) -> list[tuple[float, LineModel]]:
    if group.notes.get("lines", ("", []))[0] != way.token:
        group.notes.pop("lines", None)  # before others take as much memory again
        p, direction = point(group, way, 0.0), way.direction
        assert direction is not None
        shards, alike = iter(group.shards), dict[tuple[int, float], Array]()

        def one(problem: InverseProblem) -> tuple[float, LineModel]:
            line = problem.line_of_rows(p, direction)
            _share_memory(line, next(shards), alike)
            return problem.samples / model.samples, line

        group.notes["lines"] = way.token, _over_shards(group, model, one)
    lines: list[tuple[float, LineModel]] = group.notes["lines"][1]
    return lines


def _share_memory(line: LineModel, shard: Any, alike: dict[tuple[int, float], Array]) -> None:
    """Have a line refer to the targets that the shard has, and to the weights of lines like it.

    They are a good part of what it holds, and it is held as long as the step is looked for.
    """
    if isinstance(shard, tuple) and np.array_equal(shard[1], line.targets):
        line.targets = shard[1]
    first = float(line.weights[0])
    if (line.weights == first).all():
        line.weights = alike.setdefault((line.weights.size, first), line.weights)


def gauss_newton(group: Group, model: Model, way: Way) -> Sums:
    """The shares of the Gauss-Newton product with the direction, at the start of the way."""
    direction = way.direction
    assert direction is not None

    def one(problem: InverseProblem) -> Derivative:
        share = problem.samples / model.samples
        return share * problem.gauss_newton(way.start, direction)

    return _summed(group, model, _over_shards(group, model, one))


def residual_squares(group: Group, model: Model, way: Way, eta: float) -> Sums:
    """The sums that the root mean square residual is made of."""
    p = point(group, way, eta)
    sums = _over_shards(group, model, lambda problem: np.array(problem.residual_squares(p)))
    return _summed(group, model, sums)


def point(group: Group, way: Way, eta: float) -> Parameters:
    """The parameters at a point of the way: the object that was solved last, if that is it."""
    token, at, known = group.notes.get("point", ("", 0.0, None))
    here = way.origin if eta == 0.0 and way.origin is not None else (way.token, eta)
    if (token, at) == here and known is not None:
        found: Parameters = known
        return found
    return way.at(eta)
