"""The classes that a classifier predicts over the plane of two features, and the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from standalone_node.errors import ArgumentError
from standalone_node.plot.colouring import Colouring, by_class, colouring, places_among
from standalone_node.plot.panels import ink, named, panels
from standalone_node.plot.style import MANY, PALETTE, colours, shortened
from standalone_node.plot.subjects import said, two_of

Array = NDArray[Any]

_POINTS = 220
_MARGIN = 0.08
#: How far from its rim a region's name stands at least, as a share of the plane.
_WIDE = 0.012


def decision_regions(
    estimator: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    features: tuple[int | str, int | str] = (0, 1),
    held: ArrayLike | None = None,
    held_out: ArrayLike | None = None,
    labels: Sequence[Any] | None = None,
    points: int = _POINTS,
    ax: Axes | None = None,
) -> Axes:
    """Draw the regions of the classes in the plane of two features, and rows in it.

    Regions are paler where the probability is lower, if the classifier tells it. Of more than
    twenty classes, whose colours repeat, the names are written into the regions as well.

    Parameters
    ----------
    estimator : fitted classifier
        Of this package or of scikit-learn, a pipeline too.
    X : array_like or DataFrame, shape (B, p)
        Rows of numbers, which say how far the plane reaches.
    y : array_like, shape (B,), optional
        Their classes; no row is drawn without.
    features : (int or str, int or str)
        The two features, by position, or by the name of their column.
    held : array_like, shape (p,), optional
        The values of all other features over the plane; their means over X if not given.
    held_out : array_like of bool, shape (B,), optional
        Which rows have a rim, because the classifier was not trained on them.
    labels : sequence, optional
        What the classes are called in the key, if not by themselves.
    points : int
        Points of the plane in each direction.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If it is no fitted classifier, or rows, classes or features do not fit.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.array([[0.0, 0.0], [1.0, 1.0]]), ["a", "b"]
    >>> axes = decision_regions(
    ...     LogisticRegression().fit(X, y), X, y, points=3, ax=Figure().add_subplot()
    ... )
    >>> axes.get_images()[0].get_array().shape
    (3, 3, 4)
    """
    classes = _classes_of(estimator)
    rows, names = _rows_of(X), _names_of(estimator, X)
    places = list(two_of(features, "features", lambda which: _place(which, names)))
    called = classes if labels is None else list(labels)
    if len(called) != len(classes):
        raise ArgumentError(f"labels has to name the {len(classes)} classes of the model, in order")
    looks = None if y is None else colouring(y, len(rows), classes)
    rim = _mask(held_out, len(rows))
    palette = np.array(colours(len(classes)))
    if points < 2:
        raise ArgumentError(f"points = {points} has to be at least 2")
    corners = _corners(rows[:, places])
    base = _base(held, rows)
    plane = _plane(base, places, corners, points)
    winner, certainty = _decided(estimator, _like(X, plane), classes)
    # Shaded by opacity, which suits dark paper as well.
    image = np.column_stack([palette[winner], 0.08 + 0.42 * certainty])
    with panels(ax, size=(6.2, 5.2)) as canvas:
        (axes,) = canvas.axes
        extent = tuple(corners.T.ravel())
        image = image.reshape(points, points, 4)
        axes.imshow(image, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
        if len(classes) > PALETTE:
            _write_names(axes, winner.reshape(points, points), called, corners)
        entries = by_class(np.zeros(0), called).handles()
        if looks is not None:
            _draw_rows(axes, rows[:, places], looks, rim)
        if looks is not None and rim.any():
            edge = Line2D([], [], ls="", marker="o", mfc="none", mec=ink())
            entries.append(("held out", edge))
        title = _others(len(names) - 2, held is None)
        named(axes, shortened(names[places[0]], 60), shortened(names[places[1]], 40), title)
        canvas.key(entries)
    return axes


def _classes_of(estimator: Any) -> list[Any]:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ArgumentError(
            f"decision regions are those of a fitted classifier, not of {said(estimator)}"
        )
    return list(np.asarray(classes).tolist())


def _rows_of(X: Any) -> Array:
    """The rows as numbers (B, p)."""
    try:
        rows = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(
            "X holds something else than numbers: decision regions are drawn over numeric features"
        ) from None
    if rows.ndim != 2 or rows.shape[0] == 0 or rows.shape[1] < 2:
        raise ArgumentError(
            f"X has shape {rows.shape}, but a plane needs rows of at least two features, (B, p)"
        )
    if not np.isfinite(rows).all():
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise ArgumentError(f"row {bad + 1} of X holds a number that is not finite: leave it out")
    return rows


def _names_of(estimator: Any, X: Any) -> list[str]:
    """What the features are called: by the rows, by the classifier, or by their numbers."""
    names = getattr(X, "columns", None)
    if names is None:
        schema = getattr(estimator, "schema_", None)
        names = getattr(estimator, "feature_names_in_", getattr(schema, "feature_names", None))
    columns = np.shape(X)[1]
    if names is None or len(names) != columns:
        return [f"x{j}" for j in range(columns)]
    return [str(name) for name in names]


def _place(which: int | str, names: list[str]) -> int:
    if isinstance(which, str) and which in names:
        return names.index(which)
    if isinstance(which, int | np.integer) and 0 <= which < len(names):
        return int(which)
    raise ArgumentError(
        f"there is no feature {which!r}: give a number from 0 to {len(names) - 1}, or one of the "
        f"columns {', '.join(names)}"
    )


def _mask(held_out: ArrayLike | None, rows: int) -> Array:
    if held_out is None:
        return np.zeros(rows, dtype=bool)
    mask = np.asarray(held_out)
    if mask.shape != (rows,) or mask.dtype != bool:
        raise ArgumentError(f"held_out has to hold True or False for each of the {rows} rows of X")
    return mask


def _corners(points: Array) -> Array:
    """The lowest and the highest values of both features, (2, 2), with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    return np.array([low - _MARGIN * width, high + _MARGIN * width])


