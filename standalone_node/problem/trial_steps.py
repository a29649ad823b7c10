"""Single steps of a whole batch, tried before they are taken, on the fused kernels."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.blocks import Workspace, aligned_empty, cut, padded, to_block
from standalone_node.kernels.sweeps import WORK, Plan, sweeps
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import tableau
from standalone_node.problem.adaptive import Tolerance
from standalone_node.problem.flow import Flow

Array = NDArray[Any]
#: A number from the state before a step and after it (d, n), and the slopes of its stages.
Measure = Callable[[Array, Array, Array], float]


class TrialSteps:
    """A `Stepper` for the flow of a batch: the error of a step is that of its worst sample.

    The error of a sample is the root mean square over its components, each in units of what the
    tolerance allows. A mean over the samples would let the few that are hard get lost among many.

    Parameters
    ----------
    flow : Flow
        Says form, activation and precision; its grid does not matter.
    scheme : str
        With embedded weights.
    p : Parameters
    inputs : ndarray, shape (B, d)
    tolerance : Tolerance
    """

    def __init__(
        self, flow: Flow, scheme: str, p: Parameters, inputs: Array, tolerance: Tolerance
    ) -> None:
        self._parameters, self._tolerance, self._dtype = p, tolerance, flow.dtype
        self._order = tableau(scheme).order
        *self._scheme, self._weights = tableau(scheme).all_arrays()
        self._sweeps = sweeps(flow.form, flow.activation, flow.dtype)
        self._heights = heights = flow.heights(inputs.shape[1])
        self._sizes, self._states, self._tried = [], [], []
        for block in cut(inputs.shape[0], max(inputs.shape[1], heights.work)):
            size = block.stop - block.start
            shape = (1, inputs.shape[1], padded(size, flow.dtype))
            state = aligned_empty(shape, flow.dtype)
            to_block(inputs[block], state[0])
            self._sizes.append(size)
            self._states.append(state)
            self._tried.append(aligned_empty(shape, flow.dtype))
        self._memory = Workspace()

    def attempt(self, t: float, end: float) -> float:
        """The error of the step from t to `end`, inf if it overflows."""
        return self._largest(self._scheme, t, end - t, self._error_of(end - t), end)

    def accept(self) -> None:
        """Take the step that was tried last."""
        self._states, self._tried = self._tried, self._states

    def first_step(self) -> float:
        """Hairer, Norsett and Wanner's choice: from the size of x, of x' and of x''."""
        heun = list(tableau("heun").arrays())

        def norm(change: Array, now: Array) -> float:
            return _norm(change, self._tolerance.scale(now))

        state = self._largest(heun, 0.0, 0.0, lambda now, then, k: norm(now, now))
        slope = self._largest(heun, 0.0, 0.0, lambda now, then, k: norm(k[0], now))
        short = min(state, slope) < 1e-5 or slope == inf
        h = 1e-6 if short else 0.01 * state / slope
        bend = self._largest(heun, 0.0, h, lambda now, then, k: norm(k[1] - k[0], now)) / h
        steepest = max(slope, bend)
        if steepest == inf:
            return h
        longer = max(1e-6, 1e-3 * h) if steepest <= 1e-15 else (0.01 / steepest)
        return float(min(100.0 * h, longer if steepest <= 1e-15 else longer ** (1 / self._order)))

    def _error_of(self, h: float) -> Measure:
        def error(now: Array, then: Array, slopes: Array) -> float:
            if not np.isfinite(then).all():
                return inf
            estimate = h * np.tensordot(self._weights, slopes, 1)
            return _norm(estimate, self._tolerance.scale(now, then))

        return error

    def _largest(
        self, scheme: list[Array], t: float, h: float, measure: Measure, end: float | None = None
    ) -> float:
        """Try a step in all blocks; the largest of what `measure` says of them."""
        a, b, c = scheme
        at = np.where(c == 1.0, t + h if end is None else end, t + c * h)
        theta = self._values(at)
        plan = self._plan(a, b, h)
        largest = 0.0
        # One block after the other: the steps are too short for threads, which would fight for the
        # interpreter between the kernels.
        for now, then, size in zip(self._states, self._tried, self._sizes, strict=True):
            (_, d, samples), s, heights = now.shape, b.size, self._heights
            features, slopes, scratch, work = self._memory.arrays(
                self._dtype,
                (1, s, heights.feature, samples),
                (1, s, heights.slope, samples),
                (s + WORK, d, samples),
                (heights.work, samples),
            )
            then[:] = now
            self._sweeps.direct(plan, theta, then, features, slopes, scratch, work)
            with np.errstate(over="ignore", invalid="ignore"):
                value = measure(now[0, :, :size], then[0, :, :size], scratch[:s, :, :size])
            largest = max(largest, inf if isnan(value) else value)
        return largest

    def _plan(self, a: Array, b: Array, h: float) -> Plan:
        def real(array: Any) -> Array:
            return np.ascontiguousarray(array, dtype=self._dtype)

        stage = np.arange(b.size, dtype=np.int64)[None]
        first = np.ones_like(stage, dtype=np.bool_)
        return Plan(real(a), real(a.T), real(b), real(np.ones_like(b)), real([h]), stage, first)

    def _values(self, at: Array) -> Array:
        """theta at some times, (s, P)."""
        nodes, values = self._parameters.times, self._parameters.values
        right = np.clip(np.searchsorted(nodes, at), 1, nodes.size - 1)
        share = ((at - nodes[right - 1]) / (nodes[right] - nodes[right - 1]))[:, None]
        mixed = (1.0 - share) * values[right - 1] + share * values[right]
        return np.ascontiguousarray(mixed, dtype=self._dtype)


def _norm(change: Array, scale: Array) -> float:
    """The root mean square of (d, n) over the components, the largest of the samples."""
    ratio = change / scale
    return float(np.sqrt(np.square(ratio, dtype=np.float64).mean(axis=0).max()))
