"""`node-fit fit` beyond this process: what is asked for, what is refused, what is written."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flowers import Run

from standalone_node.cli.options import as_options
from standalone_node.engines.local import Local
from standalone_node.engines.opening import ENGINES, TIMEOUT
from standalone_node.engines.quiet import quiet_dask
from standalone_node.errors import ClusterError
from standalone_node.report import installation

FIT = ("fit", "flowers.csv", "--target", "kind", "--max-iterations", "20")
DASK = ("--engine", "dask")


class Cluster(Local):
    """Stands for a cluster, which is lost after so many questions."""

    name = "dask"

    def __init__(self, questions: float = float("inf")) -> None:
        self._left = questions
        self.closed = False

    def each(self, work: Callable[..., Any], placed: list[Any], *arguments: Any) -> list[Any]:
        self._left -= 1
        if self._left < 0:
            raise ClusterError("the scheduler at tcp://host:8786 is lost: start it again.")
        return super().each(work, placed, *arguments)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What a cluster is opened with: a client, a number of workers, a time-out."""
    found: list[tuple[Any, ...]] = []

    def opened(*given: Any) -> Local:
        found.append(given)
        return Cluster()

    monkeypatch.setitem(ENGINES, "dask", opened)
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as found:
        yield found.scheduler_address


# What is written.


def test_a_cluster_that_is_named_fits_the_same_model(run: Run, folder: Path, cluster: str) -> None:
    here = run(*FIT, "-o", "here.npz")
    there = run(*FIT, "-o", "there.npz", *DASK, "--scheduler", cluster)
    assert there.exit_code == 0, there.stderr
    assert f"note: 2 workers of {cluster}, dashboard http://" in there.stderr
    assert (folder / "there.npz").read_bytes() == (folder / "here.npz").read_bytes()
    assert (
        there.stdout.replace("there.npz", "here.npz").split("seconds")[0]
        == (here.stdout.split("seconds")[0])
    )


def test_folds_on_a_cluster_are_scored_the_same(run: Run, folder: Path, cluster: str) -> None:
    fit = (*FIT[:-1], "5", "--cv", "3", "--json", "-o", "model.npz")
    facts = []
    for where in ((), (*DASK, "--scheduler", cluster)):
        result = run(*fit, *where)
        assert result.exit_code == 0, result.stderr
        for fold in ("Fold 1 of 3", "Fold 2 of 3", "Fold 3 of 3"):
            assert fold in result.stderr
        facts.append((timeless(json.loads(result.stdout)), (folder / "model.npz").read_bytes()))
    assert facts[0] == facts[1] and "folds" in str(facts[0][0])


def timeless(facts: Any) -> Any:
    """What a fit tells of itself, without what the clock said."""
    if isinstance(facts, dict):
        return {name: timeless(of) for name, of in facts.items() if "seconds" not in name}
    return [timeless(of) for of in facts] if isinstance(facts, list) else facts


def test_folds_and_a_refit_and_a_start_run_there_as_well(
    run: Run, folder: Path, asked: list[tuple[Any, ...]]
) -> None:
    run(*FIT)
    for more in (("--cv", "2", "--refit"), ("--start", "flowers.node.npz")):
        models = []
        for where in ((), DASK):
            result = run(*FIT, *more, *where, "-o", "again.npz")
            assert result.exit_code == 0, result.stderr
            models.append((folder / "again.npz").read_bytes())
        assert models[0] == models[1]
    assert len(asked) == 2, "one cluster a command"


# What is opened, and said of it.


@pytest.mark.parametrize(
    "options, opened, said",
    [
        (("--workers", "3"), (None, 3, TIMEOUT), "starting 3 worker processes on this machine."),
        (("--workers", "1"), (None, 1, TIMEOUT), "starting 1 worker process on this machine."),
        (("--timeout", "7"), (None, None, 7.0), "on this machine."),
    ],
)
def test_options_reach_the_cluster(
    run: Run,
    asked: list[tuple[Any, ...]],
    options: tuple[str, ...],
    opened: tuple[Any, ...],
    said: str,
) -> None:
    result = run(*FIT, *DASK, *options)
    assert result.exit_code == 0, result.stderr
    assert asked == [opened]
    assert said in result.stderr
    assert "starting" not in run(*FIT, *DASK, "-q").stderr


def test_options_of_a_cluster_can_stand_in_a_file(
    run: Run, folder: Path, asked: list[tuple[Any, ...]]
) -> None:
    dumped = run(*FIT, *DASK, "--workers", "2", "--dump-config").stdout
    assert 'engine = "dask"' in dumped and "workers = 2" in dumped and "# scheduler =" in dumped
    (folder / "fit.toml").write_text(dumped)
    assert run("fit", "--config", "fit.toml").exit_code == 0
    assert asked == [(None, 2, TIMEOUT)]


