"""Numbers, shares and names in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from standalone_node.plot.style import shortened

__all__ = ["brief", "counted", "listed", "median", "percent", "portion", "shortened"]

#: The sign stays on the line of its number.
PERCENT = "\N{NO-BREAK SPACE}%"


def brief(value: float | None) -> str:
    """Three significant digits, no trailing zeros; a dash for None and NaN.

    Examples
    --------
    >>> brief(0.12345), brief(12345.6), brief(2.0), brief(1e-7), brief(float("inf"))
    ('0.123', '12,300', '2', '1e-07', '∞')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    rounded = float(f"{value:.3g}")
    if rounded == 0.0:
        return "0"
    if not 1e-3 <= abs(rounded) < 1e6:
        return f"{rounded:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None) -> str:
    """A share in per cent; what is not all is never rounded to 100 %, what is something not to 0.

    Examples
    --------
    >>> [percent(share).replace(PERCENT, " %") for share in (0.5, 0.9732, 0.99996, 1.0, 1e-5)]
    ['50 %', '97.3 %', 'over 99.9 %', '100 %', 'under 0.1 %']
    """
    if share is None or math.isnan(share):
        return "–"
    value = round(100.0 * share, 9)  # an interval may end at all or nothing up to rounding
    if 0.0 < value < 0.1:
        return f"under 0.1{PERCENT}"
    if 99.9 < value < 100.0:
        return f"over 99.9{PERCENT}"
    text = f"{value:.1f}".removesuffix(".0")
    return f"{text}{PERCENT}"


def portion(size: float) -> str:
    """A size in per cent, however small or large, with three digits.

    Examples
    --------
    >>> portion(1e-4).replace(PERCENT, " %"), portion(2.5).replace(PERCENT, " %")
    ('0.01 %', '250 %')
    """
    return f"{brief(100.0 * size)}{PERCENT}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names with commas, the last one after a word.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number and its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def median(values: Any) -> float:
    """The median, of an even number the lower of the two in the middle; NaN of nothing.

    So it is always one of the values, and infinite ones may take part.
    """
    found = np.sort(np.asarray(values, dtype=np.float64).ravel())
    return float(found[(found.size - 1) // 2]) if found.size else math.nan
