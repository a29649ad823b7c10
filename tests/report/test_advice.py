"""Each thing that would hurt has one sentence, which says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from standalone_node.report.advice import advice

NAMED = "NUMBA_CACHE_DIR"


def sound() -> dict[str, Any]:
    """The facts of an installation with nothing to mend."""
    return {
        "broken": {},
        "bounds": {"numba": "0.60"},
        "outdated": {},
        "processor": {"usable": 4, "quota": None},
        "cache": {
            "folder": "/home/me/.cache/kernels",
            "places": [{"name": "the user's cache folder", "problem": None}],
            "temporary": False,
            "open": None,
            "shares": [{"kept": 3, "all": 3}],
        },
    }


def said(facts: dict[str, Any], **environment: str) -> list[tuple[str, bool]]:
    return [(one.sentence, one.fatal) for one in advice(facts, environment)]


def test_nothing_is_said_of_a_sound_installation() -> None:
    harmless = {"OMP_NUM_THREADS": "4", "NUMBA_OPT": "3", "NUMBA_DISABLE_JIT": "0"}
    assert said(sound()) == said(sound(), **harmless) == []


@pytest.mark.parametrize("name, known", [("numba", "'numba>=0.60'"), ("llvmlite", "'llvmlite'")])
def test_a_package_that_does_not_load_is_fatal(name: str, known: str) -> None:
    facts = sound() | {"broken": {name: "no such file"}, "cache": None}
    ((sentence, fatal),) = said(facts)
    assert fatal and f"{name} cannot be imported (no such file)" in sentence
    assert f"pip install --upgrade {known}" in sentence


def test_an_old_package_is_named_with_its_bound() -> None:
    ((sentence, fatal),) = said(sound() | {"outdated": {"numba": ("0.59.1", "0.60")}})
    assert not fatal and "numba 0.59.1 is older than 0.60" in sentence


def test_without_numba_at_work_nothing_works() -> None:
    ((sentence, fatal),) = said(sound(), NUMBA_DISABLE_JIT="1")
    assert fatal and sentence.endswith("unset it")


@pytest.mark.parametrize(
    "name, value",
    [("NUMBA_OPT", "0"), ("NUMBA_ENABLE_AVX", "0"), ("NUMBA_CPU_NAME", "generic")],
)
def test_settings_that_make_kernels_slow(name: str, value: str) -> None:
    ((sentence, fatal),) = said(sound(), **{name: value})
    assert not fatal and sentence.startswith(f"{name}={value} is set")


def test_without_a_place_for_kernels_every_reason_is_told() -> None:
    facts = sound()
    facts["cache"] |= {
        "folder": None,
        "places": [
            {"name": NAMED, "problem": "Read-only file system: /a"},
            {"name": "other", "problem": "No space left on device: /b"},
        ],
    }
    ((sentence, fatal),) = said(facts)
    assert not fatal and "every start compiles them again" in sentence
    assert "Read-only file system: /a; No space left on device: /b" in sentence
    assert f"set {NAMED}" in sentence


def test_a_named_folder_that_does_not_serve() -> None:
    facts = sound()
    facts["cache"]["places"].insert(0, {"name": NAMED, "problem": "Permission denied: /a"})
    ((sentence, _),) = said(facts)
    assert sentence.startswith(f"{NAMED} cannot be used (Permission denied: /a)")


def test_temporary_files_do_not_last() -> None:
    facts = sound()
    facts["cache"] |= {"temporary": True, "places": [{"name": "home", "problem": "no home"}]}
    ((sentence, _),) = said(facts)
    assert "among temporary files" in sentence and "(no home)" in sentence


def test_a_folder_that_others_can_write_to() -> None:
    facts = sound()
    facts["cache"]["open"] = "/a belongs to another user, number 7"
    ((sentence, fatal),) = said(facts)
    assert not fatal and "number 7" in sentence


@pytest.mark.parametrize("value, warned", [("8", True), ("8,2", True), ("4", False), ("x", False)])
def test_more_threads_than_processors(value: str, warned: bool) -> None:
    assert bool(said(sound(), OMP_NUM_THREADS=value)) == warned


@pytest.mark.parametrize("quota, threads", [(2.5, "--threads 2"), (0.5, "--threads 1")])
def test_a_quota_smaller_than_the_number_of_processors(quota: float, threads: str) -> None:
    facts = sound() | {"processor": {"usable": 4, "quota": quota}}
    ((sentence, _),) = said(facts)
    assert threads in sentence
    assert said(sound() | {"processor": {"usable": 4, "quota": 4.0}}) == []


def test_kernels_that_do_not_compile_are_fatal_and_come_first() -> None:
    failed = [{"what": "inside, tanh, float64", "reason": "LoweringError: no"}]
    facts = sound() | {"warmed": {"failed": failed}, "outdated": {"numba": ("0.59", "0.60")}}
    (first, fatal), (_, other) = said(facts)
    assert fatal and not other and "inside, tanh, float64 cannot be compiled" in first


def test_kernels_that_were_compiled_but_not_kept() -> None:
    facts = sound() | {"warmed": {"failed": []}}
    assert said(facts) == []
    facts["cache"]["shares"] = [{"kept": 1, "all": 3}]
    ((sentence, _),) = said(facts)
    assert "not kept in /home/me/.cache/kernels" in sentence
