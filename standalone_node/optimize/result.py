"""What a run returns."""

from __future__ import annotations

from typing import Any

from scipy.optimize import OptimizeResult


class Result(OptimizeResult):
    """The outcome of `minimize`, also a SciPy OptimizeResult.

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
    history : dict of ndarray
        Arrays of length nit + 1, row 0 the start: cost, gradient_norm, step, beta, seconds,
        direct, adjoint, sensitivity, and score if there is a monitor. With batches a row is an
        epoch, its cost that of all rows, and a sweep over a batch counts as its share of them.
    x, fun, jac, nfev, njev, status
        As in SciPy: the flat solution, its cost and derivative, numbers of direct and adjoint
        sweeps, 0 for success and 1 otherwise.
    """

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        history: dict[str, Any] = self["history"]
        reduction = history["gradient_norm"][-1] / (history["gradient_norm"][0] or 1.0)
        sweeps = ", ".join(
            f"{history[name][-1]:g} {name}" for name in ("direct", "adjoint", "sensitivity")
        )
        rows = {
            "end state": f"{self['reason']}: {self['message']}",
            "iterations": f"{self['nit']} ({sweeps} sweeps)",
            "cost": f"{history['cost'][0]:.6g} -> {self['cost']:.6g}",
            "gradient norm": f"{reduction:.2e} of its start",
            "seconds": f"{history['seconds'][-1]:.2f}",
        }
        width = max(map(len, rows))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())
