"""From a figure of a document to its files: SVG for light and for dark paper, and PNG."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import matplotlib.figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from standalone_node.plot.style import style
from standalone_node.report.document import Figure
from standalone_node.report.figures.theme import dark_svg, plain_svg

#: Pixels an inch of PNG files, and of images inside SVG files.
DPI = 150


@dataclass(frozen=True)
class Rendered:
    """A figure as it is written: two SVG files, for light and for dark paper, and a PNG file."""

    light: str
    dark: str
    png: bytes


def rendered(figure: Figure) -> Rendered:
    """Draw a figure and write it, the same bytes each time.

    The layout is computed once, and each format drawn once. `Figure.savefig` would draw twice for
    each format, the first time for a layout that there is already; drawing is what takes long.
    """
    with style(), warnings.catch_warnings():
        # The font lacks the letters of some scripts: they are boxes here, and text on the page.
        warnings.filterwarnings("ignore", message=r"Glyph \d+", category=UserWarning)
        # Names that are too long for their figure are cut off at its edge.
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        paper = matplotlib.figure.Figure(figsize=figure.size, dpi=DPI, layout="constrained")
        figure.draw(paper)
        engine = paper.get_layout_engine()
        if engine is not None:
            engine.execute(paper)
            paper.set_layout_engine("none")
        png = _png(paper)  # first, as SVG files leave the figure with 72 dots an inch
        light = plain_svg(_svg(paper))
    return Rendered(light, dark_svg(light), png)


def _svg(paper: matplotlib.figure.Figure) -> str:
    written = io.StringIO()
    FigureCanvasSVG(paper).print_svg(written, metadata={"Date": None})
    return written.getvalue()


def _png(paper: matplotlib.figure.Figure) -> bytes:
    written = io.BytesIO()
    FigureCanvasAgg(paper).print_png(written)
    return written.getvalue()
