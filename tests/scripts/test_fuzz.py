"""The long run of inputs that nobody would write: it counts what it is there to count."""

from __future__ import annotations

import gc
import importlib
import mmap
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
fuzz: Any = importlib.import_module("fuzz")
watch: Any = importlib.import_module("fuzzing.watch")
outcomes: Any = importlib.import_module("fuzzing.outcomes")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is in memory")
WATCH = watch.Watch()


def one(run: Any, data: bytes = b"x" * 100) -> dict[str, Any]:
    """What is told of an input that is run so."""
    fuzz.TARGETS["test"] = outcomes.Target(lambda folder: None, lambda rng, known: data, run)
    try:
        facts: dict[str, Any] = fuzz._one("test", data, None, WATCH, watch.reset_peak())
    finally:
        del fuzz.TARGETS["test"]
    return facts


def test_an_input_that_is_taken_is_no_failure() -> None:
    facts = one(lambda data, known: "ok")
    assert facts["outcome"] == "ok" and not facts["code"] and not facts["memory"]


def test_a_traceback_is_told() -> None:
    def run(data: bytes, known: None) -> str:
        raise ZeroDivisionError("of all things")

    facts = one(run)
    assert facts["outcome"] == "traceback" and "of all things" in facts["words"]


@pytest.mark.parametrize(
    "deed",
    [
        lambda: eval("1 + 1"),
        lambda: exec("x = 1"),
        lambda: compile("x", "<data>", "eval"),
        lambda: os.system("true"),
        lambda: subprocess.run(["true"], check=True),
        lambda: __import__("socket").socket().close(),
        lambda: __import__("pickle").loads(b"cos\nsystem\n."),
    ],
    ids=["eval", "exec", "compile", "system", "process", "socket", "pickle"],
)
def test_code_that_is_executed_is_told(deed: Any) -> None:
    def run(data: bytes, known: None) -> str:
        deed()
        return "ok"

    assert one(run)["code"]


def test_memory_that_is_taken_is_told() -> None:
    def run(data: bytes, known: None) -> str:
        # Pages of its own: the heap of a process that has run other tests may have room for it, and
        # then no memory is taken.
        with mmap.mmap(-1, 4 * fuzz.SLACK) as pages:
            pages.write(b"x" * len(pages))
        return "ok"

    gc.collect()  # what other tests left behind would be given back meanwhile
    assert one(run)["memory"]
    assert not one(run, bytes(20 * 2**20))["memory"]


def test_inputs_depend_on_the_seed_and_the_number_alone(tmp_path: Path) -> None:
    known = fuzz.TARGETS["csv"].prepared(tmp_path)
    assert fuzz.made("csv", 0, 7, known) == fuzz.made("csv", 0, 7, known)
    assert len({fuzz.made("csv", seed, 7, known) for seed in range(5)}) == 5
    assert isinstance(fuzz.TARGETS["csv"].make(Random(0), known), bytes)


def test_a_process_that_hangs_is_told_from_one_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fuzz.Worker

    def worker(code: str) -> Any:
        found = object.__new__(real)
        found._process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        found._rest = b""
        return found

    ready = 'print(\'{"ready": 1}\\n{"number": 0}\', flush=True); import os, time; '
    for code, what, wait in (
        ("time.sleep(60)", "hang", 4.0),
        ("[None for _ in iter(int, 1)]", "hang", 4.0),
        ("os.abort()", "death", 60.0),
    ):
        monkeypatch.setattr(fuzz, "Worker", lambda *rest, code=code: worker(ready + code))
        monkeypatch.setattr(fuzz, "LIMIT", wait / 8.0)
        monkeypatch.setattr(fuzz, "BUSY", wait)
        tally = fuzz.Tally()
        assert fuzz._shift("csv", 0, 0, 5, tally) == 1
        assert dict(tally.counts) == {what: 1}


def test_the_table_counts_every_case_once() -> None:
    tally = fuzz.Tally()
    told = {"words": "", "code": [], "memory": False, "seconds": 0.1, "size": 9, "over": 0}
    for outcome in ("ok", "sentence", "sentence", "traceback"):
        code = ["exec"] if outcome == "ok" else []
        fuzz._count(tally, 0, told | {"outcome": outcome, "code": code})
    head, row = fuzz.table({"csv": tally}).splitlines()
    assert dict(zip(head.split()[:6], row.split()[1:7], strict=True)) == {
        "cases": "4", "ok": "1", "sentence": "2", "traceback": "1", "hang": "0", "death": "0",
    }  # fmt: skip
    assert len(tally.failures) == 2
