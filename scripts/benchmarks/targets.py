"""What is wanted, as tables, and the verdict on what was found."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

#: Times as fast as jitted JAX, by size; both schemes.
JAX_RATIO = {"2x500x100": 8.0, "10x500x100": 6.0, "64x100x150": 3.5, "196x100x150": 3.0}
#: Times as fast as those that leave the sensitivity out, at every size.
AHEAD = {"diffrax": 1.0, "torchdiffeq": 1.0}
#: Share of the DGEMM rate, by size; both schemes.
DGEMM_SHARE = {"196x100x150": 0.5, "196x1000x50": 0.6, "784x100x50": 0.6}
#: Two threads against one.
SPEED_UP = 1.8
#: Peak memory of ten times the samples, arrays of the data's own size not counted.
MEMORY_RATIO = 1.3
#: `node-fit --help` against `import click`; seconds of the first and the second fit of iris.
HELP_RATIO, FIRST_FIT, SECOND_FIT = 1.5, 8.0, 4.0


def finite(number: float) -> float | None:
    """The number, or None, which JSON knows, if it is infinite or none."""
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Verdict:
    """Something found beside what is wanted: at least that, or at most."""

    what: str
    found: float
    wanted: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is as wanted; NaN never is."""
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted

    @property
    def mark(self) -> str:
        """ "met", or by how much it was missed."""
        if self.met:
            return "met"
        return f"missed by {abs(self.found / self.wanted - 1.0):.0%}"

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "found": finite(self.found), "met": bool(self.met)}


def wanted_ratio(contender: str, size: str) -> float | None:
    """The ratio wanted against a contender at a size, if one is."""
    return JAX_RATIO.get(size) if contender.startswith("jax") else AHEAD.get(contender)


def ratio_verdict(contender: str, size: str, scheme: str, found: float) -> Verdict | None:
    """The verdict on a ratio, if one is wanted."""
    wanted = wanted_ratio(contender, size)
    what = f"{contender} / standalone-node at {size}, {scheme}"
    return None if wanted is None else Verdict(what, found, wanted)


def share_verdict(size: str, scheme: str, found: float) -> Verdict | None:
    """The verdict on a share of the DGEMM rate, if one is wanted."""
    wanted = DGEMM_SHARE.get(size)
    what = f"share of the DGEMM rate at {size}, {scheme}"
    return None if wanted is None else Verdict(what, found, wanted)
