"""Run the notebooks of the course, and prove their exercises.

    python scripts/course.py [LESSON ...] [--limit 60] [--save FOLDER] [--students FOLDER]

A LESSON is a number (5), the beginning of a name (05_ad) or a file; all of docs/course if none is
given. Each is looked through for what every lesson has (`faults`) and executed from top to bottom
in a kernel of its own. Then, in the same kernel, the solutions are taken for answers, all other
names of the lesson are overwritten, as a reader may do, and the solutions and the verdict are found
once more. A lesson is at fault if a cell raises, warns, or draws what is not shown, if it takes
longer than --limit seconds, if its check finds a right answer where none was given, or a solution
that is not right.

--save writes the executed notebooks into FOLDER. --students writes copies without solutions, whose
check goes by the values of the solutions, sealed, with coursework.py beside them. Needs nbclient,
nbformat and ipykernel.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COURSE = ROOT / "docs" / "course"
#: What runs a notebook, which the package itself does not need.
NEEDED = ("nbclient", "nbformat", "ipykernel")
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
Cell = dict[str, Any]
Notebook = dict[str, Any]

#: What every lesson has, as headings of its text cells.
HEADINGS = {
    "a title with its number": r"^# \d+\. \S",
    "learning goals": r"^## What you will be able to do$",
    "a deliberate failure": r"^## What goes wrong if ",
    "exercises": r"^## Exercises$",
    "a check": r"^## Check yourself$",
}


def source(cell: Cell) -> str:
    """The text of a cell, which a file may hold in lines."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def cells(notebook: Notebook, kind: str) -> list[str]:
    """The sources of all cells of one kind, "code" or "markdown"."""
    return [source(cell) for cell in notebook["cells"] if cell["cell_type"] == kind]


def assigned(notebook: Notebook, name: str) -> dict[int, tuple[Cell, ast.expr]]:
    """For each i the last cell that says ``name_i = ...``, maybe in a with, and what it says."""
    found = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        body = ast.parse(source(cell)).body
        inner = [line for outer in body if isinstance(outer, ast.With) for line in outer.body]
        for statement in [*body, *inner]:
            if not isinstance(statement, ast.Assign):
                continue
            for target in statement.targets:
                match = re.fullmatch(rf"{name}_(\d+)", getattr(target, "id", ""))
                if match:
                    found[int(match[1])] = cell, statement.value
    return found


# What every lesson has.


def faults(notebook: Notebook) -> list[str]:
    """What a notebook lacks of a lesson, one sentence each; empty if it lacks nothing."""
    return [*_faults_of_the_file(notebook), *_faults_of_text(notebook), *_faults_of_tasks(notebook)]


def _faults_of_the_file(notebook: Notebook) -> Iterator[str]:
    if (notebook["nbformat"], notebook["nbformat_minor"]) != (4, 5):
        yield "the format is not nbformat 4.5"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not called python3"
    names = [cell.get("id") for cell in notebook["cells"]]
    if None in names or len(set(names)) < len(names):
        yield "cells have no ids of their own"
    for number, cell in enumerate(notebook["cells"], 1):
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"cell {number} has outputs: clear them before you commit"


def _faults_of_text(notebook: Notebook) -> Iterator[str]:
    text = "\n".join(cells(notebook, "markdown"))
    for what, pattern in HEADINGS.items():
        if not re.search(pattern, text, re.MULTILINE):
            yield f"there is no heading for {what} ({pattern})"
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not source(first).startswith("# "):
        yield "the first cell is not the title"
    if not any("plt." in code or "sn.plot." in code for code in cells(notebook, "code")):
        yield "there is no picture"


