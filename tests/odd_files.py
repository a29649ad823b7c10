"""Files of every kind, small: what a reading in chunks must see as a reading of the whole does."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np


def _rows(count: int = 60) -> list[list[str]]:
    rng = np.random.default_rng(5)
    colours = ["red", "green", "blue"]
    return [
        [
            f"{rng.standard_normal():.6g}",
            str(int(rng.integers(-50, 50))),
            colours[int(rng.integers(3))],
            ["no", "yes"][int(rng.integers(2))],
        ]
        for _ in range(count)
    ]


def _text(rows: list[list[str]], mark: str = ",", end: str = "\n") -> str:
    lines = [["length", "count", "colour", "label"], *rows]
    return "".join(mark.join(cells) + end for cells in lines)


def _changed(change: Callable[[int, list[str]], None]) -> list[list[str]]:
    rows = _rows()
    for number, cells in enumerate(rows):
        change(number, cells)
    return rows


def _quotes(number: int, cells: list[str]) -> None:
    if number % 7 == 3:
        cells[2] = '"deep, ""very"" blue\nor so"'


def _blanks(number: int, cells: list[str]) -> None:
    cells[number % 4] = f"  {cells[number % 4]} "


def _late_text(number: int, cells: list[str]) -> None:
    if number > 40:
        cells[1] = "many"


def _one_late_word(number: int, cells: list[str]) -> None:
    if number == 55:
        cells[1] = "many"


def _gaps(number: int, cells: list[str]) -> None:
    if number % 9 == 4:
        cells[number % 3] = ["", "NA", "?"][number % 3 - 1]


def _gap_of_target(number: int, cells: list[str]) -> None:
    if number in (20, 50):
        cells[3] = ""


def _identifier(number: int, cells: list[str]) -> None:
    cells[2] = f"id-{number * 7919 % 1000}"


def _counted(number: int, cells: list[str]) -> None:
    cells[1] = str((number * 7) % 60 + 100)


def _constant(number: int, cells: list[str]) -> None:
    cells[2], cells[1] = "red", "4"


def _constant_if_dropped(number: int, cells: list[str]) -> None:
    cells[1] = "" if number % 3 else "8"
    cells[0] = "" if number == 30 else cells[0]


def _comma(number: int, cells: list[str]) -> None:
    cells[0] = cells[0].replace(".", ",")


def _comma_late(number: int, cells: list[str]) -> None:
    if number > 30:
        cells[0] = "0,5"
    elif number:
        cells[0] = "7"


def _infinite(number: int, cells: list[str]) -> None:
    if number == 47:
        cells[0] = "-inf"


def _precise(number: int, cells: list[str]) -> None:
    cells[0] = repr(np.nextafter(0.1 * number, 2.0)) + "1"


def _blank_lines(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "\n" + "".join(line + "\n" * (i % 5 == 0) for i, line in enumerate(lines))


def _quantities(number: int, cells: list[str]) -> None:
    cells[3] = f"{0.37 * number:.3f}"


def _whole_quantities(number: int, cells: list[str]) -> None:
    cells[3] = str(3 * number)


def _dates(number: int, cells: list[str]) -> None:
    cells[1] = f"{1 + number % 28}/{1 + number % 12}/{2010 + number % 9} {number % 24}:05"
    cells[2] = ["yes", "no", "Yes"][number % 3]
    if number in (11, 40):
        cells[number % 2 + 1] = ""


def _late_date(number: int, cells: list[str]) -> None:
    cells[1] = f"2020-01-{1 + number % 28:02}" if number != 50 else "2020-02-30"


#: A name, and the bytes of the file.
FILES: dict[str, bytes] = {
    "plain": _text(_rows()).encode(),
    "crlf": _text(_rows(), end="\r\n").encode(),
    "cr": _text(_rows(), end="\r").encode(),
    "no-end": _text(_rows()).rstrip("\n").encode(),
    "semicolons": _text(_rows(), ";").encode(),
    "tabs": _text(_rows(), "\t").encode(),
    "quotes": _text(_changed(_quotes)).encode(),
    "blank-behind-quote": _text(_changed(_quotes)).replace('so",', 'so"  ,').encode(),
    "blanks": _text(_changed(_blanks)).encode(),
    "late-text": _text(_changed(_late_text)).encode(),
    "gaps": _text(_changed(_gaps)).encode(),
    "gap-of-target": _text(_changed(_gap_of_target)).encode(),
    "identifier": _text(_changed(_identifier)).encode(),
    "counted": _text(_changed(_counted)).encode(),
    "constant": _text(_changed(_constant)).encode(),
    "constant-if-dropped": _text(_changed(_constant_if_dropped)).encode(),
    "decimal-comma": _text(_changed(_comma), ";").encode(),
    "decimal-comma-late": _text(_changed(_comma_late), ";").encode(),
    "dates": _text(_changed(_dates)).encode(),
    "precise": _text(_changed(_precise)).encode(),
    "blank-lines": _blank_lines(_text(_rows())).encode(),
    "empty-tail": (_text(_rows()) + ",,,\n , ,,\n,,,\n").encode(),
    "empty-within": _text([*_rows(30), ["", "", "", ""], *_rows(30)]).encode(),
    "latin": _text(_rows()).replace("red", "gr\xfcn").encode("cp1252"),
    "utf-8": _text(_rows()).replace("red", "gr\xfcn").encode("utf-8-sig"),
    "utf-16": _text(_rows()).encode("utf-16"),
    "utf-16-unmarked": _text(_rows()).encode("utf-16-le"),
    "dos-end": _text(_rows()).encode() + b"\x1a",
    "gzip": gzip.compress(_text(_rows()).encode(), mtime=0),
    "quantities": _text(_changed(_quantities)).encode(),
    "whole-quantities": _text(_changed(_whole_quantities)).encode(),
}

#: Files that cannot be read: a name and the bytes.
BROKEN: dict[str, bytes] = {
    "short-row": _text([*_rows(), ["1", "2", "red"]]).encode(),
    "late-date": _text(_changed(_late_date)).encode(),
    "long-row": _text([*_rows(50), ["1", "2", "red", "no", "yes"], *_rows(5)]).encode(),
    "open-quote": _text([*_rows(40), ["1", "2", '"red', "no"], *_rows(5)]).encode(),
    "text-behind-quote": _text([*_rows(40), ["1", "2", '"red"x', "no"], *_rows(5)]).encode(),
    "late-word": _text(_changed(_one_late_word)).encode(),
    "infinite": _text(_changed(_infinite)).encode(),
    "control": _text(_rows()).encode() + b"1,2,\x01,no\n",
    "early-dos-end": _text(_rows()).encode() + b"\x1a\n1,2,red,no\n",
    "empty": b"",
    "header-only": b"length,count,colour,label\n",
    "only-empty-rows": b"length,count,colour,label\n,,,\n,,,\n",
    "twice-the-same-name": b"length,length,colour,label\n1,2,red,no\n",
    "no-name": b"length,,colour,label\n1,2,red,no\n",
    "single-class": _text([*_rows(), ["1", "2", "red", "perhaps"]]).encode(),
    "one-class": _text([[*cells[:3], "no"] for cells in _rows()]).encode(),
    "pdf": b"%PDF-1.4 ...",
    "cut-gzip": gzip.compress(_text(_rows()).encode(), mtime=0)[:-20],
    "blanks-only": b" \n \n",
}


def written(folder: Path, name: str, data: bytes) -> Path:
    """The file in a folder."""
    path = folder / f"{name}.csv"
    path.write_bytes(data)
    return path
