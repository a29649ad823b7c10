"""`--config FILE` and `--dump-config`: the options of a command in a TOML file.

Nothing here knows an option: all that a command has, arguments included, can stand in a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, NoReturn, TypeVar

import click

from standalone_node.cli.options import ArgumentOption, OneOrMore, shown_default
from standalone_node.cli.toml_text import toml_value
from standalone_node.errors import NodeError

F = TypeVar("F", bound=Callable[..., Any])

#: The commands whose options can stand in a file, each in a table of its name.
COMMANDS = ("fit", "compare", "predict", "evaluate", "sensitivity")
#: A file larger than this, in bytes, is no configuration.
LARGEST = 2**20

_DUMP = f"{__name__}.dump"
_FILE = f"{__name__}.file"
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_WORDS |= {list: "a list"}
_TAKES: Mapping[type[click.ParamType], tuple[type, ...]] = {
    click.types.IntParamType: (int,),
    click.types.FloatParamType: (int, float),
}


def configurable(command: F) -> F:
    """Give a command `--config` and `--dump-config`; it stands below `click.command`."""

    @wraps(command)
    def configured(*rest: Any, **named: Any) -> Any:
        ctx = click.get_current_context()
        if ctx.meta.get(_DUMP):
            click.echo(dumped(ctx).encode(), nl=False)
            return 0
        return command(*rest, **named)

    options = (
        click.option(
            "--config",
            metavar="FILE",
            expose_value=False,
            is_eager=True,
            callback=_read,
            help="Take options, and arguments, that are not given from the table of this command "
            "in a TOML file, such as [fit] with the line steps = 4.",
        ),
        click.option(
            "--dump-config",
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_remember,
            help="Print all options as they stand, as such a file, and do nothing else.",
        ),
    )
    decorated: Any = configured
    for option in reversed(options):
        decorated = option(decorated)
    found: F = decorated
    return found


def given(ctx: click.Context, name: str) -> bool:
    """Whether somebody gave an option: in the command line, or in a file as other than usual."""
    source = ctx.get_parameter_source(name)
    if source is click.core.ParameterSource.DEFAULT_MAP:
        usual = next(param.default for param in ctx.command.params if param.name == name)
        return bool(ctx.params[name] != usual)
    return source is not click.core.ParameterSource.DEFAULT


def key_of(parameter: click.Parameter) -> str:
    """What a parameter is called in a file: the name of the option without hyphens before it."""
    names = [name for name in parameter.opts if name.startswith("--")] or [parameter.name or ""]
    return names[0].lstrip("-")


def parameters(command: click.Command) -> dict[str, click.Parameter]:
    """The parameters of a command that can stand in a file, by their keys."""
    return {key_of(param): param for param in command.params if param.expose_value}


# Writing.


def dumped(ctx: click.Context) -> str:
    """The options of a command line as they stand, as TOML.

    Raises
    ------
    NodeError
        If a text among them is none that TOML could hold.
    """
    name = ctx.command.name
    lines = [f"# node-fit {name} --config FILE reads this; what is commented out is not given.", ""]
    lines.append(f"[{name}]")
    for key, param in parameters(ctx.command).items():
        value = _value(ctx, param)
        if value is None:
            lines.append(f"# {key} ={_default_of(param)}")
            continue
        try:
            lines.append(f"{key} = {toml_value(value)}")
        except ValueError as error:
            raise NodeError(
                f"--dump-config: {key} is {value!r}, which is no Unicode text and cannot stand in "
                "a TOML file; rename what it names."
            ) from error
    return "\n".join(lines) + "\n"


def _value(ctx: click.Context, param: click.Parameter) -> Any:
    """The value of a parameter; None for an argument that is only missed once the command runs."""
    name = param.name or ""
    filled_in = (
        name in ctx.meta[_DUMP]
        and name not in ctx.meta.get(_FILE, {})
        and ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP
    )
    value = None if filled_in else ctx.params.get(name)
    told = getattr(param.type, "told", None)
    return value if value is None or told is None else told(value)


def _default_of(param: click.Parameter) -> str:
    if not isinstance(param, ArgumentOption) or param.name is None:
        return ""
    return f"  [default: {shown_default(param.name)}]"


def _remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        missed = {p.name: "" for p in ctx.command.params if isinstance(p, click.Argument)}
        ctx.meta[_DUMP] = set(missed)
        ctx.default_map = {**missed, **(ctx.default_map or {})}


# Reading.


def _read(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        found = _options(ctx, value, _table(ctx, value))
        ctx.meta[_FILE] = found
        ctx.default_map = {**(ctx.default_map or {}), **found}


def _table(ctx: click.Context, path: str) -> dict[str, Any]:
    """The table of a command in a file; UsageError if it has none, or tables of no command."""
    tables = _parsed(path, _content(path))
    name = ctx.command.name or ""
    for found, table in tables.items():
        if found not in COMMANDS:
            _refuse(
                f"{path}: {found!r} is no table of a command{_nearest(found, COMMANDS)}; put the "
                f"options of {name} below [{name}]"
            )
        if not isinstance(table, dict):
            _refuse(f"{path}: {found!r} has to be a table; write [{found}] above its options")
    if name not in tables:
        has = ", ".join(f"[{found}]" for found in tables) or "nothing"
        _refuse(
            f"{path}: there is no table [{name}] in it, only {has}; put the options of {name} "
            f"below a line [{name}]"
        )
    table = tables[name]
    assert isinstance(table, dict)
    return table


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NodeError(f"{path}: there is no such file; check the path of --config.") from None
    except IsADirectoryError:
        raise NodeError(f"{path}: this is a folder; name a TOML file with --config.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NodeError(f"{path}: cannot be read ({reason}); name another --config.") from None
    if len(content) > LARGEST:
        _refuse(f"{path}: more than 1 MiB is no configuration; name a TOML file with --config")
    return content


def _parsed(path: str, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _refuse(f"{path}: byte {error.start + 1} is no UTF-8; save the file as UTF-8")
    except RecursionError:
        _refuse(f"{path}: lists or tables are nested too deeply; options are not nested")
    except ValueError as error:
        said = str(error).rstrip(".") or "something is wrong"
        _refuse(f"{path}: this is not TOML ({said}); correct it, as --dump-config writes it")


def _options(ctx: click.Context, path: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """The values in a table by the names of parameters, as the command line would have them."""
    known, found = parameters(ctx.command), {}
    spelt: dict[str, str] = {}
    for written, value in table.items():
        key = written.replace("_", "-")
        where = f"{path}: [{ctx.command.name}] {written}"
        if key not in known:
            _refuse(
                f"{where} is no option of {ctx.command.name}{_nearest(key, known)}; "
                "--dump-config shows them all"
            )
        if key in spelt:
            _refuse(f"{where} is also there as {spelt[key]}; leave one of the two out")
        spelt[key] = written
        param = known[key]
        text = _as_given(param, value, where)
        try:
            param.type_cast_value(ctx, text)
        except click.BadParameter as error:
            _refuse(f"{where}: {error.message.rstrip('.')}; correct it, or leave it out")
        found[param.name or ""] = text
    return found


def _as_given(param: click.Parameter, value: Any, where: str) -> Any:
    """A value of TOML as the command line would give it: text, lists of texts, or a flag."""
    if isinstance(param, click.Option) and param.is_flag:
        return value if isinstance(value, bool) else _wrong(where, value, (bool,))
    takes = _taken(param.type)
    if param.multiple:
        if isinstance(param, OneOrMore) and type(value) is not list:
            return [_text(value, takes, where)]
        if type(value) is not list:
            _wrong(where, value, (list,))
        return [_text(item, takes, where) for item in value]
    if type(value) is list and list in takes:
        return ",".join(_text(item, (str, int, float), where) for item in value)
    return _text(value, takes, where)


def _taken(kind: click.ParamType) -> tuple[type, ...]:
    """The types of TOML that a kind of value takes; our own kinds say so themselves."""
    own: tuple[type, ...] | None = getattr(kind, "takes", None)
    if own is not None:
        return own
    return next((takes for of, takes in _TAKES.items() if isinstance(kind, of)), (str,))


def _text(value: Any, takes: tuple[type, ...], where: str) -> str:
    if type(value) not in takes:
        _wrong(where, value, takes)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and "\0" in value:
        _refuse(f"{where}: the character NUL can stand in no option; take it out")
    return str(value) if isinstance(value, str | int) else repr(value)


def _wrong(where: str, value: Any, takes: tuple[type, ...]) -> NoReturn:
    *first, last = dict.fromkeys(_WORDS[kind] for kind in takes)
    wanted = f"{', '.join(first)} or {last}" if first else last
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    hint = f'; write "{value}"' if takes == (str,) and type(value) in (int, float) else ""
    _refuse(f"{where} has to be {wanted}, not {shown}{hint}")


def _nearest(word: str, words: Collection[str]) -> str:
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _refuse(sentence: str) -> NoReturn:
    raise click.UsageError(sentence + ".", click.get_current_context(silent=True))
