"""The rows of a fit that a figure shows, and the inputs they have for the final model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.tabular import Fitted, Part


def shown_part(fitted: Fitted) -> tuple[Part, str]:
    """The rows a figure of predictions shows: the held-out ones if there are any."""
    if fitted.prepared.test is None:
        return fitted.prepared.train, "training rows"
    return fitted.prepared.test, "held-out rows"


def refitted_note(fitted: Fitted) -> str:
    """What a title has to add where the model shown was trained on the rows shown."""
    return ", seen in the refit" if fitted.refitted else ""


def inputs_of(fitted: Fitted, part: Part) -> NDArray[Any]:
    """The inputs of rows as the final model reads them: a refit has fill values of its own."""
    if not fitted.refitted:
        return part.inputs
    return np.asarray(fitted.estimator.schema_.features(part.table))
