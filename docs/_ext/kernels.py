"""The kernel that executes pages: that of the Python that builds the site."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def use_this_python(folder: Path) -> None:
    """Make `python3` the name of a kernel of this Python, for this process and its children.

    A kernel of that name in the reader's home could be of any Python. Its messages begin at ERROR:
    the others, one a kernel, say that it talks over TCP, which here does not leave the machine, and
    that a debugger, which nobody uses, could miss something.
    """
    command = [sys.executable, "-m", "ipykernel_launcher", "--log-level=ERROR"]
    spec = {
        "argv": [*command, "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
    }
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True, exist_ok=True)
    (place / "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        [str(folder), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    )
