"""What Linux tells of processors and memory is read as it stands, and silence is no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from standalone_node.report.machine import (
    blas_libraries,
    instructions,
    memory,
    processor,
    processor_quota,
)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_model_of_the_processor(tmp_path: Path) -> None:
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Fast 9000: the one\n")
    found = processor(tmp_path)
    assert found["model"] == "Fast 9000: the one"
    assert 1 <= found["usable"] <= found["all"] and found["quota"] is None


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    assert set(processor(tmp_path)) == {"model", "all", "usable", "quota"}
    found = memory(tmp_path)
    assert found["available"] is None and "control group" not in found["limits"]


@pytest.mark.parametrize(
    "limits, quota",
    [
        ({"a/b/cpu.max": "150000 100000", "cpu.max": "max 100000"}, 1.5),
        ({"a/b/cpu.max": "max 100000", "a/cpu.max": "400000 100000", "cpu.max": "50 100"}, 0.5),
        ({"a/b/cpu.max": "max 100000"}, None),
        ({}, None),
    ],
)
def test_the_tightest_quota_of_the_groups_around_counts(
    limits: dict[str, str], quota: float | None, tmp_path: Path
) -> None:
    write(tmp_path, "proc/self/cgroup", "0::/a/b\n")
    for name, text in limits.items():
        write(tmp_path, f"sys/fs/cgroup/{name}", text)
    assert processor_quota(tmp_path) == quota


def test_in_a_container_the_limits_are_at_the_root(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "0::/path/of/the/host\n")
    write(tmp_path, "sys/fs/cgroup/memory.max", "1000000\n")
    assert memory(tmp_path)["limits"]["control group"] == 1_000_000


def test_control_groups_of_the_first_version(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "3:cpu,cpuacct:/g\n2:memory:/g\n1:name=systemd:/g\n")
    write(tmp_path, "sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "200000\n")
    write(tmp_path, "sys/fs/cgroup/cpu/g/cpu.cfs_period_us", "100000\n")
    write(tmp_path, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    write(tmp_path, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
    write(tmp_path, "sys/fs/cgroup/memory/g/memory.limit_in_bytes", "9223372036854771712\n")
    assert processor_quota(tmp_path) == 2.0
    assert "control group" not in memory(tmp_path)["limits"]
    write(tmp_path, "sys/fs/cgroup/memory/memory.limit_in_bytes", "512\n")
    assert memory(tmp_path)["limits"]["control group"] == 512


def test_available_memory(tmp_path: Path) -> None:
    write(tmp_path, "proc/meminfo", "MemTotal: 100 kB\nMemAvailable:   50 kB\n")
    assert memory(tmp_path)["available"] == 50 * 1024


def test_this_machine_has_a_processor_and_a_library_of_linear_algebra() -> None:
    assert instructions()["target"]
    for found in blas_libraries():
        assert found["name"] and found["threads"] >= 1
