"""How exact a solution is: the derivative there, and what a step of half the length changes.

The derivative is exact for the discrete cost, which Taylor test and dot test show at the solution,
and near it: at the solution itself the derivative almost vanishes, and with it most of what may be
wrong with it.
What the discretisation is wrong by is estimated from the same parameters on a time grid of half
the step: |x_h - x_{h/2}| 2^q / (2^q - 1) for a scheme of order q (Richardson's rule).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Derivative, Parameters, block_slices
from standalone_node.model.tableaux import tableau
from standalone_node.problem.accuracy_words import accuracy_rows
from standalone_node.problem.excerpt import MOST_ROWS, Excerpt
from standalone_node.problem.verification import dot_test, relative, taylor_test

Array = NDArray[Any]

#: The derivative is tested on so many of them: it is exact on all or on none.
DERIVATIVE_ROWS = 100
#: The seeds of the direction of the Taylor test, and of that of the point near the solution.
SEED, NEAR_SEED = 0, 1
#: How far that point is, relative to the largest entry of each block.
NEAR = 0.1
#: The smallest order of the remainder of an exact derivative, and the largest errors of its dot
#: test in double and in single precision.
LEAST_ORDER = 1.9
DOT_BOUNDS = (1e-13, 1e-5)
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
    rows, counting_rows, of_rows, given_rows, derivative_rows : int
        Measured on so many rows of so many that count, those of weight 0 do not; they are so many
        with these, and were so many before equal ones were merged. The derivative is tested on so
        many of the first.
    taylor_order, taylor_order_near : float
        The order of the Taylor remainder of the cost at the solution, and a tenth beside it: 2 if
        the derivative is that of the discrete cost.
    dot_error, dot_error_near : float
        The relative error of the dot test at both: adjoint against sensitivity problem.
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
    counting_rows: int
    of_rows: int
    given_rows: int
    derivative_rows: int
    taylor_order: float
    taylor_order_near: float
    dot_error: float
    dot_error_near: float
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
        return relative(self.cost - self.fine_cost, size)

    @property
    def discretisation_error(self) -> float:
        """The estimated relative error of the outputs, by Richardson's rule."""
        return self.output_change * 2.0**self.order / (2.0**self.order - 1.0)

    @property
    def single(self) -> bool:
        """Whether the states are in single precision."""
        return self.rounding > EPSILON

    @property
    def dot_bound(self) -> float:
        """The largest error of the dot test of an exact derivative in this precision."""
        return DOT_BOUNDS[self.single]

    @property
    def dot_fails(self) -> bool:
        """Whether a dot test says that the derivative is wrong."""
        return max(_if_measured(self.dot_error), _if_measured(self.dot_error_near)) > self.dot_bound

    @property
    def taylor_fails(self) -> bool:
        """Whether a Taylor test says so; with kinks the slope may be anything."""
        orders = (self.taylor_order, self.taylor_order_near)
        return not self.kinks and any(order < LEAST_ORDER for order in orders)

    @property
    def exact(self) -> bool | None:
        """Whether the derivative is exact by both tests; None if neither could be done."""
        if np.isnan([self.dot_error, self.dot_error_near]).all():
            return None
        return not (self.dot_fails or self.taylor_fails)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The rows of a section that tells it."""
        return accuracy_rows(self)

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


def measured(problem: Measurable, p: Parameters, *, counting: int, of_rows: int) -> Accuracy:
    """`accuracy` on all rows of a problem that may be changed, which stand for so many."""
    dtype = np.dtype(problem.settings.get("dtype", "float64"))
    rounding = float(np.finfo(dtype).eps)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        cost, outputs, finer = problem.cost(p), problem.observed_outputs(p), problem.halved()
        fine_cost, fine = finer.cost(p), finer.observed_outputs(p)
        change = float(np.linalg.norm(outputs - fine))
        next_change = float(np.linalg.norm(fine - finer.halved().observed_outputs(p)))
        size = float(np.linalg.norm(fine))
        some = problem.excerpt(DERIVATIVE_ROWS).make()
        # In single precision most of the steps would be lost in the parameters already.
        double = some if dtype == np.float64 else some.doubled()
        offset, direction = offset_of(some, p), some.smooth_direction(p, SEED)
        step = STEP * float(np.abs(direction.values).max())
        at = _derivative(some, double, p, direction, step)
        near = _derivative(some, double, p + offset, offset, step)
        clear = next_change > 64.0 * rounding * size
        observed = float(np.log2(change / next_change)) if clear else float("nan")
    return Accuracy(
        rows=problem.samples,
        counting_rows=counting,
        of_rows=of_rows,
        given_rows=of_rows,
        derivative_rows=some.samples,
        taylor_order=at[0],
        taylor_order_near=near[0],
        dot_error=at[1],
        dot_error_near=near[1],
        cost=_or_nan(cost),
        fine_cost=_or_nan(fine_cost),
        output_change=relative(change, size),
        order=order_of(problem, p),
        observed_order=_or_nan(observed),
        rounding=rounding,
        kinks=SMOOTHNESS.get(problem.settings.get("activation", ""), 3) < 3,
    )


def offset_of(problem: Measurable, p: Parameters) -> Parameters:
    """A smooth change of p, of each block in proportion to it; where it is 0, in its own size."""
    offset = problem.smooth_direction(p, NEAR_SEED)
    values = np.array(offset.values)
    for part in block_slices(p.blocks).values():
        size, own = (float(np.abs(v[:, part]).max(initial=0.0)) for v in (p.values, values))
        values[:, part] *= NEAR * (size / own if size > 0.0 and own > 0.0 else 1.0)
    return p.like(values)


def _derivative(
    problem: Any, double: Any, p: Parameters, direction: Parameters, step: float
) -> tuple[float, float]:
    """The order of the Taylor test and the error of the dot test; NaN where not to be seen."""
    if not np.isfinite(problem.cost(p)):
        return float("nan"), float("nan")
    order = float(taylor_test(double, p, direction, size=step))
    return _or_nan(order), _or_nan(float(dot_test(problem, p)))


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


def _if_measured(error: float) -> float:
    return 0.0 if np.isnan(error) else error
