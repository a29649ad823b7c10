"""Lines for Python's csv module, which asks for one more as long as a quote is open."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator


class Lines:
    """The lines of a block and, if a quote is open at its end, those of the blocks behind it.

    Parameters
    ----------
    text : str
        The block.
    more : callable
        Gives the next one, None if there is none.

    Attributes
    ----------
    count : int
        The lines given so far.
    """

    def __init__(self, text: str, more: Callable[[], str | None]) -> None:
        self._more, self.count, self._beyond = more, 0, False
        self._begin(text)

    def _begin(self, text: str) -> None:
        self._text, self._file, self._place = text, io.StringIO(text, newline=""), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        while not line:
            text = self._more()
            if text is None:
                raise StopIteration
            self._begin(text)
            self._beyond = True
            line = self._file.readline()
        self._place, self.count = self._place + len(line), self.count + 1
        return line

    def done(self) -> bool:
        """Whether all lines of the block were given: no further record begins in it."""
        return self._beyond or self._place == len(self._text)

    @property
    def rest(self) -> str | None:
        """What is left of the block that the last line is from, if anything."""
        return self._text[self._place :] or None
