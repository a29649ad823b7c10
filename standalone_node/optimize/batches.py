"""How rows are cut into batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError

#: A last batch of less than this share of the size goes with the one before it: the iterations on
#: a handful of rows would fit these at the expense of all others.
SMALLEST = 0.5


@dataclass(frozen=True)
class Batches:
    """Training by batches: for every one some iterations of a method on the cost of its rows.

    Parameters
    ----------
    size : int
        Rows of a batch. The last one of an epoch is short, or takes the rest along if this is less
        than half a batch. If there are not more rows, they are one batch.
    epochs : int
        How often all rows are gone through, each time in another order.
    iterations : int, optional
        Iterations on a batch; 6 if not given, and 1 for the methods that go by single steps
        ("sgd", "adam").
    seed : int
        Of the orders.
    proximal : float
        rho of the term (rho / 2) \\|u - u_0\\|^2 in the metric, u_0 the parameters at which a batch
        begins: it keeps the iterations on one batch from forgetting the others.

    Raises
    ------
    ArgumentError
        If a number cannot be used.

    References
    ----------
    Jaroudi, Malý, Eilertsen, Johansson, Unger, Baravdish: Standalone Neural ODEs with Sensitivity
    Analysis, arXiv 2205.13933 (conjugate gradients that start again on every batch).

    Examples
    --------
    >>> [part.tolist() for part in Batches(size=3, seed=1).cut(rows=8, epoch=0)]
    [[0, 1, 5], [2, 4, 6], [3, 7]]
    """

    size: int = 100
    epochs: int = 10
    iterations: int | None = None
    seed: int = 0
    proximal: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (("size", 1), ("epochs", 1), ("iterations", 1), ("seed", 0)):
            value = getattr(self, name)
            if name == "iterations" and value is None:
                continue
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or value < least:
                raise ArgumentError(
                    f"batches: {name} = {value!r} has to be a whole number, {least} or larger"
                )
        if not isinstance(self.proximal, int | float | np.number) or not (
            0.0 <= self.proximal < np.inf
        ):
            raise ArgumentError(
                f"batches: proximal = {self.proximal!r} has to be a finite number, 0 or larger"
            )

    def cut(self, rows: int, epoch: int) -> list[NDArray[Any]]:
        """The row numbers of the batches of an epoch, every row once.

        Within a batch they increase: its cost is a mean, and a batch of all rows then is the whole
        problem bit for bit.
        """
        order = np.random.default_rng([self.seed, epoch]).permutation(rows)
        ends = list(range(self.size, rows, self.size))
        if ends and rows - ends[-1] < SMALLEST * self.size:
            ends.pop()
        return [np.sort(part) for part in np.split(order, ends)]
