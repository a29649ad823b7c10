"""An animation shows rows where they are at each depth, and is written the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import animation as mpl_animation
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

import standalone_node as sn
from standalone_node.errors import ArgumentError

pytestmark = pytest.mark.filterwarnings("ignore:Animation was deleted")


def shown(axes: Axes) -> np.ndarray:
    return np.vstack([group.get_offsets() for group in axes.collections[1:]])


def test_rows_are_on_straight_lines_between_the_steps(models: Any) -> None:
    problem, p = models.problem, models.parameters
    axes = Figure().add_subplot()
    moving = sn.plot.flow(problem, parameters=p, frames=9, trail=0.25, ax=axes)
    states = problem.solve_direct(p)
    halfway = 0.5 * (states[0] + states[1])  # nine frames of four steps
    expected = {0: states[0], 1: halfway, 2: states[1], 8: states[4]}
    order = np.argsort(problem.targets, kind="stable")  # a group a class
    for frame, places in expected.items():
        moving._func(frame)
        assert np.allclose(shown(axes), places[order], atol=1e-12)
    assert axes.get_title() == "depth t = 1.00"
    tails = np.array(axes.collections[0].get_segments())  # type: ignore[attr-defined]
    assert np.allclose(tails[:, -1], states[4], atol=1e-12)
    assert np.allclose(tails[:, 0], states[3], atol=1e-12)  # a quarter of the depth before


def test_all_frames_lie_within_the_axes(models: Any) -> None:
    axes = Figure().add_subplot()
    sn.plot.flow(models.problem, parameters=models.parameters, frames=3, ax=axes)
    states = models.problem.solve_direct(models.parameters)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < states[..., 0].min() and right > states[..., 0].max()
    assert bottom < states[..., 1].min() and top > states[..., 1].max()


def test_many_components_are_seen_along_their_principal_ones(models: Any) -> None:
    axes = Figure().add_subplot()
    moving = sn.plot.flow(models.regressor, models.rows, frames=4, trail=0.0, ax=axes)
    network = models.regressor.network_
    states = network.dynamics.states(network.parameters, network.initial(models.rows))
    flat = states.reshape(-1, states.shape[-1])
    values = np.linalg.eigvalsh(np.cov(flat.T, bias=True))[::-1]
    every = []
    for frame in range(4):  # as many frames as time points
        moving._func(frame)
        every.append(shown(axes))
    drawn = np.vstack(every)
    assert np.allclose(drawn.var(axis=0), values[:2], rtol=1e-9)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 1e-9
    assert axes.get_xlabel().endswith(f"({100 * values[0] / values.sum():.0f} % of the variance)")


def test_a_file_is_written_the_same_each_time_and_has_all_frames(
    models: Any, tmp_path: Path
) -> None:
    for name in ("one.gif", "two.gif"):
        sn.plot.flow(
            models.problem,
            parameters=models.parameters,
            path=tmp_path / name,
            frames=5,
            seconds=1.0,
        )
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()
    with Image.open(tmp_path / "one.gif") as moving:
        assert moving.n_frames == 5
        times = []
        for frame in range(5):
            moving.seek(frame)
            times.append(moving.info["duration"])
    assert times == [200, 200, 200, 200, 400]  # the end stays


def test_what_stands_still_is_drawn_once_and_every_frame_is_what_a_figure_shows(
    models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = Axes.draw
    monkeypatch.setattr(Axes, "draw", lambda self, *given: drawn.append(1) or draw(self, *given))
    figure = Figure(layout="constrained", dpi=80)
    axes = figure.add_subplot()
    path = tmp_path / "f.gif"
    moving = sn.plot.flow(
        models.problem, parameters=models.parameters, path=path, frames=6, ax=axes
    )
    assert len(drawn) == 1 and figure.dpi == 80
    monkeypatch.undo()
    with Image.open(path) as film:
        for frame in (0, 2, 5):
            film.seek(frame)
            moving._func(frame)
            figure.savefig(tmp_path / "whole.png", dpi=100)
            whole = np.asarray(Image.open(tmp_path / "whole.png").convert("RGB"), dtype=float)
            apart = np.abs(np.asarray(film.convert("RGB"), dtype=float) - whole).max(axis=-1)
            assert (apart > 60.0).mean() < 5e-4  # but for the colours that a GIF has


def test_a_notebook_can_show_it(models: Any) -> None:
    page = sn.plot.flow(models.problem, parameters=models.parameters, frames=2).to_jshtml()
    assert page.count("data:image/png;base64") == 2


def test_a_film_without_ffmpeg_is_refused_before_anything_is_computed(
    models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpl_animation.writers, "is_available", lambda name: False)
    with pytest.raises(ArgumentError, match=r"film\.mp4: there is no ffmpeg .*install.*\.gif"):
        sn.plot.flow(models.problem, path=tmp_path / "film.mp4")  # without parameters


def test_another_format_is_refused(models: Any, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"flow\.png: .* \.gif or \.mp4"):
        sn.plot.flow(models.problem, path=tmp_path / "flow.png")
