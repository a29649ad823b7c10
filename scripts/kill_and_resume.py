"""Kill fits at random moments and resume them: does each end in the bits of one that was not?

    python scripts/kill_and_resume.py                   # 100 kills, one after the other
    python scripts/kill_and_resume.py --kills 20 --seed 1 --method adam

Every process is `node-fit fit ... --checkpoint FOLDER --every 1`, killed with SIGKILL at a random
moment between a little before its first checkpoint and its end, half of them again while they
resume. Then it is resumed to its end, and the model file compared byte for byte with that of a fit
that nobody killed. Also counted: checkpoints that cannot be read, and processes that do not end
well.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from standalone_node.errors import ModelFileError
from standalone_node.learn.bundled import data_set
from standalone_node.learn.checkpoint_file import read_checkpoint

#: What is fitted, by method: enough iterations for a second or more.
METHODS: dict[str, tuple[str, ...]] = {
    "ncg": ("--max-iterations", "150"),
    "adam": ("--method", "adam", "--max-iterations", "300"),
    "batches": ("--batch-size", "100", "--epochs", "20"),
    "continuation": ("--continuation", "1,2", "--max-iterations", "60"),
}


@dataclass
class Count:
    """What became of the kills."""

    kills: int = 0
    before_the_first: int = 0
    same: int = 0
    unreadable: int = 0
    failed: list[str] = field(default_factory=list)


class Fits:
    """Fits of one kind in a folder of their own."""

    def __init__(self, place: Path, method: str, data: str) -> None:
        chosen = data_set(data)
        self._place = place
        self._command = [
            *(sys.executable, "-m", "standalone_node.cli", "fit", str(chosen.path)),
            *("--target", chosen.target, "--tolerance", "0", "--quiet", *METHODS[method]),
        ]

    def start(self, model: str, *more: str) -> subprocess.Popen[str]:
        """A process that fits `model`."""
        return subprocess.Popen(
            [*self._command, "-o", model, *more],
            cwd=self._place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def whole(self) -> tuple[bytes, float, float]:
        """The model that nobody interrupts; the seconds to its first checkpoint and to its end."""
        self.ended(self.start("whole"))  # whatever has to be compiled
        began = time.perf_counter()
        process = self.start("timed", "--checkpoint", "timed.kept", "--every", "1")
        while not list((self._place / "timed.kept").glob("*.node")) and process.poll() is None:
            time.sleep(0.005)
        first = time.perf_counter() - began
        self.ended(process)
        return (self._place / "whole").read_bytes(), first, time.perf_counter() - began

    def ended(self, process: subprocess.Popen[str]) -> str:
        """Wait for a process; what it said if it did not end well, else nothing."""
        said = process.communicate(timeout=600)[1]
        return "" if process.returncode == 0 else f"exit code {process.returncode}: {said[-300:]}"

    def kill(self, number: int, after: list[float], count: Count) -> bytes | None:
        """Kill a fit after each of these times, resume it to its end; the model it makes."""
        model, folder = f"m{number}", f"c{number}"
        options = ["--checkpoint", folder, "--every", "1"]
        for seconds in after:
            process = self.start(model, *options)
            time.sleep(seconds)
            process.kill()
            process.communicate()
            count.kills += 1
            count.unreadable += _unreadable(self._place / folder)
            if not list((self._place / folder).glob("*.node")):
                count.before_the_first += 1
            options = [*options[:4], "--resume"]
        wrong = self.ended(self.start(model, *options))
        if wrong:
            count.failed.append(wrong)
            return None
        return (self._place / model).read_bytes()


def _unreadable(folder: Path) -> int:
    wrong = 0
    for path in folder.glob("checkpoint-*.node"):
        try:
            read_checkpoint(path)
        except ModelFileError:
            wrong += 1
    return wrong


def killed(kills: int, seed: int, method: str, data: str, place: Path) -> Count:
    """The kills, all of one method."""
    fits, count, chance = Fits(place, method, data), Count(), random.Random(seed)
    model, first, end = fits.whole()
    print(f"first checkpoint after {first:.1f} s, end after {end:.1f} s", flush=True)
    number = 0
    while count.kills < kills:
        number += 1
        times = [chance.uniform(0.9 * first, end)]
        if chance.random() < 0.5 and count.kills + 1 < kills:
            times.append(chance.uniform(0.9 * first, end))
        found = fits.kill(number, times, count)
        if found == model:
            count.same += len(times)
        elif found is not None:
            count.failed.append(f"another model after kills at {times} s")
    return count


def main() -> int:
    """Do it and print what became of it; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method", choices=METHODS, default="ncg")
    parser.add_argument("--data", default="digits", help="a bundled data set")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as place:
        count = killed(options.kills, options.seed, options.method, options.data, Path(place))
    print(f"kills                                  {count.kills}")
    print(f"  before the first checkpoint          {count.before_the_first}")
    print(f"  resumed to the same bits             {count.same}")
    print(f"checkpoints that cannot be read        {count.unreadable}")
    for sentence in count.failed:
        print(f"failed: {sentence}")
    return 0 if count.same == count.kills and not count.unreadable and not count.failed else 1


if __name__ == "__main__":
    sys.exit(main())
