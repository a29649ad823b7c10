"""What may become of an input: it is taken, or it is refused by one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from standalone_node.errors import NodeError

#: What becomes of an input that is taken, and of one that is refused.
TAKEN, REFUSED = "ok", "sentence"
#: The exit codes of the command line that an input can lead to.
EXIT_CODES = (0, 1, 2, 3)

_NO_SENTENCE = re.compile(r"Traceback|unforeseen|[\r\n\x00-\x08\x1b]|^\s*$")


class Unsatisfied(AssertionError):
    """Something is wrong with what became of an input."""


class Target(NamedTuple):
    """A kind of input.

    Attributes
    ----------
    prepared : callable
        Given an empty folder, what the two others are given, made once.
    make : callable
        (random numbers, what was prepared) to an input, as bytes.
    run : callable
        (an input, what was prepared) to TAKEN or REFUSED; whatever it raises is a failure.
    size : callable
        The bytes of an input that its memory is held against.
    """

    prepared: Callable[[Path], Any]
    make: Callable[[Random, Any], bytes]
    run: Callable[[bytes, Any], str]
    size: Callable[[bytes], int] = len


def tried(call: Callable[[], object]) -> str:
    """Whether a call is satisfied, or refuses by a sentence."""
    try:
        call()
    except NodeError as error:
        check_sentence(str(error))
        return REFUSED
    return TAKEN


def check_sentence(text: str) -> None:
    """Unsatisfied if a text is not one line that a user can do something with."""
    if _NO_SENTENCE.search(text):
        raise Unsatisfied(f"this is no sentence: {text!r}")


def command(arguments: list[str], stdin: bytes | None = None) -> str:
    """Whether a command line is done or refused; Unsatisfied if it ends in another way."""
    from click.testing import CliRunner

    from standalone_node.cli.main import main

    result = CliRunner().invoke(main, arguments, input=stdin)
    said = result.stderr_bytes.decode("utf-8", "replace")
    if result.exit_code not in EXIT_CODES or not isinstance(result.exception, SystemExit | None):
        raise Unsatisfied(f"exit code {result.exit_code}, {result.exception!r}: {said}")
    if "Traceback" in said or "unforeseen" in said:
        raise Unsatisfied(said)
    errors = [line for line in said.split("\n") if line.startswith("error: ")]
    if result.exit_code in (1, 2) and len(errors) != 1 and "Usage:" not in said:
        raise Unsatisfied(f"{len(errors)} sentences: {said}")
    for line in errors:
        check_sentence(line)
    return TAKEN if result.exit_code == 0 else REFUSED
