"""What a process does beside its work: code it runs, processes it starts, memory it takes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

#: Events of which none may happen while an input is read, whoever causes it.
FORBIDDEN = (
    *("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty."),
    *("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pickle.find_class"),
)
#: Who makes code from its own text: of the standard library, and of the libraries.
MAKERS: tuple[str, ...] = ("/dataclasses.py", "/collections/__init__.py", "/typing.py")
MAKERS += ("/numba/", "/llvmlite/", "/jinja2/")
#: Who may unpickle: the cache of compiled kernels, which holds code and nothing else.
KERNELS = "/standalone_node/kernels/cache.py"

_TRUSTED = tuple({sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2])})


class Watch:
    """Counts code that is executed; `begin` and `end` enclose an input."""

    def __init__(self) -> None:
        self._watching = False
        self._found: list[str] = []
        self._modules: set[str] = set()
        sys.addaudithook(self._event)

    def begin(self) -> None:
        """From now on."""
        self._found, self._modules, self._watching = [], set(sys.modules), True

    def end(self) -> list[str]:
        """What was found since `begin`."""
        self._watching = False
        for name in set(sys.modules) - self._modules:
            place = getattr(sys.modules[name], "__file__", None)
            if place is not None and not place.startswith(_TRUSTED):
                self._found.append(f"import of {name} from {place}")
        return self._found

    def _event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event.startswith(FORBIDDEN):
            if not (event == "pickle.find_class" and _called_by(KERNELS)):
                self._found.append(f"{event} {arguments!r}"[:300])
        elif event in ("exec", "compile") and not _is_trusted(event, arguments):
            self._found.append(f"{event} {arguments!r}"[:300])


def _is_trusted(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether code comes from a file of an installed library, or from one that makes its own."""
    name = str(arguments[1] if event == "compile" else arguments[0].co_filename)
    if name.startswith((*_TRUSTED, "<frozen ")):
        return True
    return _called_by(*MAKERS)


def _called_by(*places: str) -> bool:
    """Whether one of these files is on the stack."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if any(place in frame.f_code.co_filename for place in places):
            return True
        frame = frame.f_back
    return False


def reset_peak() -> int:
    """Forget the largest memory there was; the bytes that are in memory now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """The bytes that were in memory at the most since `reset_peak`."""
    return _status("VmHWM")


def virtual() -> int:
    """The bytes of address space."""
    return _status("VmSize")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return 1024 * int(line.split()[1])
    return 0
