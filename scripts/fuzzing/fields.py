"""Right-hand sides that do what no right-hand side should."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzing.outcomes import tried

Array = NDArray[Any]


class Own(Exception):
    """What a field raises by itself; it goes through to whoever wrote the field."""


def _raises(true: Array, x: Array, seed: int) -> Any:
    raise Own("I do not feel like it")


def _inside(array: Array, value: float) -> Array:
    found = np.array(array)
    found.flat[0] = value
    return found


def _writes(true: Array, x: Array, seed: int) -> Array:
    x += 1.0
    return true


#: What is done instead of returning what is true, given that, x and a seed.
DEEDS: dict[str, Callable[[Array, Array, int], Any]] = {
    "nothing wrong": lambda true, x, seed: true,
    "raise": _raises,
    "nan": lambda true, x, seed: _inside(true, np.nan),
    "all nan": lambda true, x, seed: np.full_like(true, np.nan),
    "infinite": lambda true, x, seed: _inside(true, np.inf),
    "huge": lambda true, x, seed: true * 1e300 + 1e300,
    "tiny": lambda true, x, seed: true * 1e-320,
    "a row less": lambda true, x, seed: true[:-1],
    "transposed": lambda true, x, seed: true.T,
    "one axis more": lambda true, x, seed: true[None],
    "a number": lambda true, x, seed: 1.0,
    "none": lambda true, x, seed: None,
    "text": lambda true, x, seed: "velocity",
    "a list": lambda true, x, seed: true.tolist(),
    "ragged": lambda true, x, seed: [[1.0], [1.0, 2.0]],
    "objects": lambda true, x, seed: true.astype(object),
    "complex": lambda true, x, seed: true * 1j,
    "whole": lambda true, x, seed: true.astype(int),
    "single": lambda true, x, seed: true.astype(np.float32),
    "long": lambda true, x, seed: true.astype(np.longdouble),
    "truth": lambda true, x, seed: true > 0.0,
    "a view": lambda true, x, seed: np.broadcast_to(true[:1], true.shape),
    "its argument": lambda true, x, seed: x,
    "write": _writes,
    "random": lambda true, x, seed: np.random.default_rng().standard_normal(true.shape),
    "scaled": lambda true, x, seed: true * (1.0 + 0.01 * seed),
    "rows that see each other": lambda true, x, seed: true + true.mean(axis=0),
    "masked": lambda true, x, seed: np.ma.masked_invalid(true),
    "iterator": lambda true, x, seed: iter(true),
    "read-only": lambda true, x, seed: np.asarray(true).view(),
}
USES = ("check_field", "minimize", "cost", "sensitivity")


class Misbehaving:
    """x' = rate x, but for one of its three functions after so many calls."""

    def __init__(self, where: str, deed: str, after: int, seed: int) -> None:
        self._where, self._deed, self._after, self._seed = where, DEEDS[deed], after, seed
        self._calls = 0
        self.varying: dict[str, tuple[int, ...]] = {"rate": ()}

    def _said(self, where: str, true: Array, x: Array) -> Any:
        self._calls += where == self._where
        wrong = where == self._where and self._calls > self._after
        if not wrong:
            return true
        try:
            return self._deed(true, x, self._seed)
        except (AttributeError, IndexError, TypeError) as error:  # not all of it suits a number
            raise Own from error

    def f(self, t: float, x: Array, p: dict[str, Array]) -> Any:
        """The velocity, or not."""
        return self._said("f", p["rate"] * x, x)

    def jvp(self, t: float, x: Array, p: Any, dx: Array, dp: Any) -> Any:
        """The change of the velocity, or not."""
        return self._said("jvp", p["rate"] * dx + dp["rate"] * x, dx)

    def vjp(self, t: float, x: Array, p: Any, kappa: Array) -> Any:
        """The transpose of it, or not."""
        parts: Any = {"rate": np.sum(kappa * x)}
        if self._where == "vjp parts":
            return p["rate"] * kappa, self._said("vjp parts", parts["rate"], kappa)
        if self._where == "vjp part":
            return p["rate"] * kappa, {"rate": self._said("vjp part", np.atleast_1d(parts["rate"]),
                                                          kappa)}  # fmt: skip
        return self._said("vjp", p["rate"] * kappa, kappa), parts


def prepared(folder: Path) -> None:
    """Nothing is needed."""


def make(rng: Random, known: None) -> bytes:
    """Which function does what, after how many calls, and who is told, as JSON."""
    where = rng.choice(("f", "jvp", "vjp", "vjp parts", "vjp part"))
    deed, use = rng.choice(list(DEEDS)), rng.choice(USES)
    return json.dumps([where, deed, rng.choice((0, 0, 1, 7, 40)), rng.randrange(9), use]).encode()


def run(data: bytes, known: None) -> str:
    """Use the field; what it raises itself is its own affair."""
    where, deed, after, seed, use = json.loads(data)
    field = Misbehaving(where, deed, after, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return tried(lambda: _used(field, use))
        except Own:
            return "ok"


def _used(field: Any, use: str) -> None:
    import standalone_node as sn

    if use == "check_field":
        str(sn.check_field(field, 2))
        return
    seen = sn.Observations([0.5, 1.0], np.array([[[1.3], [0.4]], [[1.5], [0.6]]]), operator=[0])
    problem = sn.FieldProblem(field, [[1.0, 0.5], [0.3, 0.2]], seen, steps=4)
    start = problem.initial_parameters({"rate": 0.4})
    if use == "minimize":
        str(sn.minimize(problem, start, max_iterations=4))
    elif use == "sensitivity":
        problem.solve_sensitivity(start, start)
    else:
        problem.cost_and_derivative(start)
