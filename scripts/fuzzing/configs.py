"""Configuration files: TOML that is right, wrong, or no TOML."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from random import Random

import click

from fuzzing.outcomes import command

VALUES = (
    *("3", "-1", "0.5", "1e-3", "inf", "nan", "true", "false", '"kind"', '"auto"', "''", '"é"'),
    *("[1, 2]", '["a", "b"]', "[]", "[[1]]", "{a = 1}", "1979-05-27", "07:32:00", "0x1F"),
    *(
        '"\\u0000"',
        '"""a\nb"""',
        "'''x'''",
        '"\\ud800"',
        "9" * 400,
        "[1, 'a']",
        '"a\\\\"',
        "=",
        "[",
    ),
)
TEXTS: tuple[str, ...] = (
    *("[fit]", "[fit", "]", "=", "#", '"', "'''", "\n", "\r", "\0", "\\", "[[", "a.b.c = 1"),
    *("[" * 3000, "é", "\ufeff", "\x1b", "[predict]", "[fti]", "a" * 5000, ".", "{", ","),
)


class Prepared:
    """The folder to work in, and the keys there are."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "c.toml"
        self.keys = [
            rather.opts[-1].lstrip("-")
            for rather in import_module("standalone_node.cli.fit").command.params
            if isinstance(rather, click.Parameter)
        ]


def prepared(folder: Path) -> Prepared:
    """A folder with a table."""
    os.chdir(folder)
    (folder / "flowers.csv").write_text("x,kind\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    return Prepared(folder)


def make(rng: Random, known: Prepared) -> bytes:
    """Some lines below [fit], treated without care."""
    lines = [rng.choice(("[fit]", "[fit]", "[fit]", "[predict]", "[fit.x]", "[[fit]]", ""))]
    for _ in range(rng.randrange(5)):
        key = rng.choice(known.keys) if rng.random() < 0.9 else rng.choice(TEXTS)
        key = key.replace("-", "_") if rng.random() < 0.3 else key
        lines.append(f"{key} = {rng.choice(VALUES)}")
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    for _ in range(rng.choice((0, 0, 1, 3))):
        place = rng.randrange(len(data) + 1)
        odd = rng.choice(TEXTS).encode() if rng.random() < 0.7 else rng.randbytes(3)
        data = data[:place] + odd + data[place + rng.randrange(3) :]
    return data


def run(data: bytes, known: Prepared) -> str:
    """Dump what the file makes of a command line; nothing is fitted."""
    known.place.write_bytes(data)
    return command(["fit", "flowers.csv", "--config", str(known.place), "--dump-config"])
