"""A clear desk for a page that is executed: a folder of its own with the data it asks for."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

from standalone_node.learn.bundled import data_set


def clear_desk(*names: str) -> Path:
    """Go to an empty folder in which copies of the bundled data sets of these names lie.

    The folder is gone when the page is done. Tables of `node-fit` are made to fit the page.
    """
    folder = Path(tempfile.mkdtemp(prefix="node-fit-page-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in names:
        shutil.copy(data_set(name).path, folder)
    os.chdir(folder)
    os.environ["COLUMNS"] = "88"
    # By these a kernel makes commands believe in a terminal, on which they draw progress.
    for forced in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        os.environ.pop(forced, None)
    sharp_figures()
    _be_strict()
    return folder


def _be_strict() -> None:
    """A command of a cell (`!command`) that fails makes the page fail, as other cells do.

    One that is meant to fail says so: `|| echo "exit code $?"`. What it writes to stdout and stderr
    comes in the order it was written, without colours.
    """
    shell = get_ipython()
    if shell is None:
        return

    def system(command: str) -> None:
        done = subprocess.run(
            command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        print(done.stdout, end="")
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}: {command}")

    shell.system = system


def sharp_figures() -> None:
    """Figures of a page at twice the resolution of a screen of old."""
    set_matplotlib_formats("retina", facecolor="white")
