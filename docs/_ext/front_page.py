"""The picture of the front page: two spirals on their way through the depth of a fitted network."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from desk import sharp_figures
from matplotlib.colors import ListedColormap

import standalone_node as sn
from standalone_node.learn.bundled import data_set

COLOURS = ("#0072b2", "#d55e00")


def draw() -> Any:
    """The input, the flow of the outputs through the depth, and the regions of the decision."""
    sharp_figures()
    table = pd.read_csv(data_set("spirals").path)
    rows, classes = table[["x", "y"]].to_numpy(), table["class"].to_numpy()
    model = sn.NodeClassifier().fit(rows, classes)
    colours = [COLOURS[int(label == model.classes_[1])] for label in classes]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10.5, 3.5), layout="constrained")
    left.scatter(*rows.T, c=colours, s=9, lw=0)
    left.set_title("depth 0: the inputs", fontsize=11)
    network = model.network_
    states = network.dynamics.states(network.parameters, network.initial(rows))
    margin = states[:, :, 1] - states[:, :, 0]
    for row in range(0, len(rows), 4):
        middle.plot(network.times, margin[:, row], color=colours[row], lw=0.7, alpha=0.6)
    middle.set_title("through the depth: difference of the outputs", fontsize=11)
    middle.set(xlabel="depth t")
    across = np.linspace(-1.15, 1.15, 250) * np.abs(rows).max()
    x, y = np.meshgrid(across, across)
    shares = model.predict_proba(np.column_stack([x.ravel(), y.ravel()]))[:, 1].reshape(x.shape)
    right.contourf(x, y, shares > 0.5, levels=1, cmap=ListedColormap(["#cfe3f1", "#fadcc8"]))
    right.scatter(*rows.T, c=colours, s=9, lw=0)
    right.set_title("what is answered where", fontsize=11)
    for axes in (left, right):
        axes.set(aspect="equal", xticks=[], yticks=[])
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure
