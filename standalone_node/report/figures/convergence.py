"""Cost and gradient norm over the iterations, relative to their start."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from standalone_node.learn.tabular import Fitted
from standalone_node.plot.style import OKABE_ITO


def suits(fitted: Fitted) -> bool:
    """Every fit has a history."""
    return True


def draw(axes: Axes, fitted: Fitted) -> None:
    """Two lines on one logarithmic axis."""
    result = fitted.estimator.result_
    lines = (
        ("cost", "cost E", "-", OKABE_ITO[0]),
        ("gradient_norm", "gradient norm ‖g‖", "--", OKABE_ITO[5]),
    )
    for name, label, dashes, colour in lines:
        values = np.asarray(result.history[name], dtype=np.float64)
        if values[0] > 0.0:
            # Zero has no place on a logarithmic axis.
            share = np.where(values > 0.0, values / values[0], np.nan)
            axes.plot(np.arange(values.size), share, dashes, color=colour, label=label, lw=1.6)
    axes.set_yscale("log")
    _plain_ticks(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y", which="major")
    axes.set_xlabel("iteration")
    axes.set_ylabel("relative to the start")
    axes.set_title(f"Convergence: {result.nit} iterations, end state “{result.reason}”")
    axes.legend(loc="best")


def numbers(fitted: Fitted) -> pd.DataFrame:
    """The history, a row an iteration."""
    frame = pd.DataFrame(dict(fitted.estimator.result_.history))
    frame.insert(0, "iteration", np.arange(len(frame)))
    return frame


def _plain_ticks(axes: Axes) -> None:
    """Numbers without mathematical typesetting, between the powers of ten only if they are few."""
    low, high = axes.get_ylim()
    plain = FuncFormatter(lambda value, place: f"{value:g}")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(plain if high / low < 10.0 else NullFormatter())
