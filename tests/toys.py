"""Small networks whose nearest wrong answers are known or can be looked for."""

from __future__ import annotations

import numpy as np

from standalone_node import InverseProblem
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import network_of


def linear(classes: int = 3, width: int = 4, loss: str = "cross-entropy", seed: int = 0) -> Network:
    """A network with the activation identity, an affine map from features to outputs."""
    return _random(classes, width, loss, seed, "identity", 1.0)


def curved(classes: int = 3, width: int = 4, loss: str = "cross-entropy", seed: int = 0) -> Network:
    """A network with the activation sine and large weights."""
    return _random(classes, width, loss, seed, "sine", 2.0)


def affine(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """A (m, p) and b (m,) of the outputs A x + b of a linear network."""
    points = np.concatenate([np.zeros((1, network.inputs)), np.eye(network.inputs)])
    values = network.solve(points)
    return (values[1:] - values[0]).T, values[0]


def _random(
    classes: int, width: int, loss: str, seed: int, activation: str, size: float
) -> Network:
    targets = np.zeros((1, classes)) if loss == "squared" else np.zeros(1, dtype=int)
    settings = {"outputs": classes} if loss == "cross-entropy" else {}
    problem = InverseProblem(
        np.zeros((1, width)), targets, loss=loss, activation=activation, steps=3, **settings
    )
    parameters = problem.initial_parameters()
    rng = np.random.default_rng(seed)
    weights = size * rng.standard_normal((1, width, width)) / np.sqrt(width)
    biases = 0.3 * rng.standard_normal((1, width))
    count = len(parameters.times)
    parameters = type(parameters)(
        parameters.times, np.repeat(weights, count, axis=0), np.repeat(biases, count, axis=0)
    )
    return network_of(problem, parameters)
