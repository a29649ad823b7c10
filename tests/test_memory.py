"""The memory that is free: of the machine, of a container, and of the address space."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from standalone_node import memory
from standalone_node.memory import available_memory, machine_memory


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the control group of this process."""
    entry = str(tmp_path / "memory.max"), "memory.current", "inactive_file"
    monkeypatch.setattr(memory, "CGROUPS", (entry,))
    return tmp_path


@pytest.mark.parametrize("text, limit", [("1000000\n", 1_000_000), ("max\n", None), ("", None)])
def test_the_limit_of_a_container_counts(container: Path, text: str, limit: int | None) -> None:
    whole = machine_memory()
    (container / "memory.max").write_text(text)
    assert machine_memory() == (limit or whole)


def test_in_a_container_what_is_in_use_is_not_free(container: Path) -> None:
    (container / "memory.max").write_text("9000000")
    assert available_memory() == 9_000_000
    (container / "memory.current").write_text("5000000")
    assert available_memory() == 4_000_000
    (container / "memory.stat").write_text("anon 1\ninactive_file 3000000\n")  # given back at once
    assert available_memory() == 7_000_000
    (container / "memory.current").write_text("99000000")
    assert available_memory() == 0


def test_what_the_machine_says_is_free_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "meminfo"
    monkeypatch.setattr(memory, "MEMINFO", str(told))
    monkeypatch.setattr(memory, "CGROUPS", ())
    whole = available_memory()  # nothing is told: all of the machine
    told.write_text("MemTotal: 900 kB\nMemAvailable:     300 kB\n")
    assert available_memory() == 300 * 1024 < whole


def test_a_limit_of_the_address_space_counts() -> None:
    code = "from standalone_node.memory import available_memory as free; print(free())"
    limited = f"ulimit -v 1000000 && {sys.executable} -c '{code}'"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 1_000_000 * 1024
