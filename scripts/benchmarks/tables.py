"""The records as tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from benchmarks.memory import ALLOWED
from benchmarks.targets import Verdict, ratio_verdict, share_verdict

Record = dict[str, Any]


def milliseconds(seconds: float) -> str:
    """Three figures."""
    value = 1e3 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")


def judged(verdict: Verdict | None) -> tuple[str, Text]:
    """What is wanted and the mark, both empty if nothing is."""
    if verdict is None:
        return "", Text("")
    sign = "≤" if verdict.at_most else "≥"
    return f"{sign} {verdict.wanted:g}", Text(verdict.mark, "green" if verdict.met else "red")


def machine_lines(machine: Record, warning: str | None) -> list[str]:
    """The machine in a few lines."""
    versions = (f"{name} {number}" for name, number in machine["versions"].items() if number)
    blas = (
        f"{library['prefix']} {library['version']} ({library['architecture']}, "
        f"{library['num_threads']} threads)"
        for library in machine["blas"]
    )
    load = machine["load_average"]
    lines = [
        f"{machine['processor']}, {machine['cores_usable']} of {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}",
        f"Python {machine['python']}, {', '.join(versions)}",
        f"BLAS: {'; '.join(blas)}",
        f"environment: {' '.join(f'{k}={v}' for k, v in machine['variables'].items()) or 'plain'}",
        f"load average at the start: {'unknown' if load is None else f'{load[0]:.2f}'}",
    ]
    return lines if warning is None else [*lines, f"WARNING: {warning}"]


def iteration_table(cells: Iterable[Record]) -> Table:
    """A row a contender: median, quartiles and the ratio to ours."""
    table = Table(
        title="One iteration: cost, derivative and sensitivity in float64",
        caption="* without the sensitivity; ratio of medians, theirs / ours",
    )
    for head in ("d×B×N", "scheme", "contender"):
        table.add_column(head, no_wrap=True)
    for head in ("median ms", "quartiles", "ratio", "wanted"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("")
    for cell in cells:
        for name, entry in cell["contenders"].items():
            verdict = ratio_verdict(name, cell["size"], cell["scheme"], entry["ratio"])
            low, high = (milliseconds(seconds) for seconds in entry["quartiles"])
            table.add_row(
                cell["size"],
                cell["scheme"],
                name + ("" if entry["sensitivity"] else " *"),
                milliseconds(entry["median"]),
                f"{low}–{high}",
                f"{entry['ratio']:.2f}",
                *judged(verdict),
            )
        table.add_section()
    return table


def program_table(cells: Iterable[Record]) -> Table:
    """Which way of writing a contender was the fastest, and the quick times of all ways."""
    table = Table(
        title="Ways to write a contender, least of three times in ms; the first was timed"
    )
    for head in ("d×B×N", "scheme", "contender", "ways"):
        table.add_column(head)
    for cell in cells:
        for name, entry in cell["contenders"].items():
            if len(entry["pilots"]) > 1:
                ways = sorted(entry["pilots"].items(), key=lambda item: item[1])
                text = "; ".join(f"{way} {milliseconds(seconds)}" for way, seconds in ways)
                table.add_row(cell["size"], cell["scheme"], name, text)
        table.add_section()
    return table


def _judged_table(title: str, texts: Iterable[str], numbers: Iterable[str]) -> Table:
    """An empty table: columns of text, of numbers, and one for the mark."""
    table = Table(title=title)
    for head in texts:
        table.add_column(head)
    for head in numbers:
        table.add_column(head, justify="right")
    table.add_column("")
    return table


def share_table(cells: Iterable[Record]) -> Table:
    """Our rate in the five products of a stage against that of the products alone."""
    title = "Five products a stage against the DGEMM rate of the same shapes"
    numbers = ("ours GFLOP/s", "DGEMM GFLOP/s", "share", "wanted")
    table = _judged_table(title, ("d×B×N", "scheme"), numbers)
    for cell in cells:
        found = cell["dgemm"]
        table.add_row(
            cell["size"],
            cell["scheme"],
            f"{found['our_rate'] / 1e9:.1f}",
            f"{found['rate'] / 1e9:.1f}",
            f"{found['share']:.0%}",
            *judged(share_verdict(cell["size"], cell["scheme"], found["share"])),
        )
    return table


def scaling_table(records: Iterable[Record], verdicts: Iterable[Verdict]) -> Table:
    """One thread and two."""
    title = "Two threads; the bits are the same on 1, 2 and 3"
    numbers = ("one thread ms", "two threads ms", "ratio", "wanted")
    table = _judged_table(title, ("d×B×N", "scheme"), numbers)
    for record, verdict in zip(records, verdicts, strict=True):
        medians = (milliseconds(record["threads"][count]["median"]) for count in ("1", "2"))
        ratio = f"{record['speed_up']:.2f}"
        table.add_row(record["size"], record["scheme"], *medians, ratio, *judged(verdict))
    return table


def memory_table(records: list[Record], verdicts: Iterable[Verdict]) -> Table:
    """Peaks at both batches."""
    table = Table(
        title="Rise of the peak memory in MiB",
        caption="arrays: of the data's size (B, d), by whose number the peak grows; "
        f"up to {ALLOWED} are not counted in the ratio",
    )
    batches = records[0]["batches"]
    for head in ("call", "scheme"):
        table.add_column(head)
    for head in (*(f"B = {batch:,}" for batch in batches), "arrays", "ratio", "wanted"):
        table.add_column(head, justify="right")
    table.add_column("")
    for record, verdict in zip(records, verdicts, strict=True):
        table.add_row(
            record["call"],
            record["scheme"],
            *("killed" if peak is None else f"{peak / 2**20:.0f}" for peak in record["peaks"]),
            *("" if record[key] is None else f"{record[key]:.2f}" for key in ("arrays", "ratio")),
            *judged(verdict),
        )
    return table


def startup_table(record: Record, verdicts: Iterable[Verdict]) -> Table:
    """Medians of fresh processes, then what they are held against."""
    table = _judged_table("Start-up, fresh processes, medians", ("",), ("found", "wanted"))
    for name in ("node-fit --help", "import click"):
        table.add_row(f"{name}, seconds", f"{record['medians'][name]:.3f}", "", "")
    for verdict in verdicts:
        table.add_row(verdict.what, f"{verdict.found:.2f}", *judged(verdict))
    return table
