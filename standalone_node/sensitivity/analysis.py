"""All questions about a network, asked one after the other: what a report is made of."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.sensitivity.answers import answers_of
from standalone_node.sensitivity.geometry import Bounds, Unit, geometry_of
from standalone_node.sensitivity.questions import QUESTIONS, Found, Tell
from standalone_node.sensitivity.sampling import drawn
from standalone_node.sensitivity.study import (
    Clock,
    Progress,
    Study,
    default_tolerance,
    read_truth,
)
from standalone_node.sensitivity.subject import subject
from standalone_node.sensitivity.uncertainty.propagation import covariance_of

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found.

    Attributes
    ----------
    study : Study
        The network, the rows and the settings.
    index : ndarray of int
        The rows of X that were taken.
    total : int
        The rows of X.
    parts : dict
        For each question that was answered a dict of results.
    rows : dict
        For each question the rows of the study that its results are about.
    notes : dict
        For each question sentences on the limits that bit.
    left_out : dict
        Questions that were not asked or cannot be answered for this network, and why.
    seconds : dict
        For each question.
    """

    study: Study
    index: Array
    total: int
    parts: Mapping[str, Mapping[str, Any]]
    rows: Mapping[str, Array]
    notes: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]
    seconds: Mapping[str, float]


def analyse(
    model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    questions: Sequence[str] | None = None,
    noise: Any = 0.05,
    unit: Unit = "spread",
    bounds: Bounds = None,
    tolerance: ArrayLike | None = None,
    rows: int | None = 1000,
    time_limit: float | None = None,
    samples: int = 1000,
    fit_rows: tuple[ArrayLike, ArrayLike] | None = None,
    fit_count: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Analysis:
    """Ask how far the outputs of a network can be trusted, on some rows.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
        Fitted; a problem with its `parameters`.
    X : array_like, shape (B, p), or a table with the columns of the fit
    y : array_like, optional
        Known targets, as in `fit`.
    parameters : Parameters, optional
    questions : sequence of str, optional
        Of `QUESTIONS`; all of them if not given.
    noise : float, array_like or "data"
        Errors of the features: a share of the network's scale of each as standard deviation,
        standard deviations (p,), or a covariance (p, p).
    unit, bounds
        Of the features where changes of them are measured, see `geometry_of`.
    tolerance : float or array_like, shape (m,), optional
        For quantities, a change of the output that counts as another answer. The root mean square
        error if not given, or without known targets a quarter of the spread of the outputs.
    rows : int or None
        At most so many rows, drawn at random; all for None.
    time_limit : float, optional
        Seconds; what does not fit is left out and named.
    samples : int
        Of each Monte Carlo estimate.
    fit_rows : tuple of X and y, optional
        The rows the parameters were fitted to, for their posterior; X and y themselves if not
        given.
    fit_count : int, optional
        The number of rows of the fit, if `fit_rows` are only some of them, or others.
    seed : int
    progress : callable, optional
        Called with (question, done, total).

    Raises
    ------
    ArgumentError
        If an argument cannot be used, or none of the questions can be answered.
    StateOverflow
        If a state overflows.

    Examples
    --------
    >>> import standalone_node as sn
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = sn.NodeClassifier().fit(X, y)
    >>> found = sn.sensitivity.analyse(model, X, y, questions=["jacobian"])
    >>> found.parts["jacobian"]["importance"].effect.shape
    (3, 4)
    """
    names = chosen_questions(questions)
    clock = Clock(time_limit)
    network, everything = subject(model, X, parameters)
    geometry_of(network, unit, bounds)  # says at once what cannot be used
    given = None if y is None else np.asarray(y)
    truth = read_truth(model, network, given, len(everything))
    index = drawn(len(everything), len(everything) if rows is None else rows, seed, "rows")
    outputs = network.solve(everything[index])
    known = None if truth is None else truth[index]
    if tolerance is None and not network.classes:
        tolerance = default_tolerance(outputs, known, network.output_scale)
    if fit_rows is None and given is not None:
        fit_rows = everything, given
    study = Study(
        model=model,
        network=network,
        rows=everything[index],
        y=None if given is None else given[index],
        truth=known,
        outputs=outputs,
        covariance=covariance_of(network, noise, everything),
        unit=unit,
        bounds=bounds,
        tolerance=tolerance,
        fit_rows=None if fit_rows is None else (np.asarray(fit_rows[0]), np.asarray(fit_rows[1])),
        fit_count=fit_count,
        samples=whole_number("samples", samples, 2),
        seed=seed,
        clock=clock,
    )
    answers_of(network, outputs, study.known(np.arange(len(study))), tolerance)
    return _asked(study, index, len(everything), names, progress)


def chosen_questions(names: Sequence[str] | None) -> tuple[str, ...]:
    """These questions in the order of `QUESTIONS`, all if there are none.

    Raises
    ------
    ArgumentError
        If there is no such question.

    Examples
    --------
    >>> chosen_questions(["attack", "noise"])
    ('noise', 'attack')
    """
    for name in names or ():
        if name not in QUESTIONS:
            raise ArgumentError(f"unknown question {name!r}: choose from {', '.join(QUESTIONS)}")
    return tuple(name for name in QUESTIONS if not names or name in names)


def _answered(study: Study, name: str, tell: Tell) -> Found:
    with warnings.catch_warnings():
        # Of rows that were read from a table with the names it wants scikit-learn cannot know.
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
        return QUESTIONS[name](study, tell)


def _asked(
    study: Study, index: Array, total: int, names: Sequence[str], progress: Progress | None
) -> Analysis:
    tell = progress or (lambda question, done, of: None)
    parts, rows, notes, left_out, seconds = {}, {}, {}, {}, {}
    refused: list[ArgumentError | StateOverflow] = []
    for name in names:
        if study.clock.expired:
            left_out[name] = f"the time limit of {study.clock.limit:g} s was reached"
            continue
        before = study.clock.seconds
        tell(name, 0, 1)
        try:
            found = _answered(study, name, partial(tell, name))
        except (ArgumentError, StateOverflow) as error:
            # One question that makes no sense for a network takes nothing from the others.
            refused.append(error)
            left_out[name] = str(error).rstrip(".")
        else:
            parts[name], rows[name], notes[name] = found.parts, found.index, found.notes
            seconds[name] = study.clock.seconds - before
        tell(name, 1, 1)
    if refused and len(refused) == len(names):
        raise refused[0]
    return Analysis(study, index, total, parts, rows, notes, left_out, seconds)
