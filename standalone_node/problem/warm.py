"""Compiling kernels before they are needed, by using them on next to nothing."""

from __future__ import annotations

import time
from itertools import product

import numpy as np

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.model.forms import FORM_BLOCKS
from standalone_node.problem.inverse_problem import InverseProblem

#: Narrow and wide states, which need not run on the same kernels.
_WIDTHS = (1, 8, 64)


def combinations() -> list[tuple[str, str, str]]:
    """Every form, activation and precision that a problem can have."""
    return list(product(FORM_BLOCKS, ACTIVATIONS, PRECISIONS))


def compile_sweeps(form: str, activation: str, dtype: str = "float64") -> float:
    """Have all kernels of a form, an activation and a precision compiled; the seconds it took.

    Nothing is said about kernels or the types of their arguments: what a problem calls is what is
    compiled.
    """
    began = time.perf_counter()
    for width in _WIDTHS:
        problem = InverseProblem(
            np.zeros((2, width)),
            np.zeros(2),
            steps=1,
            form=form,
            activation=activation,
            dtype=dtype,
            threads=1,
        )
        p = problem.initial_parameters()
        problem.cost_and_derivative(p)
        problem.line_model(p, p)
        problem.solve_direct(p)
        problem.solve_adjoint(p)
        problem.solve_sensitivity(p, p)
    return time.perf_counter() - began
