"""How much memory and time a fit to a CSV file of a given size takes.

    python scripts/big_file.py [--size 3GB] [--folder FOLDER] [--keep] [--whole] [-- OPTIONS]

A file is made of 20 columns of numbers, one of eight categories, and three classes that depend on
them by a smooth function and noise; rows are drawn with a seed. `node-fit fit` runs on it in a
process of its own, by default with --chunked yes; OPTIONS go to it. Printed are the largest
resident set of that process, the seconds, and the held-out score beside the baseline's. --whole
reads the file at once, to see what that takes, which standalone_node/learn/streaming/need.py
estimates.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from standalone_node.problem.memory import bytes_of

COLUMNS = 20
_KINDS = np.frombuffer(b"abcdefgh", dtype=np.uint8)
_LABELS = np.array([list(b"low"), list(b"mid"), list(b"top")], dtype=np.uint8)
_ROWS = 50_000


def make(path: Path, size: int, seed: int = 0) -> int:
    """Write a file of about so many bytes, one row at the least; how many rows it has."""
    rng = np.random.default_rng(seed)
    shape = np.random.default_rng(seed + 1)
    mix, shift = shape.standard_normal((COLUMNS, 3)), shape.standard_normal((8, 3))
    rows = 0
    with path.open("wb") as file:
        file.write((",".join(f"x{i}" for i in range(COLUMNS)) + ",kind,label\n").encode())
        while file.tell() < size or not rows:
            left = -(-(size - file.tell()) // (9 * COLUMNS + 6))
            block = _block(rng, mix, shift, min(_ROWS, max(20, left)))
            file.write(block.tobytes())
            rows += len(block)
    return rows


def _block(rng: np.random.Generator, mix: Any, shift: Any, rows: int) -> Any:
    """Rows as characters: numbers such as -1.23456 or 01.23456, a kind, and a label."""
    x = np.clip(rng.standard_normal((rows, COLUMNS), dtype=np.float32), -9.9, 9.9)
    kind = rng.integers(0, 8, rows)
    score = 2.0 * np.tanh(0.7 * (x @ mix)) + np.sin(2.0 * x[:, :3]) + shift[kind]
    label = (score + 0.3 * rng.standard_normal((rows, 3))).argmax(axis=1)
    digits = np.rint(np.abs(x) * 1e5).astype(np.int32)
    cells = np.empty((rows, COLUMNS, 9), dtype=np.uint8)
    cells[:, :, 0] = np.where(x < 0.0, ord("-"), ord("0"))
    for place in (7, 6, 5, 4, 3, 1):
        digits, last = np.divmod(digits, 10)
        cells[:, :, place] = ord("0") + last
    cells[:, :, 2], cells[:, :, 8] = ord("."), ord(",")
    end = np.empty((rows, 6), dtype=np.uint8)
    end[:, 0], end[:, 1], end[:, 2:5], end[:, 5] = _KINDS[kind], ord(","), _LABELS[label], 10
    return np.concatenate([cells.reshape(rows, -1), end], axis=1)


def fitted(path: Path, options: list[str]) -> dict[str, Any]:
    """What `node-fit fit` says of a file, with the seconds and the memory it took."""
    command = [sys.executable, "-m", "standalone_node.cli", "fit", str(path), "--target", "label"]
    began = time.perf_counter()
    run = subprocess.Popen([*command, *options, "--json"], stdout=subprocess.PIPE)
    assert run.stdout is not None
    said = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(f"node-fit fit ended with exit code {run.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    facts: dict[str, Any] = json.loads(said)
    return {
        **facts,
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
    }


def main(arguments: list[str] | None = None) -> None:
    """Make the file, fit it, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", default="3GB")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("options", nargs="*", metavar="OPTIONS")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="big-file-") as folder:
        path = Path(asked.folder or folder if asked.keep else folder) / "big.csv"
        rows = make(path, bytes_of(asked.size), asked.seed)
        size = path.stat().st_size
        model = str(Path(folder) / "big.node.npz")
        chunked = "no" if asked.whole else "yes"
        facts = fitted(path, ["--chunked", chunked, "-o", model, *asked.options])
    print(f"file           {size / 1e9:.3f} GB, {rows:,} rows, {COLUMNS + 2} columns")
    print(f"peak memory    {facts['peak_bytes'] / 1e9:.3f} GB resident")
    print(
        f"time           {facts['wall_seconds']:.0f} s, {facts['cpu_seconds']:.0f} s of processors"
    )
    print(f"training       {facts['seconds']:.0f} s, end state {facts['end_state']['name']}")
    test, baseline = facts["test"], facts["baseline"]
    if test is not None:
        print(f"held-out rows  {test['rows']:,}: accuracy {test['accuracy']:.4f}", end="")
        print(f" (baseline {baseline['accuracy']:.4f})")


if __name__ == "__main__":
    main()
