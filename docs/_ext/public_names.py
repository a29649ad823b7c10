"""Pages of the reference, one for each public name: written anew with every build.

Nothing here is a list of names: they are those of `standalone_node.__all__` and of the public
modules, so that a new one has its page without anybody thinking of it.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import standalone_node

#: The table: the folder of the package a name comes from, and its heading in the reference.
HEADINGS = {
    "learn": "Estimators and model files",
    "problem": "Inverse problems and their checks",
    "optimize": "Minimising, metrics, batches",
    "model": "Parameters and right-hand sides",
    "report": "Reports",
    "errors": "Errors",
    "_version": "Version",
}
#: What a public module is about, in its title.
MODULES = {
    "sensitivity": "How far outputs can be trusted",
    "plot": "Figures",
}
#: Members that one part of the package has for another: described where they stand, and of no use
#: to whoever only calls the package. Their row goes with them.
FOR_THE_PACKAGE = {
    # estimators, for the command line, checkpoints and the sensitivity reports
    "fit_on",
    "flow_of_settings",
    "learnt",
    "numbers_of",
    "problem_of",
    # problems, for methods, monitors and summaries
    "described",
    "excerpt",
    "halved",
    "identity",
    "is_solved",
    "needs",
    "observed_outputs",
    "recall",
    "recomputes",
    "remembered",
    "restore",
    "smooth_direction",
    "stage_count",
    "use_grid",
    # results, penalties and what is like parameters
    "keep",
    "matches",
    "released",
    "restrains",
    # checkpoints, for the fits that keep them
    "describe",
    "discard",
    "elapsed",
    "end_with",
    "ended",
    "ending",
    "opened",
    "wanted",
    "wanted_between",
    "worth",
}
PACKAGE = "standalone_node"


def public_modules() -> list[str]:
    """The public names that are modules with names of their own."""
    return [
        name
        for name in standalone_node.__all__
        if isinstance(getattr(standalone_node, name), ModuleType)
    ]


def full_names() -> dict[str, list[str]]:
    """For the package and each of its public modules the full names that have a page."""
    modules = public_modules()
    found = {
        PACKAGE: [
            f"{PACKAGE}.{name}"
            for name in standalone_node.__all__
            if name not in modules and not name.startswith("__")
        ]
    }
    for name in modules:
        module = getattr(standalone_node, name)
        found[name] = [f"{PACKAGE}.{name}.{inner}" for inner in module.__all__]
    return found


def write_pages(folder: Path) -> list[Path]:
    """Write one page a public name, and one a module that lists them; the paths."""
    pages = {}
    for module, names in full_names().items():
        pages[f"{module}.rst"] = _module_page(module, names)
        pages |= {f"{name}.rst": name_page(name) for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.rst"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        _write(folder / name, text)
    return [folder / name for name in pages]


def _write(path: Path, text: str) -> None:
    """Write a page if it says something new: what is as it was need not be built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _module_page(module: str, names: list[str]) -> str:
    shown = "sn" if module == PACKAGE else f"sn.{module}"
    title = f"``{shown}``: " + ("all names" if module == PACKAGE else MODULES.get(module, module))
    lines = [title, "=" * len(title), ""]
    if module != PACKAGE:
        lines += [f".. automodule:: {PACKAGE}.{module}", "   :no-members:", ""]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_heading(name) if module == PACKAGE else "Names", []).append(name)
    order = list(HEADINGS.values())
    for heading in sorted(groups, key=lambda h: order.index(h) if h in order else len(order)):
        lines += [heading, "-" * len(heading), "", ".. list-table::", "   :widths: 35 65", ""]
        for name in groups[heading]:
            lines += [
                f"   * - :doc:`{shown}.{name.rsplit('.', 1)[1]} <{name}>`",
                f"     - {_summary(name)}",
            ]
        lines.append("")
    lines += [".. toctree::", "   :hidden:", ""]
    lines += [f"   {shown}.{name.rsplit('.', 1)[1]} <{name}>" for name in names]
    return "\n".join(lines) + "\n"


def _heading(name: str) -> str:
    """The heading of the folder a name lives in; a KeyError asks for a row in `HEADINGS`."""
    return HEADINGS[_home(name).split(".")[1]]


def _home(name: str) -> str:
    value = resolved(name)
    home: str = inspect.unwrap(value).__module__ if hasattr(value, "__module__") else PACKAGE
    return home


def _summary(name: str) -> str:
    return (inspect.getdoc(resolved(name)) or "").split("\n\n", 1)[0].replace("\n", " ")


def resolved(name: str) -> Any:
    """What a full name stands for."""
    module, _, last = name.rpartition(".")
    return getattr(import_module(module), last)


def name_page(name: str) -> str:
    """The page of one name: what its docstring says, and its own methods."""
    value = resolved(name)
    module, _, last = name.rpartition(".")
    shown = f"sn{name.removeprefix(PACKAGE)}"
    title = f"``{shown}``"
    lines = [title, "=" * len(title), "", f".. currentmodule:: {module}", ""]
    if isinstance(value, type):
        members = own_members(value)
        lines += [f".. autoclass:: {last}"]
        lines += [f"   :members: {', '.join(members)}"] if members else ["   :no-members:"]
        if _is_estimator(value):
            lines += ["", _SCIKIT_LEARN]
    elif callable(value):
        lines += [f".. autofunction:: {last}"]
    else:
        lines += [f".. autodata:: {last}"]
    lines += ["", f"Written in ``{_file(value)}``."] if callable(value) else []
    return "\n".join(lines) + "\n"


_SCIKIT_LEARN = (
    "Being a scikit-learn estimator it also has ``get_params``, ``set_params``, ``score`` and\n"
    "what else scikit-learn gives to all of its kind."
)


def _is_estimator(value: type) -> bool:
    return hasattr(value, "get_params")


def _file(value: Any) -> str:
    return f"{inspect.unwrap(value).__module__.replace('.', '/')}.py"


def own_members(value: type) -> list[str]:
    """Methods and properties for users that this package defines and documents, base first.

    What scikit-learn and SciPy give to their classes is documented there; what one part of the
    package has for another is in `FOR_THE_PACKAGE`.
    """
    found: dict[str, None] = {}
    for base in reversed(value.__mro__):
        if not base.__module__.startswith(PACKAGE):
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in FOR_THE_PACKAGE or not _documented(member):
                continue
            if getattr(value, name, None) is not None:
                found[name] = None
    return list(found)


def _documented(member: Any) -> bool:
    if isinstance(member, (classmethod, staticmethod)):
        member = member.__func__
    # A method that scikit-learn's available_if has wrapped.
    member = getattr(member, "fn", member)
    return isinstance(member, property) or (
        inspect.isfunction(member) and bool(inspect.getdoc(member))
    )
