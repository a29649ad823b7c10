"""The same network trained by many methods: same rows, same cost, same start, same limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.learn.base import number, seed_of
from standalone_node.learn.contenders import Contender, contenders, search
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.tabular import Estimator, estimator_of, labels_of, scores
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.minimize import minimize
from standalone_node.optimize.stopping import END_STATES, EndState
from standalone_node.problem.inverse_problem import InverseProblem

Array = NDArray[Any]

#: Rows of a batch if not given, but no more than this share of all.
BATCH, BATCH_SHARE = 100, 0.25
#: As good as no limit: a run ends by its sweeps, its seconds or its tolerance.
ENDLESS = 2**31 - 1

_SWEEPS = ("direct", "adjoint", "sensitivity")
_COLUMNS = ("cost", "gradient_norm", "step", "beta", "seconds", *_SWEEPS)

_SPENT = EndState(
    "sweeps", "The limit of sweeps was reached: raise max_sweeps to go on.", success=False
)


@dataclass(frozen=True)
class Limits:
    """What every run may spend, and when it is done.

    Attributes
    ----------
    sweeps : int
        Direct, adjoint and sensitivity sweeps together.
    seconds : float
    tolerance : float
        Of the gradient norm, relative to its start.
    """

    sweeps: int = 1000
    seconds: float = 8.0
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if self.sweeps < 1:
            raise ArgumentError(f"max_sweeps = {self.sweeps} has to be 1 or larger")
        if not 0.0 < self.seconds < np.inf:
            raise ArgumentError(f"time_limit = {self.seconds:g} has to be a positive number")
        if not 0.0 <= self.tolerance < np.inf:
            raise ArgumentError(f"tolerance = {self.tolerance:g} has to be 0 or larger")


@dataclass(frozen=True)
class Trial:
    """A learning rate that was tried: the cost it ended with (infinite if it overflowed), and what
    it took.
    """

    rate: float
    cost: float
    sweeps: float
    seconds: float


@dataclass(frozen=True)
class Run:
    """What became of a contender.

    Attributes
    ----------
    name : str
        Its name in `COMPARED`.
    contender : Contender
    end : EndState
        "overflow", beside those of `minimize` and "sweeps", where the state overflowed.
    history : dict of ndarray
        A row an iteration, the start first: as in a `Result`, and "sweeps", all together, in
        sweeps of the network that all others have.
    parameters : Parameters
        The last ones.
    loss : float
        The part of the last cost that is not penalty.
    roughness : float
        The integral of \\|theta'\\|^2 over the depth of the last parameters.
    train_scores, test_scores : dict or None
        Of the last parameters; None after an overflow, or without held-out rows.
    rate : float or None
        The learning rate: the one of `trials` that ended with the least cost.
    trials : tuple of Trial
        All learning rates that were tried, the chosen one included.
    """

    name: str
    contender: Contender
    end: EndState
    history: dict[str, Array]
    parameters: Parameters
    loss: float
    roughness: float
    train_scores: dict[str, Any] | None
    test_scores: dict[str, Any] | None
    rate: float | None = None
    trials: tuple[Trial, ...] = ()

    @property
    def iterations(self) -> int:
        """Iterations done."""
        return len(self.history["cost"]) - 1

    @property
    def cost(self) -> float:
        """The cost at the end; infinite after an overflow."""
        return np.inf if self.end.name == "overflow" else float(self.history["cost"][-1])

    @property
    def sweeps(self) -> float:
        """The sweeps of the whole run."""
        return float(self.history["sweeps"][-1])

    @property
    def seconds(self) -> float:
        """The seconds of the whole run."""
        return float(self.history["seconds"][-1])

    def reached(self, level: float) -> tuple[float, float] | None:
        """Sweeps and seconds at the first iterate with a cost of `level` or less."""
        found = np.flatnonzero(self.history["cost"] <= level)
        if not found.size:
            return None
        first = int(found[0])
        return float(self.history["sweeps"][first]), float(self.history["seconds"][first])


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
        return float(self._judged[0].history["cost"][0])

    @property
    def best(self) -> float:
        """The least cost that a run on the common cost saw."""
        return float(min(np.nanmin(run.history["cost"]) for run in self._judged))

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
    network = _Network.of(prepared, options)
    size = batch or min(BATCH, ceil(BATCH_SHARE * network.problem.samples))
    arena = _Arena(prepared, network, limits, Batches(size, ENDLESS, seed=prepared.seed), callback)
    runs = []
    for name, contender in chosen.items():
        run = arena.run(name, contender, tell)
        runs.append(run)
        if done is not None:
            done(run)
    return Comparison(
        prepared, network.estimator, network.problem, tuple(runs), limits, size, share
    )


@dataclass(frozen=True)
class _Network:
    """An estimator that is ready to be given parameters, its problem and its start."""

    estimator: Estimator
    problem: InverseProblem
    start: Parameters

    @classmethod
    def of(cls, prepared: Prepared, options: Mapping[str, Any]) -> _Network:
        estimator = estimator_of(prepared, options)
        problem, start = estimator.inverse_problem(
            prepared.train.inputs, labels_of(prepared.schema, prepared.train.targets)
        )
        # The first sweeps of a network compile; nobody shall be charged for it.
        minimize(problem, start, max_iterations=1)
        return cls(estimator, problem, start)


@dataclass(frozen=True)
class _Attempt:
    """One run of `minimize`."""

    end: EndState
    history: dict[str, Array]
    parameters: Parameters
    rate: float | None

    @property
    def trial(self) -> Trial:
        cost = np.inf if self.end.name == "overflow" else float(self.history["cost"][-1])
        assert self.rate is not None
        return Trial(
            self.rate, cost, float(self.history["sweeps"][-1]), float(self.history["seconds"][-1])
        )


class _Arena:
    """Where contenders run, one after the other."""

    def __init__(
        self,
        prepared: Prepared,
        network: _Network,
        limits: Limits,
        batches: Batches,
        callback: Callable[[Iteration], Any] | None,
    ) -> None:
        self._prepared, self._network, self._limits = prepared, network, limits
        self._batches, self._callback = batches, callback

    def run(self, name: str, contender: Contender, tell: Callable[[str], Any]) -> Run:
        """What becomes of a contender."""
        network = self._network_of(contender)
        trials: list[Trial] = []
        best: list[_Attempt] = []

        def attempt(rate: float | None) -> float:
            tell(contender.label if rate is None else f"{contender.label}, rate {rate:g}")
            made = self._attempt(contender, network, rate)
            if rate is None:
                best[:] = [made]
                return 0.0
            trials.append(made.trial)
            if not best or made.trial.cost < best[0].trial.cost:
                best[:] = [made]
            return made.trial.cost

        if contender.rate is None:
            attempt(None)
        else:
            search(attempt, contender.rate)
        return self._scored(name, contender, network, best[0], tuple(trials))

    def _network_of(self, contender: Contender) -> _Network:
        if contender.same_cost:
            return self._network
        common = self._network.estimator
        # The seed, not a RandomState, and the l2 that was chosen: a choice of its own would differ.
        return _Network.of(
            self._prepared, {**common.get_params(), **contender.network, "l2": common.l2_}
        )

    def _attempt(self, contender: Contender, network: _Network, rate: float | None) -> _Attempt:
        problem = network.problem
        price = problem.stage_count / self._network.problem.stage_count
        rows: list[Iteration] = []

        def watch(row: Iteration) -> None:
            rows.append(row)
            if self._callback is not None:
                self._callback(row)
            if price * sum(getattr(row, sweep) for sweep in _SWEEPS) >= self._limits.sweeps:
                raise StopIteration

        options: dict[str, Any] = dict(contender.options)
        if contender.stochastic:
            options |= {"rate": rate, "batches": self._batches}
        common = self._network.estimator
        try:
            result = minimize(
                problem,
                contender.start(problem, network.start, seed_of(common.random_state)),
                method=contender.method,
                metric=contender.metric(number("smoothing", common.smoothing)),
                max_iterations=ENDLESS,
                tolerance=self._limits.tolerance,
                time_limit=self._limits.seconds,
                callback=watch,
                **options,
            )
            end = _SPENT if result.reason == "callback" else END_STATES[result.reason]
        except StateOverflow as error:
            if not rows:
                raise
            end = EndState("overflow", str(error), success=False)
        history = {name: np.array([getattr(row, name) for row in rows]) for name in _COLUMNS}
        history["sweeps"] = price * sum(history[sweep] for sweep in _SWEEPS)
        return _Attempt(end, history, rows[-1].parameters, rate)

    def _scored(
        self,
        name: str,
        contender: Contender,
        network: _Network,
        made: _Attempt,
        trials: tuple[Trial, ...],
    ) -> Run:
        parameters, found = made.parameters, copy(network.estimator)
        found.parameters_ = parameters
        parts = [self._prepared.train, self._prepared.test]
        failed = made.end.name == "overflow"
        train, test = (
            None if failed or part is None else scores(self._prepared.schema, found, part)
            for part in parts
        )
        cost = float(made.history["cost"][-1])
        return Run(
            name=name,
            contender=contender,
            end=made.end,
            history=made.history,
            parameters=parameters,
            loss=cost - network.problem.penalty.value(parameters) if isfinite(cost) else cost,
            roughness=contender.used(parameters).roughness,
            train_scores=train,
            test_scores=test,
            rate=made.rate,
            trials=trials,
        )
