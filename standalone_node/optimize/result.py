"""What a run returns."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult

from standalone_node.kernels.processors import held
from standalone_node.optimize.method_words import metric_words
from standalone_node.summary import NUMERICAL_ACCURACY, Section, Summary, digits

#: A section of a summary as names and values.
Rows = tuple[tuple[str, str], ...]
NOT_KEPT = (
    "not measured, and the rows are not here any more (an estimator's result has none, nor has a "
    "copy): use sn.accuracy(problem, parameters), or summary() of the estimator"
)
NOT_OFFERED = "not measured: the problem offers no excerpt of its rows"
#: The keys that a summary tells of, and those of the history.
TOLD = {"parameters", "cost", "reason", "message", "nit", "metric", "history"}
TOLD_OF_HISTORY = {"cost", "gradient_norm", "seconds", "direct", "adjoint", "sensitivity"}


class Result(OptimizeResult):
    """The outcome of `minimize`, also a SciPy OptimizeResult.

    It prints as a summary in five sections, problem, method, end state, numerical accuracy and
    scores, and shows as one in a notebook. What is made without a run, or has lost a key, prints as
    SciPy's results do.

    Attributes
    ----------
    parameters : Parameters
        The solution: the last iterate, or with a monitor the one it liked best.
    cost : float
        E at the solution.
    success : bool
        Whether the run ended by a test, not by a limit.
    reason : str
        The name of the end state, a key of `standalone_node.optimize.stopping.END_STATES`.
    message : str
        The end state as a sentence.
    nit : int
        Iterations done.
    metric : metric
        In which the run was done: Sobolev("auto") with the length it chose.
    history : dict of ndarray
        Arrays of length nit + 1, row 0 the start: cost, gradient_norm, step, beta, seconds,
        direct, adjoint, sensitivity, and score if there is a monitor. With batches a row is an
        epoch, its cost that of all rows, and a sweep over a batch counts as its share of them.
    x, fun, jac, nfev, njev, status
        As in SciPy: the flat solution, its cost and derivative, numbers of direct and adjoint
        sweeps, 0 for success and 1 otherwise.
    """

    _problem: Rows
    _method: Rows
    #: What the accuracy is measured on when it is first asked for: at most 1,000 rows, or where
    #: they come from.
    _excerpt: Any
    _accuracy: Any

    def keep(self, *, problem: Any = None, method: Rows = ()) -> Result:
        """This result, which from now on knows what was solved and how.

        Parameters
        ----------
        problem : problem, optional
            Described, and of its rows at most 1,000 kept to measure on, if it can do that. Of
            rows that come in chunks the source is kept, and nothing is fetched from it before.
        method : rows of a section
        """
        described = getattr(problem, "described", None)
        excerpt = getattr(problem, "excerpt", None)
        told = {
            "_problem": () if described is None else described(),
            "_method": method,
            "_excerpt": None if excerpt is None else excerpt(),
            "_accuracy": None,
        }
        # Beside the dict that an OptimizeResult is: none of it is a result of the run.
        self.__dict__.update(told)
        return self

    def released(self) -> Any:
        """The rows that were kept to measure on, which are from now on not the result's.

        Fetched, if they were not, because their source may be gone before they are needed.
        """
        excerpt = self.__dict__.get("_excerpt")
        self.__dict__.update(_excerpt=None, _dropped=True)
        return None if excerpt is None else excerpt.fetched()

    @property
    def accuracy(self) -> Any:
        """How exact the solution is, an `Accuracy`; measured when it is first asked for.

        On at most 1,000 of the rows, evenly chosen. None if the problem cannot tell, or if the
        result was pickled, or copied, before: the rows do not go with it.
        """
        known = self.__dict__.get("_accuracy")
        if known is None and self.__dict__.get("_excerpt") is not None:
            with held():
                known = self.__dict__["_excerpt"].accuracy(self["parameters"])
            self.__dict__.update(_accuracy=known, _excerpt=None)
        return known

    def summary(self) -> Summary:
        """The result in sections; measures the accuracy if that has not been done."""
        return summary_of(
            "Result",
            problem=self.__dict__.get("_problem", ()),
            method=self._how(),
            end=self._end(),
            accuracy=self._measured(),
            scores=self._scores(),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_excerpt": None, "_dropped": True}

    def __repr__(self) -> str:
        if self._is_whole():
            return self.summary().text()
        try:
            return str(super().__repr__())
        except ValueError:  # SciPy's cannot show an empty history
            return f"Result({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return self.summary().html() if self._is_whole() else f"<pre>{escape(repr(self))}</pre>"

    def _is_whole(self) -> bool:
        """Whether there is everything that a summary tells of."""
        return self.keys() >= TOLD and self["history"].keys() >= TOLD_OF_HISTORY

    def _how(self) -> Rows:
        first, *rest = self.__dict__.get("_method") or (("method", "not told"),)
        return (first, ("metric", metric_words(self["metric"])), *rest)

    def _end(self) -> Rows:
        history: dict[str, Any] = self["history"]
        sweeps = ", ".join(
            f"{history[name][-1]:g} {name}" for name in ("direct", "adjoint", "sensitivity")
        )
        return (
            ("end state", f"{self['reason']}: {self['message']}"),
            ("iterations", f"{self['nit']} ({sweeps} sweeps)"),
            ("seconds", f"{history['seconds'][-1]:.2f}"),
        )

    def _measured(self) -> Rows:
        try:
            found = self.accuracy
        # What a user's own problem or field may raise is no reason not to print the rest.
        except Exception as error:
            return (("accuracy", f"not measured: {type(error).__name__}: {error}"),)
        if found is not None:
            return tuple(found.lines())
        why = NOT_KEPT if self.__dict__.get("_dropped") else NOT_OFFERED
        return (("accuracy", why),)

    def _scores(self) -> Rows:
        history: dict[str, Any] = self["history"]
        rows = cost_rows(
            float(history["cost"][0]),
            float(self["cost"]),
            reduction(history["gradient_norm"]),
        )
        if "score" in history:
            best = int(np.argmax(history["score"]))
            score = f"{history['score'][best]:.6g}, of iteration {best}"
            rows = (*rows, ("best score of the monitor", score))
        return rows


def summary_of(
    title: str, *, problem: Rows, method: Rows, end: Rows, accuracy: Rows, scores: Rows
) -> Summary:
    """The five sections in which a solution is told, always in this order."""
    unknown = (("problem", "one that does not describe itself"),)
    return Summary(
        title,
        (
            Section("Problem", problem or unknown),
            Section("Method", method),
            Section("End state", end),
            Section(NUMERICAL_ACCURACY, accuracy),
            Section("Scores", scores),
        ),
    )


def cost_rows(start: float, end: float, share: float) -> Rows:
    """What is told of cost and gradient of any run."""
    return (
        ("cost", f"{start:.6g} -> {end:.6g}"),
        ("gradient norm", f"{digits(share)} of its start"),
    )


def reduction(norms: Sequence[float]) -> float:
    """The last gradient norm relative to the first; 0 where the first is."""
    return float(norms[-1]) / float(norms[0]) if norms[0] > 0.0 else 0.0
