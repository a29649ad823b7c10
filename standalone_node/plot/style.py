"""What all figures share: colours that the colour-blind tell apart, quiet axes, reproducible files.

The colours are those of Okabe and Ito, "Color Universal Design" (2008), in an order in which
neighbours also differ in lightness. Those that follow were chosen one after the other, each as far
as can be from all before and from paper, seen with and without red and green.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from standalone_node.errors import ArgumentError
from standalone_node.plot.inks import GRID, INK, PAPER, SOFT

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
#: What follows the eight where there are more classes.
FURTHER = (
    "#5A0F00", "#000096", "#7800FF", "#A50F5A", "#00E196", "#1E5A00",
    "#8778FF", "#4B005A", "#E1C3E1", "#D200B4", "#693C87", "#FF3C69",
)  # fmt: skip
#: Of so many classes each has a colour of its own.
PALETTE = len(OKABE_ITO) + len(FURTHER)
#: Of the same palette, for lines: without yellow, which is too pale for them.
LINES = (*(colour for colour in OKABE_ITO if colour != "#F0E442"), "#7F7F7F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
#: From how many points on a layer is drawn as an image, so that files stay small.
MANY = 1500
#: The formats a figure can be written in, by the end of the file name.
FORMATS = ("png", "svg", "pdf")


def style() -> AbstractContextManager[Any]:
    """The settings a figure is drawn and saved under."""
    return mpl.rc_context(
        {
            "font.size": 11.0,
            "text.color": INK,
            "axes.titlesize": 12.0,
            "axes.titlecolor": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": SOFT,
            "axes.facecolor": PAPER,
            "axes.axisbelow": True,
            "figure.facecolor": PAPER,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "lines.solid_capstyle": "round",
            "patch.edgecolor": INK,
            "xtick.color": SOFT,
            "ytick.color": SOFT,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "text.parse_math": False,  # a dollar sign in the name of a column is one
            "savefig.dpi": 150,
            "svg.hashsalt": "standalone-node",
        }
    )


def colours(count: int) -> list[tuple[float, float, float]]:
    """As many colours as there are classes; of more than twenty they begin again."""
    palette = (*OKABE_ITO, *FURTHER)
    return [to_rgb(palette[i % PALETTE]) for i in range(count)]


def line_colours(count: int) -> list[str]:
    """As many colours for lines, none of them pale; of more than nineteen they begin again."""
    palette = (*LINES, *(colour for colour in FURTHER if colour != "#E1C3E1"))
    return [palette[i % len(palette)] for i in range(count)]


def shortened(name: object, most: int = 24) -> str:
    """A name that fits into a figure: on one line, its end cut off if it is long.

    Examples
    --------
    >>> shortened("sepal length"), shortened("a name that goes on and on", 12)
    ('sepal length', 'a name that…')
    """
    line = " ".join(str(name).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def figure_format(path: str | Path) -> str:
    """The format of a figure file, from its name; ArgumentError if it is none of `FORMATS`."""
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise ArgumentError(
            f"{path}: a figure's name has to end in {', '.join('.' + name for name in FORMATS)}."
        )
    return ending


def write_figure(figure: Figure, path: str | Path | IO[Any], file_format: str) -> None:
    """Write a figure without the date of the day, so that the same fit gives the same file."""
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    figure.savefig(path, format=file_format, metadata=dates.get(file_format))
