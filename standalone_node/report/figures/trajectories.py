"""How rows flow through the depth: their outputs over t, and their way through the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.learn.tabular import Fitted
from standalone_node.plot.colouring import Colouring, by_class, by_quantity
from standalone_node.plot.following import ROWS, ways_of
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import Panels
from standalone_node.plot.style import OKABE_ITO, shortened
from standalone_node.plot.ways import draw_ways
from standalone_node.problem.network import Network
from standalone_node.report.document import Figure
from standalone_node.report.figures.shown import inputs_of, shown_part

Array = NDArray[Any]

#: How many outputs have a panel of their own.
_PANELS = 4
_LEAD = "lead of the true class"
_VERDICTS = ("predicted wrongly", "predicted correctly"), "", (OKABE_ITO[5], OKABE_ITO[0])


@dataclass(frozen=True)
class Paths:
    """The rows drawn and where they go.

    Attributes
    ----------
    times : ndarray, (N + 1,)
    outputs : ndarray, (N + 1, rows, m)
        In their own units.
    features : ndarray, (N + 1, rows, p)
        The components that begin as the features, in their units.
    targets : ndarray, (rows,)
        Positions of classes, or quantities: of the first target.
    rows : ndarray, (rows,)
        Their numbers in the file, from 1.
    looks : Colouring
        By the true class or quantity.
    """

    times: Array
    outputs: Array
    features: Array
    targets: Array
    rows: Array
    looks: Colouring


def paths_of(fitted: Fitted) -> Paths:
    """Follow some of the rows shown, chosen evenly over the classes or the quantities."""
    part, _ = shown_part(fitted)
    target = fitted.prepared.schema.target
    network: Network = fitted.estimator.network_
    # Rows have one colour: of several targets, the first.
    targets = part.targets if part.targets.ndim == 1 else part.targets[:, 0]
    ways = ways_of(network, inputs_of(fitted, part), known=targets, most=ROWS)
    title = f"true {shortened(target.name, 40)}"
    if target.classes:
        looks = by_class(targets, target.classes, title)
    else:
        looks = by_quantity(targets, title)
    states = ways.states
    return Paths(
        times=network.times,
        outputs=network.output_mean + network.output_scale * states[..., : network.outputs],
        features=network.mean + network.scale * states[..., network.features],
        targets=targets[ways.index],
        rows=part.table.frame.index.to_numpy()[ways.index],
        looks=looks.of(ways.index),
    )


def over_depth(fitted: Fitted, paths: Paths) -> Figure:
    """The outputs against the depth, a line a row."""
    curves = _curves(fitted, paths)
    held = shown_part(fitted)[1]
    table = _table(fitted, paths, curves)
    columns = len(curves) if len(curves) < _PANELS else 2
    classes = bool(fitted.prepared.schema.target.classes)
    right = curves[_LEAD][-1] > 0.0 if _LEAD in curves else None
    looks = paths.looks if right is None else by_class(right.astype(np.intp), *_VERDICTS)

    def draw(canvas: matplotlib.figure.Figure) -> None:
        panels = canvas.subplots(
            -(-len(curves) // columns), columns, squeeze=False, sharex=True, sharey=classes
        )
        for axes, (name, curve) in zip(panels.flat, curves.items(), strict=False):
            if classes:
                axes.axhline(0.0, color=FAINT, lw=0.8)
            draw_ways(axes, looks, np.broadcast_to(paths.times, curve.T.shape).T, curve)
            axes.set_title(shortened(name, 80 // columns))
            axes.grid(visible=True, axis="y")
        for axes in panels[-1]:
            axes.set_xlabel("depth t")
        shown = tuple(axes for axes in panels.flat if axes.has_data())
        looks.key(Panels(shown, own=True), lines=True, shapes=False)

    return Figure(
        name="trajectories",
        title="The outputs on their way through the depth",
        caption=(
            f"{len(paths.rows)} {held}, a line each, from their start at t = 0 to the end at "
            f"t = {paths.times[-1]:g}, where the prediction is read off. "
            f"{_meaning(fitted)} The solver took {len(paths.times) - 1} steps; between them the "
            "lines are straight."
        ),
        alt=_alt(fitted, paths, curves),
        table=table,
        draw=draw,
        size=(7.2, 3.8 if len(curves) < _PANELS else 5.6),
    )


def phase_plane(fitted: Fitted, paths: Paths) -> Figure:
    """The way of the two features through their plane."""
    names = fitted.estimator.network_.feature_names
    held = shown_part(fitted)[1]
    coordinates = {f"state of {name}": paths.features[..., j] for j, name in enumerate(names)}
    moved = np.linalg.norm(
        (paths.features[-1] - paths.features[0]) / fitted.estimator.network_.scale, axis=1
    )

    def draw(canvas: matplotlib.figure.Figure) -> None:
        axes = canvas.add_subplot()
        x, y = paths.features[..., 0], paths.features[..., 1]
        draw_ways(axes, paths.looks, x, y, ends=True)
        axes.set_xlabel(shortened(names[0], 60))
        axes.set_ylabel(shortened(names[1], 40))
        axes.grid(visible=True)
        paths.looks.key(Panels((axes,), own=True), lines=True)

    return Figure(
        name="phase-plane",
        title="The way through the plane of the features",
        caption=(
            f"The same {len(paths.rows)} {held} in the plane of the two features, from the values "
            "in the table (thin end) to where the flow carries them (marker). The flow moves rows "
            f"so that a simple rule can tell them apart at the end.{_crossing(fitted)}"
        ),
        alt=(
            f"Ways of {len(paths.rows)} {held} through the plane of {names[0]} and {names[1]}; on "
            f"average they end {moved.mean():.2g} standard deviations from where they began."
        ),
        table=_table(fitted, paths, coordinates),
        draw=draw,
        size=(6.4, 5.0),
    )


def _curves(fitted: Fitted, paths: Paths) -> dict[str, Array]:
    """What is drawn against the depth, (N + 1, rows) each, by its name."""
    network: Network = fitted.estimator.network_
    m = network.outputs
    if not network.classes:
        names = network.output_names
        return {f"output {names[j]}": paths.outputs[..., j] for j in range(min(m, _PANELS))}
    labels = fitted.prepared.schema.target.classes
    if m == 1:
        return {f"output for {labels[-1]}": paths.outputs[..., 0]}
    if m <= _PANELS:
        return {f"output for {label}": paths.outputs[..., j] for j, label in enumerate(labels)}
    return {_LEAD: lead_of(paths.outputs, paths.targets)}


def lead_of(outputs: Array, targets: Array) -> Array:
    """How far the output of the true class is above the largest other, (N + 1, rows)."""
    own = np.take_along_axis(outputs, targets[None, :, None], axis=2)[..., 0]
    others = outputs.copy()
    np.put_along_axis(others, targets[None, :, None], -np.inf, axis=2)
    lead: Array = own - others.max(axis=2)
    return lead


def _meaning(fitted: Fitted) -> str:
    network: Network = fitted.estimator.network_
    if not network.classes:
        if network.outputs > 1:
            return f"Coloured by the true {fitted.prepared.schema.target.name} in all panels."
        return "Coloured by the true value; the closer a line ends to it, the better."
    if network.outputs == 1:
        return "Coloured by the true class; lines that end above 0 are predicted as that class."
    if network.outputs <= _PANELS:
        return "Coloured by the true class; predicted is the class whose output ends highest."
    return (
        "Drawn is how far the output of the true class is above the largest of the others: rows "
        "that end above 0 are predicted correctly."
    )


def _crossing(fitted: Fitted) -> str:
    network: Network = fitted.estimator.network_
    if network.width == network.inputs:
        return ""
    return (
        f" Ways may cross here: the state has {network.width} components, and these are two of "
        "them."
    )


def _alt(fitted: Fitted, paths: Paths, curves: dict[str, Array]) -> str:
    ends = "; ".join(f"{n} from {c[-1].min():.3g} to {c[-1].max():.3g}" for n, c in curves.items())
    return (
        f"Lines of {len(paths.rows)} {shown_part(fitted)[1]} over the depth from 0 to "
        f"{paths.times[-1]:g}. At the end: {ends}."
    )


def _table(fitted: Fitted, paths: Paths, values: dict[str, Array]) -> pd.DataFrame:
    """A row of the data and a depth, a line of the table."""
    labels = fitted.prepared.schema.target.classes
    true = np.array(labels, dtype=object)[paths.targets] if labels else paths.targets
    steps = len(paths.times)
    return pd.DataFrame(
        {
            "row": np.repeat(paths.rows, steps),
            f"true {fitted.prepared.schema.target.name}": np.repeat(true, steps),
            "depth": np.tile(paths.times, len(paths.rows)),
            **{name: curve.T.ravel() for name, curve in values.items()},
        }
    )