def _faults_of_tasks(notebook: Notebook) -> Iterator[str]:
    text = "\n".join(cells(notebook, "markdown"))
    answers, solutions = assigned(notebook, "answer"), assigned(notebook, "solution")
    numbers = [int(n) for n in re.findall(r"^### Exercise (\d+)", text, re.MULTILINE)]
    solved = [int(n) for n in re.findall(r"^#### Solution (\d+)$", text, re.MULTILINE)]
    if not 3 <= len(numbers) <= 5 or numbers != list(range(1, len(numbers) + 1)):
        yield f"exercises have to be numbered 1 to 3, 4 or 5, and are {numbers}"
    for what, found in (("answer", answers), ("solution", solutions), ("Solution", solved)):
        if sorted(found) != numbers:
            yield f"{what}s are those of {sorted(found)}, the exercises {numbers}"
    for number, (_, value) in answers.items():
        if not (isinstance(value, ast.Constant) and value.value is ...):
            yield f"answer_{number} is not left open (...)"
    for number, (cell, value) in solutions.items():
        if _is_hidden(cell) is False:
            yield f"the solution of exercise {number} is not hidden"
        if isinstance(value, ast.Constant) and not isinstance(value.value, str | bool):
            yield f"the solution of exercise {number} is typed, not computed"
        if "with _lesson:" not in source(cell):
            yield f"the solution of exercise {number} goes by names of the reader: with _lesson:"
    last = notebook["cells"][-1]
    if last["cell_type"] != "code" or not re.search(r"\bcheck\(", source(last)):
        yield "the last cell is not the check"
    asked = [int(n) for n in re.findall(r"\b(\d+): (?:\d|None)", source(last))]
    for number in sorted({*numbers} - {*asked}):
        yield f"the check does not ask for exercise {number}"


def _is_hidden(cell: Cell) -> bool:
    metadata = cell["metadata"]
    folded = metadata.get("jupyter", {}).get("source_hidden") is True
    return folded and "hide-cell" in metadata.get("tags", [])


# Running it.


def verdicts(cell: Cell) -> list[str]:
    """What a check that was executed said of the exercises, in their order."""
    said = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    return re.findall(r"^exercise \d+: (.+)$", said, re.MULTILINE)


def solved(notebook: Notebook) -> Notebook:
    """The notebook and the proof of its exercises behind it.

    The solutions are taken for answers, the names of the lesson are overwritten, and the solutions
    and the verdict are found once more.
    """
    names = sorted(assigned(notebook, "answer"))
    taken = "".join(f"answer_{number} = solution_{number}\n" for number in names)
    taken += "globals().update(dict.fromkeys(_lesson.kept, 'overwritten'))"
    made: Notebook = json.loads(json.dumps(notebook))
    last = json.loads(json.dumps(made["cells"][-1]))
    again = [source(cell) for cell, _ in assigned(notebook, "solution").values()]
    for place, code in enumerate([taken, *again, source(last)]):
        made["cells"].append({**last, "id": f"solved-{place}", "source": code})
    return made


