"""What a problem is going to take of the memory, from its arguments alone.

Estimates of what is held at the same time when cost and derivative are computed: the constants are
measured, and tests hold the sums against what is really taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from standalone_node.kernels.blocks import SMALLEST, cut
from standalone_node.kernels.stages import FORMS
from standalone_node.kernels.sweeps import WORK
from standalone_node.kernels.workers import default_threads
from standalone_node.memory import Need, require
from standalone_node.model.depth import LONG_ROW
from standalone_node.model.forms import form_blocks, inner_width
from standalone_node.model.tableaux import tableau
from standalone_node.problem.memory import budget, budget_size, bytes_of

#: Bytes that the time grid takes: for each stage of a step, and for each distinct stage time.
OF_STAGE, OF_STAGE_TIME = 77, 82
#: Bytes that a node of a depth grid takes.
OF_NODE = 16
#: Arrays of the size of the initial states that are held beside them.
OF_BATCH = 3
#: The same at all times, for a user's field: states, adjoint states, and what drives them.
OF_FIELD = 3
#: Arrays of the size of the nodal parameters: they themselves and the derivative, of a user's field
#: with the room in which it is put together.
OF_NODAL, OF_FIELD_NODAL = 2, 4
DOUBLE = 8


@dataclass(frozen=True)
class Size:
    """The numbers that the memory of a problem depends on.

    Attributes
    ----------
    steps, points : int
        N, and K + 1.
    samples, width : int
        B, and d.
    """

    steps: int
    points: int
    samples: int
    width: int


def network_needs(size: Size, settings: dict[str, Any]) -> list[Need]:
    """What a network takes, for cost and derivative.

    Parameters
    ----------
    size : Size
    settings : dict
        scheme, form, inner, dtype, threads, memory_limit and reversible, as `InverseProblem` has
        them.

    Raises
    ------
    NotEnoughMemory
        If grid and parameters alone do not fit into the memory that is free.
    ArgumentError
        If there is no such scheme or form.
    """
    itemsize = 4 if str(settings["dtype"]) == "float32" else DOUBLE
    needs = [*grid_needs(size, settings["scheme"]), _parameters(size, settings, itemsize)]
    require(needs)  # what follows is a loop over the blocks
    return [*needs, *_sweeps(size, settings, itemsize)]


def require_field(size: Size, scheme: str, entries: int) -> None:
    """Refuse a problem of a user's field that does not fit into the memory that is free.

    Parameters
    ----------
    size : Size
    scheme : str
    entries : int
        P, the parameters of a node.

    Raises
    ------
    NotEnoughMemory
        Naming the argument that makes it large.
    """
    _, stages, times = _stage_times(size.steps, scheme)
    rows, batch = f"{size.samples} initial states", size.samples * size.width * DOUBLE
    kept = batch * size.steps * (stages + OF_FIELD)
    values = (OF_FIELD_NODAL * size.points + 2 * times) * entries * DOUBLE
    cause = f"steps = {size.steps} and {size.points} depth points"
    require(
        [
            *grid_needs(size, scheme),
            Need(cause, "the parameters and their derivative", values, "lower them"),
            Need(rows, "their trajectories", kept, "take fewer of them, or lower steps"),
        ]
    )


def require_states(times: int, samples: int, width: int, itemsize: int) -> None:
    """Refuse to keep the states of all times, (N + 1, B, d)."""
    cause, remedy = f"{samples} rows at {times} times", "take fewer rows at once, or lower steps"
    require([Need(cause, "the states of all times", times * samples * width * itemsize, remedy)])


def grid_needs(size: Size, scheme: str) -> list[Need]:
    """What a scheme on a time grid takes, and a depth grid."""
    _, stages, times = _stage_times(size.steps, scheme)
    grid = OF_STAGE * size.steps * stages + OF_STAGE_TIME * times
    needs = [Need(f"steps = {size.steps}", "the time grid", grid, "lower steps")]
    if size.points != size.steps + 1:
        nodes, remedy = OF_NODE * size.points, "lower depth_points"
        needs.append(Need(f"depth_points = {size.points}", "the depth grid", nodes, remedy))
    return needs


def _stage_times(steps: int, scheme: str) -> tuple[bool, int, int]:
    """Whether all stages stand where steps begin or end, s, and the distinct stage times Q."""
    c = np.unique(tableau(scheme).arrays()[2])
    inside = c[(c > 0.0) & (c < 1.0)].size
    return not inside, tableau(scheme).arrays()[1].size, steps * (inside + 1) + 1


def _parameters(size: Size, settings: dict[str, Any], itemsize: int) -> Need:
    """Nodal values and derivative, theta at the stage times, and their partials."""
    form, inner = settings["form"], settings["inner"]
    hidden = inner_width(form, size.width, inner)
    entries = sum(prod(shape) for _, shape in form_blocks(form, size.width, inner))
    at_nodes, _, times = _stage_times(size.steps, settings["scheme"])
    nodal, busy = size.points * entries, _busy(size, settings)
    taken = OF_NODAL * nodal * DOUBLE
    if settings["reversible"] is not False:
        taken += (1 + busy) * nodal * DOUBLE
    else:
        same = at_nodes and size.points == size.steps + 1
        theta, total = times * entries * itemsize, times * entries * DOUBLE
        doubles = itemsize == DOUBLE
        taken += 0 if same and doubles else theta
        if not same:
            taken += total + (nodal * DOUBLE if entries < LONG_ROW else 0)
        taken += (busy - doubles) * theta
    cause = f"a state of {size.width} components"
    remedy = "make the state narrower (fewer columns, categories or classes, a smaller augment)"
    if hidden > 2 * size.width:
        cause, remedy = f"inner = {hidden}", "lower inner"
    if size.points > entries:
        cause, remedy = f"steps = {size.steps} and {size.points} depth points", "lower them"
    return Need(cause, "the parameters and their derivative", taken, remedy)


def _sweeps(size: Size, settings: dict[str, Any], itemsize: int) -> list[Need]:
    """The batch itself, what the threads work in, and the trajectories that are kept."""
    d, (_, stages, _) = size.width, _stage_times(size.steps, settings["scheme"])
    hidden = inner_width(settings["form"], d, settings["inner"])
    heights = FORMS[settings["form"]].heights(d, hidden)
    blocks, busy = cut(size.samples, max(d, heights.work)), _busy(size, settings)
    dtype = "float32" if itemsize == 4 else "float64"
    states = OF_BATCH * size.samples * d * DOUBLE
    largest = max(block.stop - block.start for block in blocks)
    rooms = busy * largest * itemsize * ((4 + stages + WORK) * d + heights.work)
    rows = f"{size.samples} rows of {d} components"
    needs = [Need(rows, "the states and room to work in", states + rooms, "take fewer rows")]
    if settings["reversible"] is False:
        limit = settings["memory_limit"]
        limit = None if limit is None else bytes_of(limit)
        given = blocks, d, (size.steps, stages), np.dtype(dtype), busy
        plan = budget(limit, *given, heights.kept)
        kept = budget_size(plan, *given, heights.kept)
        remedy = "lower memory_limit" if limit else "take fewer rows or lower steps"
        needs.append(Need(rows, "what the sweeps leave behind", kept, remedy))
    return needs


def _busy(size: Size, settings: dict[str, Any]) -> int:
    """Threads that have something to do."""
    threads = settings["threads"] or default_threads()
    if not isinstance(threads, int | np.integer) or size.samples < 2 * SMALLEST:
        return 1
    return min(int(threads), max(1, size.samples // SMALLEST))
