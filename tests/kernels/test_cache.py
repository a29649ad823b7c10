"""Compiled kernels come back from disk as they were, whoever wrote them and whatever happened."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import types
from numba.extending import intrinsic

from standalone_node.kernels.cache import SUFFIX, identity, is_current, kept_files, short_name
from standalone_node.kernels.jit import inlined, kernel

pytestmark = pytest.mark.compiled
ROOT = Path(__file__).resolve().parents[2]
Kernel = Callable[..., Any]


@inlined
def plus(x, y):  # type: ignore[no-untyped-def]
    return x + y


@inlined
def times(x, y):  # type: ignore[no-untyped-def]
    return x * y


def made_of(combine: Kernel) -> Any:
    """A kernel of its own each time, as a new process would make it."""

    @kernel
    def apply(x, y, out):  # type: ignore[no-untyped-def]
        for i in range(x.size):
            out[i] = combine(x[i], y[i])

    return apply


def applied(compiled: Kernel, dtype: str = "float64") -> Any:
    x, y = np.arange(1.0, 7.0, dtype=dtype), np.linspace(2.0, 3.0, 6, dtype=dtype)
    out = np.empty_like(x)
    compiled(x, y, out)
    return out


def hits(compiled: Any) -> int:
    return sum(compiled.stats.cache_hits.values())


def files(cache: Path) -> list[Path]:
    return sorted(cache.glob(f"*{SUFFIX}"))


def test_a_kernel_is_compiled_once_and_found_by_the_next_process(cache: Path) -> None:
    first, second = made_of(plus), made_of(plus)
    out = applied(first)
    assert hits(first) == 0 and len(files(cache)) == 1
    assert np.array_equal(applied(second), out)
    assert hits(second) == 1 and len(files(cache)) == 1


def test_every_signature_and_every_closure_has_a_file_of_its_own(cache: Path) -> None:
    for combine in (plus, times):
        for dtype in ("float64", "float32"):
            assert applied(made_of(combine), dtype).dtype == dtype
    assert len(files(cache)) == 4
    for combine, expected in ((plus, 3.0), (times, 2.0)):
        for dtype in ("float64", "float32"):
            again = made_of(combine)
            assert applied(again, dtype)[0] == expected and hits(again) == 1


def test_two_that_compile_at_once_do_not_get_each_others_code(cache: Path) -> None:
    # All have looked before one writes, which is where an index on disk would go wrong.
    slow = made_of(plus)
    save = slow._cache.save_overload

    def saving_last(*arguments: Any) -> None:
        applied(made_of(plus), "float32")
        applied(made_of(times))
        save(*arguments)

    slow._cache.save_overload = saving_last
    applied(slow)
    for combine, dtype in ((plus, "float64"), (plus, "float32"), (times, "float64")):
        again = made_of(combine)
        assert applied(again, dtype)[0] == {plus: 3.0, times: 2.0}[combine]
        assert applied(again, dtype).dtype == dtype and hits(again) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9000] + bytes([data[-9000] ^ 1]) + data[-8999:],
        lambda data: data.replace(b"\n", b"", 1),
        lambda data: b"[]\n" + data,
        lambda data: b"\x80\x04nonsense",
    ],
    ids=["empty", "cut", "a bit", "no header", "another header", "no text"],
)
def test_a_damaged_file_is_compiled_again_and_mended(
    damage: Callable[[bytes], bytes], cache: Path
) -> None:
    out = applied(made_of(plus))
    (path,) = files(cache)
    path.write_bytes(damage(path.read_bytes()))
    again, third = made_of(plus), made_of(plus)
    assert np.array_equal(applied(again), out) and hits(again) == 0
    assert np.array_equal(applied(third), out) and hits(third) == 1


def test_a_file_under_the_name_of_another_is_not_taken_for_it(cache: Path) -> None:
    applied(made_of(plus))
    (sum_file,) = files(cache)
    applied(made_of(times))
    (product_file,) = set(files(cache)) - {sum_file}
    product_file.write_bytes(sum_file.read_bytes())
    again = made_of(times)
    assert applied(again)[0] == 2.0 and hits(again) == 0


def test_a_file_that_cannot_be_unpacked_is_compiled_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = applied(made_of(plus))

    def changed(*payload: Any) -> None:
        raise TypeError("numba keeps something else by now")

    monkeypatch.setattr("standalone_node.kernels.cache.CompileResult._rebuild", changed)
    again = made_of(plus)
    assert np.array_equal(applied(again), out) and hits(again) == 0


def test_code_for_another_processor_or_version_is_not_run(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(made_of(plus))
    ((_, _, header),) = kept_files()
    assert is_current(header)
    monkeypatch.setattr("standalone_node.kernels.cache.llvmlite.__version__", "0.0")
    assert not is_current(header)
    again = made_of(plus)
    applied(again)
    assert hits(again) == 0 and len(files(cache)) == 2


def test_a_full_disk_costs_the_cache_and_not_the_result(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        original(path, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert applied(made_of(plus))[0] == 3.0
    assert list(cache.iterdir()) == []


def test_a_file_takes_its_place_whole_or_not_at_all(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_use(source: Path, place: Path) -> None:
        raise PermissionError(13, "The file is used by another process")

    monkeypatch.setattr(os, "replace", in_use)
    assert applied(made_of(plus))[0] == 3.0
    assert list(cache.iterdir()) == []


def test_a_cache_that_is_switched_on_again_keeps_what_is_compiled(cache: Path) -> None:
    off, on = made_of(plus), made_of(plus)
    for compiled in (off, on):
        compiled._cache.disable()
    on._cache.enable()
    applied(off)
    assert files(cache) == []
    applied(on)
    assert len(files(cache)) == 1


def test_a_kernel_can_be_forgotten_and_its_cache_switched_off(cache: Path) -> None:
    compiled, other = made_of(plus), made_of(times)
    applied(compiled)
    applied(other)
    compiled._cache.flush()
    assert [short_name(header["kernel"]) for _, _, header in kept_files()] == ["apply"]
    again = made_of(times)
    again._cache.disable()
    applied(again)
    assert hits(again) == 0
    assert compiled.stats.cache_path == str(cache)


def test_files_of_others_in_the_folder_are_left_alone(cache: Path) -> None:
    (cache / f"odd{SUFFIX}").write_text("not ours\n")
    (cache / f"list{SUFFIX}").write_text("[1]\n")
    (cache / f"bytes{SUFFIX}").write_bytes(b"\xff\xfe\n")
    assert list(kept_files()) == []


def test_what_a_kernel_is_made_of_tells_it_from_others() -> None:
    one, two = made_of(plus), made_of(times)
    assert identity(one) == identity(made_of(plus)) != identity(two)
    assert "combine=" in identity(one) and identity(plus) in identity(one)
    assert short_name(identity(one)) == "apply"


@pytest.mark.parametrize("value", [1, 2.5, "text", None, True, (1, "two"), np.float64])
def test_what_a_closure_holds_stands_for_itself(value: Any) -> None:
    assert identity(value) == identity(value)
    assert identity(value) not in {identity(other) for other in (3, 1.0, "1", (1,), np.float32)}


def test_other_values_stand_for_themselves_by_what_is_in_them() -> None:
    numbers = [np.arange(3.0), np.arange(4.0), np.arange(3.0, dtype="float32"), range(3)]
    names = [identity(value) for value in numbers]
    assert len(set(names)) == 4 and all(len(name) == 64 for name in names)
    assert names[0] == identity(np.arange(3.0))


def tile(rows: int) -> Any:
    @intrinsic
    def emitted(typing, x):  # type: ignore[no-untyped-def]
        return x(x), lambda context, builder, signature, args: args[rows - rows]

    return emitted


def test_intrinsics_and_types_stand_for_the_same_in_every_process() -> None:
    # numba gives them numbers by chance when they are packed.
    assert identity(tile(2)) == identity(tile(2)) != identity(tile(3))
    assert identity(types.float64) == "float64" != identity(types.float32)


_WORKER = """
import sys, time
import numpy as np
from standalone_node.kernels.jit import inlined, kernel

