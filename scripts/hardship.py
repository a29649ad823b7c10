"""Runs `node-fit` where things go wrong: full disks, read-only places, no home, many at once.

    python scripts/hardship.py [--only WORDS]

Full and read-only file systems are made by mounting, which only root may do; those cases are
skipped by name otherwise. Each case is a row of `CASES`: what it does to the machine, and what must
hold afterwards. Prints a table; exit code 1 if a case fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIT = ("fit", "data.csv", "--target", "y", "--max-iterations", "3", "-q")


class Failed(Exception):
    """What must hold does not."""


class Skipped(Exception):
    """A case cannot be run here."""


@dataclass
class Place:
    """A folder to work in, with data and a model, and the environment of the commands."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command line that runs beside this process."""
        return subprocess.Popen(
            [sys.executable, "-m", "standalone_node.cli", *arguments],
            cwd=self.folder,
            env={"PYTHONPATH": str(ROOT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, list[str]]:
        """The exit code of a command line, and the lines on its stderr."""
        return ended(self.start(*arguments))


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """The exit code of a process, and the lines on its stderr."""
    _, errors = process.communicate(timeout=600)
    return process.returncode, [line for line in errors.splitlines() if line.strip()]


def must(holds: bool, words: str) -> None:
    """Failed, with these words, unless it holds."""
    if not holds:
        raise Failed(words)


@contextmanager
def mounted(where: Path, size: str, *, read_only: bool = False) -> Iterator[Path]:
    """A small file system of its own in memory; Skipped without the right to mount."""
    where.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(where)], capture_output=True
    )
    if done.returncode:
        raise Skipped("needs root, to mount a small file system")
    try:
        yield where
        if read_only:
            subprocess.run(["mount", "-o", "remount,rw", str(where)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def filled(where: Path, left: int) -> None:
    """Fill a file system but for about so many bytes."""
    with (where / "ballast").open("wb") as file:
        while True:
            free = shutil.disk_usage(where).free - left
            if free <= 0:
                return
            try:
                file.write(bytes(min(free, 4096)))
                file.flush()
            except OSError:
                return


def listing(where: Path) -> dict[str, bytes]:
    """All files below a folder and their content."""
    return {
        str(path.relative_to(where)): path.read_bytes()
        for path in sorted(where.rglob("*"))
        if path.is_file()
    }


#: An output, and the command line that writes it to a place in the folder "small".
OUTPUTS: dict[str, tuple[str, ...]] = {
    "model": (*FIT, "-o", "small/old"),
    "history": (*FIT, "-o", "small/old"),
    "figure": (*FIT, "-o", "fitted.npz", "--figure", "small/old.png"),
    "predictions": ("predict", "model.npz", "data.csv", "-o", "small/old", "-q"),
    "report folder": (*FIT, "-o", "fitted.npz", "--report", "small/report"),
    "sensitivity folder": (
        *("sensitivity", "model.npz", "data.csv", "-q", "--only", "jacobian"),
        *("-o", "small/report"),
    ),
}
#: Files that are there already, which must stay whole.
OLD = ("old", "old.history.csv", "old.png", "report/report.html", "report/report.json")
#: Bytes that are left: for none of an output, and for some of it.
LEFT = (0, 4096)


def disk_full(output: str) -> Callable[[Place], str]:
    """The case of an output on a full disk."""

    def case(place: Place) -> str:
        for left in LEFT:
            with mounted(place.folder / "small", "128k") as small:
                for name in OLD:
                    (small / name).parent.mkdir(exist_ok=True)
                    (small / name).write_bytes(name.encode())
                filled(small, left)
                before = listing(small)
                code, lines = place.run(*OUTPUTS[output])
                must(code == 1, f"exit code {code}: {lines}")
                must(len(lines) == 1 and "cannot be written" in lines[0], f"{lines}")
                must(listing(small) == before, f"{set(listing(small)) ^ set(before)} changed")
            (place.folder / "small").rmdir()
        return "the old files are whole, nothing else is left, one sentence"

    return case


def cache_full(place: Place) -> str:
    """Kernels cannot be kept: the run goes on."""
    with mounted(place.folder / "cache", "64k") as cache:
        filled(cache, 8192)
        place.environment |= {"NUMBA_CACHE_DIR": str(cache)}
        code, lines = place.run(*FIT, "-o", "fitted.npz")
        must(code == 0 and len(lines) <= 1, f"exit code {code}: {lines}")
        rest = [name for name in listing(cache) if name.endswith(".tmp")]
        must(not rest, f"temporary files are left: {rest}")
    return "compiled, not kept; the run ends well"


def read_only_output(place: Place) -> str:
    """Outputs to a read-only place are refused before anything is computed."""
    with mounted(place.folder / "small", "128k", read_only=True) as small:
        (small / "report").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        for output, line in OUTPUTS.items():
            code, lines = place.run(*line)
            must(code in (1, 2) and len(lines) == 1, f"{output}: exit code {code}: {lines}")
    return f"{len(OUTPUTS)} outputs refused, a sentence each"


def without_home(home: str | None) -> Callable[[Place], str]:
    """The case of a home that is not set, not there, or not to be written to ("/" in front)."""

    def case(place: Place) -> str:
        for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
            place.environment.pop(name, None)
        if home is not None:
            place.environment["HOME"] = str(place.folder / home)
        code, lines = place.run(*FIT, "-o", "fitted.npz", "--figure", "fit.png")
        must(code == 0 and len(lines) <= 1, f"exit code {code}: {lines}")
        return f"ends well, {len(lines)} lines on stderr"

    def read_only(place: Place) -> str:
        with mounted(place.folder / "home", "64k", read_only=True) as folder:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
            return case(place)

    return read_only if home == "home" else case


def read_only_package(place: Place) -> str:
    """The package lies where nothing can be written."""
    with mounted(place.folder / "site", "64m", read_only=True) as site:
        shutil.copytree(ROOT / "standalone_node", site / "standalone_node")
        subprocess.run(["mount", "-o", "remount,ro", str(site)], check=True)
        place.environment |= {"PYTHONPATH": str(site), "NUMBA_CACHE_DIR": ""}
        code, lines = place.run(*FIT, "-o", "fitted.npz")
        must(code == 0 and len(lines) <= 1, f"exit code {code}: {lines}")
    return "ends well"


def cold_cache(place: Place) -> str:
    """Two processes compile the same kernels at once."""
    cache = place.folder / "cold"
    place.environment |= {"NUMBA_CACHE_DIR": str(cache)}
    models = all_equal(place, [f"cold{k}.npz" for k in range(2)])
    rest = [name for name in listing(cache) if not name.endswith(".kernel")]
    must(not rest, f"left in the cache: {rest}")
    again = all_equal(place, ["warm.npz"])
    must(models == again, "the cached kernels compute something else")
    return f"{len(listing(cache))} kernels, the same bits compiled and loaded"


def different_names(place: Place) -> str:
    """Eight fits at once, to eight models in one folder."""
    all_equal(place, [f"m{k}.npz" for k in range(8)])
    return "8 models, the same bytes"


def same_name(place: Place) -> str:
    """Eight fits at once, to the same model."""
    alone = all_equal(place, ["alone.npz"])
    together = all_equal(place, ["one.npz"] * 8)
    must(alone == together, "the model is not that of a fit alone")
    return "1 model, the bytes of a fit alone"


def all_equal(place: Place, names: list[str]) -> bytes:
    """Fit to these names at once; the bytes that all models have."""
    running = [place.start(*FIT, "--threads", "1", "-o", name) for name in names]
    for process in running:
        code, lines = ended(process)
        must(code == 0 and not any("error" in line for line in lines), f"exit {code}: {lines}")
    contents = {(place.folder / name).read_bytes() for name in names}
    histories = [(place.folder / f"{name}.history.csv").exists() for name in names]
    must(len(contents) == 1 and all(histories), f"{len(contents)} different models")
    rest = [path.name for path in place.folder.iterdir() if path.name.startswith(".")]
    must(not rest, f"temporary files are left: {rest}")
    return contents.pop()


#: The table: a case and what it does.
CASES: dict[str, Callable[[Place], str]] = {
    **{f"disk full, {output}": disk_full(output) for output in OUTPUTS},
    "disk full, kernel cache": cache_full,
    "read-only outputs": read_only_output,
    "HOME not set": without_home(None),
    "HOME not there": without_home("no/such/home"),
    "HOME read-only": without_home("home"),
    "read-only site-packages": read_only_package,
    "two on a cold cache": cold_cache,
    "eight at once, eight models": different_names,
    "eight at once, one model": same_name,
}


def prepared(folder: Path) -> None:
    """Data to fit to, and a model."""
    rows = [f"{i % 7},{i % 5}.5,{'ab'[i % 3 == 0]}" for i in range(600)]
    (folder / "data.csv").write_text("u,v,y\n" + "\n".join(rows) + "\n")
    code, lines = Place(folder).run(*FIT, "-o", "model.npz")
    must(code == 0, f"no model to begin with: {lines}")


def outcome(case: Callable[[Place], str], start: Path) -> tuple[str, str]:
    """Whether a case holds in a folder of its own, and words."""
    with tempfile.TemporaryDirectory(prefix="hardship.") as name:
        folder = Path(name)
        for path in start.iterdir():
            shutil.copy(path, folder)
        try:
            return "holds", case(Place(folder))
        except Skipped as why:
            return "skipped", str(why)
        except Failed as why:
            return "FAILS", str(why)


def main(arguments: list[str] | None = None) -> int:
    """Run the cases whose names have these words in them; the exit code."""
    parser = argparse.ArgumentParser(description="Run node-fit where things go wrong.")
    parser.add_argument("--only", default="", help="cases whose name has these words in it")
    only = parser.parse_args(arguments).only
    failed = False
    with tempfile.TemporaryDirectory(prefix="hardship.") as name:
        prepared(Path(name))
        for title, case in CASES.items():
            if only in title:
                began = time.perf_counter()
                verdict, words = outcome(case, Path(name))
                failed |= verdict == "FAILS"
                seconds = time.perf_counter() - began
                print(f"{title:30s} {verdict:8s} {seconds:6.1f} s  {words}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
