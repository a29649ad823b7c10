"""The group of commands: help, version, and what stands in the help of each."""

from __future__ import annotations

import inspect
from typing import Any

import click
import pytest
from click.testing import CliRunner

from standalone_node import __version__
from standalone_node.cli.arguments import ARGUMENTS
from standalone_node.cli.failures import Terminated, failure
from standalone_node.cli.main import COMMANDS, main
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import as_options, shown_default
from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.defaults import WHERE
from standalone_node.learn.estimators import NodeClassifier, NodeRegressor


def helped(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments, "--help"], terminal_width=200)
    assert result.exit_code == 0
    return result.stdout


def test_help_lists_every_command_with_what_its_own_help_says() -> None:
    text = helped()
    for name, about in COMMANDS.items():
        assert about in text
        command = main.get_command(click.Context(main), name)
        assert command is not None and command.name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str) -> None:
    assert f"node-fit {name}" in helped(name).split("Examples:")[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_explained(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None and command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert len(option.help or "") > 1, option.opts
            assert set(option.opts) & set(helped(name).replace(",", " ").split()), option.opts


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_of_the_help_is_wider_than_a_terminal(name: str) -> None:
    text = CliRunner().invoke(main, [*filter(None, [name]), "--help"], terminal_width=80).output
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_no_command_at_all_is_wrong_usage_that_shows_the_help() -> None:
    result = CliRunner().invoke(main, [])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.rstrip() == CliRunner().invoke(main, ["--help"]).stdout.rstrip()


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"node-fit {__version__}\n")


@pytest.mark.parametrize("estimator", [NodeClassifier, NodeRegressor])
def test_every_argument_of_the_estimators_is_an_option_with_its_default(estimator: Any) -> None:
    parameters = inspect.signature(estimator).parameters
    own = [argument for argument in ARGUMENTS if argument.name in parameters]
    assert {argument.name for argument in own} == set(parameters) - {
        "random_state",
        "verbose",
        "warm_start",
        *WHERE,
    }
    # Classes have weights, quantities have none.
    others = {argument.name for argument in ARGUMENTS if argument not in own}
    assert others == ({"class_weight"} if estimator is NodeRegressor else set())
    text = " ".join(helped("fit").split())
    for argument in own:
        assert f"{argument.flag} " in text
        default = parameters[argument.name].default
        nothing = {
            "threads": "all processors",
            "memory_limit": "a sixteenth",
            "rate": "0.3 of sgd",
            "batch_size": "all rows",
            "batch_iterations": "6, of sgd and adam 1",
            "rtol": "fixed steps",
            "atol": "rtol",
            "inner": "twice the width",
            "basis": "legendre",
            "modes": "8, no more than",
            "restart": "never",
            "continuation": "none",
            "patience": "20",
            "time_limit": "none",
            "class_weight": "all weigh 1",
        }
        expected = nothing[argument.name] if default is None else str(default)
        expected = "no" if default is False else expected
        assert expected in shown_default(argument.name)
        assert f"[default: {shown_default(argument.name)}]" in text


@pytest.mark.parametrize("estimator", [NodeClassifier, NodeRegressor])
def test_the_default_of_seed_is_that_of_the_estimators(estimator: Any) -> None:
    command = main.get_command(click.Context(main), "fit")
    assert command is not None
    (seed,) = (parameter for parameter in command.params if parameter.name == "seed")
    assert seed.default == inspect.signature(estimator).parameters["random_state"].default


@pytest.mark.parametrize(
    "raised, code",
    [
        (DataError("bad"), 1),
        (ArgumentError("bad"), 2),
        (click.UsageError("bad"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (Terminated(), 143),
        (BrokenPipeError(), 141),
        (MemoryError(), 1),
        (ZeroDivisionError("division by zero"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_exception_has_its_exit_code(raised: BaseException, code: int) -> None:
    assert failure(raised).code == code


def test_the_unforeseen_is_one_sentence_that_asks_for_debug(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("standalone_node.learn.bundled.data_set", lambda name: broken())
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in result.stderr and "--debug" in result.stderr
    debugged = CliRunner().invoke(main, ["demo", "--debug"])
    assert debugged.exit_code == 1
    assert "Traceback" in debugged.stderr and "in broken" in debugged.stderr


def test_a_sentence_about_arguments_becomes_one_about_options() -> None:
    assert as_options("horizon = -1.0 has to be positive") == "--horizon -1.0 has to be positive"
    assert as_options("raise max_iterations to go on") == "raise --max-iterations to go on"
    assert as_options("--max-iterations 3") == "--max-iterations 3"
    assert as_options("the steps of a scheme") == "the steps of a scheme"


def test_warnings_are_said_once_at_the_end_and_only_those_for_users(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import warnings

    messages = Messages()
    with messages.catching(str.upper):
        for category in (UserWarning, UserWarning, RuntimeWarning, DeprecationWarning):
            warnings.warn("mind\nthe gap", category, stacklevel=1)
        assert capsys.readouterr().err == ""
    assert capsys.readouterr().err == "warning: MIND THE GAP.\n"
    assert messages.warnings == ["MIND\nTHE GAP"]