@inlined
def plus(x, y):
    return x + y

@inlined
def times(x, y):
    return x * y

def made_of(combine):
    @kernel
    def apply(x, y, out):
        for i in range(x.size):
            out[i] = combine(x[i], y[i])
    return apply

dtype, name, start = sys.argv[1:]
combine = {"plus": plus, "times": times}[name]
compiled = made_of(combine)
x, y = np.random.default_rng(0).standard_normal((2, 50)).astype(dtype)
out = np.empty_like(x)
while time.time() < float(start):
    pass
compiled(x, y, out)
right = out.dtype == dtype and np.array_equal(out, combine(x, y))
print("right" if right else "wrong", sum(compiled.stats.cache_hits.values()))
"""


def test_processes_that_meet_at_a_cold_cache_do_not_harm_each_other(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(_WORKER)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
    }

    def together() -> list[str]:
        start = str(time.time() + 1.5)
        crowd = [
            subprocess.Popen(
                [sys.executable, str(worker), dtype, name, start],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for dtype, name in (("float64", "plus"), ("float32", "plus"), ("float64", "times"))
        ]  # fmt: skip
        told = [process.communicate() for process in crowd]
        assert [error for _, error in told] == [""] * len(crowd)
        return [out.strip() for out, _ in told]

    assert together() == ["right 0"] * 3
    assert together() == ["right 1"] * 3


def test_with_no_place_at_all_and_no_home_a_kernel_is_compiled_each_time(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(_WORKER)
    nowhere = str(worker / "below")  # below a file, where not even root can write
    environment = {
        name: value for name, value in os.environ.items() if name not in ("HOME", "USERPROFILE")
    }
    environment |= dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR"), nowhere)
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "import runpy, sys, tempfile\n"
        f"tempfile.gettempdir = lambda: {nowhere!r}\n"
        f"sys.argv = [{str(worker)!r}, 'float64', 'plus', '0']\n"
        f"runpy.run_path({str(worker)!r})\n"
        "from standalone_node.kernels.places import cache_folder\n"
        "assert cache_folder() is None\n"
    )
    before = sorted(ROOT.glob("standalone_node/**/*"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "right 0\n"), done.stderr
    assert sorted(ROOT.glob("standalone_node/**/*")) == before


SCRIPT = """
import numpy as np
import standalone_node as sn
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.jit import inlined

def mine(z, value, slope):
    for i in range(z.size):
        value[i] = FACTOR * z[i]
        slope[i] = FACTOR

ACTIVATIONS["mine"] = inlined(mine)
problem = sn.InverseProblem(np.ones((1, 1)), np.ones(1), steps=1, scheme="euler", activation="mine")
p = sn.Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.zeros((2, 1)))
print(float(problem.solve_direct(p)[-1, 0, 0]))
"""


def test_an_activation_of_a_script_is_compiled_again_when_the_script_changes(
    tmp_path: Path,
) -> None:
    script, found = tmp_path / "script.py", []
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for factor in ("2.0", "5.0"):
        script.write_text(SCRIPT.replace("FACTOR", factor))
        run = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True
        )
        found.append(run.stdout.strip())
    assert found == ["3.0", "6.0"]
