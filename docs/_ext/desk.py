"""A clear desk for a page that is executed: a folder of its own with the data it asks for."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from matplotlib_inline.backend_inline import set_matplotlib_formats

from standalone_node.learn.bundled import data_set


def clear_desk(*names: str) -> Path:
    """Go to an empty folder in which copies of the bundled data sets of these names lie.

    The folder is gone when the page is done. Tables that `node-fit` prints are made to fit the page.
    """
    folder = Path(tempfile.mkdtemp(prefix="node-fit-page-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in names:
        shutil.copy(data_set(name).path, folder)
    os.chdir(folder)
    os.environ["COLUMNS"] = "88"
    # What draws a bar again and again for a person is one line in a page.
    os.environ["TERM"] = "dumb"
    sharp_figures()
    return folder


def sharp_figures() -> None:
    """Figures of a page at twice the resolution of a screen of old."""
    set_matplotlib_formats("retina", facecolor="white")
