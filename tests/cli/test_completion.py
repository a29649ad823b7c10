"""What a shell is told when somebody presses the tabulator."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete
from flowers import Run

from standalone_node.cli.completion import HEADER, header_of
from standalone_node.cli.fit import command as fit
from standalone_node.cli.main import COMMANDS, main


def asked(*words: str) -> list[CompletionItem]:
    """What completes the last of these words."""
    return ShellComplete(main, {}, "node-fit", "_").get_completions(list(words[:-1]), words[-1])


def values(*words: str) -> list[str]:
    return [item.value for item in asked(*words)]


def test_commands_and_options_are_completed() -> None:
    assert values("") == list(COMMANDS)
    assert values("pre") == ["predict"]
    assert values("fit", "--test") == ["--test-share", "--test"]


@pytest.mark.parametrize("option", ["--target", "--ignore", "--group", "--time"])
def test_columns_are_those_of_the_file(folder: Path, option: str) -> None:
    assert values("fit", "flowers.csv", option, "") == ["length", "width", "kind"]
    assert values("fit", "flowers.csv", "--steps", "3", option, "k") == ["kind"]
    assert values("compare", "flowers.csv", option, "w") == ["width"]
    assert values("fit", option, "") == []
    assert values("fit", "none.csv", option, "") == []


def test_the_values_of_options_are_completed() -> None:
    assert values("fit", "x.csv", "--beta", "H") == ["HS+", "HS-DY", "HZ"]
    assert values("fit", "x.csv", "--missing", "") == ["error", "drop", "impute"]
    assert values("compare", "x.csv", "--methods", "adam,l") == ["adam,l2-ncg", "adam,lbfgs"]
    assert values("demo", "ci") == ["circles"]
    assert values("fit", "x.csv", "--class-weight", "") == ["balanced"]
    assert values("fit", "x.csv", "--class-weight", "a=") == []


def test_a_command_that_is_completed_stays_as_it_is() -> None:
    before = [param.type for param in fit.params]
    assert values("fit", "x.csv", "--missing", "d") == ["drop"]
    assert [param.type for param in fit.params] == before


def test_a_column_of_dates_is_completed_up_to_its_format(folder: Path) -> None:
    assert values("fit", "flowers.csv", "--date", "") == ["length=", "width=", "kind="]
    assert values("fit", "flowers.csv", "--date", "k") == ["kind="]


@pytest.mark.parametrize(
    "words, kind",
    [
        (("fit", ""), "file"),
        (("fit", "x.csv", "--start", ""), "file"),
        (("fit", "x.csv", "--report", ""), "dir"),
        (("predict", "m.npz", ""), "file"),
        (("sensitivity", "m.npz", "x.csv", "-o", ""), "dir"),
    ],
)
def test_files_and_folders_are_left_to_the_shell(words: tuple[str, ...], kind: str) -> None:
    assert [item.type for item in asked(*words)] == [kind]


@pytest.mark.parametrize(
    "content",
    [
        b"length;width;kind\n1,5;2;a\n",
        b"\xef\xbb\xbflength,width,kind\n",
        gzip.compress(b"length,width,kind\n1,2,a\n", mtime=0),
        b"length,width,kind\n" + b"1.25,2.25,a\n" * (HEADER // 8),
        b'"length","width","kind"',
    ],
    ids=["semicolons", "byte order mark", "gzip", "long", "quotes"],
)
def test_the_header_is_found_in_the_beginning_of_a_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    assert header_of(str(tmp_path / "data.csv")) == ["length", "width", "kind"]


def test_where_there_is_no_header_there_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_bytes(b"")
    (tmp_path / "bad.csv").write_bytes(b"\x1f\x8bno gzip")
    for name in ("no.csv", "bad.csv", "absent.csv"):
        assert header_of(str(tmp_path / name)) == []
    (tmp_path / "a.csv").write_text("a:b\n")
    assert header_of(str(tmp_path / "a.csv"), ":") == ["a", "b"]
    assert header_of(str(tmp_path / "a.csv"), "::") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_every_shell_asks_node_fit(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_NODE_FIT_COMPLETE={shell}_complete" in result.stdout


def test_no_other_shell_is_known(run: Run) -> None:
    assert run("completion", "csh").exit_code == 2


#: In place of readline: the words as bash would have cut them, and what it would be told.
_ASK = """
compopt() { echo "$2"; }
ask() {
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
    _node_fit_completion node-fit
    printf '[%s]' "${COMPREPLY[@]}"; echo
}
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_is_told_names_as_it_wants_them(folder: Path, run: Run) -> None:
    (folder / "odd.csv").write_text('petal length,a*b,"x,y",kind\n1,2,3,a\n')
    (folder / "node-fit").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m standalone_node.cli "$@"\n'
    )
    (folder / "node-fit").chmod(0o755)
    lines = (
        "ask node-fit fit odd.csv --target ''",
        "ask node-fit fit odd.csv --target 'petal\\ l'",
        "ask node-fit fit odd.csv --target '\"petal l'",
        "ask node-fit fit odd.csv --target = k",
        "ask node-fit fit ''",
    )
    script = "\n".join((run("completion", "bash").stdout, _ASK, *lines))
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join((str(folder), os.environ["PATH"]))
    found = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [
        r"[petal\ length][a\*b][x,y][kind]",
        r"[petal\ length]",
        "[petal length]",
        "[kind]",
        "default",
        "[]",
    ]


def test_a_shell_that_asks_waits_for_neither_numpy_nor_pandas(folder: Path) -> None:
    asks = {
        "COMP_WORDS": "node-fit\nfit\nflowers.csv\n--target\nk",
        "COMP_CWORD": "4",
        "_NODE_FIT_COMPLETE": "bash_complete",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    code = (
        "import sys\nfrom standalone_node.cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted({'numpy', 'pandas', 'numba', 'sklearn'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asks},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["plain,kind", "[]"]
