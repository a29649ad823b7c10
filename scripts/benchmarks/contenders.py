"""The table of contenders: a name, and the function that makes its programs for a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.task import Program, Task

OURS = "standalone-node"


@dataclass(frozen=True)
class Contender:
    """Where the programs of a contender are made, and what it needs.

    `function` of `module` is called with (task, threads) and gives its programs by name, of which
    the fastest counts; `packages` may be missing; without `sensitivity` its iteration is the cost
    and the derivative only.
    """

    name: str
    module: str
    function: str = "programs"
    packages: tuple[str, ...] = ()
    sensitivity: bool = True

    def programs(self, task: Task, threads: int) -> dict[str, Program]:
        """The programs for a task; Missing if a package is not there."""
        try:
            module = import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] not in self.packages:
                raise
            raise Missing(
                f"{self.name}: no package {error.name!r}; install the extra: "
                "pip install -e '.[bench]'"
            ) from error
        make: Callable[[Task, int], dict[str, Program]] = getattr(module, self.function)
        return make(task, threads)


class Missing(Exception):
    """A contender's packages are not installed."""


_ALL = (
    Contender(OURS, "benchmarks.ours"),
    Contender("jax", "benchmarks.jax_scan", packages=("jax",)),
    Contender("jax-plain", "benchmarks.jax_scan", "plain_programs", packages=("jax",)),
    Contender("diffrax", "benchmarks.diffrax_ode", packages=("diffrax", "jax"), sensitivity=False),
    Contender(
        "torchdiffeq",
        "benchmarks.torchdiffeq_ode",
        packages=("torch", "torchdiffeq"),
        sensitivity=False,
    ),
)

#: The table.
CONTENDERS = {contender.name: contender for contender in _ALL}
