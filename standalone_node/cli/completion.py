"""`node-fit completion`: what a shell needs to complete commands, options, columns and files.

click asks the options what their values may be; those of files and of columns are told it here, by
what `--help` calls them, when a shell asks and not otherwise.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from standalone_node.cli.kinds import Listed

#: Bytes of a file that are read for its header.
HEADER = 2**16

Completer = Callable[[click.Context, str], Iterable[CompletionItem]]


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script by which SHELL completes commands, options, files and names of columns.

    Columns are those of the header of DATA, so that DATA has to stand before --target. The script
    goes where the shell looks for it, and works in shells that are opened afterwards.

    \b
    Examples:
      d=~/.local/share/bash-completion/completions
      mkdir -p $d && node-fit completion bash > $d/node-fit
      node-fit completion zsh > "${fpath[1]}/_node-fit"
      node-fit completion fish > ~/.config/fish/completions/node-fit.fish

    For bash the package bash-completion has to be installed; without it, add the line
    eval "$(node-fit completion bash)"  to ~/.bashrc. In zsh, compinit has
    to run in ~/.zshrc.
    """
    from standalone_node.cli.main import COMPLETE, main

    click.echo(SHELLS[shell](main, {}, "node-fit", COMPLETE).source(), nl=False)


class Bash(BashComplete):
    """bash, told of names with blanks in them as it wants to read them."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at work, and that one."""
        args, incomplete = super().get_completion_args()
        # bash makes three words of --target=species.
        return [word for word in args if word != "="], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """A line of the answer."""
        if item.type != "plain" or self._quoted():
            return super().format_completion(item)
        # `read` in the script takes one backslash of two away.
        value = re.sub(r"([^\w@%+=:,./-])", r"\\\\\1", item.value)
        return f"{item.type},{value}"

    def _quoted(self) -> bool:
        """Whether the word at work has an open quote, in which bash wants names as they are."""
        words = os.environ.get("COMP_WORDS", "").split("\n")
        place = int(os.environ.get("COMP_CWORD", "0"))
        return place < len(words) and words[place][:1] in ("'", '"')


#: The table: a shell and what answers it.
SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": FishComplete}


def answer_shells() -> None:
    """Let click answer by the classes of `SHELLS`."""
    for shell in SHELLS.values():
        add_completion_class(shell)


class Completed(click.ParamType):
    """Values that a shell is told of; nothing is converted, as nothing is going to be run."""

    name = "completed"

    def __init__(self, completer: Completer) -> None:
        self._completer = completer

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """What the completer finds."""
        return list(self._completer(ctx, incomplete))


def completing(asked: click.Command) -> click.Command:
    """A copy of a command, whose files and columns a shell can complete."""
    told = copy(asked)
    told.params = [copy(param) for param in asked.params]
    for param in told.params:
        metavar = getattr(param, "metavar", None)
        completer = _COMPLETERS.get(metavar or "") or _COMPLETERS.get(f"{asked.name} {param.name}")
        if isinstance(param, click.Argument):
            completer = completer or _COMPLETERS.get(param.name or "")
        if completer is not None:
            param.type = Completed(completer)
        if isinstance(param.type, Listed):
            param.default = None  # no need to import a table for what nobody has typed
    return told


def _files(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _folders(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return [CompletionItem(incomplete, type="dir")]


def _columns(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    # Behind an option whose value is not there yet, click leaves arguments where they were.
    given = [ctx.params.get("data"), *ctx.args]
    data = next((path for path in given if path and os.path.isfile(path)), None)
    names = header_of(data, ctx.params.get("delimiter")) if data else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _dated_columns(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    return [CompletionItem(f"{item.value}=") for item in _columns(ctx, incomplete)]


def _data_sets(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    from standalone_node.learn.bundled import DATA_SETS

    return [CompletionItem(name) for name in DATA_SETS if name.startswith(incomplete)]


#: The table: what `--help` calls a value, or the name of an argument, and what it may be.
_COMPLETERS: dict[str, Completer] = {
    "COLUMN": _columns,
    "COLUMN=FORMAT": _dated_columns,
    "FILE": _files,
    "MODEL": _files,
    "FOLDER": _folders,
    "data": _files,
    "model": _files,
    "demo name": _data_sets,
}


def header_of(path: str, delimiter: str | None = None) -> list[str]:
    """The names of the columns of a CSV file, of which only the beginning is read.

    Nothing is raised: where there is no header to be found, there are no names.
    """
    from standalone_node.learn.dialect import (
        checked_delimiter,
        recognise_delimiter,
        split_records,
    )

    try:
        text = _beginning(path)
        mark = checked_delimiter(delimiter) if delimiter else recognise_delimiter(text)
        records: Any = split_records(path, text, mark)
        return [name for name in records.fields[0] if name]
    except Exception:  # a shell waits for names, and has no place for a sentence
        return []


def _beginning(path: str) -> str:
    """The whole lines at the beginning of a file; the text of one that has no more."""
    with open(path, "rb") as file:
        content = file.read(HEADER)
    if content[:2] == b"\x1f\x8b":
        with gzip.open(path, "rb") as file:
            content = file.read(HEADER)
    if len(content) == HEADER:
        content = content[: content.rfind(b"\n") + 1]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")
