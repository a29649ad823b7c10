"""What a run tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from standalone_node.model.nodal import Parameters


@dataclass(frozen=True, eq=False)
class Iteration:
    """One row of the history, as a callback sees it.

    `nit` counts from 0, the start; `step` is the one that led here, `beta` that of the direction
    which leaves from here (0 after a restart); `seconds` is the time since the start without that
    of the monitor; `direct`, `adjoint` and `sensitivity` are the sweeps done so far:
    whole numbers, but for batches, whose sweeps count as the share of the rows.
    """

    nit: int
    cost: float
    gradient_norm: float
    step: float
    beta: float
    seconds: float
    direct: float
    adjoint: float
    sensitivity: float
    parameters: Parameters
