"""The weights as functions of the depth: the size of each block, and the entries that vary most."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.figure
import numpy as np
import pandas as pd

from standalone_node.learn.tabular import Fitted
from standalone_node.model.nodal import Parameters
from standalone_node.plot import blocks
from standalone_node.report.document import Figure


@dataclass(frozen=True)
class Variation:
    """How much weights vary over the depth.

    Attributes
    ----------
    share : float
        The root of the integral of |theta - mean|^2 over that of |theta|^2: from 0, constant in
        depth, to 1, no constant part.
    largest_step : float
        The largest change from one depth point to the next, as a share of the largest |theta|.
    """

    share: float
    largest_step: float


def variation_of(p: Parameters) -> Variation:
    """How much parameters vary over the depth.

    Examples
    --------
    >>> variation_of(Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.ones((2, 1))))
    Variation(share=0.0, largest_step=0.0)
    """
    values, times = p.values, p.times
    sizes = np.linalg.norm(values, axis=1)
    whole = float(np.trapezoid(sizes**2, times))
    if whole == 0.0 or len(times) < 2:
        return Variation(0.0, 0.0)
    mean = np.trapezoid(values, times, axis=0) / (times[-1] - times[0])
    apart = float(np.trapezoid(np.square(values - mean).sum(axis=1), times))
    steps = np.linalg.norm(np.diff(values, axis=0), axis=1)
    return Variation(float(np.sqrt(apart / whole)), float(steps.max() / sizes.max()))


def figure(fitted: Fitted) -> Figure:
    """Two panels over the depth."""
    p: Parameters = fitted.estimator.parameters_
    names = [name for name, _ in p.blocks]
    sizes, entries = blocks.block_sizes(p), blocks.varying_entries(p, names)
    columns = {f"size of {name}": size for name, size in sizes.items()}
    table = pd.DataFrame({"depth": p.times, **columns, **entries})
    varies = variation_of(p)

    def draw(canvas: matplotlib.figure.Figure) -> None:
        left, right = canvas.subplots(1, 2)
        blocks.weights(p, ax=left)
        blocks.weights(p, names, ax=right)

    ends = "; ".join(f"size of {name} from {v[0]:.3g} to {v[-1]:.3g}" for name, v in sizes.items())
    return Figure(
        name="weights-over-depth",
        title="The weights over the depth",
        caption=(
            "The weights of the network are functions of the depth t, piecewise linear between the "
            f"{len(p.times)} points. Left: the root mean square of the entries of each block. "
            f"Right: the {len(entries)} entries that vary most. Smooth lines mean that "
            "neighbouring layers do nearly the same; jagged ones that the weights are not "
            "determined well by the data, and more smoothing (--smoothing, --h1) would cost little."
        ),
        alt=(
            f"Two panels of lines over the depth from {p.times[0]:g} to {p.times[-1]:g}. Root "
            f"mean square of the blocks: {ends}. The weights vary by {100 * varies.share:.0f} % of "
            "their size."
        ),
        table=table,
        draw=draw,
        size=(7.2, 3.6),
    )
