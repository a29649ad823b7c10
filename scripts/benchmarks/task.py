"""The task of the benchmark: the arrays that every contender is handed, and what it must answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Stages of a step, by scheme; the schemes that every contender offers.
STAGES = {"euler": 1, "rk4": 4}
HORIZON = 1.0


class Size(NamedTuple):
    """Width d of the state, number B of samples, number N of steps."""

    width: int
    samples: int
    steps: int

    def __str__(self) -> str:
        return f"{self.width}x{self.samples}x{self.steps}"


def parse_size(text: str) -> Size:
    """The size written as dxBxN, such as 10x500x100; ValueError if it is none."""
    numbers = [int(part) for part in text.split("x")]
    if len(numbers) != 3 or min(numbers) < 1:
        raise ValueError(f"{text!r} is not a size: write width x samples x steps, as 10x500x100")
    return Size(*numbers)


#: What is timed if no size is asked for.
SIZES = tuple(
    parse_size(text)
    for text in (
        "2x500x100",
        "10x500x100",
        "64x100x150",
        "64x1437x30",
        "196x100x150",
        "196x1000x50",
        "784x100x50",
    )
)


@dataclass(frozen=True, eq=False)
class Task:
    """x' = tanh(W(t) x + b(t)) with hat functions on the step grid, mean of 1/2 |x(T) - y|^2.

    `times` (N + 1,), `weights` (N + 1, d, d), `biases` (N + 1, d) and the direction of the same
    shapes; `inputs` and `targets` (B, d). All float64 and C-contiguous.
    """

    size: Size
    scheme: str
    times: Array
    weights: Array
    biases: Array
    direction_weights: Array
    direction_biases: Array
    inputs: Array
    targets: Array

    @property
    def step(self) -> float:
        """The step size h."""
        return HORIZON / self.size.steps

    @property
    def flops(self) -> float:
        """Floating-point operations of the five matrix products of every stage.

        One in the direct problem, two in the adjoint problem (the state and the weights), two in
        the sensitivity problem (W xi and the direction times x).
        """
        d, samples, steps = self.size
        return 5.0 * 2.0 * d * d * samples * steps * STAGES[self.scheme]


def make_task(size: Size, scheme: str, seed: int = 0) -> Task:
    """The task of that size: smooth parameters and a smooth direction, all from one seed."""
    generator = np.random.default_rng(seed)
    times = np.linspace(0.0, HORIZON, size.steps + 1)
    d = size.width
    scale = 1.0 / np.sqrt(d)
    return Task(
        size,
        scheme,
        times,
        _smooth(generator, times, (d, d), scale),
        _smooth(generator, times, (d,), 0.5),
        _smooth(generator, times, (d, d), scale),
        _smooth(generator, times, (d,), 0.5),
        generator.standard_normal((size.samples, d)),
        generator.standard_normal((size.samples, d)),
    )


def _smooth(
    generator: np.random.Generator, times: Array, shape: tuple[int, ...], scale: float
) -> Array:
    """A constant plus two cosines in depth, (N + 1, *shape)."""
    values = np.zeros((times.size, *shape))
    for frequency in range(3):
        wave = np.cos(frequency * np.pi * times / HORIZON) / (1 + frequency)
        values += wave.reshape(-1, *([1] * len(shape))) * generator.standard_normal(shape)
    return scale * values


@dataclass(frozen=True, eq=False)
class Answer:
    """What an iteration finds: the cost, its partials, and xi(T) (B, d) if it computes that."""

    cost: float
    weights: NDArray[Any]
    biases: NDArray[Any]
    sensitivity: NDArray[Any] | None


class Program(NamedTuple):
    """One way to do an iteration.

    `fresh()` gives an iteration to be called once (making it is not timed); `answer()` does the
    same work and gives what it found as NumPy arrays.
    """

    fresh: Callable[[], Callable[[], object]]
    answer: Callable[[], Answer]
