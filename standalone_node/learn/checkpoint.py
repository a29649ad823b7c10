"""Checkpoints: where a fit stands, kept in a folder, so that it can go on after whatever stops it.

A fit is a sequence of runs of `minimize`: folds of a cross-validation, levels of a continuation,
the fit itself, and perhaps one more on all rows. A checkpoint is the list of them: how each run
that is over ended, and where the one at work stands.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from standalone_node._version import __version__
from standalone_node.errors import ArgumentError
from standalone_node.learn.checkpoint_file import checkpoint_bytes
from standalone_node.learn.checkpoint_folder import CheckpointFolder
from standalone_node.learn.checkpoint_identity import differences

#: Iterations between two checkpoints, unless they are given.
EVERY = 10
#: Seconds between two checkpoints in the midst of an epoch, or if it is for us to choose when.
BETWEEN = 30.0


class CheckpointWarning(UserWarning):
    """What there is to say of a checkpoint, where nobody asked to be told otherwise."""


class Checkpoint:
    """Keeps in a folder where a fit stands; with `resume` the fit goes on from there.

    Parameters
    ----------
    folder : path-like
        Made when the first checkpoint is written. The two newest are kept in it.
    every : int, optional
        Iterations from one checkpoint to the next; 10 if not given.
    resume : bool
        Go on from the newest checkpoint that is not damaged; begin afresh if there is none. The
        end is that of a fit which was never interrupted, bit for bit, for the methods "ncg", "sgd"
        and "adam"; SciPy's methods begin anew at the parameters that were reached.
    after : float, optional
        Write nothing for so many seconds, and then every half minute, instead of by iterations.
    tell : callable, optional
        Takes the sentences there are to say; they become warnings if not given.

    Raises
    ------
    ArgumentError
        If the folder is none, `every` is no whole number or given beside `after`, or a fit is to go
        on from a folder that another process writes to.

    Notes
    -----
    A checkpoint fits one fit: the same data, the same arguments; whatever differs is named, and the
    checkpoint refused. `max_iterations`, `epochs` and `time_limit` may be others: the fit then goes
    on until these are reached. So may `threads` and `memory_limit`, which change no bit. Seconds
    count on from those of the checkpoint.

    A file is written under another name, brought to the disk, and then renamed; it carries a
    checksum. Whatever happens meanwhile, the one before stays whole. If it cannot be written, the
    fit says so and goes on. A fit that begins afresh where there are checkpoints moves them into
    the folder `earlier` before it writes its first.

    Attributes
    ----------
    written : bool
        Whether a checkpoint was written.

    Examples
    --------
    >>> import tempfile, numpy as np, standalone_node as sn
    >>> X, y = np.linspace(-1.0, 1.0, 20)[:, None], np.repeat([0, 1], 10)
    >>> whole = sn.NodeClassifier(max_iterations=8).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = sn.Checkpoint(folder, every=2)
    ...     part = sn.NodeClassifier(max_iterations=4).fit(X, y, checkpoint=first)
    ...     again = sn.Checkpoint(folder, resume=True, tell=lambda words: print(words[:30]))
    ...     model = sn.NodeClassifier(max_iterations=8).fit(X, y, checkpoint=again)
    going on after the end, iterat
    >>> np.array_equal(model.parameters_.values, whole.parameters_.values)
    True
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every: int | None = None,
        *,
        resume: bool = False,
        after: float | None = None,
        tell: Callable[[str], Any] | None = None,
    ) -> None:
        whole = isinstance(every, int) and not isinstance(every, bool)
        if every is not None and (not whole or every < 1):
            raise ArgumentError(f"every = {every!r} has to be a whole number of iterations")
        if every is not None and after is not None:
            raise ArgumentError("every goes by iterations, after by seconds: give one of them")
        self._every = None if after is not None else every or EVERY
        self._after, self._tell = after or 0.0, tell
        self._folder = CheckpointFolder(folder, self.say)
        self._entries: list[dict[str, Any]] = []
        self._settings: dict[str, Any] = {}
        self._at, self._running = 0, False
        self._began = self._written = time.monotonic()
        self.written = False
        self._ending: BaseException | None = None
        if resume:
            self._resume()

    @property
    def folder(self) -> str:
        """The folder."""
        return str(self._folder.path)

    def say(self, sentence: str) -> None:
        """Tell whoever started the fit."""
        if self._tell is not None:
            self._tell(sentence)
        else:
            warnings.warn(sentence, CheckpointWarning, stacklevel=2)

    def _resume(self) -> None:
        found = self._folder.newest()
        if found is None:
            self.say(f"there is no checkpoint in {self.folder}: the fit begins afresh")
            return
        name, content = found
        self._entries, self._settings = content["entries"], content["settings"]
        self._began -= self._after  # that time was over when the checkpoint was written
        self.say(f"going on {_where(self._entries)}, from {name} in {self.folder}")
        if content["version"] != __version__:
            self.say(
                f"the checkpoint was written by version {content['version']}, this is "
                f"{__version__}: the end may differ in the last digits"
            )

    # What an estimator says and asks.

    def describe(self, settings: Mapping[str, Any]) -> None:
        """Say what is fitted, before the first run: the arguments that a person would name.

        ArgumentError if the checkpoint is of something else.
        """
        told = dict(settings)
        if self._at == 0 and self._entries and self._settings:
            self._refuse(differences(self._settings, told))
        self._settings = self._settings if self._at else told

    def worth(self, identity: Mapping[str, Any], compute: Callable[[], float]) -> float:
        """A number that takes a run: of the run nothing but this is kept when it is over."""
        if self._at < len(self._entries) and "value" in self._entries[self._at]:
            entry = self._entries[self._at]
            self._refuse(differences(entry["identity"], dict(identity)))
            self._at += 1
            return float(entry["value"])
        first = self._at
        value = compute()
        self._entries[first : self._at] = [{"identity": dict(identity), "value": value}]
        self._at = first + 1
        return value

    # What a run says and asks: a `Keeper`.

    def opened(self, identity: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A run begins: where it stood, None if it did not yet; ArgumentError if it is another."""
        self._running = True
        self._end_if_asked()
        if self._at == len(self._entries):
            self._entries.append({"identity": dict(identity), "memory": None})
            return None
        entry = self._entries[self._at]
        if "value" in entry:
            self._refuse(["the runs before the last one"])
        self._refuse(differences(entry["identity"]["settings"], identity["settings"]))
        if self._at < len(self._entries) - 1:  # what came after it came after its end
            self._refuse(differences(entry["identity"]["limits"], identity["limits"]))
        entry["identity"] = dict(identity)
        memory: Mapping[str, Any] | None = entry["memory"]
        return memory

    def wanted(self, nit: int | None) -> bool:
        """Whether to keep the run after iteration `nit`; None is between two of them."""
        if self._ending is not None:
            return True
        if nit is not None and self._every is not None:
            return nit > 0 and nit % self._every == 0
        return self._due and time.monotonic() - self._written >= BETWEEN

    def keep(self, memory: Mapping[str, Any]) -> None:
        """Write where the run stands; then end it if that was asked for."""
        self._entries[self._at]["memory"] = dict(memory)
        if self._due:
            self._write()
        self._end_if_asked()

    def ended(self, memory: Mapping[str, Any]) -> None:
        """A run has ended: write that, unless it is known, and expect the next one."""
        before = self._entries[self._at]["memory"]
        if before is None or before["end"] != memory["end"] or _rows(before) != _rows(memory):
            self._entries[self._at]["memory"] = dict(memory)
            if self._due:
                self._write()
        self._at += 1

    def close(self) -> None:
        """A run is over, whatever its end: another process may write to the folder."""
        self._running = False
        self._folder.close()

    @property
    def _due(self) -> bool:
        return time.monotonic() - self._began >= self._after

    # What becomes of signals.

    @property
    def running(self) -> bool:
        """Whether a run is at work, which is asked to end rather than broken off."""
        return self._running

    def end_with(self, error: BaseException) -> None:
        """Raise this after the iteration at work, when the checkpoint is written."""
        self._ending = error

    @property
    def ending(self) -> bool:
        """Whether the run was asked to end."""
        return self._ending is not None

    def _end_if_asked(self) -> None:
        if self._ending is not None:
            raise self._ending

    def _write(self) -> None:
        content = {"version": __version__, "settings": self._settings, "entries": self._entries}
        if self._folder.write(checkpoint_bytes(content)):
            self._written, self.written = time.monotonic(), True

    def _refuse(self, found: list[str]) -> None:
        if found:
            self.close()
            raise ArgumentError(
                f"the checkpoint in {self.folder} is of another fit: {', '.join(found)}; give the "
                "same data and settings, or leave resume out"
            )


def _rows(memory: Mapping[str, Any]) -> int:
    """The iterations a run has done."""
    return len(memory["record"]["columns"]["cost"]) - 1


def _where(entries: list[dict[str, Any]]) -> str:
    """Where a fit stands, in words."""
    runs = len(entries)
    memory = entries[-1].get("memory") if entries else None
    if memory is None:
        return f"after run {runs}"
    where = "after the end, iteration" if memory["end"] is not None else "after iteration"
    return f"{where} {_rows(memory)} of run {runs}" if runs > 1 else f"{where} {_rows(memory)}"
