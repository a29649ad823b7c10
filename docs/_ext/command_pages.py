"""Pages of the reference, one for each command of `node-fit`: written anew with every build.

All is taken from the commands themselves, headings included: what `--help` says, in another form.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from standalone_node.cli.main import COMMANDS, main
from standalone_node.cli.options import SectionedCommand


def write_pages(folder: Path) -> list[Path]:
    """Write one page a command; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.rst"):
        if path.stem not in COMMANDS:
            path.unlink()
    paths = []
    for name in COMMANDS:
        path, text = folder / f"{name}.rst", command_page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def command_page(name: str) -> str:
    """The page of a command: usage, what it does, examples, options under their headings."""
    above = click.Context(main, info_name="node-fit")
    command = main.get_command(above, name)
    assert command is not None
    ctx = click.Context(command, info_name=name, parent=above)
    title = f"node-fit {name}"
    usage = " ".join([title, *command.collect_usage_pieces(ctx)])
    lines = [title, "=" * len(title), "", COMMANDS[name], "", ".. code-block:: console", ""]
    lines += [f"   $ {usage}", "", f".. program:: {title}", ""]
    lines += _paragraphs(command.help or "")
    for heading, options in _headed(command, ctx).items():
        lines += [heading, "-" * len(heading), ""]
        for option in options:
            lines += _option(option, ctx)
    if command.epilog:
        lines += _paragraphs(command.epilog)
    return "\n".join(lines) + "\n"


def _headed(command: click.Command, ctx: click.Context) -> dict[str, list[click.Parameter]]:
    if isinstance(command, SectionedCommand):
        return command.headed(ctx)
    options = [
        option
        for option in command.get_params(ctx)
        if not isinstance(option, click.Argument) and option.get_help_record(ctx)
    ]
    return {"Options": options}


def _option(option: click.Parameter, ctx: click.Context) -> list[str]:
    record = option.get_help_record(ctx)
    assert record is not None
    signature, text = record
    # click: "-o, --output MODEL", "--a / --no-a"; Sphinx: each name with what it takes.
    metavar = re.search(r"(?<!-)(?<=\s)(?!-|/)\S.*$", signature)
    takes = f" {metavar.group()}" if metavar else ""
    names = [*option.opts, *option.secondary_opts]
    names.sort(key=lambda flag: flag.startswith("--"))
    default = re.search(r"\s*\[default: (.*?)\](?=\s*(\[|$))", text)
    if default:
        text = text.replace(default.group(), "")
    lines = [f".. option:: {', '.join(flag + takes for flag in names)}", "", f"   {escaped(text)}"]
    if default:
        lines += ["", f"   Default: {escaped(default.group(1))}."]
    return [*lines, ""]


def _paragraphs(text: str) -> list[str]:
    """Help of click as reStructuredText: what is kept as it stands becomes a block of code."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", _dedented(text)):
        first, _, rest = paragraph.strip("\n").partition("\n")
        if first.strip() != "\b":
            lines += [escaped(" ".join(paragraph.split())), ""]
            continue
        heading, _, block = rest.partition("\n")
        if not heading.startswith(" ") and block:
            lines += [escaped(heading.strip()), "", ".. code-block:: console", ""]
        else:
            block = rest
            lines += [".. code-block:: text", ""]
        kept = _dedented(block).splitlines()
        lines += [f"   {_prompt(line)}{line}" if line else "" for line in kept] + [""]
    return lines


def _prompt(line: str) -> str:
    return "" if line.startswith(" ") else "$ "


def _dedented(text: str) -> str:
    import inspect
    import textwrap

    return textwrap.dedent(inspect.cleandoc(text))


def escaped(text: str) -> str:
    """A text as reStructuredText that means itself, options in it as literals."""
    plain = re.sub(r"([\\*`|_])", r"\\\1", text)
    return re.sub(r"(?<![\w-])(--[a-z][a-z0-9-]*)(?!\w)", r"``\1``", plain)
