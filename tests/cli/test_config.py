"""Options from a file: what is dumped is read again, and what else stands in a file is named."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flowers import FLOWERS, HEADER, QUICK, Run
from hypothesis import given, settings
from hypothesis import strategies as st

from standalone_node.cli import main as group
from standalone_node.cli.config import COMMANDS, parameters
from standalone_node.cli.main import main
from standalone_node.cli.toml_text import toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
#: Something for each kind of value there is.
SAMPLES = {
    "class=weight,...": ["balanced", "yes=3,no=0.5", '"a, ""b""=1",c=d=1e300'],
    "integer": ["3", "0"],
    "integer range": ["100", "4000000000"],
    "float range": ["2", "0.5", "1e-07"],
    "float": ["2.5", "1e-300", "inf", "nan", "-0.0", "7"],
    "text": ["", "a", "a \"b\" \\ 'c'", "ü\t\r\n\x01\x7f\u2028", "# [fit]", "-"],
    "number|auto": ["auto", "1e-3"],
    "yes|no|number": ["yes", "no", "0.5"],
    "n,n,...": ["4,8,16", "4"],
    "questions": ["jacobian,noise"],
    "names": ["adam,sgd"],
    "unit": ["spread", "16"],
    "box": ["data", "0,16.5"],
}


def command_of(name: str) -> click.Command:
    command: click.Command = import_module(f"standalone_node.cli.{name}").command
    return command


def samples(param: click.Parameter) -> list[str]:
    if isinstance(param.type, click.Choice):
        return [str(choice) for choice in param.type.choices]
    names = getattr(param.type, "names", None)
    return list(names()) if names else SAMPLES[param.type.name]


def options(param: click.Parameter, text: str) -> list[str]:
    if isinstance(param, click.Argument):
        return [text] if text != "-" else ["--", text]
    if isinstance(param, click.Option) and param.is_flag:
        return [param.opts[-1]]
    return [f"{param.opts[-1]}={text}"]


def dump(command: str, *arguments: str) -> str:
    result = CliRunner().invoke(main, [command, "--dump-config", *arguments])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout_bytes.decode()


def refused(result: Result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.stderr
    (error,) = (line for line in result.stderr.splitlines() if line.startswith("error: "))
    for word in words:
        assert word in error, error


def test_the_commands_that_take_a_file_say_so() -> None:
    for name in group.COMMANDS:
        has = "--config" in [opt for param in command_of(name).params for opt in param.opts]
        assert has == (name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_with_any_value_comes_back_from_its_dump(name: str, tmp_path: Path) -> None:
    place = str(tmp_path / "config.toml")
    for key, param in parameters(command_of(name)).items():
        texts = [""] if isinstance(param, click.Option) and param.is_flag else samples(param)
        for text in texts:
            if isinstance(param, click.Argument) and not text:
                continue  # no file has this name
            positional = [] if isinstance(param, click.Argument) else ["x.csv"]
            if key == "data" and name in ("predict", "evaluate", "sensitivity"):
                positional = ["m.npz"]
            first = dump(name, *positional, *options(param, text))
            assert f"\n{key} = " in first
            Path(place).write_text(first, encoding="utf-8", newline="")
            assert dump(name, "--config", place) == first


@settings(max_examples=60)
@given(ignored=st.lists(TEXTS, max_size=4), target=TEXTS, share=st.floats(), seed=st.integers(0, 9))
def test_a_dump_that_is_read_is_dumped_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    ignored: list[str],
    target: str,
    share: float,
    seed: int,
) -> None:
    place = tmp_path_factory.mktemp("dump") / "config.toml"
    lists = [f"--ignore={name}" for name in ignored]
    numbers = [f"--test-share={share!r}", f"--seed={seed}"]
    first = dump("fit", "data.csv", f"--target={target}", *lists, *numbers)
    place.write_bytes(first.encode())
    assert dump("fit", "--config", str(place)) == first
    read = tomllib.loads(first)["fit"]
    assert read["ignore"] == ignored and read["target"] == target and read["seed"] == seed


@given(st.lists(TEXTS), st.text(), st.floats(allow_nan=False), st.integers(), st.booleans())
def test_a_value_is_written_as_toml_reads_it(
    texts: list[str], text: str, number: float, whole: int, truth: bool
) -> None:
    values = (tuple(texts), number, whole, truth)
    for value in values:
        read = tomllib.loads(f"x = {toml_value(value)}")["x"]
        assert (tuple(read) if isinstance(read, list) else read) == value
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(ValueError, match="surrogates"):
            toml_value(text)


def test_a_fit_from_a_file_is_the_fit_of_its_command_line(run: Run, folder: Path) -> None:
    fit = ("fit", "flowers.csv", "--target", "kind", *QUICK)
    assert run(*fit, "-o", "a.npz").exit_code == 0
    (folder / "fit.toml").write_text(run(*fit, "--dump-config").stdout)
    assert run("fit", "--config", "fit.toml", "-o", "b.npz").exit_code == 0
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


def test_the_command_line_wins(run: Run, folder: Path) -> None:
    (folder / "c.toml").write_text(
        '[fit]\ndata = "nowhere.csv"\ntarget = "kind"\nmax_iterations = 5\nsteps = 2\n'
        'quiet = true\ntest-share = 0.5\nignore = ["length"]\ntime_limit = 9\n'
    )
    result = run("fit", "flowers.csv", "--config", "c.toml", "--max-iterations", "3", "--json")
    facts = json.loads(result.stdout)
    assert facts["settings"]["max_iterations"] == 3
    assert facts["settings"]["steps"] == 2
    assert facts["settings"]["time_limit"] == 9.0
    assert facts["rows"]["test"] == 12 and facts["features"] == 1


def test_dumping_does_nothing_else(run: Run, folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert run("fit", "--dump-config").exit_code == 0
    assert run("fit", "flowers.csv", "--target", "kind", "--dump-config").exit_code == 0
    assert sorted(folder.iterdir()) == before


def test_predict_evaluate_and_compare_take_a_file(run: Run, model: str, folder: Path) -> None:
    (folder / "c.toml").write_text(
        f'[predict]\nmodel = "{model}"\ndata = "flowers.csv"\noutput = "out.csv"\n'
        f'[evaluate]\nmodel = "{model}"\njson = true\n'
        '[compare]\ntarget = "kind"\nmethods = ["sobolev-ncg", "adam"]\nmax-sweeps = 20\n'
        '[sensitivity]\nbox = [0, 1.5]\nunit = 2\nonly = ["jacobian"]\n'
    )
    assert run("predict", "--config", "c.toml").exit_code == 0
    assert (folder / "out.csv").exists()
    assert "scores" in run("evaluate", "--config", "c.toml", model, "flowers.csv").stdout
    dumped = tomllib.loads(run("sensitivity", "--config", "c.toml", "--dump-config").stdout)
    assert dumped["sensitivity"]["box"] == [0.0, 1.5]
    assert dumped["sensitivity"]["unit"] == 2.0
    compared = tomllib.loads(run("compare", "--config", "c.toml", "--dump-config").stdout)
    assert compared["compare"]["methods"] == ["sobolev-ncg", "adam"]


FILES = {
    "no TOML": ("[fit\n", ["not TOML", "line 1"]),
    "no UTF-8": (b"[fit]\nx = '\xff'\n", ["byte 12", "UTF-8"]),
    "nothing": ("", ["no table [fit]"]),
    "another table": ("[predict]\n", ["no table [fit]", "only [predict]"]),
    "a table of no command": ("[fitt]\n", ["'fitt' is no table", "did you mean fit?"]),
    "no table at all": ("steps = 3\n", ["'steps' is no table", "below [fit]"]),
    "a value for a table": ("fit = 3\n", ["'fit' has to be a table"]),
    "an unknown key": ("[fit]\nstep = 3\n", ["[fit] step is no option", "mean steps?"]),
    "a key of the command line": ("[fit]\nconfig = 'x'\n", ["[fit] config is no option"]),
    "twice": ("[fit]\ntest-share = 0.1\ntest_share = 0.1\n", ["also there as test-share"]),
    "a text for a number": ("[fit]\nsteps = '3'\n", ["steps has to be a whole number", "'3'"]),
    "a share of a number": ("[fit]\nsteps = 3.5\n", ["steps has to be a whole number", "3.5"]),
    "a truth for a number": ("[fit]\nsteps = true\n", ["steps has to be a whole number", "True"]),
    "a number for a text": ("[fit]\ntarget = 3\n", ["target has to be a text", 'write "3"']),
    "a number for a flag": ("[fit]\nquiet = 1\n", ["quiet has to be true or false"]),
    "a text for a list": ("[fit]\nignore = 'a'\n", ["ignore has to be a list"]),
    "numbers in a list": ("[fit]\nignore = [1]\n", ["ignore has to be a text"]),
    "a list of lists": ("[fit]\ncontinuation = [[1]]\n", ["continuation has to be a text"]),
    "a day": ("[fit]\nhorizon = 1979-05-27\n", ["horizon has to be"]),
    "a table for a value": ("[fit]\n[fit.steps]\na = 1\n", ["steps has to be a whole number"]),
    "no choice": ("[fit]\nscheme = 'rk5'\n", ["[fit] scheme", "'rk5' is none of", "rk4"]),
    "no number": ("[fit]\nl2 = 'much'\n", ["[fit] l2", "'much'"]),
    "beyond the range": ("[fit]\ntest-share = 2\n", ["--test-share 2"]),
    "too large a number": (f"[fit]\nsteps = {'9' * 5000}\n", ["not TOML"]),
    "nested": ("[fit]\nx = " + "[" * 50_000, ["nested too deeply"]),
    "NUL": ('[fit]\ndata = "a\\u0000b"\n', ["[fit] data", "NUL"]),
    "too large": ("# " + "x" * 2**20, ["1 MiB"]),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_wrong_in_a_file_is_named(run: Run, folder: Path, case: str) -> None:
    content, words = FILES[case]
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "c.toml").write_bytes(data)
    result = run("fit", "flowers.csv", "--target", "kind", "--config", "c.toml", *QUICK)
    refused(result, 2, *words)
    assert case == "beyond the range" or "c.toml" in result.stderr


def test_a_file_that_cannot_be_read_is_named(run: Run) -> None:
    refused(run("fit", "--config", "nowhere.toml"), 1, "nowhere.toml", "no such file")
    refused(run("fit", "--config", "."), 1, ".: this is a folder")


def test_a_text_that_toml_cannot_hold_is_named(run: Run) -> None:
    refused(run("fit", "a\udcff.csv", "--dump-config"), 1, "data is 'a\\udcff.csv'", "Unicode")


def test_a_share_from_a_dump_does_not_contradict_a_file_of_held_out_rows(
    run: Run, folder: Path
) -> None:
    (folder / "test.csv").write_text(HEADER + FLOWERS)
    fit = ("fit", "flowers.csv", "--target", "kind", "--test", "test.csv", *QUICK)
    (folder / "c.toml").write_text(run(*fit, "--dump-config").stdout)
    assert run("fit", "--config", "c.toml").exit_code == 0
    (folder / "c.toml").write_text('[fit]\ntest-share = 0.3\ntest = "test.csv"\n')
    refused(run("fit", "flowers.csv", "--config", "c.toml"), 2, "--test", "--test-share")
