"""How exact a solution is: the derivative there, and what a step of half the length changes.

The derivative is exact for the discrete cost, which the Taylor test shows at the solution itself.
What the discretisation is wrong by is estimated from the same parameters on a time grid of half
the step: |x_h - x_{h/2}| 2^q / (2^q - 1) for a scheme of order q (Richardson's rule).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.tableaux import tableau
from standalone_node.problem.excerpt import MOST_ROWS, Excerpt
from standalone_node.problem.verification import dot_test, taylor_test
from standalone_node.summary import counted, digits

Array = NDArray[Any]

#: The derivative is tested on so many of them: it is exact on all or on none.
DERIVATIVE_ROWS = 100
#: The seed of the direction of the Taylor test.
SEED = 0
EPSILON = float(np.finfo(np.float64).eps)
#: The largest step of the Taylor test, relative to the direction.
STEP = 0.01
#: The order that the error keeps whatever the scheme, where the right-hand side has kinks: a step
#: over one of sigma (of sigma' for elu), or over a node of theta inside the step.
SMOOTHNESS = {"relu": 2, "leaky-relu": 2, "elu": 3}
KINKS = 2


class Measurable(Protocol):
    """What a problem offers for that, `InverseProblem` and `FieldProblem`."""

    settings: dict[str, Any]
    times: Array

    @property
    def samples(self) -> int:
        """B."""
        ...

    def cost(self, p: Parameters) -> float:
        """E(p)."""
        ...

    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and dE."""
        ...

    def observed_outputs(self, p: Parameters) -> Array:
        """What the cost looks at of the states."""
        ...

    def smooth_direction(self, p: Parameters, seed: int) -> Parameters:
        """A smooth random change of p, on its grid, of the size that p may have."""
        ...

    def excerpt(self, most: int) -> Excerpt:
        """Some of its rows."""
        ...

    def halved(self) -> Measurable:
        """The same problem with every time step cut in two."""
        ...


