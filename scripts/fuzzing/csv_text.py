"""CSV files, from nearly right to no text at all."""

from __future__ import annotations

import gzip
import warnings
import zlib
from pathlib import Path
from random import Random

from fuzzing.outcomes import TAKEN, command, tried

#: The share of the inputs that are also fitted, one of so many, since that takes long.
FITTED = 100
NAMES = ("x", "y", "kind", "naïve", "a b", "", "x", '"', "1", "predicted_y", "\u2028", "=1+1")
CELLS = (
    *("0", "1", "2", "3", "1.5", "-2.25", "1e3", "red", "blue", "True", "false", "", "NA", "?"),
    *("inf", "-nan", "1e999", "1e-999", "0x10", "1_000", "1,5", "1.234,5", "٣", "½", "9" * 400),
    *(
        "yes",
        "NO",
        "2020-02-30",
        "31.12.2020",
        "01/02/2020 10:00",
        "0000-00-00",
        "2020-01-01T24:00Z",
    ),
    *("-0", "+1", ".5", "5.", "1e", "--1", "2020-01-01", " ", "\t", '"', '""', "'", "a\nb", "\\"),
    *("é", "\u200b", "\ufeff", "\U0001f600", "x" * 70, "18446744073709551616", "9007199254740993"),
)
BYTES: tuple[bytes, ...] = (
    *(b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b",", b";", b"\x1a"),
    *(b"\x1f\x8b", b"PK\x03\x04", b"\x80", b"\xed\xa0\x80", b"\x0b", b"\xc2\x85", b"\x1b[31m"),
)


def prepared(folder: Path) -> Path:
    """The file that inputs are written to."""
    return folder / "data.csv"


def make(rng: Random, place: Path) -> bytes:
    """A table, written with care and then treated without."""
    data = _encoded(rng, _table(rng))
    if rng.random() < 0.3:
        return data
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 5))):
        data = _spoilt(rng, data)
    if rng.random() < 0.05:
        data = gzip.compress(data, rng.randrange(1, 10), mtime=0)
        data = _spoilt(rng, data) if rng.random() < 0.5 else data
    return data


def _table(rng: Random) -> str:
    plain = rng.random() < 0.5
    columns = rng.choice((2, 3, 3, 3, 4, 4, 8) if plain else (1, 2, 3, 4, 8, 40))
    rows = rng.choice((24, 40) if plain else (0, 1, 2, 5, 12, 24, 24, 24, 60, 60, 400))
    mark = rng.choice((",", ",", ";", "\t", "|") if plain else (",", ";", "\t", "|", " ", "ab"))
    end = rng.choice(("\n", "\n", "\r\n", "\r"))
    kinds = [
        rng.choice(("number", "number", "class", "whole", "any", "id", "truth", "date"))
        for _ in range(columns)
    ]
    names = [f"c{j}" for j in range(columns)]
    if not plain and rng.random() < 0.2:
        names[rng.randrange(columns)] = rng.choice(NAMES)
    names[-1] = "y" if rng.random() < 0.9 else names[-1]
    lines = [mark.join(_quoted(rng, name, mark) for name in names)]
    odd = 0.0 if plain else rng.choice((0.0, 0.0, 0.01, 0.1))
    for i in range(rows):
        cells = [
            rng.choice(CELLS) if rng.random() < odd else _cell(rng, kind, i, mark) for kind in kinds
        ]
        if rng.random() < odd / 4.0:
            cells = cells[: rng.randrange(columns + 1)] + rng.choices(CELLS, k=rng.randrange(3))
        lines.append(mark.join(_quoted(rng, cell, mark) for cell in cells))
    return end.join(lines) + (end if rng.random() < 0.8 else "")


def _cell(rng: Random, kind: str, row: int, mark: str) -> str:
    if kind == "number":
        text = f"{rng.gauss(0.0, 10.0 ** rng.randrange(-3, 4)):.{rng.randrange(6)}f}"
        return text.replace(".", ",") if mark == ";" else text
    if kind == "class":
        return rng.choice(("red", "green", "blue"))
    if kind == "truth":
        return rng.choice(("yes", "no", "yes", "Yes"))
    if kind == "date":
        year, month, day = rng.randrange(1990, 2030), rng.randrange(1, 13), rng.randrange(1, 29)
        return f"{year}-{month:02}-{day:02}" + rng.choice(("", "", " 12:30", "T01:02:03Z"))
    if kind == "whole":
        return str(rng.randrange(3))
    return rng.choice(CELLS) if kind == "any" else str(row)


def _quoted(rng: Random, cell: str, mark: str) -> str:
    needs = any(c in cell for c in (mark, '"', "\n", "\r"))
    if (needs and rng.random() < 0.9) or rng.random() < 0.02:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _encoded(rng: Random, text: str) -> bytes:
    odd = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "cp500")
    encoding = "utf-8" if rng.random() < 0.8 else rng.choice(odd)
    return text.encode(encoding, "replace")


def _spoilt(rng: Random, data: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    match rng.randrange(7):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + rng.choice(BYTES) + data[place:]
        case 2:
            return data[:place] + rng.randbytes(rng.randrange(1, 20)) + data[place:]
        case 3:
            end = min(len(data), place + rng.randrange(1, 40))
            return data[:place] + data[end:]
        case 4:
            end = min(len(data), place + rng.randrange(1, 200))
            return data[:place] + data[place:end] * rng.choice((2, 3, 50)) + data[end:]
        case 5:
            flipped = bytearray(data)
            for _ in range(min(len(data), rng.choice((1, 1, 8)))):
                flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case _:
            return data[:place] + rng.choice(BYTES) * rng.choice((2, 500, 200_000)) + data[place:]


def run(data: bytes, place: Path) -> str:
    """Read the file, recognise its columns, prepare its rows; and every so often fit it."""
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import prepare

    place.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = tried(lambda: prepare(read_table(place), "y"))
    if zlib.crc32(data) % FITTED == 0:
        again = command(["fit", str(place), "--target", "y", "--max-iterations", "1", "-q"])
        outcome = again if outcome == TAKEN else outcome
    return outcome


def size(data: bytes) -> int:
    """The bytes of the text: of compressed ones, of what comes out of them."""
    if not data.startswith(b"\x1f\x8b"):
        return len(data)
    try:
        return len(zlib.decompressobj(31).decompress(data, 2**24))
    except zlib.error:
        return len(data)
