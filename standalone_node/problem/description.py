"""What a problem is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standalone_node.model.forms import FORMULAS
from standalone_node.problem.penalties import Penalty, Weight
from standalone_node.summary import counted, digits

#: The weights of a penalty, and what they multiply.
TERMS = {"l2": "|θ|²", "h1": "|θ'|²", "output": "|x(T) - x_rest|²"}


def network_words(form: str, activation: str, width: int) -> str:
    """The right-hand side of a network.

    Examples
    --------
    >>> network_words("inside", "tanh", 7)
    "x' = σ(W x + b), σ = tanh, 7 components"
    """
    return f"x' = {FORMULAS.get(form, form)}, σ = {activation}, {counted(width, 'component')}"


def depth_words(steps: int, settings: Mapping[str, Any]) -> str:
    """The time grid: how many steps, by which scheme, how far, and who chose them.

    Examples
    --------
    >>> depth_words(8, {"scheme": "rk4", "horizon": 1.0})
    '8 steps of rk4 to T = 1'
    """
    reversible = ", made reversible," if settings.get("reversible") else ""
    text = f"{counted(steps, 'step')} of {settings['scheme']}{reversible} to T = "
    text += f"{settings['horizon']:.4g}"
    chosen = settings.get("rtol") is not None or settings.get("atol") is not None
    return f"{text}, chosen by tolerance" if chosen else text


def penalty_words(penalty: Penalty) -> str:
    """The terms that are not zero, each with its weight.

    Examples
    --------
    >>> penalty_words(Penalty(l2=0.01)), penalty_words(Penalty())
    ('l2 = 0.01 of |θ|²', 'none')
    """
    weights = ((name, _weight(getattr(penalty, name))) for name in TERMS)
    told = [f"{name} = {weight} of {TERMS[name]}" for name, weight in weights if weight]
    if told and penalty.reference is not None:
        told.append("θ from a reference")
    return "; ".join(told) or "none"


def _weight(weight: Weight) -> str:
    """A weight, or those of the blocks; empty if it is zero."""
    if isinstance(weight, Mapping):
        return ", ".join(f"{digits(value)} ({name})" for name, value in weight.items() if value)
    return digits(float(weight)) if weight else ""
