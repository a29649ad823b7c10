"""Regions of stability in the complex plane, and where a model is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import tableau
from standalone_node.plot.following import asked, even
from standalone_node.plot.inks import FAINT
from standalone_node.plot.panels import ink, named, panels
from standalone_node.plot.style import LINES, MANY
from standalone_node.problem.network import Network

Array = NDArray[Any]

_POINTS = 401
#: Where regions are looked for: no explicit scheme of up to seven stages reaches further.
_WINDOW = ((-8.0, 3.0), (-7.0, 7.0))


def stability(
    scheme: str | Sequence[str] | None = None,
    model: Any = None,
    X: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    points: ArrayLike | None = None,
    rows: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw where h λ has to be in the complex plane for a scheme not to amplify x' = λ x.

    Parameters
    ----------
    scheme : str or sequence of str, optional
        Names of schemes; that of the model if not given.
    model : fitted estimator, InverseProblem or FieldProblem, optional
        At each step of some rows the eigenvalues of f_x, times the step, are drawn as points. The
        title counts those that fall, but rise in the first scheme.
    X : array_like, shape (B, p), optional
        Its rows; those of a problem if not given.
    parameters : Parameters, optional
        Of a problem.
    points : array_like of complex, optional
        Products h λ to be drawn, in the place of those of a model.
    rows : int
        Of more rows than these, so many are drawn by chance, always the same.
    ax : Axes, optional
        A figure of its own if not given.

    Returns
    -------
    Axes

    Raises
    ------
    ArgumentError
        If there is no such scheme, a point is not finite, or the model's scheme is not known or
        was made reversible.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = stability("euler", points=[-1.0, -3.0], ax=Figure().add_subplot())
    >>> axes.get_title()
    'Stability: 1 of 2 with Re λ < 0 lie outside'
    """
    names = _schemes(scheme, model)
    found = _points(points)
    if points is None and model is not None:
        found = _products(model, X, parameters, rows)
    regions = {name: _region(name) for name in names}
    falling = found[found.real < 0.0]
    outside = int((np.abs(stability_function(names[0], falling)) > 1.0 + 1e-9).sum())
    with panels(ax, size=(5.6, 5.4)) as canvas:
        (axes,) = canvas.axes
        entries: list[tuple[str, Artist]] = []
        for place, (name, (x, y, size)) in enumerate(regions.items()):
            colour = LINES[place % len(LINES)]
            if len(regions) == 1:
                axes.contourf(x, y, size, levels=[0.0, 1.0], colors=[colour], alpha=0.12)
            axes.contour(x, y, size, levels=[1.0], colors=[colour], linewidths=1.6)
            entries.append((name, Line2D([], [], color=colour, lw=1.6)))
        axes.axhline(0.0, color=FAINT, lw=0.8, zorder=0)
        axes.axvline(0.0, color=FAINT, lw=0.8, zorder=0)
        if found.size:
            axes.plot(
                found.real, found.imag, ".", color=ink(), ms=4.0, alpha=0.6, mew=0.0,
                rasterized=found.size > MANY,
            )  # fmt: skip
            entries.append(("h λ", Line2D([], [], ls="", marker=".", color=ink())))
        _limits(axes, list(regions.values()), found)
        counted = f": {outside} of {falling.size} with Re λ < 0 lie outside" if found.size else ""
        named(axes, "real part of h λ", "imaginary part of h λ", f"Stability{counted}")
        canvas.key(entries)
    return axes


def stability_function(scheme: str, z: ArrayLike) -> Array:
    """R(z), the factor by which a step of a scheme multiplies x' = λ x, for z = h λ.

    Of an explicit scheme the polynomial 1 + z b·1 + z² b·A1 + …

    Examples
    --------
    >>> complex(stability_function("heun", -2.0))  # 1 + z + z^2 / 2
    (1+0j)
    """
    a, b, _ = tableau(scheme).arrays()
    values = np.asarray(z, dtype=complex)
    found, power, stages = np.ones_like(values), np.ones_like(values), np.ones(len(b))
    for _ in range(len(b)):
        power = power * values
        found = found + power * float(b @ stages)
        stages = a @ stages
    return found


def _schemes(scheme: str | Sequence[str] | None, model: Any) -> list[str]:
    if scheme is not None:
        names = [scheme] if isinstance(scheme, str) else list(scheme)
    else:
        settings = getattr(model, "settings", {})
        own = getattr(model, "scheme", settings.get("scheme"))
        if own is None:
            raise ArgumentError("there is no scheme: name one, as 'rk4', or give a model")
        if getattr(model, "reversible", settings.get("reversible", False)):
            raise ArgumentError(
                f"the scheme {own!r} of this model was made reversible, which changes where it is "
                "stable: name the scheme to see the region of its tableau"
            )
        names = [own]
    if not names:
        raise ArgumentError("there is nothing to draw: name at least one scheme")
    for name in names:
        tableau(name)
    return names


def _points(given: ArrayLike | None) -> Array:
    try:
        found = np.asarray([] if given is None else given, dtype=complex).ravel()
    except (TypeError, ValueError):
        raise ArgumentError("points holds something else than complex numbers h λ") from None
    if not np.isfinite(found).all():
        place = int(np.argmin(np.isfinite(found)))
        raise ArgumentError(f"points[{place}] = {found[place]} is not finite: leave it out")
    return found


def _products(model: Any, X: ArrayLike | None, parameters: Parameters | None, most: int) -> Array:
    """h λ for the eigenvalues λ of f_x at the beginning of each step, over some rows."""
    network, inputs = asked(model, X, parameters)
    chosen = inputs[even(np.zeros(len(inputs)), most)]
    return step_products(network, chosen).ravel()


def step_products(network: Network, rows: Array) -> Array:
    """h_n times the eigenvalues of f_x(t_n, x_n), complex (N, B, d)."""
    states = network.dynamics.states(network.parameters, network.initial(rows))
    times = network.times
    found = [
        (times[n + 1] - times[n])
        * np.linalg.eigvals(network.velocity_jacobians(float(times[n]), states[n]))
        for n in range(len(times) - 1)
    ]
    return np.array(found, dtype=complex)


def _region(scheme: str) -> tuple[Array, Array, Array]:
    x, y = (np.linspace(*ends, _POINTS) for ends in _WINDOW)
    size = np.abs(stability_function(scheme, x[None, :] + 1j * y[:, None]))
    return x, y, size


def _limits(axes: Axes, regions: list[tuple[Array, Array, Array]], found: Array) -> None:
    """All regions and points, in equal units."""
    across, up = [found.real, np.zeros(1)], [found.imag, np.zeros(1)]
    for x, y, size in regions:
        rows, columns = np.nonzero(size <= 1.0)
        across.append(x[columns])
        up.append(y[rows])
    low = min(float(part.min()) for part in across if part.size)
    high = max(float(part.max()) for part in across if part.size)
    reach = max(float(np.abs(part).max()) for part in up if part.size)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlim(low - 0.5, max(high, 0.0) + 0.5)
    axes.set_ylim(-reach - 0.5, reach + 0.5)
