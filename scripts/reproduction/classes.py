"""Problems of classification from the bundled data, as the estimators put them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.learn.bundled import data_set
from standalone_node.learn.layout import Layout
from standalone_node.learn.scaling import Scaling

Array = NDArray[Any]


def states_and_classes(name: str, rows: int, seed: int) -> tuple[Array, Array, int]:
    """x(0) (rows, d) of rows drawn at random, their classes, and the number of classes.

    The features are scaled as by the estimators; the outputs are components of their own.
    """
    lines = np.loadtxt(data_set(name).path, delimiter=",", skiprows=1, dtype=str)
    taken = np.random.default_rng(seed).permutation(len(lines))[:rows]
    features = lines[taken, :-1].astype(float)
    classes = np.unique(lines[:, -1], return_inverse=True)[1]
    outputs = int(classes.max()) + 1
    scaled = Scaling.of_features(features, np.ones(len(taken))).apply(features)
    layout = Layout("own", outputs, features.shape[1], 0)
    return np.asarray(layout.states(scaled)), classes[taken], outputs


def classification(name: str, rows: int, seed: int, **options: Any) -> sn.InverseProblem:
    """Cross-entropy on so many rows, on one thread."""
    states, classes, outputs = states_and_classes(name, rows, seed)
    given: dict[str, Any] = {"loss": "cross-entropy", "threads": 1, **options}
    return sn.InverseProblem(states, classes, outputs=outputs, **given)


def start_of(problem: sn.InverseProblem, seed: int) -> sn.Parameters:
    """The estimators' start function, s_0 = 0.1 / sqrt(d)."""
    return problem.initial_parameters(seed, scale=0.1 / np.sqrt(problem.width))
