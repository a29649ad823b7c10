"""Where a fit runs: in this process, or on an engine beyond it. It changes no bit of the fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, Self, cast

from sklearn.base import BaseEstimator

from standalone_node.engines.engine import Engine
from standalone_node.engines.opening import opened
from standalone_node.errors import ArgumentError
from standalone_node.learn.defaults import CLASSIFIER, WHERE
from standalone_node.problem.inverse_problem import InverseProblem

#: What can stand in a pickle: names and addresses. Clients and engines belong to a process.
_WORDS = (str, type(None))
#: The table: an argument that only the local engine can serve, why, and the remedy.
_LOCAL_ONLY = {
    "rtol": ("chooses the time grid by looking at all rows at once", "give steps"),
    "atol": ("chooses the time grid by looking at all rows at once", "give steps"),
    "batch_size": ("draws batches from rows in one memory", "leave it out"),
}


class Located(BaseEstimator):
    """An estimator with the arguments `engine` and `client`, which need not bear to be copied.

    A clone has the engine and the client of the original, themselves and no copies of them. In a
    pickle or a copy made by `copy` there is neither: where an argument is more than a name or an
    address, both are as if they had not been given, so that the fit runs in the process at hand,
    to the same bits.
    """

    engine: Any
    client: Any

    def __sklearn_clone__(self) -> Self:
        bare = copy(self)
        bare.__dict__.update(_here())
        twin = cast(Self, BaseEstimator.__sklearn_clone__(bare))
        twin.__dict__.update({name: getattr(self, name) for name in WHERE})
        return twin

    def __getstate__(self) -> Any:
        state: dict[str, Any] = super().__getstate__()
        portable = all(isinstance(state.get(name), _WORDS) for name in WHERE)
        return state if portable else state | _here()


def _here() -> dict[str, Any]:
    """The arguments of a fit that stays in this process."""
    return {name: getattr(CLASSIFIER, name) for name in WHERE}


def is_local(engine: Any) -> bool:
    """Whether an engine, or the name of one, is that of this process."""
    return getattr(engine, "name", engine) == "local"


def refuse_local_only(engine: Any, arguments: Mapping[str, Any]) -> None:
    """ArgumentError for arguments that only the local engine can serve, if it is another one.

    Examples
    --------
    >>> refuse_local_only("local", {"rtol": 1e-3})
    >>> refuse_local_only("dask", {"rtol": None})
    """
    if is_local(engine):
        return
    for name, (why, remedy) in _LOCAL_ONLY.items():
        value = arguments.get(name)
        if value is not None:
            raise ArgumentError(
                f"{name} = {value!r} {why}, which {_named(engine)} cannot: {remedy}, or fit with "
                "engine = 'local'"
            )


@contextmanager
def engine_of(estimator: BaseEstimator) -> Iterator[Engine]:
    """The engine that the arguments of an estimator name; what it opened is closed in the end.

    Raises
    ------
    ArgumentError
        The arguments contradict each other, or ask for what only this process can do.
    ClusterError
        There is no such cluster, or no Dask.
    """
    refuse_local_only(estimator.engine, estimator.get_params(deep=False))
    if estimator.client is not None and not isinstance(estimator.engine, str):
        raise ArgumentError(
            f"client = {estimator.client!r} is for an engine that is named, and this one is open: "
            "leave it out"
        )
    with opened(estimator.engine, estimator.client) as engine:
        yield engine


def refuse_part(estimator: BaseEstimator) -> None:
    """ArgumentError if `partial_fit` would have to leave this process."""
    if not is_local(estimator.engine):
        raise ArgumentError(
            f"partial_fit is one batch of rows in this process, which {_named(estimator.engine)} "
            "has no part in: use fit, or engine='local'"
        )


def on_engine(problem: Any, engine: Engine | None, *, batches: bool) -> Any:
    """The problem as it is minimised: its rows in shards, placed on the engine.

    Parameters
    ----------
    problem : InverseProblem
        As it stands if it is to be solved by batches or chooses its time grid, for both of which
        all rows have to be at hand; and of a kind of its own, such as rows on the disk.
    engine : Engine or None
        None for the problem as it stands.
    batches : bool
        Whether it is solved by batches.
    """
    if engine is None or batches or type(problem) is not InverseProblem:
        return problem
    return problem if problem.tolerance is not None else problem.placed(engine)


def _named(engine: Any) -> str:
    return f"engine = {getattr(engine, 'name', engine)!r}"
