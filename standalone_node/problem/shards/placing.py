"""Rows in memory cut into shards, and these placed by an engine."""

from __future__ import annotations

from typing import Any

from standalone_node.engines.engine import Engine
from standalone_node.errors import ArgumentError
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.shards.group import cut, grouped
from standalone_node.problem.shards.sharded import ShardedProblem, Shards


def sharded(problem: Any, engine: Engine) -> Any:
    """The problem as a sum over shards of its rows, placed by the engine.

    Parameters
    ----------
    problem : InverseProblem
        Or one that is sharded already, which is returned as it is.
    engine : Engine

    Returns
    -------
    ShardedProblem or InverseProblem
        The problem itself if its rows make one shard and the engine is this process: the bits are
        the same.

    Raises
    ------
    ArgumentError
        If it is a problem of another kind, or one with an adaptive time grid.

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node.engines.local import Local
    >>> problem = InverseProblem(np.ones((900, 512)), np.zeros(900), steps=1)
    >>> len(sharded(problem, Local()).shards.sizes)
    2
    """
    if isinstance(problem, ShardedProblem):
        return problem
    if type(problem) is not InverseProblem:
        raise ArgumentError(
            f"engine = {engine.name!r} is for InverseProblem, whose cost is a sum over rows, and "
            f"not for {type(problem).__name__}: leave it out"
        )
    parts = cut(problem.samples, problem.width)
    if len(parts) == 1 and engine.name == "local":
        return problem
    weights = problem.sample_weight if (problem.sample_weight != 1.0).any() else None
    pieces = [
        (problem.inputs[part], problem.targets[part], None if weights is None else weights[part])
        for part in parts
    ]
    sizes = [len(piece[0]) for piece in pieces]
    template = problem.with_rows(problem.inputs[:1], problem.targets[:1])
    placed = engine.place(grouped, pieces, sizes=[float(rows) for rows in sizes], ship=True)
    return ShardedProblem(template, Shards(engine, placed, sizes, whole=problem))
