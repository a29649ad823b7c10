"""`--class-weight`: how it is written, and what becomes of it."""

from __future__ import annotations

from typing import Any

import click
import pytest
from flowers import QUICK, Run

import standalone_node as sn
from standalone_node.cli.kinds import ClassWeight

KIND = ClassWeight()


@pytest.mark.parametrize(
    "text, value",
    [
        ("balanced", "balanced"),
        ("yes=3,no=0.5", {"yes": 3.0, "no": 0.5}),
        ("yes=3, no=1", {"yes": 3.0, "no": 1.0}),
        ("a=b=2", {"a=b": 2.0}),
        ('"Paris, Texas=2",Rome=1', {"Paris, Texas": 2.0, "Rome": 1.0}),
        ('"two\nlines=2"', {"two\nlines": 2.0}),
    ],
)
def test_what_is_written_is_what_is_meant_and_is_written_so_again(text: str, value: Any) -> None:
    assert KIND.convert(text, None, None) == value
    assert KIND.convert(KIND.told(value), None, None) == value


@pytest.mark.parametrize(
    "text, words",
    [
        ("even", "'even' is no class with its weight"),
        ("yes=many", "'yes=many'"),
        ("yes=-1", "'yes=-1'"),
        ("yes=nan", "'yes=nan'"),
        ("=2", "'=2'"),
        ("yes=1,yes=2", "'yes' is there twice"),
        ("", "needed"),
        ("two\nlines=2", "told apart"),
    ],
)
def test_what_is_no_weight_is_named(text: str, words: str) -> None:
    with pytest.raises(click.BadParameter, match=words):
        KIND.convert(text, None, None)


def test_a_class_that_there_is_not_is_wrong_usage(run: Run) -> None:
    fit = ("fit", "flowers.csv", "--target", "kind", *QUICK)
    result = run(*fit, "--class-weight", "rose=2,daisy=1")
    assert result.exit_code == 2
    assert "'daisy'" in result.stderr and "'rose', 'tulip'" in result.stderr


def test_quantities_have_no_classes_to_weigh(run: Run) -> None:
    result = run("fit", "flowers.csv", "--target", "length", "--class-weight", "balanced", *QUICK)
    assert result.exit_code == 2
    assert "--class-weight" in result.stderr and "quantities" in result.stderr


def test_it_can_stand_in_a_file_as_the_command_dumps_it(run: Run) -> None:
    fit = ("fit", "flowers.csv", "--target", "kind", *QUICK)
    dumped = run(*fit, "--class-weight", "rose=2.5", "--dump-config")
    assert 'class-weight = "rose=2.5"' in dumped.stdout
    with open("fit.toml", "w") as file:
        file.write(dumped.stdout)
    result = run("fit", "--config", "fit.toml")
    assert result.exit_code == 0, result.stderr
    assert sn.load("flowers.node.npz").class_weight == {"rose": 2.5}
