"""Cost and gradient norm over the iterations, relative to their start."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from standalone_node.learn.tabular import Fitted
from standalone_node.plot import runs


def suits(fitted: Fitted) -> bool:
    """Every fit has a history."""
    return True


def draw(axes: Axes, fitted: Fitted) -> None:
    """Two lines on one logarithmic axis."""
    runs.convergence(fitted.estimator, ax=axes)


def numbers(fitted: Fitted) -> pd.DataFrame:
    """The history, a row an iteration."""
    frame = pd.DataFrame(dict(fitted.estimator.result_.history))
    frame.insert(0, "iteration", np.arange(len(frame)))
    return frame
