"""Every notebook of the course is a whole lesson, and the script that runs them notices if not."""

from __future__ import annotations

import base64
import copy
import doctest
import importlib
import json
import re
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
        code("from coursework import Lesson\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        text("## What goes wrong if you halve\n\nMuch.\n\n## Exercises"),
        code("two = 2\n_lesson = Lesson(globals())"),
    ]
    for number in (1, 2, 3):
        made += [
            text(f"### Exercise {number}\n\nTwice {number}?"),
            code(f"answer_{number} = ..."),
            text(f"#### Solution {number}"),
            code(
                f"with _lesson:\n    solution_{number} = two * {number}",
                tags=["hide-cell"],
                jupyter={"source_hidden": True},
            ),
        ]
    made += [text("## Check yourself"), code("_lesson.check({1: None, 2: None, 3: 3});")]
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
    "not hidden": lambda lesson: lesson["cells"][7]["metadata"].pop("jupyter"),
    "1 is not hidden": lambda lesson: lesson["cells"][7]["metadata"].pop("tags"),
    "typed": lambda lesson: rewritten(lesson, "two * 3", "6"),
    "numbered 1 to 3": lambda lesson: rewritten(lesson, "Exercise 3", "Exercise 4"),
    "solutions are those of [1, 3]": lambda lesson: rewritten(lesson, "solution_2 =", "other ="),
    "answers are those of [1, 3]": lambda lesson: rewritten(lesson, "answer_2 = ...", "other = 1"),
    "Solutions are": lambda lesson: rewritten(lesson, "#### Solution 2", "Solution 2"),
    "ask for exercise 2": lambda lesson: rewritten(lesson, "2: None", "4: None"),
    "names of the reader": lambda lesson: rewritten(
        lesson, "with _lesson:\n    solution_3", "solution_3"
    ),
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
    "answer, solution, digits",
    [
        (2.004, 2.0, 3),
        (0.153, 0.15264, 3),
        (2, np.float64(2.0), 4),
        (2.0, 2, None),
        (2.0 + 0.0j, 2.0, 3),
        ([1.0, 1e-9], np.array([1.0, 0.0]), 4),
        ([19, 1], [19, 1], None),
        (" Explicit", "explicit", None),
        ("(c)", "c", None),
        (True, True, None),
        (np.True_, True, None),
        (1e-9, 0.0, 3),
    ],
)
def test_an_answer_that_agrees_is_right(answer: Any, solution: Any, digits: int | None) -> None:
    assert coursework.complaint(answer, solution, digits) == ""


WRONG = [
    (2.1, 2.0, 4, "another number"),
    (2.02, 2.0, 4, "close: it has to be right to 4 significant digits"),
    (-2.0, 2.0, 4, "right but for the sign"),
    (float("nan"), 2.0, 4, "this is not finite"),
    (9, 8, None, "close: off by one"),
    (8.5, 8, None, "a whole number is asked for"),
    (12, 8, None, "another number"),
    ([1.0, 2.0], [2.0, 1.0], 3, "the right numbers, in another order"),
    ([3.0, 1.0, 2.0], [1.0, 2.0, 3.0], 3, "the right numbers, in another order"),
    ([3.0, 3.0, 2.0], [1.0, 2.0, 3.0], 3, "another number"),
    ([2.0], 2.0, 3, "this is an array of the shape (1,), and a single number is asked for"),
    (
        [[1.0], [2.0]],
        [1.0, 2.0],
        3,
        "this is an array of the shape (2, 1), and an array of the shape (2,) is asked for",
    ),
    (2.0, [1.0, 2.0], 3, "this is a single number, and an array of the shape (2,) is asked for"),
    (lambda: 2.0, 2.0, 3, "this is a function, and what it returns is asked for: call it"),
    (None, 2.0, 3, "this is None: does something fail to return?"),
    ("2", 2.0, 3, "this is text, and a number is asked for: leave the quotes away"),
    (True, 1.0, 3, "this is True or False, and a number is asked for"),
    (np.True_, 1.0, 3, "this is True or False, and a number is asked for"),
    (2.0 + 6.0j, 2.0, 3, "this is complex, and the imaginary part has to be zero"),
    (np.complex128(2.0 + 6.0j), 2.0, 3, "this is complex, and the imaginary part has to be zero"),
    ([[1.0], [1.0, 2.0]], [1.0, 2.0], 3, "numbers are asked for, and nothing else"),
    ({"a": 1.0}, 1.0, 3, "numbers are asked for, and nothing else"),
    (1, True, None, "True or False is asked for"),
    (False, True, None, "think again"),
    ("implicit", "explicit", None, "think again"),
    (3, "c", None, "a word or a letter is asked for, in quotes"),
    (0.2, 0.0, 2, "another number"),
]


@pytest.mark.parametrize("answer, solution, digits, sentence", WRONG)
def test_an_answer_that_is_not_right_is_told_what_is_wrong(
    answer: Any, solution: Any, digits: int | None, sentence: str
) -> None:
    assert coursework.complaint(answer, solution, digits) == sentence


def test_the_examples_of_the_coursework_give_what_they_show() -> None:
    result = doctest.testmod(coursework)
    assert result.attempted > 0 and result.failed == 0


def test_a_check_survives_answers_and_solutions_that_are_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = {"answer_1": ..., "solution_1": 2, "answer_2": 3, "answer_4": -3, "solution_4": 3}
    names |= {"solution_3": 3, "answer_5": 3, "solution_5": 3}
    assert coursework.Lesson(names).check(dict.fromkeys((1, 2, 3, 4, 5))) == 1
    assert capsys.readouterr().out == (
        "exercise 1: not answered\n"
        "exercise 2: the cell of its solution has to be run first\n"
        "exercise 3: not answered\n"
        "exercise 4: not yet: right but for the sign\n"
        "exercise 5: right\n"
    )


