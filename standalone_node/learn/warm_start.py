"""Going on from parameters that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Parameters
from standalone_node.problem.inverse_problem import InverseProblem


def continued(estimator: Any, problem: InverseProblem) -> Parameters:
    """Where a warm start begins: the parameters of an estimator, on the depth grid of a problem.

    They are the same functions of depth. If not the nodal values are learnt (`weights`), the fit
    begins at what is nearest to them.

    Raises
    ------
    ArgumentError
        The parameters are those of another network than the settings describe.
    """
    p: Parameters = estimator.parameters_
    if p.horizon != problem.horizon:
        raise ArgumentError(
            f"horizon = {problem.horizon:g} is not that of the parameters so far, {p.horizon:g}: "
            "a warm start needs the same, or fit without it"
        )
    wanted = form_blocks(estimator.form, problem.width, estimator.inner)
    if tuple(p.blocks) != tuple(wanted):
        raise ArgumentError(
            f"form = {estimator.form!r} or inner = {estimator.inner!r} are not those of the "
            "parameters so far: a warm start needs the same, or fit without it"
        )
    if estimator.continuation is not None:
        raise ArgumentError(
            f"continuation = {estimator.continuation!r} begins with finite ResNets and a warm "
            "start with the parameters so far: leave one of the two out"
        )
    return on_grid(p, problem)


@contextmanager
def kept_on_error(estimator: Any) -> Iterator[None]:
    """Whatever fails here leaves an estimator as it was: all of one fit, nothing of another."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        raise


def on_grid(p: Parameters, problem: InverseProblem) -> Parameters:
    """Parameters on the depth grid of a problem, should `steps` have changed."""
    same = np.array_equal(p.times, problem.depth_times)
    return p if same or p.times[-1] != problem.horizon else p.refined(problem.depth_times)
