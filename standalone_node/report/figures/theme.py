"""A figure on dark paper.

A figure is drawn once, on white paper. Its dark variant is the same SVG with other colours: the
inks below are exchanged for their counterparts, and colours of data that could hardly be seen on
dark paper are lightened just enough. Whatever lies in an embedded image stays as it is.
"""

from __future__ import annotations

import re

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from numpy.typing import NDArray

from standalone_node.plot.inks import FAINT, GRID, INK, PAPER, SOFT

#: What takes the place of each ink on dark paper.
DARK = {
    PAPER: "#15181c",
    INK: "#e6e8eb",
    "#000000": "#e6e8eb",
    SOFT: "#aeb6bf",
    FAINT: "#7d8690",
    GRID: "#2d333a",
}

#: The least contrast of the colours of data with dark paper (WCAG 2.2, 1.4.11).
LEAST_CONTRAST = 3.0

_COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}(?=[;\"])")
_ASIDE = re.compile(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", re.DOTALL)
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21.

    Examples
    --------
    >>> round(contrast("#ffffff", "#000000"), 3)
    21.0
    """
    lights = sorted((_luminance(np.array(to_rgb(one))), _luminance(np.array(to_rgb(other)))))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(rgb: NDArray[np.float64]) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(_LUMINANCE @ linear)


def on_dark(colour: str) -> str:
    """What takes the place of a colour on dark paper.

    Examples
    --------
    >>> on_dark(INK), on_dark("#E69F00"), on_dark("#440154")
    ('#e6e8eb', '#e69f00', '#82558c')
    """
    colour = colour.lower()
    if colour in DARK:
        return DARK[colour]
    rgb = np.array(to_rgb(colour))
    for share in np.linspace(0.0, 1.0, 101):
        lighter = to_hex(tuple(rgb + share * (1.0 - rgb)))
        if contrast(lighter, DARK[PAPER]) >= LEAST_CONTRAST:
            break
    return lighter


def plain_svg(svg: str) -> str:
    """An SVG file of matplotlib without its comments and metadata, and with INK for black.

    The comments hold all texts of the figure as they are, names out of data files included; drawn
    are their outlines. Black areas have no colour in the file, so they take that of the root.
    """
    return _ASIDE.sub("", svg).replace("<svg ", f'<svg style="fill: {INK};" ', 1)


def dark_svg(svg: str) -> str:
    """The dark variant of an SVG file from `plain_svg`."""
    return _COLOUR.sub(lambda found: on_dark(found.group()), svg)
