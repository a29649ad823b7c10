"""Where contenders run, one after the other, on the same rows and within the same limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.batching import seed_of
from standalone_node.learn.contenders import Contender, search
from standalone_node.learn.explosion import warn_of_explosion
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.runs import Attempt, Limits, Run
from standalone_node.learn.tabular import Estimator, estimator_of, labels_of, scores
from standalone_node.learn.training import weights_of_settings
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.minimize import minimize
from standalone_node.optimize.stopping import END_STATES, EndState
from standalone_node.problem.inverse_problem import InverseProblem

Array = NDArray[Any]

#: As good as no limit: a run ends by its sweeps, its seconds or its tolerance.
ENDLESS = 2**31 - 1

#: What is kept of an iteration.
_COLUMNS = tuple(f.name for f in fields(Iteration) if f.name not in ("nit", "parameters"))

_SPENT = EndState(
    "sweeps", "The limit of sweeps was reached: raise max_sweeps to go on.", success=False
)


@dataclass(frozen=True)
class Network:
    """An estimator that is ready to be given parameters, its problem and its start."""

    estimator: Estimator
    problem: InverseProblem
    start: Parameters

    @classmethod
    def of(cls, prepared: Prepared, options: Mapping[str, Any]) -> Network:
        """That of an estimator with these arguments on the training rows."""
        estimator = estimator_of(prepared, options)
        warn_of_explosion(prepared.schema, estimator, len(prepared.train))
        problem, start = estimator.inverse_problem(
            prepared.train.inputs, labels_of(prepared.schema, prepared.train.targets)
        )
        # The first sweeps of a network compile; nobody shall be charged for it.
        minimize(problem, start, max_iterations=1)
        return cls(estimator, problem, start)


class Arena:
    """Where contenders run, one after the other."""

    def __init__(
        self,
        prepared: Prepared,
        network: Network,
        limits: Limits,
        batches: Batches,
        callback: Callable[[Iteration], Any] | None,
    ) -> None:
        self._prepared, self._network, self._limits = prepared, network, limits
        self._batches, self._callback = batches, callback

    def run(self, name: str, contender: Contender, tell: Callable[[str], Any]) -> Run:
        """What becomes of a contender."""
        network = self._network_of(contender)
        attempts: list[Attempt] = []

        def cost(rate: float | None) -> float:
            tell(contender.label if rate is None else f"{contender.label}, rate {rate:g}")
            attempts.append(self._attempt(contender, network, rate))
            return attempts[-1].cost

        if contender.rate is None:
            cost(None)
        else:
            search(cost, contender.rate)
        return self._run(name, contender, network, tuple(attempts))

    def _network_of(self, contender: Contender) -> Network:
        if contender.same_cost:
            return self._network
        common = self._network.estimator
        # The seed, not a RandomState, and the l2 that was chosen: a choice of its own would differ.
        return Network.of(
            self._prepared, {**common.get_params(), **contender.network, "l2": common.l2_}
        )

    def _attempt(self, contender: Contender, network: Network, rate: float | None) -> Attempt:
        common = self._network.estimator
        options: dict[str, Any] = dict(contender.options)
        if contender.stochastic:
            options |= {"rate": rate, "batches": self._batches}
        price = network.problem.stage_count / self._network.problem.stage_count
        history = _History(price, self._limits.sweeps, self._callback)
        result = minimize(
            network.problem,
            contender.start(network.problem, network.start, seed_of(common.random_state)),
            method=contender.method,
            metric=contender.metric(common.smoothing),
            weights=weights_of_settings(common),
            max_iterations=ENDLESS,
            tolerance=self._limits.tolerance,
            time_limit=self._limits.seconds,
            callback=history,
            **options,
        )
        end = _SPENT if result.reason == "callback" else END_STATES[result.reason]
        assert history.last is not None
        return Attempt(end, history.columns(), history.last.parameters, rate)

    def _run(
        self, name: str, contender: Contender, network: Network, attempts: tuple[Attempt, ...]
    ) -> Run:
        kept = min(attempts, key=lambda attempt: attempt.cost)
        estimator = copy(network.estimator)
        estimator.parameters_ = kept.parameters
        train, test = (
            None
            if part is None or kept.overflowed
            else scores(self._prepared.schema, estimator, part)
            for part in (self._prepared.train, self._prepared.test)
        )
        return Run(
            name=name,
            contender=contender,
            kept=kept,
            attempts=attempts,
            loss=kept.cost - network.problem.penalty.value(kept.parameters),
            roughness=contender.used(kept.parameters).roughness,
            train_scores=train,
            test_scores=test,
        )


class _History:
    """A callback that takes down a run and stops it when its sweeps are spent.

    Parameters
    ----------
    price : float
        What a sweep of the problem counts.
    limit : float
        Of the sweeps.
    callback : callable, optional
        Called with every row as well.
    """

    def __init__(
        self, price: float, limit: float, callback: Callable[[Iteration], Any] | None
    ) -> None:
        self._price, self._limit, self._callback = price, limit, callback
        # Without the parameters: a thousand of them take more memory than the data.
        self._rows: list[tuple[float, ...]] = []
        self.last: Iteration | None = None

    def __call__(self, row: Iteration) -> None:
        self.last = row
        sweeps = self._price * (row.direct + row.adjoint + row.sensitivity)
        self._rows.append((sweeps, *(getattr(row, name) for name in _COLUMNS)))
        if self._callback is not None:
            self._callback(row)
        if sweeps >= self._limit:
            raise StopIteration

    def columns(self) -> dict[str, Array]:
        """The rows as arrays: "sweeps" and what an `Iteration` holds."""
        table = np.array(self._rows, dtype=np.float64)
        return dict(zip(("sweeps", *_COLUMNS), table.T, strict=True))
