"""A batch on its way through the depth, as an animation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter, writers
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.plot.axes import ends
from standalone_node.plot.film import write_gif
from standalone_node.plot.following import Ways, ways_of
from standalone_node.plot.panels import named, panels
from standalone_node.plot.style import shortened, style
from standalone_node.plot.ways import Component, plane_of

Array = NDArray[Any]

#: The share of the frames for which the last one stays.
_REST = 0.2
#: Of the files: enough to be read, and not too slow to write.
_DPI = 100
#: The formats, by the end of the name, and what writes them.
FORMATS = {".gif": PillowWriter, ".mp4": FFMpegWriter}


@dataclass(frozen=True, eq=False)
class Plane:
    """Where rows are at each frame, and what the axes are called.

    Attributes
    ----------
    depths : ndarray, (F,)
    places : ndarray, (F, B, 2)
    names : (str, str)
    """

    depths: Array
    places: Array
    names: tuple[str, str]


def flow(
    model: Any,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    path: str | Path | None = None,
    *,
    components: tuple[Component, Component] | None = None,
    parameters: Parameters | None = None,
    rows: int = 200,
    frames: int = 48,
    seconds: float = 4.0,
    trail: float = 0.15,
    ax: Axes | None = None,
) -> FuncAnimation:
    """Animate rows flowing through the depth, in a plane of two components.

    Between the steps of the solver rows move on straight lines. The same arguments give the same
    file.

    Parameters
    ----------
    model : fitted estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p), optional
        The rows; those of a problem if not given.
    y : array_like, shape (B,), optional
        Classes, or quantities, by which rows are coloured; as `classes` of `phase_plane`.
    path : str or Path, optional
        A file to write as well: .gif by Pillow, .mp4 by ffmpeg.
    components : (int or str, int or str), optional
        The plane. If not given, that of the two components there are, or, of more, that of the
        first two principal components of all states.
    parameters : Parameters, optional
        Of a problem.
    rows : int
        Of more rows than these, so many are drawn, evenly over the classes.
    frames : int
        From depth 0 to the end; the end then stays for a fifth of these.
    seconds : float
        How long they take.
    trail : float
        The share of the depth over which the way behind a row is drawn.
    ax : Axes, optional
        A figure of its own if not given, which is not one of pyplot.

    Returns
    -------
    FuncAnimation
        In a notebook ``IPython.display.HTML(animation.to_jshtml())`` shows it. Keep a reference as
        long as it is shown.

    Raises
    ------
    ArgumentError
        If the estimator is not fitted, rows, parameters or components are missing or do not fit, or
        the file cannot be written for want of ffmpeg or of a format.
    StateOverflow
        If a state overflows.
    """
    if frames < 2 or not seconds > 0.0 or not 0.0 <= trail <= 1.0:
        raise ArgumentError(
            f"frames = {frames}, seconds = {seconds:g} and trail = {trail:g} have to be at least "
            "2, above 0, and from 0 to 1"
        )
    writer = None if path is None else writer_of(path, max(1, round(frames / seconds)))
    ways = ways_of(model, X, parameters, y, rows)
    plane = _on_plane(ways, components, frames)
    with panels(ax, size=(5.6, 5.2), shown=False) as canvas:
        (axes,) = canvas.axes
        update = _stage(axes, ways, plane, trail)
        ways.looks.key(canvas)
        update(0)
        figure: Any = axes.figure
        if canvas.own:
            # The layout of the first frame serves all of them.
            figure.get_layout_engine().execute(figure)
            figure.set_layout_engine("none")
    order = [*range(frames), *[frames - 1] * round(_REST * frames)]
    animation = FuncAnimation(
        figure, update, frames=order, interval=1000.0 * seconds / frames, blit=False
    )
    if path is not None:
        with style():
            if isinstance(writer, PillowWriter):
                beat = int(1000 / writer.fps)
                lengths = [beat] * (frames - 1) + [beat * (len(order) - frames + 1)]
                write_gif(path, figure, update, lengths, _DPI)
            else:
                animation.save(path, writer=writer, dpi=_DPI)
    return animation


def writer_of(name: str | Path, frames_a_second: int = 1) -> Any:
    """What writes a file of that name.

    Raises
    ------
    ArgumentError
        If nothing does: another format, or no ffmpeg.
    """
    path = Path(name)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ArgumentError(f"{path}: an animation's name has to end in {' or '.join(FORMATS)}.")
    if kind is FFMpegWriter and not writers.is_available("ffmpeg"):
        raise ArgumentError(
            f"{path}: there is no ffmpeg to write it; install ffmpeg, or name a file in .gif."
        )
    return kind(fps=frames_a_second)


def _on_plane(ways: Ways, components: Sequence[Component] | None, frames: int) -> Plane:
    """The rows at equal distances of depth, in the plane that was asked for."""
    names: tuple[str, str]
    if components is None and ways.network.width > 2:
        values, shares = principal(ways.states)
        names = tuple(  # type: ignore[assignment]
            f"principal component {i + 1} ({100 * share:.0f} % of the variance)"
            for i, share in enumerate(shares)
        )
    else:
        two = plane_of(ways, components)
        values = ways.values[..., list(two)]
        names = tuple(shortened(ways.names[i], 50) for i in two)  # type: ignore[assignment]
    depths = np.linspace(ways.times[0], ways.times[-1], frames)
    return Plane(depths, between(ways.times, values, depths), names)


def principal(states: Array) -> tuple[Array, Array]:
    """States (N + 1, B, d) in their first two principal components, and these' shares of variance.

    The largest entry of each direction is positive.

    Examples
    --------
    >>> line = np.array([[[0.0, 0.0, 0.0]], [[0.0, -3.0, 4.0]]])
    >>> values, shares = principal(line)
    >>> values[..., 0].ravel().round(12).tolist(), shares.round(12).tolist()
    ([-2.5, 2.5], [1.0, 0.0])
    """
    flat = states.reshape(-1, states.shape[-1])
    centred = flat - flat.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    pair = directions[:2]
    largest = np.abs(pair).argmax(axis=1)
    pair = pair * np.where(pair[[0, 1], largest] < 0.0, -1.0, 1.0)[:, None]
    total = float(np.sum(sizes**2))
    shares = sizes[:2] ** 2 / total if total > 0.0 else np.zeros(2)
    return (centred @ pair.T).reshape(*states.shape[:-1], 2), shares


def between(times: Array, values: Array, wanted: Array) -> Array:
    """Values (N + 1, ...) at other times, on straight lines between those there are.

    Examples
    --------
    >>> between(np.array([0.0, 1.0]), np.array([[0.0], [4.0]]), np.array([0.25])).tolist()
    [[1.0]]
    """
    after = np.clip(np.searchsorted(times, wanted, side="right"), 1, len(times) - 1)
    before = after - 1
    share = (wanted - times[before]) / (times[after] - times[before])
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    found: Array = (1.0 - share) * values[before] + share * values[after]
    return found


def _stage(axes: Axes, ways: Ways, plane: Plane, trail: float) -> Any:
    """Set the scene; what is returned shows a frame."""
    looks, places = ways.looks, plane.places
    behind = round(trail * (len(places) - 1))
    tails = LineCollection([], colors=looks.colours, linewidths=1.0, alpha=0.5)
    axes.add_collection(tails)
    points = []
    for group, marker, shades in looks.shapes():
        start = places[0, group]
        drawn = axes.scatter(
            start[:, 0], start[:, 1], c=shades, s=20.0, marker=marker, linewidths=0.0, zorder=3
        )
        points.append((group, drawn))
    axes.set_xlim(*ends(places[..., 0]))
    axes.set_ylim(*ends(places[..., 1]))
    axes.grid(visible=True)
    named(axes, *plane.names)

    def update(frame: int) -> list[Any]:
        for group, artist in points:
            artist.set_offsets(places[frame, group])
        way = places[max(0, frame - behind) : frame + 1]
        tails.set_segments(list(way.transpose(1, 0, 2)) if behind else [])
        axes.set_title(f"depth t = {plane.depths[frame]:.2f}", parse_math=False)
        key = axes.get_legend()
        # With a frame it stands inside, and has to stay on top of what moves.
        inside = [key] if key is not None and key.get_frame_on() else []
        return [tails, *(artist for _, artist in points), axes.title, *inside]

    return update
