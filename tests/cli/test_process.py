"""What only a process of its own shows: imports, signals, pipes, terminals and colours."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flowers import FLOWERS, HEADER, QUICK

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "scipy", "numba", "pandas", "sklearn", "matplotlib", "rich", "jinja2")
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")},
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with flowers.csv."""
    (tmp_path / "flowers.csv").write_text(HEADER + FLOWERS)
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "standalone_node.cli", *arguments]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(option: str) -> None:
    code = (
        "import sys\n"
        "from standalone_node.cli.main import main\n"
        "try:\n"
        f"    main([{option!r}])\n"
        "finally:\n"
        f"    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert "node-fit" in done.stdout


def test_the_help_of_fit_shows_defaults_and_names_without_what_a_fit_needs() -> None:
    code = (
        "import sys\n"
        "from standalone_node.cli.main import main\n"
        "try:\n"
        "    main(['fit', '--help'])\n"
        "finally:\n"
        f"    print([name for name in {HEAVY[2:]} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert "leaky-relu" in done.stdout and "[default: " in done.stdout


def test_a_process_ends_with_the_exit_code_and_without_a_traceback(place: Path) -> None:
    done = subprocess.run(
        command("fit", "flowers.csv", "--target", "knid"),
        cwd=place, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        "error: flowers.csv: there is no target column 'knid'; did you mean 'kind'?\n"
    )


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_fit_leaves_its_checkpoint_and_nothing_half_written(
    place: Path, number: signal.Signals, code: int
) -> None:
    endless = ("--tolerance", "0", "--max-iterations", "100000000", "--steps", "200")
    process = subprocess.Popen(
        command("fit", "flowers.csv", "--target", "kind", *endless),
        cwd=place, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[:1] == ["0"]:  # the first iteration is done
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == "" and "Traceback" not in err
    assert re.search(r"^error: (interrupted|terminated); the same command with --resume", err, re.M)
    names = ["flowers.csv", "flowers.node.npz.checkpoint"]
    assert sorted(path.name for path in place.iterdir()) == names
    kept = [path.name for path in (place / names[1]).iterdir()]
    assert sorted(kept) == [".lock", "checkpoint-000001.node"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_enough_ends_the_command_silently(place: Path, unbuffered: str) -> None:
    rows = "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(4000))
    (place / "many.csv").write_text("x,z,y\n" + rows)
    fit = command("fit", "many.csv", "--target", "y", *QUICK, "-q", "-o", "m")
    subprocess.run(fit, cwd=place, env=ENVIRONMENT, capture_output=True, check=True)
    process = subprocess.Popen(
        command("predict", "m", "many.csv"),
        cwd=place, env={**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="needs pseudo-terminals")
@pytest.mark.parametrize("coloured", [True, False])
def test_a_terminal_sees_a_live_table_and_colours_unless_told_not_to(
    place: Path, coloured: bool
) -> None:
    shown = in_a_terminal(place, {} if coloured else {"NO_COLOR": "1"})
    assert "\x1b[?25l" in shown and shown.count("\x1b[?25h") >= 1  # the cursor goes and comes back
    colours = {code for code in re.findall(r"\x1b\[([0-9;]*)m", shown) if re.search("3[0-7]", code)}
    assert bool(colours) == coloured
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "gradient norm" in text and "held-out accuracy" in text
    assert max(len(line.split("\r")[-1]) for line in text.replace("\r\n", "\n").split("\n")) <= 80


def in_a_terminal(place: Path, extra: dict[str, str]) -> str:
    """What a terminal of 80 columns receives from a fit."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen(
        command("fit", "flowers.csv", "--target", "kind", "--tolerance", "0.5"),
        cwd=place, env={**ENVIRONMENT, "TERM": "xterm-256color", **extra},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    data = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        data += chunk
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return data.decode()
