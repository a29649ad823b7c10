"""A model of every version there was keeps loading, and predicts what it predicted then."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node import __version__

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
MODELS = sorted(FOLDER.glob("*/*.npz"))
sys.path.insert(0, str(ROOT / "scripts"))
golden: Any = importlib.import_module("golden")


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_golden_model_loads_and_predicts_what_it_predicted(path: Path) -> None:
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model: Any = sn.load(path)
    inputs = pd.DataFrame(facts["columns"]) if "columns" in facts else np.array(facts["rows"])
    told = model.decision_function if hasattr(model, "classes_") else model.predict
    numbers = np.array(facts["numbers"])
    # In single precision another processor may round another way.
    bound = 1e-12 if model.dtype == "float64" else 1e-5
    np.testing.assert_allclose(told(inputs), numbers, rtol=0.0, atol=bound * np.abs(numbers).max())
    if hasattr(model, "classes_"):
        assert model.predict(inputs).tolist() == facts["predicted"]


def test_a_golden_model_is_written_again_as_it_would_be_today(tmp_path: Path) -> None:
    for path in MODELS:
        sn.save(sn.load(path), tmp_path / "again")
        assert sn.load(tmp_path / "again").get_params() == sn.load(path).get_params()
        np.testing.assert_array_equal(
            sn.load(tmp_path / "again").parameters_.values, sn.load(path).parameters_.values
        )


def test_this_version_has_its_golden_models() -> None:
    assert {path.stem for path in (FOLDER / __version__).glob("*.npz")} == set(golden.CASES)


def test_golden_models_are_never_overwritten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logistic.npz").write_bytes(b"the one and only")
    monkeypatch.setattr(sys, "argv", ["golden.py", "--folder", str(tmp_path)])
    assert golden.main() == 1
    assert "logistic are there already" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["logistic.npz"]


def test_golden_models_are_made_again_from_the_script(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["golden.py", "--folder", str(tmp_path / "new")])
    assert golden.main() == 0
    assert {path.stem for path in (tmp_path / "new").glob("*.npz")} == set(golden.CASES)
