"""Standalone neural ODEs and ResNets of one size on the digits: how each of them is trained.

All of them are x' = tanh(W x + b) in `STEPS` Euler steps, the first ten components of x(T) the
outputs; an Euler step is a layer of a ResNet. They differ in cost, start and method alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.learn.contenders import layerwise_start
from standalone_node.optimize.metrics import Metric
from standalone_node.problem.network import Network
from standalone_node.sensitivity import network_of

Array = NDArray[Any]

CLASSES, STEPS, SIZE = 10, 20, 100
OURS, PUBLISHED = 1.0 / 8.0, 1.0 / 64.0


@dataclass(frozen=True)
class Contender:
    """A network and the way it is trained.

    Attributes
    ----------
    label : str
    loss : str
    method : {"ncg", "adam"}
    metric : metric, optional
        None for Adam: the partials as they are.
    scale : float
        Standard deviation of the start.
    layerwise : bool
        Whether every layer is drawn on its own; else the start is a smooth function of depth.
    penalty : mapping
        Arguments of `Penalty`.
    epochs : int
        Passes through the rows in batches of `SIZE`; 0 for all rows at once.
    proximal : float
        Of the batches.
    rate : float, optional
        Adam's learning rate.
    unit_steps : bool
        Whether a layer adds all of tanh(W x + b), not h = 3 / `STEPS` times that.
    """

    label: str
    loss: str = "cross-entropy"
    method: str = "ncg"
    metric: Metric | None = None
    scale: float = OURS
    layerwise: bool = False
    penalty: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 10
    proximal: float = 0.0
    rate: float | None = None
    unit_steps: bool = False

    def problem(self, pixels: Array, labels: Array, steps: int) -> sn.InverseProblem:
        """The inverse problem of some rows."""
        weights: dict[str, Any] = dict(self.penalty)
        return sn.InverseProblem(
            pixels,
            labels,
            horizon=float(steps) if self.unit_steps else 3.0,
            steps=steps,
            scheme="euler",
            loss=self.loss,
            outputs=CLASSES,
            penalty=sn.Penalty(**weights),
            threads=1,
        )

    def start(self, problem: sn.InverseProblem, seed: int) -> sn.Parameters:
        """Where the training begins."""
        smooth = problem.initial_parameters(seed, scale=self.scale)
        return layerwise_start(problem, smooth, seed) if self.layerwise else smooth

    def options(self, seed: int) -> dict[str, Any]:
        """Arguments of `minimize`."""
        given: dict[str, Any] = {"method": self.method, "metric": self.metric}
        if self.epochs == 0:
            return given | {"max_iterations": 300, "tolerance": 5e-3}
        each = 6 if self.method == "ncg" else None
        batches = sn.Batches(SIZE, self.epochs, each, seed, self.proximal)
        given |= {"batches": batches, "tolerance": 0.0}
        return given | ({"beta": "FR"} if self.method == "ncg" else {"rate": self.rate})


KINETIC = {"l2": 2e-4, "h1": 0.01}
OUTPUT = {"output": 0.1}
ADAM, KEPT = 30, 100

#: The table: those of the claim, then those that separate its causes.
CONTENDERS = {
    "squared-ours": Contender("sNODE, Sobolev NCG, ours", "squared", metric=sn.Sobolev(0.1)),
    "squared-published": Contender(
        "sNODE, Sobolev NCG, as published", "squared", metric=sn.Sobolev(1.0), scale=PUBLISHED
    ),
    "squared-resnet": Contender(
        "ResNet, Adam", "squared", "adam", layerwise=True, epochs=ADAM, rate=0.03
    ),
    "ours": Contender(
        "sNODE, Sobolev NCG, ours", metric=sn.Sobolev(0.1), penalty=OUTPUT, proximal=0.1
    ),
    "published": Contender(
        "sNODE, Sobolev NCG, as published", metric=sn.Sobolev(1.0), scale=PUBLISHED
    ),
    "kinetic": Contender(
        "sNODE, Sobolev NCG, kinetic penalty, all rows",
        metric=sn.Sobolev(1.0),
        scale=0.1 * OURS,
        penalty=KINETIC,
        epochs=0,
    ),
    "resnet": Contender("ResNet, Adam", method="adam", layerwise=True, epochs=ADAM, rate=0.03),
    "resnet-longer": Contender(
        "ResNet, Adam, as many sweeps as NCG",
        method="adam",
        layerwise=True,
        epochs=KEPT,
        rate=0.03,
    ),
    "resnet-unit": Contender(
        "ResNet of unit steps, Adam",
        method="adam",
        layerwise=True,
        scale=PUBLISHED,
        epochs=ADAM,
        rate=0.001,
        unit_steps=True,
    ),
    "resnet-ncg": Contender(
        "ResNet, Euclidean NCG", metric=sn.Euclidean(), layerwise=True, proximal=0.1
    ),
    "adam-smooth": Contender("sNODE, Adam, smooth start", method="adam", epochs=ADAM, rate=0.03),
    "adam-output": Contender(
        "sNODE, Adam, cost of ours", method="adam", penalty=OUTPUT, epochs=ADAM, rate=0.03
    ),
    "adam-kinetic": Contender(
        "sNODE, Adam, kinetic penalty",
        method="adam",
        scale=0.1 * OURS,
        penalty=KINETIC,
        epochs=ADAM,
        rate=0.03,
    ),
}


@dataclass(frozen=True, eq=False)
class Trained:
    """A network after training."""

    network: Network
    sweeps: float  # direct, adjoint and sensitivity, over all rows
    seconds: float  # of the clock


def trained(
    contender: Contender,
    seed: int,
    pixels: Array,
    labels: Array,
    *,
    steps: int = STEPS,
    kept: Path | None = None,
) -> Trained:
    """The network trained on some rows, or read from a file that an equal training has left."""
    problem = contender.problem(pixels, labels, steps)
    start = contender.start(problem, seed)
    settings = repr((replace(contender, label=""), seed, steps, len(pixels)))
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            if str(file["settings"]) == settings:
                return Trained(_network(problem, start.like(file["values"])), *file["price"])
    result = sn.minimize(problem, start, **contender.options(seed))
    last = {name: float(column[-1]) for name, column in result.history.items()}
    price = last["direct"] + last["adjoint"] + last["sensitivity"], last["seconds"]
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, values=result.parameters.values, price=price, settings=settings)
    return Trained(_network(problem, result.parameters), *price)


def _network(problem: sn.InverseProblem, parameters: sn.Parameters) -> Network:
    """The map that decides between the classes: for squared loss they have become one-hot rows."""
    names = tuple(map(str, range(CLASSES)))
    return replace(network_of(problem, parameters), classes=CLASSES, output_names=names)
