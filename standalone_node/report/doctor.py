"""What `node-fit doctor` finds, as a dict of JSON types and as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from standalone_node.report import installation, machine
from standalone_node.report.advice import Advice
from standalone_node.report.numbers import amount, count, seconds
from standalone_node.report.text import grid, key_values

Row = tuple[str, str | Text]


def doctor_facts() -> dict[str, Any]:
    """All that can be told without compiling anything.

    Where packages cannot be imported, what only they know is None.
    """
    broken = installation.broken()
    facts = {
        "versions": installation.versions(),
        "optional": installation.optional_versions(),
        "bounds": installation.lower_bounds(),
        "outdated": installation.outdated(),
        "broken": broken,
        **installation.surroundings(),
        "processor": machine.processor(),
        "memory": machine.memory(),
        "blas": None if broken else machine.blas_libraries(),
        "cache": None if broken else cache_facts(),
    }
    if not broken:
        facts["processor"] |= machine.instructions()
    return facts


def cache_facts() -> dict[str, Any]:
    """Where compiled kernels are kept, which are there, and which of all there are."""
    from standalone_node.kernels.inventory import kept_kernels, leftovers, shares
    from standalone_node.kernels.places import TEMPORARY, cache_folder, openness, places

    folder = cache_folder()
    tried, taken = [], None
    for place in places():
        problem = None if place.folder == folder else place.unusable()
        tried.append({"name": place.name, "folder": str(place.folder), "problem": problem})
        if problem is None:
            taken = place
            break
    kept = kept_kernels()
    older = leftovers()
    return {
        "folder": None if folder is None else str(folder),
        "place": None if taken is None else taken.name,
        "places": tried,
        "temporary": taken is not None and taken.name == TEMPORARY,
        "open": None if taken is None else openness(taken.root) or openness(taken.folder),
        "bytes": sum(kernel.size for kernel in kept),
        "kernels": [
            {
                "name": kernel.name,
                "of": kernel.kernel,
                "dtype": kernel.dtype,
                "signature": kernel.signature,
                "usable": kernel.usable,
                "bytes": kernel.size,
                "file": str(kernel.path),
            }
            for kernel in kept
        ],
        "shares": [vars(share) for share in shares(kept)],
        "older": {"folders": [str(path) for path in older], "bytes": sum(map(_size, older))},
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def doctor_tables(facts: Mapping[str, Any], found: list[Advice]) -> RenderableType:
    """What `node-fit doctor` shows."""
    parts = [
        key_values("Versions", _versions(facts)),
        key_values("For fits beyond one machine", _optional(facts)),
        key_values("Machine", [*_processor(facts), *_memory(facts), *_blas(facts)]),
    ]
    if facts["cache"] is not None:
        parts.append(key_values("Compiled kernels", _cache(facts)))
        parts.append(_kernels(facts["cache"]["shares"]))
    parts.append(_verdict(found))
    return Group(*(piece for part in parts for piece in (part, Text())))


def _versions(facts: Mapping[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for name, version in facts["versions"].items():
        if name in facts["broken"]:
            rows.append((name, Text(f"{version or 'not there'}: cannot be imported", "red")))
        elif name in facts["outdated"]:
            bound = facts["outdated"][name][1]
            rows.append((name, Text(f"{version}, older than {bound}", "yellow")))
        else:
            rows.append((name, version or "not there"))
    return [*rows, ("platform", facts["platform"]), ("interpreter", facts["executable"])]


def _optional(facts: Mapping[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for name, version in facts["optional"].items():
        if name in facts["outdated"]:
            bound = facts["outdated"][name][1]
            rows.append((name, Text(f"{version}, older than {bound}", "yellow")))
        elif version is None:
            extra = installation.OPTIONAL[name]
            rows.append((name, f"not there: pip install '{installation.DISTRIBUTION}[{extra}]'"))
        else:
            rows.append((name, version))
    return rows


def _processor(facts: Mapping[str, Any]) -> list[Row]:
    found = facts["processor"]
    usable = f"{found['usable']} of {found['all']} may be used, by as many threads"
    if found["quota"] is not None:
        usable += f"; the control group grants the time of {found['quota']:g}"
    rows: list[Row] = [("processor", found["model"] or "unknown"), ("processors", usable)]
    if "target" in found:
        vectors = ", ".join(found["vectors"]) or "none known"
        rows.append(("compiled for", f"{found['target']}, vector instructions: {vectors}"))
    return rows


def _memory(facts: Mapping[str, Any]) -> list[Row]:
    found = facts["memory"]
    text = "unknown" if found["total"] is None else amount(found["total"])
    if found["available"] is not None:
        text += f", {amount(found['available'])} available"
    for name, limit in found["limits"].items():
        text += f"; limit of the {name}: {amount(limit)}"
    return [("memory", text)]


def _blas(facts: Mapping[str, Any]) -> list[Row]:
    if facts["blas"] is None:
        return []
    rows: list[Row] = []
    for found in facts["blas"]:
        threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
        details = [found["version"], threads, found["architecture"]]
        text = ", ".join(detail for detail in details if detail)
        rows.append(("BLAS", f"{found['name']} {text} ({found['library']})"))
    return [*rows, ("", "for other things than the kernels, whose products are their own")]


def _cache(facts: Mapping[str, Any]) -> list[Row]:
    cache = facts["cache"]
    rows: list[Row] = []
    if cache["folder"] is None:
        rows.append(("folder", Text("none: every start compiles anew", "yellow")))
    else:
        rows.append(("folder", cache["folder"]))
        rows.append(("which is", cache["place"]))
    for place in cache["places"]:
        if place["problem"]:
            rows.append(("not", f"{place['name']}: {place['problem']}"))
    unusable = sum(not kernel["usable"] for kernel in cache["kernels"])
    text = f"{count(len(cache['kernels']))}, {amount(cache['bytes'])}"
    rows.append(("kept", text + (f"; {unusable} for other versions" if unusable else "")))
    older = cache["older"]
    if older["folders"]:
        rows.append(
            (
                "of other versions",
                f"{count(len(older['folders']))} folders, {amount(older['bytes'])}, which may be "
                "deleted",
            )
        )
    if facts.get("warmed") is not None:
        rows.append(("compiled now", f"in {seconds(facts['warmed']['seconds'])}"))
    return rows


def _kernels(shares: list[dict[str, Any]]) -> RenderableType:
    """A row an activation, a column a form and a precision."""
    columns = list(dict.fromkeys((share["form"], share["dtype"]) for share in shares))
    cells = {(share["activation"], share["form"], share["dtype"]): share for share in shares}
    rows = [
        [activation, *(_share(cells[activation, *column]) for column in columns)]
        for activation in dict.fromkeys(share["activation"] for share in shares)
    ]
    return grid("Kept of those needed", ["", *(" ".join(column) for column in columns)], rows)


def _share(share: Mapping[str, Any]) -> Text:
    style = "green" if share["kept"] == share["all"] else "" if share["kept"] else "dim"
    return Text(f"{share['kept']} of {share['all']}", style)


def _verdict(found: list[Advice]) -> Text:
    fatal = sum(said.fatal for said in found)
    if fatal:
        return Text("standalone-node cannot be used like this.", "bold red")
    if found:
        return Text(f"It works; {len(found)} thing{'s' * (len(found) > 1)} to mend.", "yellow")
    return Text("All is well.", "green")
