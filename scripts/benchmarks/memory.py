"""Peak memory of a call against the number of samples, each in a fresh process.

A process (this file run as a module) makes its problem, does the same call once on a small batch,
so that all is loaded and compiled, notes its resident memory, does the call, and reports by how
much the peak rose above that. The data themselves are there before, and not counted.

Arrays of the data's own size (B, d) that a call needs, such as x(T), are taken away in this way:
the peaks of the two batches rise by some number of such arrays; whole arrays of that number, up
to ALLOWED, are subtracted from both peaks before the ratio is formed. Whatever grows by more, as
a stored trajectory does (2 x stages x steps such arrays), stays in the ratio.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.targets import MEMORY_RATIO, Verdict, finite

WIDTH, STEPS = 10, 50
BATCHES = (20_000, 200_000)
CALLS = ("cost", "derivative", "ncg")
#: Arrays of the data's size that a call may need: copies in blocks, x(T), xi(T), residuals, lambda.
ALLOWED = 12
#: Bytes within which two peaks are the same: what allocators keep back.
GRAIN = 8 * 2**20
#: A growth by so much less than a whole number of arrays is that number: peaks come in pages.
NEARLY = 0.1
#: Samples of the call that warms everything up.
FEW = 600


def measure(call: str, scheme: str, batches: tuple[int, int] = BATCHES) -> dict[str, Any]:
    """The record of one call and scheme; the peak of a process that was killed is infinite."""
    peaks = (_peak(call, scheme, batches[0]), _peak(call, scheme, batches[1]))
    arrays, ratio = growth(batches, peaks)
    return {
        "call": call,
        "scheme": scheme,
        "batches": list(batches),
        "peaks": [finite(peak) for peak in peaks],
        "arrays": finite(arrays),
        "ratio": finite(ratio),
    }


def _peak(call: str, scheme: str, samples: int) -> float:
    # Not imported above: a child imports this module, and should hold no more than it needs.
    from benchmarks.children import Failed, python

    try:
        return float(python(["-m", "benchmarks.memory", call, scheme, str(samples)]))
    except Failed as failure:
        if failure.code < 0:  # by a signal, as the system does when memory runs out
            return float("inf")
        raise


def growth(batches: tuple[int, int], peaks: tuple[float, float]) -> tuple[float, float]:
    """By how many (B, d) arrays the peak grows, and the ratio of the peaks without these."""
    if not np.isfinite(peaks).all():
        return float("inf"), float("inf")
    sizes = [8.0 * WIDTH * samples for samples in batches]
    arrays = (peaks[1] - peaks[0]) / (sizes[1] - sizes[0])
    taken = min(max(np.floor(arrays + NEARLY), 0), ALLOWED)
    small, large = (max(p - taken * s, GRAIN) for p, s in zip(peaks, sizes, strict=True))
    return float(arrays), float(large / small)


def verdicts(record: dict[str, Any]) -> list[Verdict]:
    """What the record is held against."""
    what = f"peak memory of {record['call']}, {record['scheme']}, at ten times the samples"
    ratio = float("inf") if record["ratio"] is None else record["ratio"]
    return [Verdict(what, ratio, MEMORY_RATIO, at_most=True)]


def rise(call: str, scheme: str, samples: int) -> int:
    """Bytes by which the peak of this process rises above what it holds before the call."""
    _call(call, scheme, FEW)()
    work = _call(call, scheme, samples)
    forget_peak()
    before = status("VmRSS")
    work()
    return max(status("VmHWM") - before, 0)


def _call(call: str, scheme: str, samples: int) -> Any:
    import standalone_node as sn

    generator = np.random.default_rng(0)
    inputs, targets = generator.standard_normal((2, samples, WIDTH))
    problem = sn.InverseProblem(inputs, targets, steps=STEPS, scheme=scheme)
    start = problem.initial_parameters(seed=0)
    calls = {
        "cost": lambda: problem.cost(start),
        "derivative": lambda: problem.cost_and_derivative(start),
        "ncg": lambda: sn.minimize(problem, start, max_iterations=5),
    }
    return calls[call]


def status(field: str) -> int:
    """A field of /proc/self/status in bytes; elsewhere the peak that getrusage knows.

    getrusage is the second choice: what it calls the peak of a process begins with that of the
    process which started it.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kibibytes) * 1024


def forget_peak() -> None:
    """Let the peak start again from what is held now, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


if __name__ == "__main__":
    print(json.dumps(rise(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
