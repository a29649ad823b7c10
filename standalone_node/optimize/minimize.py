"""`minimize`: from a problem, a start and a metric to a Result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.engines.engine import Engine
from standalone_node.engines.opening import opened
from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.weights import Weights, weights_of
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.identity import identity_of
from standalone_node.optimize.line_searches import LINE_SEARCHES
from standalone_node.optimize.method_words import method_rows
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.metrics import Metric, Sobolev
from standalone_node.optimize.objective import Problem
from standalone_node.optimize.options import Options, refuse_unread
from standalone_node.optimize.record import Callback, Monitor, Watch
from standalone_node.optimize.stochastic import Stepwise
from standalone_node.optimize.stopping import SAFETY, Stopping
from standalone_node.optimize.task import Task
from standalone_node.optimize.trail import Keeper

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

Array = NDArray[Any]


def minimize(
    problem: Problem,
    start: Parameters,
    *,
    method: str = "ncg",
    metric: Metric | None = None,
    beta: str = "PR+",
    line_search: str = "sensitivity",
    restart: int | None = None,
    weights: str | Weights | None = None,
    batches: Batches | None = None,
    rate: float | None = None,
    max_iterations: int = 200,
    tolerance: float = 1e-6,
    cost_tolerance: float = 1e-10,
    noise_level: float | None = None,
    tau: float = SAFETY,
    time_limit: float | None = None,
    monitor: Monitor | None = None,
    patience: int | None = None,
    callback: Callback | None = None,
    checkpoint: Keeper | None = None,
    engine: str | Engine | None = None,
    client: Any = None,
) -> Result:
    """Minimise the cost of a problem over depth-varying parameters.

    Parameters
    ----------
    problem : InverseProblem
        Or whatever offers cost, cost_and_derivative, line_model and residual.
    start : Parameters
    method : {"ncg", "lbfgs", "gauss-newton", "trust-krylov", "sgd", "adam"}
        Nonlinear conjugate gradients, or one of SciPy's optimisers in coordinates in which the
        metric is the identity: L-BFGS, Newton-CG and a trust region with Gauss-Newton products.
        "sgd" and "adam" go by steps of a given rate; the cost may rise with them.
    metric : metric, optional
        Sobolev(1.0) if not given; L2(), Euclidean() and other lengths are there to compare, and
        Sobolev("auto") chooses its length. For "sgd" and "adam" the partials of what is learnt, as
        they are, if not given.
    beta : {"SD", "FR", "PR+", "FR-PR", "HS+", "DY", "HS-DY", "HZ"}
        For "ncg": the formula of the conjugate direction; "SD" is steepest descent.
    line_search : {"sensitivity", "approximate-wolfe", "wolfe"}
        For "ncg": the step that the sensitivity problem proposes, checked and repaired by the
        strong Wolfe conditions, or by the approximate ones of Hager and Zhang, which ask less of
        a step; or the strong Wolfe conditions with a first step from the last one, without
        sensitivity problem.
    restart : int, optional
        For "ncg": iterations after which the direction starts again along the gradient, beside
        the restarts that Powell's test and a direction of no descent ask for.
    weights : {"free", "constant", "galerkin", "evolving"} or object, optional
        What is learnt: a name, or an object whose ``on(start)`` is a parametrisation, such as
        ``sn.Galerkin("fourier", modes=6)``. What the problem says if not given, else the nodal
        values themselves.
    batches : Batches, optional
        Go through the rows batch by batch, starting the method again on each; an iteration, a row
        of the history, is then an epoch, and its cost and gradient are those of all rows. They are
        evaluated for the record, neither on the clock nor among the sweeps. The cost of all rows
        may rise.
    rate : float, optional
        The learning rate of "sgd" (0.3 if not given) and "adam" (0.01).
    max_iterations : int
    tolerance : float
        Ends with "gradient" when the gradient norm is this share of its start.
    cost_tolerance : float
        Ends with "cost" when five iterations lower the cost by less than this share of it.
    noise_level : float, optional
        Ends with "discrepancy" when the root mean square residual is tau times this or less.
    tau : float
        The safety factor of the discrepancy principle, at least 1.
    time_limit : float, optional
        Seconds after which the run ends with "time", at the next iterate or after the next batch.
    monitor : callable, optional
        Called with the parameters of every iterate, returns a score. The result holds the
        parameters of the highest score instead of the last.
    patience : int, optional
        Ends with "validation" after so many iterations without a higher score of the monitor.
    callback : callable, optional
        Called with an `Iteration` after every iteration; StopIteration ends with "callback".
    checkpoint : Checkpoint, optional
        Keeps in files where the run stands, and has it go on from there: see
        `standalone_node.Checkpoint`.
    engine : {"local", "dask"} or Engine, optional
        Where the sum over the rows of an `InverseProblem` is worked out, which is then cut into
        shards: in this process, or by the workers of a Dask cluster. The bits are the same, for
        any number of workers. The problem is taken as it stands if not given.
    client : distributed.Client or str, optional
        For "dask": the client, or the address of a scheduler. If not given, the current client if
        there is one, else a cluster of processes on this machine is started, and closed at the end.

    Returns
    -------
    Result

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    StateOverflow
        If the cost of the start is not finite. Where it overflows later, the run ends with
        "overflow" and the parameters of the lowest cost.
    ClusterError
        If Dask is not installed, or the cluster is not reached, lost, or does not answer.

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node import InverseProblem, minimize
    >>> problem = InverseProblem(np.array([[0.1], [0.4]]), np.array([0.3, 0.6]), steps=8)
    >>> result = minimize(problem, problem.initial_parameters())
    >>> result.success, bool(result.cost < 1e-6)
    (True, True)
    """
    residual = None if noise_level is None else _residual(noise_level, tau)
    stopping = _stopping(tolerance, cost_tolerance, max_iterations, residual, time_limit, patience)
    options = Options(
        beta=_row("beta", BETAS, beta),
        line_search=_row("line_search", LINE_SEARCHES, line_search),
        restart=None if restart is None else _whole("restart", restart, 1),
        rate=None if rate is None else bound("rate", rate, above=True),
    )
    run = _row("method", METHODS, method)
    given = {"beta": beta, "line_search": line_search, "restart": restart, "rate": rate}
    refuse_unread(method, given)
    _refuse_others(start, metric, batches, checkpoint)
    if batches is not None and engine is not None:
        raise ArgumentError("batches are rows of one process: leave engine out, or batches")
    asked = {**given, "method": method, "monitor": monitor, "patience": patience}
    asked |= {"tolerance": tolerance, "cost_tolerance": cost_tolerance}
    asked |= {"noise_level": noise_level, "tau": tau}
    _refuse_unused(asked)
    learnt = weights_of(getattr(problem, "weights", None) if weights is None else weights)
    if metric is None and not isinstance(run, Stepwise):
        metric = Sobolev(1.0)
    known = {**asked, "metric": metric}
    identity = partial(
        identity_of, start=start, learnt=learnt, asked=known, max_iterations=max_iterations,
        batches=batches,
    )  # fmt: skip
    watch, parametrisation = Watch(monitor, callback), learnt.on(start)
    task = Task(
        problem, start, parametrisation, run, metric, options, batches, stopping, watch,
        checkpoint, partial(identity, problem),
    )  # fmt: skip
    told = method_rows(asked, max_iterations, learnt, batches)
    with _placed(problem, engine, client) as where:
        found = replace(task, problem=where, identity=partial(identity, where)).done()
        return found.keep(problem=where, method=told)


@contextmanager
def _placed(problem: Problem, engine: str | Engine | None, client: Any) -> Iterator[Problem]:
    """The problem as a sum over shards that an engine has placed, or as it stands."""
    if engine is None:
        if client is not None:
            raise ArgumentError("client is for engine = 'dask': give engine, too")
        yield problem
        return
    place = getattr(problem, "placed", None)
    if place is None:
        raise ArgumentError(
            f"engine is for a cost that is a sum over rows, as that of InverseProblem, and not for "
            f"{type(problem).__name__}: leave it out"
        )
    with opened(engine, client) as where:
        yield place(where)


def _stopping(
    tolerance: Any,
    cost_tolerance: Any,
    max_iterations: Any,
    residual: float | None,
    time_limit: Any,
    patience: Any,
) -> Stopping:
    """When a run ends; ArgumentError if a number cannot be used."""
    return Stopping(
        bound("tolerance", tolerance),
        bound("cost_tolerance", cost_tolerance),
        _whole("max_iterations", max_iterations, 0),
        residual,
        None if time_limit is None else bound("time_limit", time_limit),
        None if patience is None else _whole("patience", patience, 1),
    )


def _refuse_others(start: Any, metric: Any, batches: Any, checkpoint: Any) -> None:
    """ArgumentError for what is not of the kind that is asked for."""
    if not isinstance(start, Parameters):
        raise ArgumentError(
            f"start has to be Parameters, not {type(start).__name__}: take initial_parameters()"
        )
    if metric is not None and not hasattr(metric, "resolved"):
        raise ArgumentError(f"metric = {metric!r} is none: give Sobolev(1.0), L2() or Euclidean()")
    if batches is not None and not isinstance(batches, Batches):
        raise ArgumentError(f"batches = {batches!r} has to be Batches, such as Batches(size=100)")
    if checkpoint is not None and not hasattr(checkpoint, "opened"):
        raise ArgumentError(f"checkpoint = {checkpoint!r} is none: give Checkpoint(folder)")


def _refuse_unused(asked: Mapping[str, Any]) -> None:
    """ArgumentError for an argument that needs another one."""
    if asked["patience"] is not None and asked["monitor"] is None:
        raise ArgumentError("patience counts iterations without a better score: give a monitor")
    if asked["tau"] != SAFETY and asked["noise_level"] is None:
        raise ArgumentError(
            f"tau = {asked['tau']!r} is a multiple of noise_level: give noise_level, too"
        )


def _row(name: str, table: dict[str, Any], key: Any) -> Any:
    if not isinstance(key, str) or key not in table:
        raise ArgumentError(f"unknown {name} {key!r}: choose one of {', '.join(table)}")
    return table[key]


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} = {value!r} has to be a whole number")
    if value < least:
        raise ArgumentError(f"{name} = {value} has to be {least} or larger")
    return int(value)


def bound(name: str, value: Any, *, above: bool = False) -> float:
    """The argument as a float; ArgumentError if it is not 0 or larger, or above 0."""
    if not _is_number(value) or not 0.0 <= value < np.inf or (above and value == 0.0):
        least = "larger than 0" if above else "0 or larger"
        raise ArgumentError(f"{name} = {value!r} has to be a finite number, {least}")
    return float(value)


def _residual(noise_level: Any, tau: Any) -> float:
    if not _is_number(noise_level) or not 0.0 < noise_level < np.inf:
        raise ArgumentError(f"noise_level = {noise_level!r} has to be a positive number")
    if not _is_number(tau) or not 1.0 <= tau < np.inf:
        raise ArgumentError(f"tau = {tau!r} has to be 1 or larger")
    return float(tau * noise_level)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