def test_solutions_and_answers_do_not_spoil_each_others_names() -> None:
    names: dict[str, Any] = {"p": 3, "gone": 1, "answer_1": ...}
    lesson = coursework.Lesson(names)
    names |= {"p": "mine", "answer_1": 6, "own": 1}
    del names["gone"]
    with lesson:
        assert (names["p"], names["gone"], names["answer_1"]) == (3, 1, 6)
        names |= {"p": 4, "own": 2, "new": 5, "solution_1": 6}
    assert names == {"p": "mine", "answer_1": 6, "own": 1, "solution_1": 6}


def test_a_solution_that_fails_leaves_the_readers_names() -> None:
    names: dict[str, Any] = {"p": 3}
    lesson = coursework.Lesson(names)
    names["p"] = "mine"
    with pytest.raises(ZeroDivisionError), lesson:
        names["p"] / 0
    assert names == {"p": "mine"}


def test_sealed_solutions_give_the_same_verdicts_and_are_rounded() -> None:
    solutions = {"solution_1": 12, "solution_2": np.pi, "solution_3": "c", "solution_4": [0.0, 2e3]}
    digits = {1: None, 2: 3, 3: None, 4: 2}
    sealed = coursework.Lesson(solutions).seal(digits)
    assert b"3.142," in base64.b64decode(sealed)
    answers = {"answer_1": 12, "answer_2": 3.14, "answer_3": "c", "answer_4": [0.0, 2000.0]}
    assert coursework.Lesson(answers).check(digits, sealed) == 4
    assert coursework.Lesson(answers | {"answer_2": 3.12}).check(digits, sealed) == 3


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


def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "find_spec", lambda name: None if name == "nbclient" else name)
    assert course.main(["1"]) == 1
    assert capsys.readouterr().err == "notebooks need nbclient: pip install them first\n"


def test_the_solutions_are_taken_for_answers_and_found_again_without_the_other_names() -> None:
    lesson = small_lesson()
    before = copy.deepcopy(lesson)
    added = [cell["source"] for cell in course.solved(lesson)["cells"][len(lesson["cells"]) :]]
    assert added[0].splitlines()[:3] == [f"answer_{n} = solution_{n}" for n in (1, 2, 3)]
    assert "overwritten" in added[0]
    assert added[1:4] == [f"with _lesson:\n    solution_{n} = two * {n}" for n in (1, 2, 3)]
    assert added[4:] == [lesson["cells"][-1]["source"]]
    assert lesson == before


def executed(folder: Path, lesson: dict[str, Any]) -> list[str]:
    for module in course.NEEDED:
        pytest.importorskip(module)
    path = folder / "01_doubling.ipynb"
    for cell in lesson["cells"]:  # in lines, as Jupyter writes them
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(lesson))
    (folder / "coursework.py").write_text(Path(coursework.__file__).read_text())
    _, seconds, wrong = course.run(path, limit=60.0)
    assert seconds > 0.0
    return wrong


def test_a_cell_that_draws_has_to_show_a_picture() -> None:
    picture = [{"output_type": "display_data", "data": {"image/png": "..."}}]
    shown = {**code("plt.plot([1, 2]);"), "outputs": picture}
    defined = code("import matplotlib.pyplot as plt\ndef draw():\n    plt.plot([1, 2])")
    assert list(course.missing_pictures([text("# plt.plot"), shown, defined])) == []
    for source in ("plt.plot([1, 2]);", "axes = sn.plot.taylor(test)"):
        (fault,) = course.missing_pictures([shown, code(source)])
        assert fault == "cell 2 draws and shows no picture"


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


def test_a_solution_that_goes_by_a_name_of_the_reader_is_found(tmp_path: Path) -> None:
    lesson = small_lesson()
    rewritten(lesson, "with _lesson:\n    solution_3", "with _lesson:\n    pass\nsolution_3")
    (wrong,) = executed(tmp_path, lesson)
    assert "['right', 'right', 'not yet" in wrong


def test_a_cell_that_warns_is_named() -> None:
    quiet = {**code("1"), "outputs": [{"name": "stdout", "text": "1"}]}
    loud = {**code("1"), "outputs": [{"name": "stderr", "text": ["a.py: ", "Warning\n"]}]}
    assert list(course.warnings([text("1"), quiet, loud])) == ["cell 3 warns: a.py: Warning"]


def test_the_copy_for_students_has_no_solution_and_a_check_that_works(tmp_path: Path) -> None:
    for module in course.NEEDED:
        pytest.importorskip(module)
    path = tmp_path / "01_doubling.ipynb"
    path.write_text(json.dumps(small_lesson()))
    (tmp_path / "coursework.py").write_text(Path(coursework.__file__).read_text())
    course.hand_out(path, tmp_path / "students", limit=60.0)
    assert (tmp_path / "students" / "coursework.py").is_file()
    copied = json.loads((tmp_path / "students" / path.name).read_text())
    sources = [course.source(cell) for cell in copied["cells"]]
    assert not any("olution" in source for source in sources)
    assert "answer_2 = ..." in sources
    names: dict[str, Any] = {"answer_1": 2, "answer_2": 4, "answer_3": 7}
    asked = re.search(r'sealed="(.+)"', sources[-1])
    assert asked is not None
    lesson = coursework.Lesson(names)
    assert lesson.check({1: None, 2: None, 3: 3}, sealed=asked[1]) == 2
