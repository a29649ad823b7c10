"""NodeClassifier with its defaults against Adam and L-BFGS in jitted JAX, on the digits.

    python scripts/digits_race.py [--seeds 5] [--threads 2] [--dtype float32] [--json FILE]

Rows with index % 5 == 0 are held out. Adam trains a network of the same width (64 wide, 30 Euler
steps to T = 3, tanh inside, cross-entropy on the first ten components, weights at every step), once
with the best setting of a sweep for touching the held-out accuracy, once with the best for the
training cost; L-BFGS trains it on all rows. For comparison Adam also trains a network like the
classifier's own. Contenders take turns, seed by seed. Neither compilation nor evaluation is on
anybody's clock. Needs the extra: pip install -e '.[bench]'.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, race_ours
from benchmarks.race import COST, SCORE, Course, Rows, digits, median
from benchmarks.tables import judged, machine_lines
from benchmarks.targets import Verdict, finite
from rich.console import Console
from rich.table import Table

RATES, BATCHES = (0.003, 0.01, 0.03, 0.1), (50, 100, 200, 400)
#: A setting of the sweep is tried with these seeds; the best then runs with those of the race.
#: Reaching a cost is less a matter of chance than touching a score, and takes longer.
SWEEP_SEEDS = {"touched": (100, 101, 102), "reached": (100,)}
#: Seconds of a run of the sweep.
SWEEP_LIMIT = 3.0
OURS, ADAM, ADAM_COST, LBFGS, ADAM_OURS = (
    *("NodeClassifier()", "Adam, for the score", "Adam, for the cost"),
    *("L-BFGS", "Adam, network like ours"),
)
#: What is wanted: final accuracy; whole fit and touch in Adam's seconds to touch; cost in the
#: seconds of the faster of Adam and L-BFGS.
FINAL, WHOLE, TOUCH, REACH = 0.975, 3.0, 1.0, 0.2
Runner = Callable[[int], Course]


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Sweep, race, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="cores for everybody (default 2)")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="Adam's")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of a run (default 20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything, all courses")
    arguments = parser.parse_args(argv)
    with machine.cores(arguments.threads):
        try:
            import benchmarks.race_jax  # noqa: F401
        except ImportError as missing:
            parser.error(f"{missing.name} is not installed: pip install -e '.[bench]'")
        found = machine.describe()
        runners, settings = prepared(digits(), arguments)
        courses = raced(runners, arguments.seeds)
    verdicts = judge(courses)
    console = Console(width=max(100, Console().width))
    for line in machine_lines(found, machine.noise_warning(found)):
        console.print(line, highlight=False)
    for table in (course_table(courses, settings), verdict_table(verdicts)):
        console.print(table, highlight=False)
    if arguments.json is not None:
        record = {
            "machine": found,
            "dtype": arguments.dtype,
            "settings": settings,
            "courses": {name: [c.record() for c in runs] for name, runs in courses.items()},
            "targets": [verdict.record() for verdict in verdicts],
        }
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def prepared(rows: Rows, arguments: argparse.Namespace) -> tuple[dict[str, Runner], dict[str, str]]:
    """The contenders, Adam's with the best settings of the sweep, and these settings in words."""
    from benchmarks import race_jax as jax

    def adam(network: Any, setting: Any, seed: int, until: str, limit: float) -> Course:
        return jax.adam(
            *(rows, network, setting), seed=seed, limit=limit, dtype=arguments.dtype, until=until
        )

    def best(network: Any, until: str) -> Any:
        """The setting with the least median of seconds, or of the cost if none arrives."""
        least, chosen = (math.inf, math.inf), None
        for choice in itertools.product(jax.SCALINGS, RATES, BATCHES):
            # Whoever is sure to lose is cut off.
            setting, limit = jax.Setting(*choice), min(SWEEP_LIMIT, 1.5 * least[0])
            runs = [adam(network, setting, seed, until, limit) for seed in SWEEP_SEEDS[until]]
            seconds = median(getattr(run, until) for run in runs)
            cost = median(run.cost[-1] for run in runs)
            say(f"sweep, {until}: {setting} {seconds:.3f} s, cost {cost:.3g}")
            if (seconds, cost) < least:
                least, chosen = (seconds, cost), setting
        return chosen

    choices = {
        ADAM: (jax.PAPER, "touched"),
        ADAM_COST: (jax.PAPER, "reached"),
        ADAM_OURS: (jax.LIKE_OURS, "touched"),
    }
    runners: dict[str, Runner] = {OURS: lambda seed: race_ours.fitted(rows, seed)}
    settings = {OURS: "no argument"}
    for name, (network, until) in choices.items():
        setting = best(network, until)
        stop = "both" if network is jax.LIKE_OURS else until
        settings[name] = f"{setting.scaling}, rate {setting.rate:g}, batch {setting.batch}"
        runners[name] = lambda seed, n=network, s=setting, u=stop: adam(  # type: ignore[misc]
            n, s, seed, u, arguments.limit
        )
    settings[LBFGS] = "[-1, 1]"
    runners[LBFGS] = lambda seed: jax.lbfgs(
        rows, jax.PAPER, "[-1, 1]", seed=seed, limit=arguments.limit
    )
    return runners, settings


