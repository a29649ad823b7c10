"""Command lines: real commands with options that are right, wrong, or nothing at all."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click

from fuzzing.outcomes import command

#: Values for any option; small numbers that work, and others that nobody means.
WORDS = (
    *("0", "1", "2", "3", "5", "-1", "0.5", "1e-3", "-0.0", "inf", "nan", "1e400", "9" * 30, ""),
    *("auto", "none", "data", "yes", "no", "kind", "length", "a,b", "1,2", "4,2", ",", " ", "-"),
    *("flowers.csv", "m.npz", "nowhere.csv", ".", "/dev/null", "out/x", "é", "\u2028", "\udcff"),
    *("a\nb", "'", '"', "\\", "%s", "{x}", "$(id)", "`id`", ";id", "../x", "~", "x" * 3000, "\x1b"),
    *("utf-16", "cp500", "idna", "base64", "punycode", "tab", ";", "x.png", "x.gif", "500MB"),
)
#: What keeps a command that works short.
BOUNDS = {
    "fit": ("--max-iterations", "2"),
    "compare": ("--max-sweeps", "8", "--time-limit", "0.05", "--methods", "sobolev-ncg,adam"),
    "sensitivity": ("--time-limit", "0.3", "--rows", "3", "--samples", "100", "--only", "jacobian"),
}
#: Commands that take long whatever their options; they are only asked for what they refuse.
LONG = {"verify": ("--scheme", "no such scheme"), "demo": ("--list",), "doctor": ()}
#: How often each command is taken.
COMMANDS: tuple[str, ...] = ("fit",) * 24 + ("predict",) * 12 + ("evaluate",) * 8 + ("info",) * 4
COMMANDS += ("sensitivity", "compare", "verify", "demo", "doctor", "", "fti", "--version", "--help")
ROWS = "".join(f"{i % 3}.5,{(i * 7) % 5},{'rose' if i % 2 else 'tulip'}\n" for i in range(24))


class Prepared(NamedTuple):
    """The folder to work in, the parameters of each command, and the files that have to stay."""

    folder: Path
    parameters: dict[str, list[click.Parameter]]
    kept: dict[str, bytes]


def prepared(folder: Path) -> Prepared:
    """A folder with a table and a model of it."""
    os.chdir(folder)
    (folder / "flowers.csv").write_text("length,width,kind\n" + ROWS)
    (folder / "c.toml").write_text('[fit]\ntarget = "kind"\nsteps = 2\n[predict]\nquiet = true\n')
    fit = ["fit", "flowers.csv", "--target", "kind", "--max-iterations", "2", "-q", "-o", "m.npz"]
    command(fit)
    # Libraries that draw are imported once, and look for fonts.
    command([*fit, "--figure", "a.png", "--report", "a"])
    command(["demo", "--list", "--json"])
    command(["sensitivity", "m.npz", "flowers.csv", "-o", "b", *BOUNDS["sensitivity"]])
    parameters = {
        name: import_module(f"standalone_node.cli.{name}").command.params
        for name in sorted(set(COMMANDS))
        if name.isalpha() and name != "fti"
    }
    kept = {name: (folder / name).read_bytes() for name in ("flowers.csv", "m.npz", "c.toml")}
    return Prepared(folder, parameters, kept)


def make(rng: Random, known: Prepared) -> bytes:
    """The words of a command line, as JSON."""
    name = rng.choice(COMMANDS)
    words = [name] if name else []
    if name in ("fit", "compare"):
        words += _mostly(rng, "flowers.csv") + (["--target", "kind"] * (rng.random() < 0.9))
    elif name in ("predict", "evaluate", "sensitivity"):
        words += _mostly(rng, "m.npz") + _mostly(rng, "flowers.csv")
    elif name == "info":
        words += _mostly(rng, "m.npz")
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        words += _option(rng, known.parameters.get(name, []))
    words += [*BOUNDS.get(name, ()), *LONG.get(name, ())]
    if name in ("fit", "predict", "evaluate", "compare", "sensitivity") and rng.random() < 0.35:
        words.append("--dump-config")  # all that is read of a command line, in a tenth of the time
    if rng.random() < 0.2:
        words.insert(rng.randrange(len(words) + 1), rng.choice(WORDS))
    if rng.random() < 0.05:
        rng.shuffle(words)
    return json.dumps(words).encode()


def _mostly(rng: Random, word: str) -> list[str]:
    chance = rng.random()
    return [word] if chance < 0.9 else [rng.choice(WORDS)] if chance < 0.97 else []


def _option(rng: Random, parameters: list[click.Parameter]) -> list[str]:
    options = [param for param in parameters if isinstance(param, click.Option)]
    options = [option for option in options if option.name != "debug"]  # it shows tracebacks
    if not options or rng.random() < 0.05:
        return [rng.choice(("--", "-x", "--no-such", "--steps=", "-", "-qq", *WORDS))]
    option = rng.choice(options)
    flag = rng.choice(option.opts)
    flag = (
        flag[: rng.randrange(3, len(flag) + 1)] if rng.random() < 0.05 and len(flag) > 3 else flag
    )
    if option.is_flag:
        return [flag]
    value = _value(rng, option)
    return [f"{flag}={value}"] if flag.startswith("--") and rng.random() < 0.5 else [flag, value]


def _value(rng: Random, option: click.Option) -> str:
    kind: Any = option.type
    names = list(kind.choices) if isinstance(kind, click.Choice) else []
    names = [str(name) for name in (kind.names() if hasattr(kind, "names") else names)]
    if names and rng.random() < 0.7:
        return rng.choice(names)
    if kind.name in ("integer", "float", "number|auto") and rng.random() < 0.6:
        return rng.choice(WORDS[:4])
    if option.name == "config" and rng.random() < 0.7:
        return "c.toml"
    return rng.choice(WORDS)


def run(data: bytes, known: Prepared) -> str:
    """Run the command line, and put back what it may have replaced."""
    try:
        return command(json.loads(data), b"length,width,kind\n" + ROWS.encode())
    finally:
        for path in sorted(known.folder.rglob("*"), reverse=True):
            if path.is_file() and path.name not in known.kept:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        for name, content in known.kept.items():
            place = known.folder / name
            if not place.is_file() or place.read_bytes() != content:
                place.write_bytes(content)


def size(data: bytes) -> int:
    """What a command line may take is that of a small fit, whatever its length."""
    return 2**23
