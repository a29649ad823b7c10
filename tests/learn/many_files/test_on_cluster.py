"""Many files on a cluster of processes: the same model as in this process, whatever happens."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from many import in_files, waves

from standalone_node.engines.local import Local
from standalone_node.errors import DataError
from standalone_node.learn.many_files.prepared import FilesPrepared, prepare_files
from standalone_node.learn.model_file import model_bytes
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import fit

pytest.importorskip("distributed")

QUICK = {"max_iterations": 5, "steps": 3, "l2": 0.01}

pytestmark = pytest.mark.filterwarnings("ignore:not converged")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes of one thread each."""
    from standalone_node.engines.opening import opened

    with opened("dask", workers=2) as engine:
        yield engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files, one without rows."""
    place = tmp_path_factory.mktemp("rows") / "parts"
    in_files(Table.from_frame(waves(600)), place, [200, 200, 260, 450])
    return place


def files_of(folder: Path, engine: Any, **options: Any) -> FilesPrepared:
    options = {"target": "y", "ignore": ["side"], **options}
    return prepare_files(f"{folder}/*.csv", engine=engine, **options)


@pytest.fixture(scope="module")
def here(folder: Path) -> bytes:
    """The model that is fitted in this process."""
    return model_bytes(fit(files_of(folder, Local()), QUICK).estimator)


def test_the_model_is_that_of_this_process(cluster: Any, folder: Path, here: bytes) -> None:
    told: list[tuple[int, int]] = []
    prepared = files_of(folder, cluster, tell=lambda words, done, count: told.append((done, count)))
    assert model_bytes(fit(prepared, QUICK).estimator) == here
    assert [done for done, _ in told] == [1, 2, 3, 4, 5, 0]
    assert prepared.warnings == ()


def test_an_error_comes_back_with_file_and_row(cluster: Any, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "part-03.csv").open("a") as file:
        file.write("0.5,0.25,red,much,up\n")
    with pytest.raises(DataError, match=r"row 191 \(line 192\) of \S*part-03.csv, column 'y'"):
        files_of(tmp_path, cluster, task="regression")


def test_more_workers_than_files_are_told_of(cluster: Any, folder: Path) -> None:
    prepared = prepare_files(folder / "part-00.csv", "y", ignore=["side"], engine=cluster)
    (warning,) = prepared.warnings
    assert "there are 2 workers for 1 file, " in warning


def test_a_worker_that_is_killed_takes_no_rows_with_it(
    cluster: Any, folder: Path, here: bytes
) -> None:
    prepared = files_of(folder, cluster)

    def kill(iteration: Any) -> None:
        if iteration.nit == 2:
            address, pid = min(cluster.client.run(os.getpid).items())
            os.kill(pid, signal.SIGKILL)
            while address in cluster.workers():
                time.sleep(0.05)

    fitted = fit(prepared, QUICK, callback=kill)
    assert model_bytes(fitted.estimator) == here
