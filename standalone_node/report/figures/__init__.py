"""Figures of a fit: one file a figure, one row in `FIGURES`, and `save_figure` that joins them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from standalone_node.learn.tabular import Fitted
from standalone_node.plot.style import figure_format, style, write_figure
from standalone_node.report.figures import (
    confusion,
    convergence,
    decision_regions,
    predicted_against_true,
)


@dataclass(frozen=True)
class Panel:
    """A figure of a fit: what fits it suits, how it is drawn on axes, and its numbers.

    `several` tells how each of its panels is drawn, for a figure that may have more than one.
    """

    suits: Callable[[Fitted], bool]
    draw: Callable[[Axes, Fitted], None]
    numbers: Callable[[Fitted], pd.DataFrame]
    several: Callable[[Fitted], list[Callable[[Axes], None]]] | None = None

    def drawn(self, fitted: Fitted) -> list[Callable[[Axes], None]]:
        """How each of its panels is drawn."""
        if self.several is not None:
            return self.several(fitted)
        return [lambda axes: self.draw(axes, fitted)]


#: The table: a name and its figure.
FIGURES = {
    "convergence": Panel(convergence.suits, convergence.draw, convergence.numbers),
    "decision-regions": Panel(
        decision_regions.suits, decision_regions.draw, decision_regions.numbers
    ),
    "confusion": Panel(confusion.suits, confusion.draw, confusion.numbers),
    "predicted-against-true": Panel(
        predicted_against_true.suits,
        predicted_against_true.draw,
        predicted_against_true.numbers,
        predicted_against_true.drawn,
    ),
}


def figure_names(fitted: Fitted) -> list[str]:
    """The figures of `FIGURES` that suit a fit."""
    return [name for name, panel in FIGURES.items() if panel.suits(fitted)]


def save_figure(fitted: Fitted, path: str | Path, file_format: str | None = None) -> None:
    """Draw all figures that suit a fit beside each other and write them to a file.

    Parameters
    ----------
    fitted : Fitted
    path : str or Path
    file_format : {"png", "svg", "pdf"}, optional
        By the end of the name if not given.

    Raises
    ------
    ArgumentError
        There is no such format.
    """
    file_format = file_format or figure_format(path)
    drawn = [draw for name in figure_names(fitted) for draw in FIGURES[name].drawn(fitted)]
    with style():
        figure = Figure(figsize=(5.2 * len(drawn), 4.6), layout="constrained")
        for number, draw in enumerate(drawn, start=1):
            draw(figure.add_subplot(1, len(drawn), number))
        write_figure(figure, path, file_format)
