"""What colour and shape each row of a figure has, and the key that says what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgba
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import Panels
from standalone_node.plot.style import MARKERS, OKABE_ITO, colours, shortened

Array = NDArray[Any]

#: Of viridis, what can be told from white paper and from dark.
SHADES = ListedColormap(mpl.colormaps["viridis"](np.linspace(0.15, 0.9, 128)))
#: Of more whole numbers than these nobody tells the colours apart: they are quantities then.
_CLASSES = 26


@dataclass(frozen=True, eq=False)
class Colouring:
    """The looks of B rows.

    Attributes
    ----------
    colours : list
        A colour a row.
    groups : tuple of (ndarray, str)
        The rows of each shape, as positions, and the shape, a marker of matplotlib.
    entries : tuple of (str, colour, str)
        What stands in the key: a name, its colour and its shape; empty if there is none.
    scale : ScalarMappable or None
        Of quantities: the bar beside the axes.
    title : str
        What the colours stand for.
    """

    colours: list[Any]
    groups: tuple[tuple[Array, str], ...]
    entries: tuple[tuple[str, Any, str], ...] = ()
    scale: ScalarMappable | None = None
    title: str = ""

    def handles(self, *, lines: bool = False, shapes: bool = True) -> list[tuple[str, Artist]]:
        """The entries of the key as rows are drawn: as lines, as shapes, or as both."""
        return [
            (
                name,
                Line2D(
                    [], [], color=colour, ms=5.5,
                    ls="-" if lines else "", marker=marker if shapes else "",
                ),
            )
            for name, colour, marker in self.entries
        ]  # fmt: skip

    def key(self, canvas: Panels, *, lines: bool = False, shapes: bool = True) -> None:
        """Say what the colours mean: below the panels for classes, beside them for quantities."""
        if self.scale is not None:
            figure: Any = canvas.axes[0].figure
            bar = figure.colorbar(self.scale, ax=list(canvas.axes), shrink=0.9)
            bar.outline.set_visible(False)
            bar.set_label(self.title, parse_math=False)
        elif self.entries:
            canvas.key(self.handles(lines=lines, shapes=shapes), self.title or None)

    def shapes(self) -> Iterator[tuple[Array, str, list[Any]]]:
        """The rows of each shape, as positions, the shape, and the colours of these rows."""
        for group, marker in self.groups:
            if group.size:
                yield group, marker, [self.colours[i] for i in group]

    def of(self, rows: Array) -> Colouring:
        """The looks of some rows, by position."""
        places = np.full(len(self.colours), -1)
        places[rows] = np.arange(len(rows))
        groups = [(places[group], marker) for group, marker in self.groups]
        return Colouring(
            [self.colours[i] for i in rows],
            tuple((group[group >= 0], marker) for group, marker in groups),
            self.entries,
            self.scale,
            self.title,
        )


def alike(rows: int) -> Colouring:
    """All rows alike."""
    return Colouring([OKABE_ITO[0]] * rows, ((np.arange(rows), "o"),))


def by_class(
    places: Array, labels: Sequence[Any], title: str = "", palette: Sequence[Any] | None = None
) -> Colouring:
    """A colour and a shape for each class, of rows at these positions among the labels."""
    shades = colours(len(labels)) if palette is None else palette
    shapes = [MARKERS[i % len(MARKERS)] for i in range(len(labels))]
    return Colouring(
        colours=[shades[i] for i in places],
        groups=tuple((np.flatnonzero(places == i), shape) for i, shape in enumerate(shapes)),
        entries=tuple(zip(map(shortened, labels), shades, shapes, strict=True)),
        title=title,
    )


def by_quantity(values: Array, title: str = "") -> Colouring:
    """Steps from dark to bright between the finite values; the others are grey.

    Raises
    ------
    ArgumentError
        If none is finite.
    """
    finite = np.isfinite(values)
    if not finite.any():
        raise ArgumentError("no quantity to colour rows by is finite: leave classes out")
    shown = values[finite]
    scale = Normalize(float(shown.min()), float(shown.max()))
    shades = [shade if fine else to_rgba(FAINT) for shade, fine in zip(
        SHADES(scale(np.where(finite, values, shown[0]))), finite, strict=True
    )]  # fmt: skip
    group = np.arange(len(values)), "o"
    if not finite.all():
        title = f"{title} (grey: not finite)" if title else "grey: not finite"
    return Colouring(shades, (group,), (), ScalarMappable(scale, SHADES), title)


def colouring(
    known: ArrayLike, rows: int, labels: Sequence[Any] = (), title: str = ""
) -> Colouring:
    """The looks that labels or quantities (B,) give to B rows.

    Parameters
    ----------
    known : array_like, shape (B,)
    rows : int
        B.
    labels : sequence, optional
        All classes there are, in their order; those that occur if not given. Numbers with a
        fraction, and many whole ones, are quantities if there are none.
    title : str

    Raises
    ------
    ArgumentError
        If it is not one a row, or a label is none of the classes.
    """
    values = np.asarray(known)
    if values.shape != (rows,):
        raise ArgumentError(
            f"the classes have shape {values.shape}, but there are {rows} rows: give one a row"
        )
    if len(labels) == 0:
        labels = list(dict.fromkeys(np.unique(values).tolist()))
        if values.dtype.kind == "f" or (values.dtype.kind in "iu" and len(labels) > _CLASSES):
            return by_quantity(values.astype(np.float64), title)
    return by_class(places_among(values, labels), labels, title)


def places_among(known: Array, labels: Sequence[Any]) -> Array:
    """The positions (B,) of labels among the classes; ArgumentError for one that is none of them.

    Examples
    --------
    >>> places_among(np.array(["no", "yes"]), ["yes", "no"])
    array([1, 0])
    """
    order = {label: place for place, label in enumerate(np.asarray(labels).tolist())}
    places = np.array([order.get(label, -1) for label in known.tolist()], dtype=np.intp)
    if (places < 0).any():
        label = known.tolist()[int(np.argmin(places))]
        raise ArgumentError(
            f"the class {label!r} is none of {', '.join(map(str, order))}: give classes that the "
            "model knows"
        )
    return places
