"""[HXL] 3: a trained finite ResNet as the start of the infinite network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from reproduction.classes import start_of, states_and_classes
from reproduction.page import spread, table

Array = NDArray[Any]

ROWS, HORIZON = {"digits": 400, "spirals": 600}, 4.0
LAYERS = (4, 8, 16, 32)
#: Adam's rate for the ResNet, and the standard deviation of its layers' weights, times 1 / layers.
RATE, SPREAD = 0.01, 0.1


@dataclass
class ResNet:
    """x + W_l tanh(x) + b_l for l < L in plain NumPy: W (L, d, d), b (L, d)."""

    W: Array
    b: Array

    def states(self, x: Array) -> list[Array]:
        """x before every layer, and behind the last."""
        found = [x]
        for weights, bias in zip(self.W, self.b, strict=True):
            found.append(found[-1] + np.tanh(found[-1]) @ weights.T + bias)
        return found

    def gradients(self, x: Array, classes: Array, outputs: int) -> tuple[float, list[Array]]:
        """The mean cross-entropy of the first components of the output, and its partials."""
        states = self.states(x)
        rows, lam = np.arange(len(x)), np.zeros_like(x)
        cost, lam[:, :outputs] = softmax(states[-1][:, :outputs], classes)
        partials = [np.zeros_like(self.W), np.zeros_like(self.b)]
        for k in reversed(range(len(self.W))):
            features = np.tanh(states[k])
            partials[0][k], partials[1][k] = lam.T @ features, lam.sum(axis=0)
            lam = lam + (lam @ self.W[k]) * (1.0 - features**2)
        return cost / len(rows), partials


def softmax(scores: Array, classes: Array) -> tuple[float, Array]:
    """The summed cross-entropy, and the partials of the mean."""
    rows = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    odds = np.exp(shifted)
    shares = odds / odds.sum(axis=1, keepdims=True)
    cost = float(-np.log(shares[rows, classes]).sum())
    shares[rows, classes] -= 1.0
    return cost, shares / len(scores)


def trained(
    x: Array, classes: Array, outputs: int, layers: int, seed: int, iterations: int
) -> ResNet:
    """A ResNet trained by Adam on all rows, from independent random layers."""
    rng, width = np.random.default_rng(seed), x.shape[1]
    net = ResNet(
        SPREAD / layers * rng.standard_normal((layers, width, width)), np.zeros((layers, width))
    )
    moments = [(np.zeros_like(a), np.zeros_like(a)) for a in (net.W, net.b)]
    for k in range(1, iterations + 1):
        partials = net.gradients(x, classes, outputs)[1]
        for array, g, (first, second) in zip((net.W, net.b), partials, moments, strict=True):
            first += 0.1 * (g - first)
            second += 0.001 * (g**2 - second)
            size = np.sqrt(second / (1.0 - 0.999**k)) + 1e-8
            array -= RATE / layers**0.5 * first / (1.0 - 0.9**k) / size
    return net


@dataclass
class Import:
    """What becomes of one ResNet."""

    difference: float  # of Euler's outputs and the ResNet's, relative
    costs: tuple[float, float, float]  # ResNet, infinite network, the same from a random start
    trained: tuple[float, float]  # after some iterations from the import, from the random start


def imported(data: str, layers: int, seed: int, iterations: int, further: int) -> Import:
    """Train a ResNet, take its arrays over, and go on training the infinite network."""
    x, classes, outputs = states_and_classes(data, ROWS[data], seed)
    net = trained(x, classes, outputs, layers, seed, iterations)
    p = sn.resnet_parameters({"W": net.W, "b": net.b}, horizon=HORIZON, form="outside")
    infinite = sn.InverseProblem(
        x, classes, outputs=outputs, horizon=HORIZON, steps=64, loss="cross-entropy",
        form="outside", depth_points=layers + 1, threads=1,
    )  # fmt: skip
    own, euler = net.states(x)[-1], infinite.coarse(layers).solve_direct(p)[-1]
    start = start_of(infinite, seed)
    ends = (
        sn.minimize(infinite, begin, max_iterations=further, tolerance=0.0).cost
        for begin in (p, start)
    )
    return Import(
        float(np.abs(euler - own).max() / np.abs(own).max()),
        (net.gradients(x, classes, outputs)[0], infinite.cost(p), infinite.cost(start)),
        (next(ends), next(ends)),
    )


def imports_table(seeds: int, iterations: int = 100, further: int = 10) -> str:
    """Costs of the ResNet and of the infinite network right after the import and later on."""
    rows = []
    for data in ROWS:
        for layers in LAYERS:
            found = [imported(data, layers, s, iterations, further) for s in range(seeds)]
            rows.append(
                (
                    f"{data}, {layers}",
                    f"{max(i.difference for i in found):.0e}",
                    *(spread(costs) for costs in zip(*(i.costs for i in found), strict=True)),
                    *(spread(costs) for costs in zip(*(i.trained for i in found), strict=True)),
                )
            )
    heads = (
        "data, layers L", "Euler − ResNet", "ResNet", "import", "random start",
        f"import + {further}", f"random start + {further}",
    )  # fmt: skip
    return table(heads, rows)
