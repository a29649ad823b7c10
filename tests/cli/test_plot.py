"""`node-fit plot`: figures of a model file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flowers import QUICK, Run
from PIL import Image

from standalone_node.cli.plot import KINDS

#: What files of each kind begin with.
MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "gif": b"GIF89a"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_figure_is_written_the_same_each_time(
    run: Run, folder: Path, kind: str
) -> None:
    assert run("fit", "flowers.csv", "--target", "kind", *QUICK, "-q").exit_code == 0
    ending = "gif" if KINDS[kind].moves else "png"
    data = ["flowers.csv"] if KINDS[kind].rows else []
    for name in ("one", "two")[: 1 if KINDS[kind].moves else 2]:
        result = run("plot", "flowers.node.npz", *data, "--kind", kind, "-o", f"{name}.{ending}")
        assert result.exit_code == 0, result.stderr
        assert f"{kind} was drawn to {name}.{ending}" in result.stderr
    written = (folder / f"one.{ending}").read_bytes()
    assert written.startswith(MAGIC[ending])
    with Image.open(folder / f"one.{ending}") as picture:
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20  # not an empty sheet
    if not KINDS[kind].moves:
        assert (folder / "two.png").read_bytes() == written


def test_rows_are_coloured_by_the_target_if_there_is_one(
    run: Run, model: str, folder: Path
) -> None:
    pd.read_csv("flowers.csv").drop(columns="kind").to_csv("new.csv", index=False)
    said = {}
    for data in ("flowers.csv", "new.csv"):
        arguments = ("plot", model, data, "--kind", "trajectories", "-o", "t.svg", "--json")
        result = run(*arguments)
        assert json.loads(result.stdout)["rows"] == 24
        said[data] = (folder / "t.svg").read_text()
    assert "<!-- predicted -->" in said["new.csv"]
    assert "<!-- predicted -->" not in said["flowers.csv"]
    assert all("<!-- tulip -->" in text for text in said.values())


def test_the_plane_is_named_by_columns_or_by_numbers(run: Run, model: str, folder: Path) -> None:
    for plane, label in ((("width", "length"), "state of width"), (("0", "1"), "output rose")):
        result = run(
            "plot", model, "flowers.csv", "--kind", "trajectories", "--plane", *plane, "-o", "p.svg"
        )
        assert result.exit_code == 0, result.stderr
        assert f"<!-- {label} -->" in (folder / "p.svg").read_text()
    wrong = run(
        "plot", model, "flowers.csv", "--kind", "flow", "--plane", "length", "hight", "-o", "f.gif"
    )
    assert wrong.exit_code == 2 and "no component 'hight'" in wrong.stderr
    assert not (folder / "f.gif").exists()


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (("--kind", "flow", "-o", "f.gif"), 2, "--kind flow draws rows: give DATA"),
        (("flowers.csv", "--kind", "weights", "-o", "f.png"), 2, "leave flowers.csv out"),
        (("--kind", "weights", "--plane", "a", "b", "-o", "f.png"), 2, "leave --plane out"),
        (("--kind", "weights", "-o", "f.gif"), 2, "f.gif: a figure's name has to end in .png"),
        (("flowers.csv", "--kind", "flow", "-o", "f.png"), 2, "f.png: an animation's name has"),
        (("--kind", "weights", "-o", "flowers.node.npz"), 2, "a figure's name has to end"),
        (("--kind", "weights", "-o", "none/f.png"), 1, "there is no folder"),
        (("--kind", "convergence", "-o", "f.png"), 1, "history.csv: there is no such file"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_remedy(
    run: Run, model: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run("plot", model, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


@pytest.mark.parametrize("text", ["", "iteration,cost\n0,high\n", "a,b\n1,2\n", "\x00\xff"])
def test_a_history_that_is_none_is_named(run: Run, model: str, folder: Path, text: str) -> None:
    (folder / f"{model}.history.csv").write_text(text, encoding="latin-1")
    result = run("plot", model, "--kind", "convergence", "-o", "f.png")
    assert result.exit_code == 1
    assert f"{model}.history.csv: this is no history" in result.stderr
    assert not (folder / "f.png").exists()
