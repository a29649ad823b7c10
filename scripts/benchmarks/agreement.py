"""Nothing is timed unless all contenders find the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmarks.task import Answer

TOLERANCE = 1e-10


class Disagreement(Exception):
    """A contender found something else."""


def difference(found: ArrayLike, expected: ArrayLike) -> float:
    """The relative difference in the Euclidean norm; infinite if the shapes differ."""
    a, b = np.asarray(found), np.asarray(expected)
    if a.shape != b.shape:
        return float("inf")
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def differences(found: Answer, expected: Answer) -> dict[str, float]:
    """The relative difference of each part that both have."""
    parts: dict[str, tuple[Any, Any]] = {
        "cost": (found.cost, expected.cost),
        "derivative by the weights": (found.weights, expected.weights),
        "derivative by the biases": (found.biases, expected.biases),
    }
    if found.sensitivity is not None and expected.sensitivity is not None:
        parts["sensitivity"] = (found.sensitivity, expected.sensitivity)
    return {part: difference(*pair) for part, pair in parts.items()}


def check(
    name: str, found: Answer, expected: Answer, *, sensitivity: bool, tolerance: float = TOLERANCE
) -> dict[str, float]:
    """The differences; Disagreement if one is above the tolerance, no number, or left out."""
    if sensitivity and found.sensitivity is None:
        raise Disagreement(f"{name} gives no sensitivity, though its time has to include one")
    parts = differences(found, expected)
    for part, size in parts.items():
        if not size <= tolerance:  # NaN is no agreement
            raise Disagreement(
                f"{name} differs in the {part} by {size:.2e} (relative), "
                f"more than {tolerance:.0e}: nothing is timed"
            )
    return parts