def _others(count: int, means: bool) -> str:
    """Where in the plane's normal directions it lies; nothing if there are none."""
    if count == 0:
        return ""
    features, places = ("feature", "mean") if count == 1 else ("features", "means")
    where = (f"its {places}" if count == 1 else f"their {places}") if means else "values given"
    return f"{count} other {features} held at {where}"


def _base(held: ArrayLike | None, rows: Array) -> Array:
    if held is None:
        return np.asarray(rows.mean(axis=0))
    base = np.asarray(held, dtype=np.float64)
    if base.shape != rows.shape[1:]:
        raise ArgumentError(
            f"held has shape {base.shape}, but X has {rows.shape[1]} features: give a value each"
        )
    return base


def _plane(base: Array, places: list[int], corners: Array, points: int) -> Array:
    across, up = (np.linspace(corners[0, j], corners[1, j], points) for j in range(2))
    plane = np.tile(base, (points * points, 1))
    plane[:, places] = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    return plane


def _like(X: Any, rows: Array) -> Any:
    """Rows as what X is, so that a classifier finds the names it was fitted with."""
    return type(X)(rows, columns=X.columns) if hasattr(X, "columns") else rows


def _decided(estimator: Any, plane: Any, classes: list[Any]) -> tuple[Array, Array]:
    """The class of each point of the plane, by position, and from 0 to 1 how certain it is."""
    try:
        if hasattr(estimator, "predict_proba"):
            probabilities = np.asarray(estimator.predict_proba(plane), dtype=np.float64)
        else:
            predicted = places_among(np.asarray(estimator.predict(plane)), classes)
            probabilities = np.eye(len(classes))[predicted]
    except ValueError as error:
        raise ArgumentError(f"the classifier cannot read rows as those of X: {error}") from error
    winner = probabilities.argmax(axis=1)
    least = 1.0 / probabilities.shape[1]
    certainty = (probabilities.max(axis=1) - least) / (1.0 - least)
    return winner, certainty


def _write_names(axes: Axes, winner: Array, called: list[Any], corners: Array) -> None:
    """The name of each class in its region, where it is widest, if it is wide enough."""
    size = len(winner)
    for place in np.unique(winner):
        # The border of the plane is one of the region as well.
        depth = distance_transform_edt(np.pad(winner == place, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[row, column] < _WIDE * size:
            continue
        low, high = corners
        spot = low + (high - low) * np.array([column, row]) / (size - 1)
        axes.text(
            float(spot[0]), float(spot[1]), shortened(called[place], 16), color=ink(), size=8.0,
            ha="center", va="center", parse_math=False, zorder=4,
            bbox={"facecolor": axes.get_facecolor(), "alpha": 0.6, "lw": 0.0, "pad": 1.0},
        )  # fmt: skip


def _draw_rows(axes: Axes, points: Array, looks: Colouring, rim: Array) -> None:
    """The rows, those held out on top, with a rim."""
    shades = np.array(looks.colours)
    for held_out in (False, True):
        for group, marker in looks.groups:
            mine = group[rim[group] == held_out]
            axes.scatter(
                points[mine, 0],
                points[mine, 1],
                s=22 if held_out else 12,
                c=shades[mine],
                marker=marker,
                linewidths=0.9 if held_out else 0.0,
                edgecolors=ink() if held_out else "none",
                rasterized=len(points) > MANY,
                alpha=1.0 if held_out else 0.7,
            )
