"""Jacobians of the slow reference, and of anything by central differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from twins import Twins

import naive

Array = NDArray[Any]


def naive_fundamental(pair: Twins) -> Array:
    """dx_n/dx_0 by the reference's sensitivity problem, (N + 1, B, d, d)."""
    still = tuple(np.zeros(block.shape) for block in pair.theta)
    width, inputs = pair.problem.width, pair.reference.inputs
    columns = [
        naive.sensitivity(
            pair.reference, *pair.theta, *still, np.broadcast_to(np.eye(width)[j], inputs.shape)
        )
        for j in range(width)
    ]
    return np.stack(columns, axis=-1)


def complex_step(pair: Twins, solve: Callable[..., Array] | None = None) -> Array:
    """dx_n/dx_0 by complex steps through a direct solve of the reference, (N + 1, B, d, d)."""
    run = solve or (lambda reference: naive.direct(reference, *pair.theta))
    step, columns = 1e-30, []
    for unit in np.eye(pair.problem.width):
        moved = replace(pair.reference, inputs=pair.reference.inputs + 1j * step * unit)
        columns.append(np.imag(run(moved)) / step)
    return np.stack(columns, axis=-1)


def differences(function: Callable[[Array], Array], rows: Array, steps: Array) -> Array:
    """The Jacobians (B, m, p) of a function of rows (B, p), by differences of fourth order."""
    columns = []
    for j, h in enumerate(steps):
        move = np.zeros(rows.shape[1])
        move[j] = h
        near = function(rows + move) - function(rows - move)
        far = function(rows + 2.0 * move) - function(rows - 2.0 * move)
        columns.append((8.0 * near - far) / (12.0 * h))
    return np.stack([np.reshape(c, (len(rows), -1)) for c in columns], axis=-1)
