"""Colours can be told apart, and keys stand where they cover no other panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import standalone_node as sn
from standalone_node.plot.style import PALETTE, colours, line_colours

#: To the cones of the eye, and from these to the coordinates of Oklab (Ottosson 2020).
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
#: How colours are seen without green (Machado, Oliveira and Fernandes 2009).
NO_GREEN = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def seen(shades: Any, eye: np.ndarray) -> np.ndarray:
    """Places in Oklab, where distances are those that are seen."""
    rgb = np.array([to_rgb(shade) for shade in shades])
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(np.clip(light @ eye.T, 0.0, 1.0) @ CONES.T) @ OKLAB.T


def closest(places: np.ndarray) -> float:
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    return float(apart[np.triu_indices(len(places), 1)].min())


@pytest.mark.parametrize("count", [9, 10, 20])
def test_classes_have_colours_that_are_far_apart_for_every_eye(count: int) -> None:
    shades = [*colours(count), "white"]
    assert closest(seen(shades, np.eye(3))) > 0.12
    assert closest(seen(shades, NO_GREEN)) > 0.06


def test_colours_begin_again_only_when_all_were_used() -> None:
    assert len(set(colours(PALETTE))) == PALETTE == 20
    assert colours(21)[20] == colours(1)[0]
    assert len(set(line_colours(19))) == 19


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_keys_of_guests_cover_no_other_panel(models: Any, layout: Any) -> None:
    figure = Figure(layout=layout)
    upper, lower = figure.subplots(2, 1)
    sn.plot.phase_plane(models.classifier, models.X, classes=models.y, ax=upper)
    sn.plot.weights(models.parameters, ax=lower)
    figure.draw_without_rendering()
    key = upper.get_legend().get_window_extent()
    assert not key.overlaps(lower.get_window_extent())
    assert key.overlaps(upper.get_window_extent()) == (layout is None)


def test_a_long_title_goes_on_in_a_second_line_before_it_meets_its_neighbour(models: Any) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        sn.plot.convergence(models.classifier, ax=axes)
    figure.draw_without_rendering()
    assert "\n" in left.get_title()
    assert not left.title.get_window_extent().overlaps(right.title.get_window_extent())