def run(path: Path, limit: float) -> tuple[Notebook, float, list[str]]:
    """The executed notebook, the seconds it took, and what is wrong with it."""
    import nbclient
    import nbformat

    notebook = json.loads(path.read_text(encoding="utf-8"))
    wrong = faults(notebook)
    node = nbformat.reads(json.dumps(solved(notebook)), as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    client = nbclient.NotebookClient(
        node, timeout=2 * limit, kernel_name="python3", resources=place
    )
    before = time.perf_counter()
    try:
        client.execute()
    except (nbclient.exceptions.CellExecutionError, nbclient.exceptions.CellTimeoutError) as error:
        wrong.append(f"a cell failed:\n{error}")
    else:
        first, second = node["cells"][len(notebook["cells"]) - 1], node["cells"][-1]
        wrong += [*missing_pictures(node["cells"]), *warnings(node["cells"])]
        wrong += wrong_verdicts(first, second)
    seconds = time.perf_counter() - before
    if seconds > limit:
        wrong.append(f"it took {seconds:.0f} s; a lesson has {limit:.0f}")
    # The reader's notebook ends with the check of what is not answered yet.
    del node["cells"][len(notebook["cells"]) :]
    return node, seconds, wrong


def missing_pictures(executed: Sequence[Cell]) -> Iterator[str]:
    """The cells that draw, outside of functions, and have shown nothing."""
    for number, cell in enumerate(executed, 1):
        if cell["cell_type"] != "code":
            continue
        run_now = [s for s in ast.parse(source(cell)).body if not isinstance(s, DEFINITIONS)]
        draws = re.search(r"\bplt\.(?!rcParams)|\bsn\.plot\.", "\n".join(map(ast.unparse, run_now)))
        if draws and not any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            yield f"cell {number} draws and shows no picture"


def warnings(executed: Sequence[Cell]) -> Iterator[str]:
    """The cells that have written to stderr: a reader would see a warning, with a path of ours."""
    for number, cell in enumerate(executed, 1):
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                yield f"cell {number} warns: {''.join(output['text']).strip()}"


def wrong_verdicts(unanswered: Cell, answered: Cell) -> Iterator[str]:
    """What is wrong with a check that saw no answers, and then the solutions as answers."""
    open_, closed = verdicts(unanswered), verdicts(answered)
    if not open_ or set(open_) != {"not answered"}:
        yield f"the check of unanswered exercises says {open_}"
    if set(closed) != {"right"} or len(closed) != len(open_):
        yield f"the check of the solutions says {closed}"


# Copies for students.


def for_students(notebook: Notebook, sealed: str) -> Notebook:
    """The notebook without its solutions and their headings; its check goes by the sealed ones."""
    made: Notebook = json.loads(json.dumps(notebook))
    made["cells"] = [
        cell
        for cell in made["cells"]
        if not _is_hidden(cell) and not source(cell).startswith("#### Solution ")
    ]
    last = made["cells"][-1]
    last["source"] = re.sub(r"\}\s*\)", f'}}, sealed="{sealed}")', source(last))
    return made


def sealed_solutions(path: Path, limit: float) -> str:
    """What `Lesson.seal` of coursework.py makes of the solutions of a lesson; runs it."""
    import nbclient
    import nbformat

    notebook = json.loads(path.read_text(encoding="utf-8"))
    asked = source(notebook["cells"][-1]).replace("_lesson.check(", "print(_lesson.seal(")
    ask = {**notebook["cells"][-1], "source": asked.rstrip().rstrip(";") + ")", "id": "seal"}
    notebook["cells"].append(ask)
    node = nbformat.reads(json.dumps(notebook), as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(
        node, timeout=2 * limit, kernel_name="python3", resources=place
    ).execute()
    return str(node["cells"][-1]["outputs"][0]["text"]).strip()


def hand_out(path: Path, folder: Path, limit: float) -> None:
    """Write the students' copy of a lesson, and the module it needs beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = for_students(json.loads(path.read_text(encoding="utf-8")), sealed_solutions(path, limit))
    (folder / path.name).write_text(json.dumps(copy, indent=1, ensure_ascii=False) + "\n", "utf-8")
    shutil.copy(path.parent / "coursework.py", folder)


def chosen(names: Sequence[str], folder: Path = COURSE) -> list[Path]:
    """The notebooks that are meant; ValueError if a name is that of none."""
    known = sorted(folder.glob("*.ipynb"))
    found = []
    for name in names:
        begins = f"{int(name):02d}" if name.isdigit() else name
        hits = [path for path in known if path.name.startswith(begins)]
        hits = hits or [path for path in [Path(name)] if path.is_file()]
        if not hits:
            raise ValueError(f"there is no lesson {name!r}: give a number, a name or a file")
        found += hits
    return found if names else known


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lessons; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a lesson may take")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep the executed notebooks")
    parser.add_argument(
        "--students", type=Path, metavar="FOLDER", help="write copies without solutions"
    )
    options = parser.parse_args(arguments)
    try:
        paths = chosen(options.lessons)
    except ValueError as error:
        parser.error(str(error))
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"notebooks need {' and '.join(missing)}: pip install them first", file=sys.stderr)
        return 1
    failed = 0
    for path in paths:
        node, seconds, wrong = run(path, options.limit)
        print(f"{path.name:40} {seconds:6.1f} s  {'failed' if wrong else 'ok'}", flush=True)
        for sentence in wrong:
            print(f"    {sentence}", file=sys.stderr)
        failed += bool(wrong)
        if options.students and not wrong:
            hand_out(path, options.students, options.limit)
        if options.save:
            options.save.mkdir(parents=True, exist_ok=True)
            (options.save / path.name).write_text(json.dumps(node, indent=1), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
