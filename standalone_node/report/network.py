"""A network and the method that trained it, in words, from the dicts of `report.facts`."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from standalone_node.model.forms import FORMULAS
from standalone_node.problem.description import depth_words
from standalone_node.report.numbers import count, short
from standalone_node.summary import counted

#: What is learnt, where it is not the nodal values themselves.
LEARNT = {
    "constant": "one θ for all depths",
    "galerkin": "θ as a series",
    "evolving": "an initial value problem that θ solves",
}


def network_rows(facts: dict[str, Any]) -> list[tuple[str, str | Text]]:
    """The rows of a table that say what the network is."""
    settings = facts["settings"]
    form = FORMULAS.get(settings["form"], settings["form"])
    width = f"{facts['width']} state components, x' = {form}, σ = {settings['activation']}"
    rows: list[tuple[str, str | Text]] = [("width", width), ("steps", _steps(facts))]
    if settings["weights"] in LEARNT:
        rows.append(("learnt", LEARNT[settings["weights"]]))
    return [*rows, ("penalty", _penalty(facts))]


def _steps(facts: dict[str, Any]) -> str:
    settings = facts["settings"]
    text = depth_words(facts["time_steps"], settings)
    if settings["rtol"] is None and settings["atol"] is None:
        return text
    return f"{text}; {counted(settings['steps'], 'interval')} of depth"


def _penalty(facts: dict[str, Any]) -> str:
    settings = facts["settings"]
    text = f"l2 = {short(facts['l2'])}"
    if isinstance(settings["l2"], str):
        text += ", chosen by cross-validation on the rows trained on"
    return f"{text}; h1 = {short(settings['h1'])}" if settings["h1"] else text


def method_words(settings: dict[str, Any]) -> str:
    """The method, and the batches or levels by which it went.

    Examples
    --------
    >>> method_words({"method": "ncg", "batch_size": 50, "continuation": [2, 4]})
    'ncg, by levels of 2, 4 layers first, by batches of 50 rows'
    """
    words = [str(settings["method"])]
    if settings["continuation"] is not None:
        levels = ", ".join(str(layers) for layers in settings["continuation"])
        words.append(f"by levels of {levels} layers first")
    if settings["batch_size"] is not None:
        words.append(f"by batches of {count(settings['batch_size'])} rows")
    return ", ".join(words)
