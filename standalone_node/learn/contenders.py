"""The contenders of a comparison: methods, each with a metric and perhaps a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isinf
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.learn.training import metric_of
from standalone_node.model.nodal import Parameters
from standalone_node.optimize.metrics import L2, Metric
from standalone_node.problem.inverse_problem import InverseProblem

#: (problem, start function of depth, seed) -> where a contender begins.
Start = Callable[[InverseProblem, Parameters, int], Parameters]


def same_start(problem: InverseProblem, start: Parameters, seed: int) -> Parameters:
    """The start of a fit, a smooth function of depth."""
    return start


def layerwise_start(problem: InverseProblem, start: Parameters, seed: int) -> Parameters:
    """Every layer drawn on its own, with the spread that the smooth start has on average."""
    spread = float(np.sqrt(np.mean(np.square(start.values))))
    drawn = np.random.default_rng(seed).standard_normal(start.values.shape)
    return start.like(spread * drawn)


def all_nodes(p: Parameters) -> Parameters:
    """Parameters as they stand."""
    return p


def layers_only(p: Parameters) -> Parameters:
    """Without the node at T, which no step of Euler's scheme uses: the last layer goes on there."""
    values = p.values.copy()
    values[-1] = values[-2]
    return p.like(values)


@dataclass(frozen=True)
class Contender:
    """A method as it is compared.

    Attributes
    ----------
    label : str
        What tables and figures call it.
    method : str
        Of `minimize`.
    metric : callable
        From the smoothing length, a number or "auto", to a metric; to None for the partials as
        they are.
    options : mapping
        Further options of `minimize`.
    rate : float, optional
        The learning rate a search begins at, one of `RATES`; None for methods that have none.
    network : mapping
        Arguments of the estimator in which its network differs from that of all others.
    start : callable
        Where it begins.
    used : callable
        From parameters to what the network makes use of, whose roughness is told.
    """

    label: str
    method: str
    metric: Callable[[Any], Metric | None] = metric_of
    options: Mapping[str, Any] = field(default_factory=dict)
    rate: float | None = None
    network: Mapping[str, Any] = field(default_factory=dict)
    start: Start = same_start
    used: Callable[[Parameters], Parameters] = all_nodes

    @property
    def stochastic(self) -> bool:
        """Whether it goes through the rows in batches, by steps of a given rate."""
        return self.rate is not None

    @property
    def same_cost(self) -> bool:
        """Whether it minimises the very cost that `fit` does."""
        return not self.network


def _l2(length: Any) -> Metric:
    return L2()


def _partials(length: Any) -> None:
    """No metric: `minimize` gives methods of single steps the partials as they are."""


#: A finite ResNet: a layer is a step of Euler's scheme, and none knows of its neighbours.
RESNET = {"scheme": "euler", "h1": 0.0}

#: The table: a name and its contender, in the order of tables and figures.
COMPARED = {
    "sobolev-ncg": Contender("Sobolev NCG", "ncg"),
    "l2-ncg": Contender("L² NCG", "ncg", _l2),
    "steepest-descent": Contender("steepest descent", "ncg", options={"beta": "SD"}),
    "lbfgs": Contender("L-BFGS", "lbfgs"),
    "gauss-newton": Contender("Gauss–Newton", "gauss-newton"),
    "adam": Contender("Adam", "adam", _partials, rate=0.01),
    "sgd": Contender("SGD", "sgd", _partials, rate=0.1),
    "resnet": Contender(
        "ResNet, Adam",
        "adam",
        _partials,
        rate=0.01,
        network=RESNET,
        start=layerwise_start,
        used=layers_only,
    ),
}

#: The learning rates that are tried.
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def contenders(names: tuple[str, ...] | None) -> dict[str, Contender]:
    """The contenders of these names, all if there are none, in the order of `COMPARED`.

    Raises
    ------
    ArgumentError
        There is no such contender.

    Examples
    --------
    >>> list(contenders(("adam", "l2-ncg")))
    ['l2-ncg', 'adam']
    """
    for name in names or ():
        if name not in COMPARED:
            raise ArgumentError(f"unknown method {name!r}: choose from {', '.join(COMPARED)}")
    return {name: found for name, found in COMPARED.items() if not names or name in names}


def search(cost: Callable[[float], float], first: float) -> None:
    """Ask for the cost at rates of `RATES`, up and down from the first while it falls.

    So the best rate asked for lies between two worse ones, or at an end of `RATES`, and is nobody's
    guess.

    Parameters
    ----------
    cost : callable
        The cost that a run of that rate ends with; infinite if it failed.
    first : float
        One of `RATES`.

    Examples
    --------
    >>> asked = []
    >>> search(lambda rate: asked.append(rate) or abs(rate - 0.1), first=0.03)
    >>> asked
    [0.03, 0.1, 0.3]
    """
    place = RATES.index(first)
    costs = {place: cost(RATES[place])}
    for way in (1, -1):
        place = min(costs, key=costs.__getitem__)
        if way > 0 and isinf(costs[place]):
            continue  # what overflows at one rate will not get better with a larger one
        while 0 <= place + way < len(RATES) and place + way not in costs:
            costs[place + way] = cost(RATES[place + way])
            if costs[place + way] >= costs[place] < inf:
                break
            place += way
