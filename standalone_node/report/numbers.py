"""How numbers are written for people: four significant digits, no more."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """Four significant digits, trailing zeros kept; a dash for None or NaN.

    Examples
    --------
    >>> number(0.97), number(12345.6), number(1.5e-7), number(None)
    ('0.9700', '12350', '1.500e-07', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    if value == 0.0:
        return "0"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    rounded = float(f"{value:.4g}")
    if not 1e-3 <= abs(rounded) < 1e6:
        return f"{value:.3e}"
    decimals = max(0, 3 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:.{decimals}f}"


def short(value: float) -> str:
    """As few digits as tell the value, at most four: for settings such as 1 or 0.001."""
    return f"{value:.4g}"


def count(value: int) -> str:
    """A whole number with commas between thousands."""
    return f"{value:,}"


def seconds(value: float) -> str:
    """A duration: "0.42 s", "12.3 s", "3 min 20 s"."""
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"


def amount(size: int) -> str:
    """Bytes: "812 B", "1.3 MB", "16.8 GB"; a MB is a million."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000.0, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