@dataclass(frozen=True)
class Accuracy:
    """How exact a solution is; NaN where something could not be measured.

    Attributes
    ----------
    rows, of_rows, derivative_rows : int
        Measured on so many rows of so many, the derivative on so many of these.
    taylor_order : float
        The order of the Taylor remainder of the cost at the solution: 2 if the derivative is that
        of the discrete cost.
    dot_error : float
        The relative error of the dot test at the solution: adjoint against sensitivity problem.
    cost, fine_cost : float
        E_h and E_{h/2}, of these rows.
    output_change : float
        |x_h - x_{h/2}| relative to |x_{h/2}|, of the observed components of the state.
    order : int
        q, the order the error is taken to have: that of the scheme, or less where there are kinks.
    observed_order : float
        The order that a grid of a quarter of the step shows, log2 of |x_h - x_{h/2}| over
        |x_{h/2} - x_{h/4}|: far from q, the estimate is of its magnitude only.
    rounding : float
        The relative rounding error of the states' precision, below which a change says nothing.
        The Taylor test is done in double precision always.
    kinks : bool
        Whether the right-hand side is only piecewise smooth, so that the slope may lie below 2.
    """

    rows: int
    of_rows: int
    derivative_rows: int
    taylor_order: float
    dot_error: float
    cost: float
    fine_cost: float
    output_change: float
    order: int
    observed_order: float
    rounding: float
    kinks: bool

    @property
    def cost_change(self) -> float:
        """|E_h - E_{h/2}|, relative to the larger of the two."""
        size = max(abs(self.cost), abs(self.fine_cost))
        return _relative(abs(self.cost - self.fine_cost), size)

    @property
    def discretisation_error(self) -> float:
        """The estimated relative error of the outputs, by Richardson's rule."""
        return self.output_change * 2.0**self.order / (2.0**self.order - 1.0)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The rows of a section that tells it."""
        return (
            ("measured on", self._rows()),
            ("Taylor slope", self._slope()),
            ("dot test", _unless_nan(self.dot_error, "{} (0 but for rounding if exact)")),
            ("cost, h against h/2", self._costs()),
            ("outputs, h against h/2", _unless_nan(self.output_change, "{} relative")),
            ("discretisation error", self._error()),
        )

    def facts(self) -> dict[str, Any]:
        """Plain values for a model file, None for NaN, their names beginning with "accuracy_"."""
        return {
            PREFIX + name: None if value != value else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Accuracy | None:
        """What `facts` told, among others; None if something is missing or of a wrong kind."""
        found: dict[str, Any] = {}
        for name, kind in KINDS.items():
            value = facts.get(PREFIX + name, "missing")
            if value is None and kind is float:
                value = float("nan")
            elif type(value) is not kind:
                return None
            found[name] = value
        return cls(**found) if found["order"] > 0 and found["rows"] > 0 else None

    def _rows(self) -> str:
        rows = f"{self.rows:,} of {counted(self.of_rows, 'row')}, evenly chosen"
        if self.rows == self.of_rows:
            rows = f"all {counted(self.rows, 'row')}" if self.rows > 1 else "1 row"
        fewer = self.derivative_rows < self.rows
        return f"{rows}; the derivative on {self.derivative_rows} of them" if fewer else rows

    def _slope(self) -> str:
        if np.isnan(self.taylor_order):
            return (
                "not measurable: the remainder is nothing but rounding, or the state overflows "
                "near the solution; see the dot test"
            )
        smooth = " and the activation smooth, which it is not" if self.kinks else ""
        double = "; in double precision" if self.rounding > EPSILON else ""
        return f"{self.taylor_order:.2f} (2 if the derivative is exact{smooth}{double})"

    def _costs(self) -> str:
        change = _unless_nan(self.cost_change, "{} relative")
        if np.isnan(self.cost_change):
            return change
        return f"{self.cost:.6g} against {self.fine_cost:.6g}, {change}"

    def _error(self) -> str:
        if np.isnan(self.output_change):
            return "not measurable: the state overflows"
        if self.output_change <= 8.0 * self.rounding:
            return f"below rounding, {digits(self.rounding)} of the outputs"
        share = digits(self.discretisation_error)
        rule = f"about {share} of the outputs, by Richardson's rule for order {self.order}"
        return rule if np.isnan(self.observed_order) else f"{rule} ({self.observed_order:.1f} seen)"


#: How the facts of an accuracy begin in a model file, and what they are.
PREFIX = "accuracy_"
KINDS = {
    field.name: {"int": int, "float": float, "bool": bool}[str(field.type)]
    for field in fields(Accuracy)
}


def accuracy(problem: Any, p: Parameters, *, rows: int = MOST_ROWS) -> Accuracy:
    """How exact the derivative is at p, and how large the discretisation error.

    Parameters
    ----------
    problem : InverseProblem, FieldProblem or ChunkedProblem
        Not changed: what is measured is a copy, of some of the rows where there are more.
    p : Parameters
    rows : int
        As many rows are taken at most, chosen evenly; of a FieldProblem all.

    Returns
    -------
    Accuracy

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node import InverseProblem
    >>> problem = InverseProblem(np.array([[0.1], [0.4]]), np.array([0.3, 0.6]), steps=8)
    >>> found = accuracy(problem, problem.initial_parameters())
    >>> round(found.taylor_order, 1), found.order, bool(found.discretisation_error < 1e-6)
    (2.0, 4, True)
    """
    excerpt: Excerpt = problem.excerpt(rows)
    return excerpt.accuracy(p)


def measured(problem: Measurable, p: Parameters, of_rows: int) -> Accuracy:
    """`accuracy` on all rows of a problem that may be changed."""
    dtype = np.dtype(problem.settings.get("dtype", "float64"))
    rounding = float(np.finfo(dtype).eps)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        cost, outputs, finer = problem.cost(p), problem.observed_outputs(p), problem.halved()
        fine_cost, fine = finer.cost(p), finer.observed_outputs(p)
        change = float(np.linalg.norm(outputs - fine))
        next_change = float(np.linalg.norm(fine - finer.halved().observed_outputs(p)))
        size = float(np.linalg.norm(fine))
        some = problem.excerpt(DERIVATIVE_ROWS).make()
        defined = bool(np.isfinite(some.cost(p)))
        taylor = _slope(some, p, dtype) if defined else float("nan")
        dot = float(dot_test(some, p)) if defined else float("nan")
        clear = next_change > 64.0 * rounding * size
        observed = float(np.log2(change / next_change)) if clear else float("nan")
    return Accuracy(
        rows=problem.samples,
        of_rows=of_rows,
        derivative_rows=some.samples,
        taylor_order=taylor,
        dot_error=dot,
        cost=_or_nan(cost),
        fine_cost=_or_nan(fine_cost),
        output_change=_relative(change, size),
        order=order_of(problem, p),
        observed_order=_or_nan(observed),
        rounding=rounding,
        kinks=SMOOTHNESS.get(problem.settings.get("activation", ""), 3) < 3,
    )


def _slope(problem: Any, p: Parameters, dtype: np.dtype[Any]) -> float:
    """The order of the remainder of the Taylor test; NaN where it cannot be seen."""
    if dtype != np.float64:
        # In single precision most of the steps would be lost in the parameters already.
        problem = problem.replaced(dtype="float64")
    direction = problem.smooth_direction(p, SEED)
    size = STEP * float(np.abs(direction.values).max())
    return _or_nan(float(taylor_test(problem, p, direction, size=size)))


def order_of(problem: Measurable, p: Parameters) -> int:
    """The order that the error has: that of the scheme, unless kinks inside the steps limit it."""
    scheme = tableau(problem.settings["scheme"]).order
    smooth = SMOOTHNESS.get(problem.settings.get("activation", ""), scheme)
    return min(scheme, smooth, scheme if _contains(problem.times, p.times) else KINKS)


def _contains(times: Array, nodes: Array) -> bool:
    """Whether every node is one of the times, but for rounding."""
    after = np.searchsorted(times, nodes).clip(1, times.size - 1)
    gaps = np.minimum(np.abs(times[after] - nodes), np.abs(times[after - 1] - nodes))
    return bool((gaps <= 1e-9 * times[-1]).all())


def _or_nan(value: float) -> float:
    return float(value) if np.isfinite(value) else float("nan")


def _relative(difference: float, size: float) -> float:
    if not np.isfinite(difference) or not np.isfinite(size):
        return float("nan")
    return float(difference / size) if size > 0.0 else float(difference)


def _unless_nan(value: float, words: str) -> str:
    return "not measurable: the state overflows" if np.isnan(value) else words.format(digits(value))
