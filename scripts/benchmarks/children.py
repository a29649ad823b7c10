"""Fresh Python processes that see the same package as this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import standalone_node

SCRIPTS = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A child process did not end well; negative codes are signals."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def python(
    arguments: Sequence[str], *, folder: Path | None = None, variables: Mapping[str, str] = {}
) -> str:
    """What `python ARGUMENTS` writes to stdout, run in `folder`; Failed unless it exits with 0."""
    root = Path(standalone_node.__file__).resolve().parents[1]
    places = [str(SCRIPTS), str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **variables, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        command = " ".join(["python", *arguments])[:80]
        raise Failed(f"{command} … ended with {done.returncode}: {last[0]}", done.returncode)
    return done.stdout
