"""Where a figure is drawn: on axes that are given, or on a figure of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from standalone_node.errors import ArgumentError
from standalone_node.plot.inks import GRID, INK, SOFT
from standalone_node.plot.style import style

#: On axes of somebody else only what names and keys need: a dollar sign in a name is one.
_GUEST: Any = {"text.parse_math": False, "legend.frameon": False}
#: How far below the axes a key begins, in points: below the ticks and the name of the axis.
_BELOW = 38.0


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

    def key(self, entries: Iterable[tuple[str, Artist]], title: str | None = None) -> None:
        """What colours and shapes mean, where it covers no data: below the axes."""
        pairs = list(entries)
        # Matplotlib leaves out names that begin with "_".
        names = [f" {name}" if name.startswith("_") else name for name, _ in pairs]
        columns = max(1, min(len(names), int(64 / (6 + max(map(len, names))))))
        looks: dict[str, Any] = {"ncols": columns, "fontsize": "small", "title": title}
        handles = [handle for _, handle in pairs]
        if len(self.axes) > 1 and self.own:
            figure = self.axes[0].figure
            figure.legend(handles, names, loc="outside lower center", **looks)
            return
        last = self.axes[-1]
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
    with style():
        figure = _figure(size, shown)
        across = count if count < 4 else 2
        made = figure.subplots(-(-count // across), across, squeeze=False)
        try:
            for spare in made.flat[count:]:
                spare.remove()
            axes = tuple(made.flat[:count])
            for one in axes:
                # Ticks and grid are made when the figure is drawn, when the style is over.
                one.tick_params(which="both", color=SOFT, labelcolor=INK)
                one.tick_params(which="both", grid_color=GRID, grid_linewidth=0.8)
            yield Panels(axes, own=True)
        except BaseException:
            if shown:
                _pyplot().close(figure)
            raise


def _figure(size: tuple[float, float], shown: bool) -> Any:
    make = _pyplot().figure if shown else matplotlib.figure.Figure
    return make(figsize=size, layout="constrained")


def _pyplot() -> Any:
    """Imported where a figure is to be shown only: it looks for a screen."""
    from matplotlib import pyplot

    return pyplot


def named(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Names on the axes and above them, as they stand; no title leaves that of the axes."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    if title:
        axes.set_title(title, parse_math=False)


def ink() -> str:
    """The colour of text where a figure is drawn, for what has to be seen on any paper."""
    return str(mpl.rcParams["text.color"])
