"""The kinds of values that options take, beside click's own.

`takes` are the types of TOML that a kind takes in a configuration file, text alone if it does not
say so; a list stands for what has commas between in the command line.
"""

from __future__ import annotations

import csv
import io
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


class Listed(click.ParamType):
    """One of the names in a table of the package, which is imported when it is needed."""

    name = "name"

    def __init__(self, module: str, table: str) -> None:
        self._module, self._table = module, table

    def names(self) -> list[str]:
        """The names in the table."""
        return list(getattr(import_module(f"standalone_node.{self._module}"), self._table))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if the table has it."""
        names = self.names()
        if value not in names:
            self.fail(f"{value!r} is none of {', '.join(names)}.", param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The names as `--help` shows them."""
        return f"[{'|'.join(self.names())}]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so; of several with commas between them, the last one's."""
        before, comma, begun = incomplete.rpartition(",")
        found = [name for name in self.names() if name.startswith(begun)]
        return [CompletionItem(f"{before}{comma}{name}") for name in found]


class NumberOrAuto(click.ParamType):
    """A number, or the word "auto"."""

    name = "number|auto"
    takes = (int, float, str)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number, or the word."""
        if value == "auto":
            return "auto"
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor the word auto.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "FLOAT|auto"


class YesOrNumber(click.ParamType):
    """yes, no, or a number."""

    name = "yes|no|number"
    takes = (bool, int, float, str)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool | float:
        """True, False, or the number."""
        if isinstance(value, bool) or str(value).lower() in ("yes", "no"):
            return value if isinstance(value, bool) else str(value).lower() == "yes"
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither yes or no nor a number.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "yes|no|FLOAT"


class WholeNumbers(click.ParamType):
    """Whole numbers with commas between them."""

    name = "n,n,..."
    takes = (list, str)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of whole numbers, as 4,8,16.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "N,N,..."


class ClassWeight(click.ParamType):
    """A weight for each of some classes, or the word "balanced"."""

    name = "class=weight,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | dict[str, float]:
        """The weights by the texts of the classes, or the word."""
        if value == "balanced" or isinstance(value, dict):
            return value
        weights: dict[str, float] = {}
        # As in a line of CSV, a class with a comma in its name stands in quotes.
        try:
            entries = next(csv.reader([str(value)], skipinitialspace=True), [])
        except csv.Error as error:
            self.fail(f"{value!r} cannot be told apart at its commas ({error}).", param, ctx)
        for entry in entries:
            label, _, weight = entry.rpartition("=")
            try:
                number = float(weight) if label else -1.0
            except ValueError:
                number = -1.0
            if not 0.0 <= number < float("inf"):
                self.fail(
                    f"{entry!r} is no class with its weight, as yes=3; for equal weights of all "
                    "classes write balanced.",
                    param,
                    ctx,
                )
            if label in weights:
                self.fail(f"the class {label!r} is there twice.", param, ctx)
            weights[label] = number
        if not weights:
            self.fail("classes with weights are needed, as yes=3,no=1.", param, ctx)
        return weights

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The word; the names of the classes stand in all of the file."""
        return [CompletionItem(w) for w in ("balanced",) if w.startswith(incomplete)]

    def told(self, value: str | dict[str, float]) -> str:
        """The text that becomes this value."""
        if isinstance(value, str):
            return value
        line = io.StringIO()
        entries = [f"{label}={weight!r}" for label, weight in value.items()]
        csv.writer(line).writerow(entries)  # which quotes what ends a line, too
        return line.getvalue().removesuffix("\r\n")

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "balanced|CLASS=FLOAT,..."


class SomeOf(click.ParamType):
    """Names in a table of the package with commas between them.

    Parameters
    ----------
    module, table : str
        As for `Listed`.
    what : str
        What the names are of, for messages.
    shown : bool
        Whether `--help` shows the names.
    """

    takes = (list, str)

    def __init__(self, module: str, table: str, what: str, *, shown: bool = False) -> None:
        self._table, self._what, self._shown = Listed(module, table), what, shown
        self.name = what if shown else "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names, if the table has them."""
        table = self._table.names()
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        for name in names:
            if name not in table:
                self.fail(f"{name!r} is none of {', '.join(table)}.", param, ctx)
        if not names:
            self.fail(f"names of {self._what} are needed, of {', '.join(table)}.", param, ctx)
        return names

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """How `--help` shows it."""
        return ",".join(self._table.names()) if self._shown else None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """As of one name, for the last one."""
        return self._table.shell_complete(ctx, param, incomplete)


class Unit(click.ParamType):
    """A unit of the columns: their spread, or a positive number for all of them."""

    name = "unit"
    takes = (int, float, str)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | float:
        """The word, or the number."""
        if value == "spread":
            return "spread"
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0.0 < number < float("inf"):
            self.fail(f"{value!r} is neither the word spread nor a positive number.", param, ctx)
        return number

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "spread|FLOAT"


class Box(click.ParamType):
    """Bounds of the columns: none, those of the data, or two numbers."""

    name = "box"
    takes = (list, str)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | tuple[float, float]:
        """The word, or the two numbers."""
        if value in ("none", "data") or isinstance(value, tuple):
            return value
        try:
            low, high = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is neither none nor data nor two numbers, as 0,16.", param, ctx)
        if not low < high:
            self.fail(f"{value!r}: the first number has to be the smaller one.", param, ctx)
        return low, high

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "none|data|LOW,HIGH"