def test_help_has_a_section_with_the_defaults(run: Run) -> None:
    text = " ".join(run("fit", "--help").stdout.split())
    section = text.split("Beyond one machine:")[1].split("Interruptions:")[0]
    for flag in ("--engine [local|dask]", "--scheduler ADDRESS", "--workers N", "--timeout"):
        assert flag in section
    assert "[default: local]" in section and f"[default: {TIMEOUT:g}]" in section


# What is refused, and how a fit ends that has no cluster any more.


@pytest.mark.parametrize(
    "options, words",
    [
        (("--scheduler", "tcp://host:8786"), ("--scheduler", "add --engine dask")),
        (("--workers", "2"), ("--workers", "add --engine dask")),
        (("--timeout", "2"), ("--timeout", "add --engine dask")),
        ((*DASK, "--workers", "2", "--scheduler", "tcp://host:8786"), ("leave one of the two",)),
        (("--engine", "ray"), ("'ray' is none of local, dask",)),
        ((*DASK, "--workers", "0"), ("--workers",)),
        ((*DASK, "--timeout", "0"), ("--timeout",)),
        ((*DASK, "--rtol", "0.01"), ("--rtol 0.01", "give steps")),
        ((*DASK, "--batch-size", "4"), ("--batch-size 4", "leave it out")),
        ((*DASK, "--chunked", "yes"), ("--engine", "--chunked no")),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(
    run: Run, asked: list[tuple[Any, ...]], options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    result = run(*FIT, *options)
    assert result.exit_code == 2, result.stderr
    (sentence,) = (line for line in result.stderr.splitlines() if line.startswith("error: "))
    for word in words:
        assert word in sentence
    assert asked == [], "nothing is opened for a fit that cannot be"


def test_without_dask_it_is_said_what_to_install(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run(*FIT, *DASK)
    assert result.exit_code == 1
    assert "pip install 'standalone-node[dask]'" in result.stderr
    assert not (folder / "flowers.node.npz").exists()


def test_a_scheduler_that_does_not_answer_is_named(run: Run, folder: Path) -> None:
    pytest.importorskip("distributed")
    result = run(*FIT, *DASK, "--scheduler", "tcp://127.0.0.1:9", "--timeout", "0.5")
    assert result.exit_code == 1
    assert "tcp://127.0.0.1:9" in result.stderr and "Traceback" not in result.stderr
    assert not (folder / "flowers.node.npz").exists()


def test_a_fit_that_loses_its_cluster_goes_on_from_its_checkpoint(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Cluster(questions=40)
    monkeypatch.setitem(ENGINES, "dask", lambda *given: engine)
    keeping = ("--tolerance", "0", "--checkpoint", "kept", "--every", "2")
    result = run(*FIT, *DASK, *keeping)
    assert result.exit_code == 1 and engine.closed
    (sentence,) = (line for line in result.stderr.splitlines() if line.startswith("error: "))
    assert "is lost: start it again. Then the same command with --resume goes on from kept." in (
        sentence
    )
    assert run(*FIT, *keeping, "--resume").exit_code == 0
    resumed = (folder / "flowers.node.npz").read_bytes()
    run(*FIT, "--tolerance", "0")
    assert (folder / "flowers.node.npz").read_bytes() == resumed


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "dask", lambda *given: Cluster(questions=1))
    result = run(*FIT, *DASK)
    assert result.exit_code == 1 and "--resume" not in result.stderr


def test_arguments_are_named_as_options() -> None:
    said = as_options("engine = 'dask' needs more than client = 'a:1', or time with timeout.")
    assert said == "--engine 'dask' needs more than --scheduler 'a:1', or time with --timeout."


# What there is to say of the installation.


def test_doctor_tells_what_a_cluster_would_need(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        installation, "optional_versions", lambda: {"dask": "2026.1.0", "distributed": None}
    )
    shown = run("doctor").stdout
    assert "2026.1.0" in shown
    assert "not there: pip install 'standalone-node[dask]'" in shown


def test_what_dask_logs_is_kept_back_also_by_loggers_with_levels_of_their_own() -> None:
    pytest.importorskip("distributed")
    client = logging.getLogger("distributed.client")
    before = client.level
    assert before != logging.NOTSET
    with quiet_dask():
        assert not client.isEnabledFor(logging.ERROR)
    assert client.level == before
