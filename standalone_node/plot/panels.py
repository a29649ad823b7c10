"""Where a figure is drawn: on axes that are given, or on a figure of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from standalone_node.errors import ArgumentError
from standalone_node.plot.inks import GRID, INK, PAPER, SOFT
from standalone_node.plot.style import style

#: On axes of somebody else only what names and keys need: a dollar sign in a name is one.
_GUEST: Any = {"text.parse_math": False, "legend.frameon": False}
#: How far below the axes a key begins, in points: below the ticks and the name of the axis.
_BELOW = 38.0
#: How wide a letter is, as a share of its size.
_LETTER = 0.52


@dataclass(frozen=True, eq=False)
class Panels:
    """The axes to draw on.

    Attributes
    ----------
    axes : tuple of Axes
    own : bool
        Whether they are alone on a figure made for them.
    """

    axes: tuple[Axes, ...]
    own: bool

    def _width(self) -> float:
        """The room for a key, in points."""
        last: Any = self.axes[-1]
        share = 0.9 if self.own else last.get_position().width
        return float(72.0 * share * last.figure.get_figwidth())

    def key(self, entries: Iterable[tuple[str, Artist]], title: str | None = None) -> None:
        """What colours and shapes mean, where it covers no data: below the axes.

        On axes of a figure without a layout, which makes no room there and where other panels may
        stand, it is inside, where it covers the least.
        """
        pairs = list(entries)
        # Matplotlib leaves out names that begin with "_".
        names = [f" {name}" if name.startswith("_") else name for name, _ in pairs]
        columns = max(1, min(len(names), int(self._width() / (42.0 + 5.2 * max(map(len, names))))))
        looks: dict[str, Any] = {"ncols": columns, "fontsize": "small", "title": title}
        handles = [handle for _, handle in pairs]
        if len(self.axes) > 1 and self.own:
            figure = self.axes[0].figure
            figure.legend(handles, names, loc="outside lower center", **looks)
            return
        last: Any = self.axes[-1]
        if not self.own and last.figure.get_layout_engine() is None:
            inside = last.legend(handles, names, loc="best", **looks, frameon=True, framealpha=0.8)
            inside.set_zorder(6.0)
            return
        below = ScaledTranslation(0.0, -_BELOW / 72.0, last.figure.dpi_scale_trans)
        last.legend(
            handles,
            names,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            bbox_transform=last.transAxes + below,
            **looks,
        )


@contextmanager
def panels(
    ax: Axes | Sequence[Axes] | None,
    count: int = 1,
    size: tuple[float, float] = (6.4, 4.4),
    *,
    shown: bool = True,
) -> Iterator[Panels]:
    """The axes given, or those of a new figure of `size` inches; a context to draw in.

    Parameters
    ----------
    ax : Axes, sequence of Axes, or None
    count : int
        How many are needed.
    size : tuple of float
        Of a new figure.
    shown : bool
        Whether a new figure is one of pyplot, which notebooks and `pyplot.show` show.

    Raises
    ------
    ArgumentError
        If other things than axes are given, or not as many as are needed.
    """
    if ax is not None:
        given = (ax,) if isinstance(ax, Axes) else tuple(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != count or not all(isinstance(one, Axes) for one in given):
            raise ArgumentError(
                f"ax has to be {'Axes' if count == 1 else f'a sequence of {count} Axes'} of "
                "matplotlib, one a panel: give them, or leave ax out for a new figure"
            )
        with mpl.rc_context(_GUEST):
            yield Panels(given, own=False)
        return
    # Before the style: the first figure of a notebook switches on that figures are shown, a setting
    # that would be put back with the others.
    figure = _figure(size, shown)
    try:
        with style():
            yield Panels(_empty(figure, count), own=True)
    except BaseException:
        if shown:
            _pyplot().close(figure)
        raise


def _empty(figure: Any, count: int) -> tuple[Axes, ...]:
    across = count if count < 4 else 2
    made = figure.subplots(-(-count // across), across, squeeze=False)
    for spare in made.flat[count:]:
        spare.remove()
    axes = tuple(made.flat[:count])
    for one in axes:
        # Ticks and grid are made when the figure is drawn, when the style is over.
        one.tick_params(which="both", color=SOFT, labelcolor=INK)
        one.tick_params(which="both", grid_color=GRID, grid_linewidth=0.8)
    return axes


def _figure(size: tuple[float, float], shown: bool) -> Any:
    make = _pyplot().figure if shown else matplotlib.figure.Figure
    return make(figsize=size, layout="constrained", facecolor=PAPER)


def _pyplot() -> Any:
    """Imported where a figure is to be shown only: it looks for a screen."""
    from matplotlib import pyplot

    return pyplot


def named(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Names on the axes and above them, as they stand; no title leaves that of the axes.

    A title that is wider than the axes goes on in a second line, before it meets a neighbour's.
    """
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    if title:
        made = axes.set_title(title, parse_math=False)
        figure: Any = axes.figure
        width = 72.0 * axes.get_position(original=True).width * figure.get_figwidth()
        made.set_text(
            fill(title, max(16, int(1.08 * width / (_LETTER * float(made.get_fontsize())))))
        )


def ink() -> str:
    """The colour of text where a figure is drawn, for what has to be seen on any paper."""
    return str(mpl.rcParams["text.color"])
