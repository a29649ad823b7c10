"""What ails an installation, and what to do: rules over the facts of `node-fit doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
Environment = Mapping[str, str]


@dataclass(frozen=True)
class Advice:
    """One sentence: what is wrong and what to do. If `fatal`, nothing works like this."""

    sentence: str
    fatal: bool = False


#: Variables that give a library of linear algebra or OpenMP a number of threads.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

#: Settings of numba that make kernels slow, the values that do not, and what they do.
_SLOW = {
    "NUMBA_OPT": (("3", "max"), "kernels are compiled without all optimisations"),
    "NUMBA_LOOP_VECTORIZE": (("1",), "loops are compiled without vector instructions"),
    "NUMBA_ENABLE_AVX": (("1",), "kernels are compiled without AVX instructions"),
    "NUMBA_CPU_NAME": ((), "kernels are compiled for that processor instead of this one"),
    "NUMBA_CPU_FEATURES": ((), "kernels are compiled for these instructions only"),
    "NUMBA_BOUNDSCHECK": (("0",), "every index is checked, which slows kernels down"),
    "NUMBA_DEBUGINFO": (("0",), "kernels are compiled for debugging and not for speed"),
}


def advice(facts: Facts, environment: Environment) -> list[Advice]:
    """All that the rules have to say; what makes the package unusable comes first."""
    found = [said for rule in RULES for said in rule(facts, environment)]
    return sorted(found, key=lambda said: not said.fatal)


def _broken(facts: Facts, environment: Environment) -> Iterator[Advice]:
    for name, reason in facts["broken"].items():
        bound = facts["bounds"].get(name)
        wanted = f"{name}>={bound}" if bound else name
        yield Advice(
            f"{name} cannot be imported ({reason}): run  pip install --upgrade '{wanted}'", True
        )


def _outdated(facts: Facts, environment: Environment) -> Iterator[Advice]:
    for name, (version, bound) in facts["outdated"].items():
        yield Advice(
            f"{name} {version} is older than {bound}, the least that is tested: run  "
            f"pip install --upgrade '{name}>={bound}'"
        )


def _uncompiled(facts: Facts, environment: Environment) -> Iterator[Advice]:
    if environment.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        yield Advice("NUMBA_DISABLE_JIT is set, so that no kernel is compiled: unset it", True)


def _slow(facts: Facts, environment: Environment) -> Iterator[Advice]:
    for name, (harmless, effect) in _SLOW.items():
        value = environment.get(name, "")
        if value and value not in harmless:
            yield Advice(f"{name}={value} is set: {effect}; unset it")


def _no_cache(facts: Facts, environment: Environment) -> Iterator[Advice]:
    cache = facts["cache"]
    if cache is None:
        return
    reasons = {place["name"]: place["problem"] for place in cache["places"] if place["problem"]}
    if cache["folder"] is None:
        listed = "; ".join(reasons.values()) or "no place is known"
        yield Advice(
            f"compiled kernels cannot be kept, so that every start compiles them again ({listed}): "
            "set NUMBA_CACHE_DIR to a folder that you can write to"
        )
    elif "NUMBA_CACHE_DIR" in reasons:
        yield Advice(
            f"NUMBA_CACHE_DIR cannot be used ({reasons['NUMBA_CACHE_DIR']}): name a folder that "
            "you can write to, or unset it"
        )
    elif cache["temporary"]:
        why = f" ({'; '.join(reasons.values())})" if reasons else ""
        yield Advice(
            f"compiled kernels are kept among temporary files, where they do not last{why}: set "
            "NUMBA_CACHE_DIR to a folder that you can write to"
        )


def _open_cache(facts: Facts, environment: Environment) -> Iterator[Advice]:
    cache = facts["cache"]
    if cache is not None and cache["open"]:
        yield Advice(
            f"the compiled kernels in {cache['folder']} are run, and others could put theirs there "
            f"({cache['open']}): take a folder of your own unless you trust them"
        )


def _oversubscribed(facts: Facts, environment: Environment) -> Iterator[Advice]:
    usable = facts["processor"]["usable"]
    for name in _THREADS:
        # OMP_NUM_THREADS may hold a list, one number a level.
        first = environment.get(name, "").split(",")[0].strip()
        if first.isdigit() and int(first) > usable:
            yield Advice(
                f"{name}={first} asks for more threads than the {usable} "
                f"processor{'s' * (usable != 1)} that may be used: unset it"
            )


def _quota(facts: Facts, environment: Environment) -> Iterator[Advice]:
    quota, usable = facts["processor"]["quota"], facts["processor"]["usable"]
    if quota is not None and quota < usable:
        yield Advice(
            f"the control group grants the time of {quota:g} processors, and {usable} threads "
            f"would share it: give --threads {max(1, int(quota))}"
        )


def _not_compiled(facts: Facts, environment: Environment) -> Iterator[Advice]:
    warmed = facts.get("warmed")
    if warmed is None:
        return
    for failed in warmed["failed"]:
        yield Advice(
            f"the kernels of {failed['what']} cannot be compiled ({failed['reason']}): report this",
            True,
        )
    cache = facts["cache"]
    missing = sum(share["all"] - share["kept"] for share in cache["shares"]) if cache else 0
    if missing and not warmed["failed"]:
        yield Advice(
            f"kernels were compiled but not kept in {cache['folder']}: see whether its disk is full"
        )


#: The table: what is looked at, in this order.
RULES: tuple[Callable[[Facts, Environment], Iterator[Advice]], ...] = (
    _broken,
    _uncompiled,
    _not_compiled,
    _outdated,
    _no_cache,
    _open_cache,
    _slow,
    _oversubscribed,
    _quota,
)
