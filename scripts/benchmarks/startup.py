"""How long one waits: `node-fit --help` against `import click`, the first and the second fit."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.children import python
from benchmarks.targets import FIRST_FIT, HELP_RATIO, SECOND_FIT, Verdict

#: What the installed command does.
COMMAND = "import sys; from standalone_node.cli.main import main; sys.exit(main())"
HELPS, FITS = 11, 3


def measure(rounds: int | None = None) -> dict[str, Any]:
    """The record: seconds of fresh processes, turn by turn."""
    _seconds(["-c", COMMAND, "--help"])  # compiled files are there, and in memory
    helps: dict[str, list[float]] = {"node-fit --help": [], "import click": []}
    for _ in range(rounds or HELPS):
        helps["node-fit --help"].append(_seconds(["-c", COMMAND, "--help"]))
        helps["import click"].append(_seconds(["-c", "import click"]))
    fits: dict[str, list[float]] = {"first fit": [], "second fit": []}
    for _ in range(rounds or FITS):
        for name, seconds in zip(fits, _first_and_second_fit(), strict=True):
            fits[name].append(seconds)
    times = helps | fits
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    return {
        "times": times,
        "medians": medians,
        "help_ratio": medians["node-fit --help"] / medians["import click"],
    }


def verdicts(record: dict[str, Any]) -> list[Verdict]:
    """What the record is held against."""
    medians = record["medians"]
    return [
        Verdict("node-fit --help / import click", record["help_ratio"], HELP_RATIO, at_most=True),
        Verdict("first fit of iris, seconds", medians["first fit"], FIRST_FIT, at_most=True),
        Verdict("second fit of iris, seconds", medians["second fit"], SECOND_FIT, at_most=True),
    ]


def _first_and_second_fit() -> tuple[float, float]:
    """Seconds of two fits of iris that begin with no compiled kernels at all."""
    from standalone_node.learn.bundled import data_set

    iris = data_set("iris")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = {"NUMBA_CACHE_DIR": str(folder / "cache")}
        model = str(folder / "iris.node.npz")
        fit = ["-c", COMMAND, "fit", str(iris.path), "--target", iris.target, "-o", model]
        return _seconds(fit, folder, cache), _seconds(fit, folder, cache)


def _seconds(
    arguments: list[str], folder: Path | None = None, variables: dict[str, str] | None = None
) -> float:
    began = time.perf_counter()
    python(arguments, folder=folder, variables=variables or {})
    return time.perf_counter() - began
