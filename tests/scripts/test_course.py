"""Every notebook of the course is a whole lesson, and the script that runs them notices if not."""

from __future__ import annotations

import copy
import doctest
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("scripts", "docs/course"):
    sys.path.insert(0, str(ROOT / folder))
course = importlib.import_module("course")
coursework = importlib.import_module("coursework")
LESSONS = sorted((ROOT / "docs" / "course").glob("*.ipynb"))


def text(source: str) -> dict[str, Any]:
    return {
        "cell_type": "markdown",
        "id": f"c{abs(hash(source))}",
        "metadata": {},
        "source": source,
    }


def code(source: str, **metadata: Any) -> dict[str, Any]:
    rest = {"metadata": metadata, "execution_count": None, "outputs": []}
    return {**text(source), "cell_type": "code", **rest}


def small_lesson() -> dict[str, Any]:
    """A lesson of three exercises that lacks nothing."""
    made = [
        text("# 1. Doubling\n\n## What you will be able to do\n\nDouble."),
        code("from coursework import check\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        text("## What goes wrong if you halve\n\nMuch.\n\n## Exercises"),
    ]
    for number in (1, 2, 3):
        made += [
            text(f"### Exercise {number}\n\nTwice {number}?"),
            code(f"answer_{number} = ..."),
            text(f"#### Solution {number}"),
            code(
                f"solution_{number} = 2 * {number}",
                tags=["hide-cell"],
                jupyter={"source_hidden": True},
            ),
        ]
    pairs = ", ".join(f"{n}: (answer_{n}, solution_{n})" for n in (1, 2, 3))
    made += [text("## Check yourself"), code(f"check({{{pairs}}});")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_goals_a_failure_exercises_with_hidden_solutions_and_a_check(
    path: Path,
) -> None:
    lesson = json.loads(path.read_text(encoding="utf-8"))
    assert course.faults(lesson) == []
    assert course.source(lesson["cells"][0]).startswith(f"# {int(path.name[:2])}. ")


def test_the_lessons_are_numbered_from_one_and_listed_on_the_page_of_the_course() -> None:
    assert [int(path.name[:2]) for path in LESSONS] == list(range(1, len(LESSONS) + 1))
    page = (ROOT / "docs" / "course" / "index.md").read_text(encoding="utf-8")
    assert [path.name for path in LESSONS if f"]({path.name})" not in page] == []


def test_a_whole_lesson_has_no_faults() -> None:
    assert course.faults(small_lesson()) == []


def rewritten(lesson: dict[str, Any], old: str, new: str) -> None:
    for cell in lesson["cells"]:
        cell["source"] = cell["source"].replace(old, new)


SPOILT = {
    "nbformat 4.5": lambda lesson: lesson.update(nbformat_minor=4),
    "python3": lambda lesson: lesson["metadata"].clear(),
    "ids": lambda lesson: lesson["cells"][1].update(id=lesson["cells"][0]["id"]),
    "outputs": lambda lesson: lesson["cells"][1].update(outputs=[{"text": "4"}]),
    "cell 2 has outputs": lambda lesson: lesson["cells"][1].update(execution_count=7),
    "heading for a title": lambda lesson: rewritten(lesson, "# 1. ", "# "),
    "learning goals": lambda lesson: rewritten(lesson, "What you will", "What one will"),
    "deliberate failure": lambda lesson: rewritten(lesson, "What goes wrong", "A failure"),
    "no picture": lambda lesson: rewritten(lesson, "plt.", "len"),
    "not left open": lambda lesson: rewritten(lesson, "answer_2 = ...", "answer_2 = 4"),
    "not hidden": lambda lesson: lesson["cells"][6]["metadata"].pop("jupyter"),
    "1 is not hidden": lambda lesson: lesson["cells"][6]["metadata"].pop("tags"),
    "typed": lambda lesson: rewritten(lesson, "2 * 3", "6"),
    "numbered 1 to 3": lambda lesson: rewritten(lesson, "Exercise 3", "Exercise 4"),
    "solutions are those of [1, 3]": lambda lesson: rewritten(lesson, "solution_2 =", "other ="),
    "answers are those of [1, 3]": lambda lesson: rewritten(lesson, "answer_2 = ...", "other = 1"),
    "Solutions are": lambda lesson: rewritten(lesson, "#### Solution 2", "Solution 2"),
    "ask for exercise 2": lambda lesson: rewritten(lesson, "2: (answer", "4: (answer"),
    "not the check": lambda lesson: lesson["cells"].pop(),
    "not the title": lambda lesson: lesson["cells"].insert(0, code("1")),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_what_a_lesson_lacks_is_named(fault: str) -> None:
    lesson = small_lesson()
    SPOILT[fault](lesson)
    assert any(fault in sentence for sentence in course.faults(lesson))


# What the reader's answers are told.


@pytest.mark.parametrize(
    "answer, solution",
    [
        (2.0 + 1e-7, 2.0),
        (2, np.float64(2.0)),
        ([1.0, 1e-9], np.array([1.0, 0.0])),
        (" Explicit", "explicit"),
        (True, True),
        (np.True_, True),
        (1e-9, 0.0),
    ],
)
def test_an_answer_that_agrees_is_right(answer: object, solution: object) -> None:
    assert coursework.check({1: (answer, solution)}) == 1


@pytest.mark.parametrize(
    "answer, solution",
    [
        (2.0 + 1e-5, 2.0),
        (-2.0, 2.0),
        (float("nan"), 2.0),
        ([2.0, 2.0], 2.0),
        ([1.0, 2.0], [2.0, 1.0]),
        ("implicit", "explicit"),
        ("2", 2.0),
        (None, 2.0),
        (True, 1.0),
        (1, True),
        (1e-3, 0.0),
    ],
)
def test_an_answer_that_does_not_agree_is_not_right_yet(
    answer: object, solution: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coursework.check({1: (answer, solution)}) == 0
    assert capsys.readouterr().out == "exercise 1: not yet\n"


def test_the_examples_of_the_coursework_give_what_they_show() -> None:
    result = doctest.testmod(coursework)
    assert result.attempted > 0 and result.failed == 0


def test_an_exercise_may_have_a_tolerance_of_its_own() -> None:
    assert coursework.check({1: (2.0, 2.1, 0.1), 2: (2.0, 2.1)}) == 1


def test_what_is_not_answered_is_neither_right_nor_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert coursework.check({1: (..., 2.0), 2: (3.0, 3.0)}) == 1
    assert capsys.readouterr().out == "exercise 1: not answered\nexercise 2: right\n"


# Running them.


def test_a_lesson_is_meant_by_its_number_its_name_or_its_file(tmp_path: Path) -> None:
    for name in ("01_a.ipynb", "02_b.ipynb", "12_c.ipynb"):
        (tmp_path / name).touch()

    def names(*given: str) -> list[str]:
        return [path.name for path in course.chosen(given, tmp_path)]

    assert names("2", "12_c", str(tmp_path / "01_a.ipynb")) == [
        "02_b.ipynb",
        "12_c.ipynb",
        "01_a.ipynb",
    ]
    assert names() == ["01_a.ipynb", "02_b.ipynb", "12_c.ipynb"]
    with pytest.raises(ValueError, match="there is no lesson '7'"):
        names("7")


def test_the_solutions_are_put_in_the_place_of_the_answers() -> None:
    lesson = small_lesson()
    before = copy.deepcopy(lesson)
    added = course.solved(lesson)["cells"][-1]["source"]
    assert added.splitlines()[:3] == [f"answer_{n} = solution_{n}" for n in (1, 2, 3)]
    assert added.endswith(lesson["cells"][-1]["source"])
    assert lesson == before


def executed(folder: Path, lesson: dict[str, Any]) -> list[str]:
    for module in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(module)
    path = folder / "01_doubling.ipynb"
    for cell in lesson["cells"]:  # in lines, as Jupyter writes them
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(lesson))
    (folder / "coursework.py").write_text(Path(coursework.__file__).read_text())
    _, seconds, wrong = course.run(path, limit=60.0)
    assert seconds > 0.0
    return wrong


def test_a_lesson_is_executed_and_its_solutions_are_checked(tmp_path: Path) -> None:
    assert executed(tmp_path, small_lesson()) == []


def said(*lines: str) -> dict[str, Any]:
    """A check that was executed."""
    told = "".join(f"exercise {number}: {line}\n" for number, line in enumerate(lines, 1))
    return {"outputs": [{"name": "stdout", "text": told}]}


def test_a_check_has_to_find_nothing_answered_and_then_every_solution_right() -> None:
    open_, closed = said("not answered", "not answered"), said("right", "right")
    assert list(course.wrong_verdicts(open_, closed)) == []
    assert len(list(course.wrong_verdicts(said("not answered", "right"), closed))) == 1
    assert len(list(course.wrong_verdicts(open_, said("right", "not yet")))) == 1
    assert len(list(course.wrong_verdicts(open_, said("right")))) == 1
    assert len(list(course.wrong_verdicts(said(), said()))) == 2


def test_a_cell_that_raises_is_named(tmp_path: Path) -> None:
    lesson = small_lesson()
    lesson["cells"].insert(2, code("1 / 0"))
    (wrong,) = executed(tmp_path, lesson)
    assert "ZeroDivisionError" in wrong
