"""The bundled data sets are what scripts/make_data.py makes, byte for byte."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
NAMES = ["iris", "digits", "breast-cancer", "diabetes", "spirals", "circles"]


@pytest.fixture(scope="module")
def make_data() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_data", ROOT / "scripts" / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Header, features as floats and targets as text of one bundled file."""
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, np.array([row[:-1] for row in rows], float), np.array([r[-1] for r in rows])


def test_the_script_reproduces_every_file_byte_for_byte(
    make_data: ModuleType, tmp_path: Path
) -> None:
    made = make_data.write_all(tmp_path)
    assert [path.name for path in made] == [*(f"{name}.csv" for name in NAMES), "SHA256SUMS"]
    for path in made:
        assert path.read_bytes() == (DATA / path.name).read_bytes(), path.name


def test_another_seed_gives_other_points(
    make_data: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make_data.spirals()
    monkeypatch.setattr(make_data, "SEED", make_data.SEED + 7)
    assert make_data.spirals() != before


def test_every_csv_file_is_listed_with_its_checksum() -> None:
    listed = dict(
        reversed(line.split("  ")) for line in (DATA / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DATA.glob("*.csv")
    }
    assert listed == found


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("iris", load_iris),
        ("digits", load_digits),
        ("breast-cancer", load_breast_cancer),
        ("diabetes", lambda: load_diabetes(scaled=False)),
    ],
)
def test_a_real_data_set_holds_the_values_of_its_source(name: str, load) -> None:  # type: ignore[no-untyped-def]
    _, features, targets = read(name)
    bunch = load()
    # Old releases of scikit-learn read a few diabetes values with an error in the last bit.
    np.testing.assert_allclose(features, bunch.data, rtol=1e-15, atol=0.0)
    if name == "diabetes":
        assert np.array_equal(targets.astype(float), bunch.target)
    elif name == "digits":
        assert np.array_equal(targets.astype(int), bunch.target)
    else:
        assert np.array_equal(targets, bunch.target_names[bunch.target])


@pytest.mark.parametrize(
    ("name", "regularisation", "gamma"), [("spirals", 10.0, 10.0), ("circles", 1.0, 1.0)]
)
def test_a_synthetic_set_can_be_separated_but_not_by_a_line(
    name: str, regularisation: float, gamma: float
) -> None:
    _, features, targets = read(name)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)

    def accuracy(machine: SVC) -> float:
        model = make_pipeline(StandardScaler(), machine)
        return float(cross_val_score(model, features, targets, cv=folds).mean())

    assert accuracy(SVC(C=regularisation, gamma=gamma)) >= 0.98
    assert accuracy(SVC(kernel="linear")) <= 0.75
