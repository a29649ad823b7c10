"""Every choice of what is learnt, with a control to look at it from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.model.bases import BASES
from standalone_node.model.parametrisation import Parametrisation
from standalone_node.model.weights import WEIGHTS, Weights

Array = NDArray[Any]
HORIZON = 1.6
#: As many nodes as the widest choice has modes, unevenly.
TIMES = HORIZON * np.linspace(0.0, 1.0, 9) ** 1.3

CHOICES: dict[str, Weights] = {
    **{name: choice() for name, choice in WEIGHTS.items()},
    **{f"galerkin, {name}": sn.Galerkin(name, 4) for name in BASES},
    "evolving, one unit": sn.Evolving(1),
    "evolving, by Euler's scheme": sn.Evolving(3, scheme="euler"),
}


def template(seed: int = 0) -> sn.Parameters:
    """Smooth parameters of two states on the uneven grid."""
    draw = np.random.default_rng(seed).standard_normal((3, 6))
    waves = np.cos(np.pi * np.outer(TIMES / HORIZON, np.arange(3))) / (1.0 + np.arange(3.0)) ** 2
    return sn.Parameters.from_values(TIMES.copy(), waves @ draw, (("W", (2, 2)), ("b", (2,))))


def placed(name: str, seed: int = 1) -> tuple[Parametrisation, Array, Array]:
    """The parametrisation, a control away from its start, and a direction."""
    parametrisation = CHOICES[name].on(template())
    rng = np.random.default_rng(seed)
    start = parametrisation.coordinates(template())
    u, du = 0.4 * rng.standard_normal((2, start.size))
    return parametrisation, start + u, du
