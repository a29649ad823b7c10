"""The same network trained by many methods: same rows, same cost, same start, same limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.learn.arena import ENDLESS, Arena, Network
from standalone_node.learn.contenders import contenders
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.runs import Limits, Run
from standalone_node.learn.tabular import Estimator, baseline_of
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.iteration import Iteration
from standalone_node.problem.inverse_problem import InverseProblem

#: Rows of a batch if not given, but no more than this share of all.
BATCH, BATCH_SHARE = 100, 0.25


@dataclass(frozen=True)
class Comparison:
    """Runs on the same rows.

    Attributes
    ----------
    prepared : Prepared
    estimator : NodeClassifier or NodeRegressor
        The network, with `l2_`.
    problem : InverseProblem
    runs : tuple of Run
    limits : Limits
    batch : int
        Rows of a batch.
    share : float
        Where the level of `level` lies between the best cost and that of the start.
    """

    prepared: Prepared
    estimator: Estimator
    problem: InverseProblem
    runs: tuple[Run, ...]
    limits: Limits
    batch: int
    share: float

    @property
    def start(self) -> float:
        """The cost of the start that all share."""
        return float(self._judged[0].kept.history["cost"][0])

    @property
    def best(self) -> float:
        """The least cost that a run on the common cost saw."""
        return float(min(np.nanmin(run.kept.history["cost"]) for run in self._judged))

    @property
    def level(self) -> float:
        """The cost to be reached: `share` of the way from the best cost back to the start.

        Notes
        -----
        The convergence test of Moré and Wild, Benchmarking derivative-free optimization
        algorithms, SIAM J. Optim. 20 (2009), eq. (2.2): a multiple of the best cost would mean
        another thing for every constant in the cost.
        """
        return self.best + self.share * (self.start - self.best)

    @property
    def baseline(self) -> dict[str, Any] | None:
        """The held-out scores of the most frequent class or the mean, as in `Fitted`."""
        return baseline_of(self.prepared)

    @property
    def _judged(self) -> tuple[Run, ...]:
        """The runs whose costs are comparable; all if there are none."""
        return tuple(run for run in self.runs if run.contender.same_cost) or self.runs


def compare(
    prepared: Prepared,
    arguments: Mapping[str, Any] | None = None,
    *,
    methods: Sequence[str] | None = None,
    limits: Limits | None = None,
    batch: int | None = None,
    share: float = 0.01,
    stage: Callable[[str], Any] | None = None,
    callback: Callable[[Iteration], Any] | None = None,
    done: Callable[[Run], Any] | None = None,
) -> Comparison:
    """Train one network by several methods.

    Parameters
    ----------
    prepared : Prepared
    arguments : mapping, optional
        Arguments of the estimator.
    methods : sequence of str, optional
        Names of `standalone_node.learn.contenders.COMPARED`; all if not given.
    limits : Limits, optional
    batch : int, optional
        Rows of a batch of the stochastic methods; if not given 100, at most a quarter of all.
    share : float
        See `Comparison`.
    stage : callable, optional
        Called with a few words before each run.
    callback : callable, optional
        Called with every `Iteration` of every run.
    done : callable, optional
        Called with every finished `Run`, the best of its learning rates.

    Raises
    ------
    ArgumentError
        An argument cannot be used.
    StateOverflow
        The state overflows already at the start.

    Notes
    -----
    The held-out rows are looked at once a method, when it is done. A method with a learning rate
    runs with several, each within the same limits, and the one with the least training cost is
    kept; what the others took is told, but not charged.
    """
    if not 0.0 < share < 1.0:
        raise ArgumentError(f"level = {share:g} has to lie between 0 and 1")
    chosen = contenders(tuple(methods or ()))
    limits = limits or Limits()
    options = {"random_state": prepared.seed, **(arguments or {})}
    tell = stage or (lambda words: None)
    if prepared.task == "regression" and options.get("l2", "auto") == "auto":
        tell("choosing l2 by cross-validation")
    network = Network.of(prepared, options)
    size = batch if batch is not None else min(BATCH, ceil(BATCH_SHARE * network.problem.samples))
    arena = Arena(prepared, network, limits, Batches(size, ENDLESS, seed=prepared.seed), callback)
    runs = []
    for name, contender in chosen.items():
        run = arena.run(name, contender, tell)
        runs.append(run)
        if done is not None:
            done(run)
    return Comparison(
        prepared, network.estimator, network.problem, tuple(runs), limits, size, share
    )
