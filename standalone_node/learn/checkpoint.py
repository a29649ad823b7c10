"""Checkpoints: where a fit stands, kept in a folder, so that it can go on after whatever stops it.

A fit is a sequence of runs of `minimize`: folds of a cross-validation, levels of a continuation,
the fit itself, and perhaps one more on all rows. A checkpoint is the list of them: how each run
that is over ended, and where the one at work stands.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from standalone_node._version import __version__
from standalone_node.errors import ArgumentError
from standalone_node.learn.checkpoint_folder import CheckpointFolder
from standalone_node.learn.checkpoint_identity import differences
from standalone_node.learn.checkpoint_runs import AnotherFit, Runs, Worth
from standalone_node.optimize.identity import plain
from standalone_node.optimize.minimize import bound

#: Iterations between two checkpoints, unless they are given.
EVERY = 10
#: Seconds between two checkpoints in the midst of an epoch, or if it is for us to choose when.
BETWEEN = 30.0
#: Of runs of which only a number is kept in the end, no more often than after so many seconds.
FOLD = 1.0


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
    tell, warn : callable, optional
        Take the sentences there are to say: what is done, and what looks wrong. They become
        warnings if not given; `warn` is `tell` if only that is given.

    Raises
    ------
    ArgumentError
        If the folder is none, `every` is no whole number or given beside `after`; and by a fit that
        is to go on from a folder that another one writes to.

    Notes
    -----
    A checkpoint fits one fit: the same data, the same arguments; whatever differs is named, and the
    checkpoint refused. `max_iterations`, `epochs` and `time_limit` may be others: the fit then goes
    on until these are reached. So may `threads`, `memory_limit`, `engine` and `client`, which
    change no bit. Seconds count on from those of the checkpoint.

    Functions cannot be compared: that a field of one's own is the same is seen by the cost.

    A file is written under another name, brought to the disk, and then renamed; it carries a
    checksum. Whatever happens meanwhile, the one before stays whole. If it cannot be written, the
    fit says so and goes on. A fit that begins afresh where there are checkpoints moves them into
    a folder `earlier-1`, `earlier-2`, … before it writes its first.

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
        warn: Callable[[str], Any] | None = None,
    ) -> None:
        self._every, self._after = _intervals(every, after)
        self.tell = tell or _warned
        self.warn = warn or self.tell
        self._folder = CheckpointFolder(folder, self.tell, self.warn)
        self._runs = Runs([], self.tell)
        self._settings: dict[str, Any] = {}
        self._depth, self.running = 0, False
        self._began: float | None = None
        self._written = 0.0
        self._before = 0.0
        self.written = False
        self._ending: BaseException | None = None
        if resume:
            self._resume()

    def _resume(self) -> None:
        found = self._folder.newest()
        if found is None:
            self.warn(f"there is no checkpoint in {self.folder}: the fit begins afresh")
            return
        name, content = found
        self._runs = Runs(content["entries"], self.tell)
        self._settings, self._before = content["settings"], float(content["elapsed"])
        self.written = True
        self.tell(f"going on {self._runs.where()}, from {name} in {self.folder}")
        if content["version"] != __version__:
            self.warn(
                f"the checkpoint was written by version {content['version']}, this is "
                f"{__version__}: the end may differ in the last digits"
            )

    @property
    def folder(self) -> str:
        """The folder, as it was given."""
        return self._folder.name

    @property
    def elapsed(self) -> float:
        """Seconds of the whole fit so far, those before it was interrupted included."""
        return self._before + (0.0 if self._began is None else time.monotonic() - self._began)

    def __enter__(self) -> Checkpoint:
        """A fit, or a run of one, begins: nobody else writes to the folder meanwhile."""
        if self._depth == 0:
            self._folder.take()
        if self._began is None:
            self._began = self._written = time.monotonic()
        self._depth += 1
        return self

    def __exit__(self, *error: object) -> None:
        self._depth, self.running = self._depth - 1, False
        if self._depth == 0:
            self._folder.close()

    # What an estimator says and asks.

    def describe(self, settings: Mapping[str, Any]) -> None:
        """Say what is fitted, before the first run: the arguments that a person would name.

        ArgumentError if the checkpoint is of something else.
        """
        given = plain(dict(settings))
        told = {name: value for name, value in given.items() if name in self._settings}
        known = {name: self._settings[name] for name in told}
        with self._refusing():
            if differences(known, told):
                raise AnotherFit(differences(known, told))
        self._settings = {**self._settings, **given}

    def worth(self, identity: Mapping[str, Any], compute: Callable[[], Worth]) -> Worth:
        """A number, or scores, that takes runs, or what is known of it; see `Runs.worth`."""
        with self._refusing():
            return self._runs.worth(identity, compute)

    def known(self, identity: Mapping[str, Any]) -> Any:
        """What is known of such a number, or scores; None if nothing is."""
        with self._refusing():
            return self._runs.known(identity)

    def learnt(self, identity: Mapping[str, Any], value: Any) -> None:
        """Keep such a number, or scores, of runs that went on elsewhere."""
        self._runs.learnt(identity, value)
        if self._due:
            self._write()
        self._end_if_asked()

    # What a run says and asks: a `Keeper`.

    def opened(self, identity: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A run begins: where it stood, None if it did not yet; ArgumentError if it is another."""
        self._end_if_asked()
        self.running = True
        with self._refusing():
            return self._runs.opened(identity)

    def wanted(self, nit: int) -> bool:
        """Whether to keep the run after iteration `nit`."""
        if self._every is None:
            return self.wanted_between()
        return self.ending or (nit > 0 and nit % self._every == 0)

    def wanted_between(self) -> bool:
        """Whether to keep the run between two iterations, in the midst of an epoch."""
        return self.ending or (self._due and time.monotonic() - self._written >= BETWEEN)

    def keep(self, memory: Mapping[str, Any]) -> None:
        """Write where the run stands; then end it if that was asked for."""
        self._runs.stands(memory)
        self._write()
        self._end_if_asked()

    def ended(self, memory: Mapping[str, Any]) -> None:
        """A run has ended: write that, unless it is known, and expect the next one."""
        news = self._runs.stands(memory)
        often = self._runs.inside and time.monotonic() - self._written < FOLD
        if news and self._due and not often:
            self._write()
        self._runs.over()
        self.running = False

    @property
    def _due(self) -> bool:
        return self.elapsed >= self._after

    # What becomes of signals.

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

    def discard(self) -> None:
        """Delete the checkpoints: what they were kept for is done."""
        if self.written:
            self._folder.delete()

    def _write(self) -> None:
        content = {
            "version": __version__,
            "settings": self._settings,
            "elapsed": self.elapsed,
            "entries": self._runs.entries,
        }
        if self._folder.write(content):
            self._written, self.written = time.monotonic(), True

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except AnotherFit as error:
            raise ArgumentError(
                f"the checkpoint in {self.folder} is of another fit: {error}; give the same data "
                "and settings, or leave resume out"
            ) from None


def _intervals(every: Any, after: Any) -> tuple[int | None, float]:
    """Iterations between two checkpoints, None if it goes by seconds; seconds before the first."""
    if every is not None:
        if isinstance(every, bool) or not isinstance(every, int | np.integer) or every < 1:
            raise ArgumentError(f"every = {every!r} has to be a whole number of iterations")
        if after is not None:
            raise ArgumentError("every goes by iterations, after by seconds: give one of them")
    if after is None:
        return int(EVERY if every is None else every), 0.0
    return None, bound("after", after)


def _warned(sentence: str) -> None:
    warnings.warn(sentence, CheckpointWarning, stacklevel=3)
