"""At which depth an error of the parameters changes the output most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from standalone_node.plot.axes import bands, draw_band, grid
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, ORANGE, Canvas, picture
from standalone_node.report.sensitivity.words import brief, counted, shortened


def figure(profile: Any, context: Context) -> Figure:
    """The sensitivity over the depth, absolute, and relative to the size of the parameters."""
    table = pd.DataFrame({"depth": np.asarray(profile.times)})
    for name, values in (("sensitivity", profile.sensitivity), ("relative", profile.relative)):
        for end, row in bands(np.asarray(values).T).items():
            table[f"{name} {end}"] = row
    rows = np.asarray(profile.sensitivity).shape[0]
    place = int(table["sensitivity median"].to_numpy().argmax())
    return picture(
        "depth-profile",
        "Where an error of the parameters is felt",
        caption(table, rows),
        f"Sensitivity of the output to the parameters over the depth, largest at "
        f"{brief(float(table['depth'][place]))}.",
        table,
        lambda canvas: _draw(canvas, table, context),
        height=5.0,
    )


def caption(table: pd.DataFrame, rows: int) -> str:
    """What is seen: the depth where an error counts most, and how much more than elsewhere."""
    middle, depth = table["sensitivity median"].to_numpy(), table["depth"].to_numpy()
    seen = (
        "How strongly the output changes, to first order, for an error of the parameters θ(t) that "
        f"acts near depth t only (line: median of {counted(rows, 'row')}; shade: 5 to 95 %). "
    )
    if not middle.max() > 0.0:
        return f"{seen}The output does not depend on the parameters."
    seen += contrast(depth, middle)
    relative = table["relative median"].to_numpy()
    top = float(depth[int(relative.argmax())])
    return (
        f"{seen} Below: for errors in proportion to the size of θ(t); "
        f"there depth {brief(top)} counts most."
    )


def contrast(depth: Any, strength: Any) -> str:
    """Where it is strongest, and how much stronger than where it is weakest, in a sentence."""
    first, last = int(strength.argmax()), int(strength.argmin())
    top, bottom = brief(float(depth[first])), brief(float(depth[last]))
    if strength[last] <= 0.0:
        return f"An error at depth {top} counts most, one at {bottom} not at all."
    ratio = float(strength[first] / strength[last])
    if ratio < 1.5:
        return "It is nearly the same at all depths."
    return f"An error at depth {top} counts most, {brief(ratio)} times as much as at {bottom}."


def _draw(canvas: Canvas, table: pd.DataFrame, context: Context) -> None:
    upper, lower = canvas.subplots(2, 1, sharex=True)
    draw_band(upper, table, "sensitivity ", BLUE)
    draw_band(lower, table, "relative ", ORANGE, (0, (4, 1.5)))
    for axes in (upper, lower):
        grid(axes)
        axes.margins(x=0.0)
        axes.set_ylim(bottom=0.0)
    what = "logits" if context.decides else shortened(context.target, 14)
    upper.set_ylabel(f"change of {what}\nper error of θ(t)")
    lower.set_ylabel(f"change of {what}\nper error relative to |θ(t)|")
    lower.set_xlabel("depth t")