def raced(runners: dict[str, Runner], seeds: int) -> dict[str, list[Course]]:
    """All contenders, seed by seed; a first run of each is thrown away, as it may compile."""
    runners[OURS](0)
    courses: dict[str, list[Course]] = {name: [] for name in runners}
    for seed in range(seeds):
        for name, runner in runners.items():
            say(f"seed {seed}: {name}")
            courses[name].append(runner(seed))
    return courses


def judge(courses: dict[str, list[Course]]) -> list[Verdict]:
    """What was found beside what is wanted."""
    ours = courses[OURS]
    adam = median(course.touched for course in courses[ADAM])
    rivals = [median(course.reached for course in courses[name]) for name in (ADAM_COST, LBFGS)]
    final = sum(float(course.score[-1]) for course in ours) / len(ours)
    total, touched = (median(c.total for c in ours), median(c.touched for c in ours))
    reached = median(course.reached for course in ours)
    return [
        Verdict("held-out accuracy at the end, mean", final, FINAL),
        Verdict(f"whole fit / Adam's time to {SCORE}", total / adam, WHOLE, at_most=True),
        Verdict(f"time to {SCORE} / Adam's", touched / adam, TOUCH, at_most=True),
        Verdict(f"time to cost {COST} / Adam's", reached / rivals[0], REACH, at_most=True),
        Verdict(f"time to cost {COST} / L-BFGS's", reached / rivals[1], REACH, at_most=True),
    ]


def course_table(courses: dict[str, list[Course]], settings: dict[str, str]) -> Table:
    """A row a contender, medians over the seeds."""
    table = Table(
        title="The digits; medians of seconds over the seeds, mean of the accuracy",
        caption="Adam is stopped at the mark it was tuned for, L-BFGS and Adam on a network like "
        "ours at both marks, whoever does not get there at the limit; only NodeClassifier ends by "
        "its own rule",
    )
    for head in ("contender", "setting"):
        table.add_column(head)
    for head in (f"to {SCORE}", f"to cost {COST}", "in all", "last accuracy", "last cost"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, runs in courses.items():
        times = [median(getattr(run, what) for run in runs) for what in ("touched", "reached")]
        table.add_row(
            name,
            settings[name],
            *("not reached" if finite(time) is None else f"{time:.3f}" for time in times),
            f"{median(run.total for run in runs):.3f}",
            f"{sum(run.score[-1] for run in runs) / len(runs):.4f}",
            f"{median(run.cost[-1] for run in runs):.2g}",
        )
    return table


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """A row a target."""
    table = Table(title="Targets")
    table.add_column("")
    for head in ("found", "wanted"):
        table.add_column(head, justify="right")
    table.add_column("")
    for verdict in verdicts:
        table.add_row(verdict.what, f"{verdict.found:.3g}", *judged(verdict))
    return table


if __name__ == "__main__":
    sys.exit(main())
