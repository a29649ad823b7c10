"""A small table of two kinds of flowers, and options that fit it in no time."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

FLOWERS = "".join(
    f"{1.0 + i % 2 + 0.01 * i:.2f},{3.0 - i % 2 - 0.02 * i:.2f},{'rose' if i % 2 else 'tulip'}\n"
    for i in range(24)
)
HEADER = "length,width,kind\n"
QUICK = ("--max-iterations", "3", "--steps", "2", "--tolerance", "1e-12")

#: Runs a command line and returns what became of it.
Run = Callable[..., Result]
