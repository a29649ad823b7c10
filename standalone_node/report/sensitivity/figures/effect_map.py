"""Which features move which outputs, and in which direction: a map, and the sizes beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from numpy.typing import NDArray

from standalone_node.plot.axes import grid
from standalone_node.plot.inks import INK, ON_SHADE
from standalone_node.report.document import Figure
from standalone_node.report.sensitivity.context import Context
from standalone_node.report.sensitivity.figures.canvas import BLUE, GREY, VERMILION, Canvas, picture
from standalone_node.report.sensitivity.figures.effects import TOP
from standalone_node.report.sensitivity.words import brief, shortened

Array = NDArray[Any]
#: Orange below zero, blue above, and at zero the paper, be it light or dark.
SIGNED = LinearSegmentedColormap.from_list(
    "signed",
    [
        (0.0, (*to_rgb(VERMILION), 1.0)),
        (0.5, (*to_rgb(VERMILION), 0.0)),
        (0.5, (*to_rgb(BLUE), 0.0)),
        (1.0, (*to_rgb(BLUE), 1.0)),
    ],
)


def figure(importance: Any, context: Context) -> Figure:
    """The effects (q, p) on several outputs."""
    order = np.asarray(importance.order)
    names = np.array(importance.feature_names, dtype=object)[order]
    effect = np.asarray(importance.effect)[:, order]
    outputs = [str(name) for name in importance.output_names]
    table = pd.DataFrame({"feature": names})
    for name, values in zip(outputs, effect, strict=True):
        table[f"effect on {name}"] = values
    table["magnitude"] = np.asarray(importance.magnitude)[order]
    shown = _relative(effect, context)[:, :TOP]
    j, i = np.unravel_index(int(np.abs(shown).argmax()), shown.shape)
    pair = (shortened(str(names[i]), 40), shortened(outputs[int(j)], 40))
    return picture(
        "effects",
        "What moves which class" if context.decides else "What moves which quantity",
        caption(effect, names, outputs, context),
        f"Map of the effect of {shown.shape[1]} features on {len(outputs)} outputs; the strongest "
        f"is that of {pair[0]} on {pair[1]}, {brief(effect[j, i])} for a typical "
        "change.",
        table,
        lambda canvas: _draw(canvas, shown, table.head(TOP), outputs, context),
        height=1.6 + 0.26 * max(shown.shape[1], 4),
    )


def _relative(effect: Array, context: Context) -> Array:
    """Logits have one unit; quantities each have their own, so the largest effect on each is 1."""
    if context.decides:
        return effect
    largest = np.abs(effect).max(axis=1, keepdims=True)
    return effect / np.where(largest > 0.0, largest, 1.0)


def caption(effect: Array, names: Array, outputs: list[str], context: Context) -> str:
    """What is seen, and who moves what most."""
    if not np.abs(effect).max() > 0.0:
        return "No feature moves any output on average: all mean derivatives are zero."
    what = (
        "the logit of a class, less the mean of all classes, changes"
        if context.decides
        else "a quantity changes, as a share of the largest effect on it,"
    )
    shown = _relative(effect, context)
    j, i = np.unravel_index(int(np.abs(shown).argmax()), shown.shape)
    verb = "for" if effect[j, i] > 0 else "against"
    pull = f"speaks most clearly {verb}" if context.decides else "moves most, in the map,"
    more = f" The {TOP} most influential of {len(names)} features are shown." * (len(names) > TOP)
    return (
        f"By how much {what} on average over the rows if a feature rises by its typical change, "
        "the standard deviation over the rows: blue up, orange down. The bars give the size "
        "without the sign, as root mean square over rows and outputs. "
        f"A larger “{shortened(str(names[i]), 40)}” {pull} "
        f"“{shortened(outputs[int(j)], 40)}”.{more}"
    )


def _draw(
    canvas: Canvas, shown: Array, table: pd.DataFrame, outputs: list[str], context: Context
) -> None:
    left, right = canvas.subplots(
        1, 2, sharey=True, gridspec_kw={"width_ratios": [2.6, 1.0], "wspace": 0.02}
    )
    largest = float(np.abs(shown).max()) or 1.0
    image = left.imshow(shown.T, cmap=SIGNED, vmin=-largest, vmax=largest, aspect="auto")
    left.set_yticks(np.arange(len(table)), [shortened(name, 18) for name in table["feature"]])
    _name_outputs(left, outputs)
    left.tick_params(length=0, labelsize=9)
    left.spines[:].set_visible(False)
    if shown.size <= 60:
        _numbers(left, shown, largest)
    places = np.arange(len(table))
    right.barh(places, table["magnitude"], 0.7, color=GREY)
    right.tick_params(axis="y", length=0)
    right.spines["left"].set_visible(False)
    right.set_xlim(left=0.0, right=1.05 * float(table["magnitude"].max()) or 1.0)
    right.locator_params(axis="x", nbins=3)
    grid(right, "x")
    right.set_xlabel("size")
    bar = canvas.colorbar(image, ax=[left, right], location="bottom", shrink=0.7, aspect=35)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    bar.ax.locator_params(nbins=5)
    unit = "change of the logit" if context.decides else "share of the largest effect"
    bar.set_label(f"{unit} for a typical change", size=9)


def _name_outputs(axes: Axes, outputs: list[str]) -> None:
    step = -(-len(outputs) // 20)
    places = np.arange(len(outputs))[::step]
    labels = [shortened(name, 10) for name in outputs][::step]
    tilted = max(map(len, labels)) * len(labels) > 24
    turned: dict[str, Any] = {"rotation": 40, "ha": "right"} if tilted else {}
    axes.set_xticks(places, labels, **turned)


def _numbers(axes: Axes, shown: Array, largest: float) -> None:
    for (j, i), value in np.ndenumerate(shown):
        colour = ON_SHADE if abs(value) > 0.6 * largest else INK
        axes.text(j, i, f"{value + 0.0:.2g}", ha="center", va="center", color=colour, size=8)
