"""Imported by a process that others are forked from: they find the kernels of a fit ready."""

from __future__ import annotations

import numpy as np

import standalone_node as sn
from standalone_node.problem.shards import work

_PROBLEM = sn.InverseProblem(
    np.ones((2, 4)), np.array([0, 1]), outputs=3, loss="cross-entropy", form="outside", steps=2,
    threads=1,
)  # fmt: skip
_START = _PROBLEM.initial_parameters(1)
_PROBLEM.cost_and_derivative(_START)
_PROBLEM.line_model(_START, _START).slope(0.0)
__all__ = ["work"]
