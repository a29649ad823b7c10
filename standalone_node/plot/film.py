"""The frames of an animation as a GIF: what stands still is drawn once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

#: How many colours a GIF has.
_COLOURS = 256


def write_gif(
    path: str | Path,
    figure: Figure,
    update: Callable[[int], Sequence[Artist]],
    durations: Sequence[int],
    dpi: float,
) -> None:
    """Write a GIF that begins again when it is over.

    Parameters
    ----------
    path : str or Path
    figure : Figure
        Which is left as it was, but at the last frame.
    update : callable
        Shows a frame, by its number; returns the artists that have changed. All of them are drawn
        on top of all that stands still, in order of their zorder.
    durations : sequence of int
        Of each frame, in milliseconds.
    dpi : float
    """
    pictures = [Image.fromarray(array) for array in _pictures(figure, update, len(durations), dpi)]
    # One palette for all: from the ends, between which the same things are seen.
    ends = np.vstack([np.asarray(pictures[0]), np.asarray(pictures[-1])])
    palette = Image.fromarray(ends).quantize(_COLOURS)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    frames[0].save(
        path,
        format="gif",
        save_all=True,
        append_images=frames[1:],
        duration=list(durations),
        loop=0,
    )


def _pictures(
    figure: Figure, update: Callable[[int], Sequence[Artist]], count: int, dpi: float
) -> Iterator[Any]:
    """Red, green and blue of each frame, (height, width, 3) of bytes."""
    with _canvas(figure, dpi) as canvas:
        moving = sorted(update(0), key=lambda artist: artist.get_zorder())
        for artist in moving:
            artist.set_animated(True)
        try:
            canvas.draw()  # without them
            still = canvas.copy_from_bbox(figure.bbox)
            for frame in range(count):
                update(frame)
                canvas.restore_region(still)
                for artist in moving:
                    figure.draw_artist(artist)
                yield np.array(canvas.buffer_rgba())[..., :3]
        finally:
            for artist in moving:
                artist.set_animated(False)


@contextmanager
def _canvas(figure: Figure, dpi: float) -> Iterator[FigureCanvasAgg]:
    """Paper in memory for a while, in the place of what the figure is drawn on."""
    before, own = figure.canvas, figure.dpi
    canvas = FigureCanvasAgg(figure)
    try:
        figure.set_dpi(dpi)
        yield canvas
    finally:
        figure.set_dpi(own)
        figure.set_canvas(before)
