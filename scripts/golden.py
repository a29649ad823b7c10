"""Write the golden files of this version: small models, and what they predict.

Run it once for every version that is released, ``python scripts/golden.py``, and commit what it
writes below ``tests/golden/VERSION/``: a model file NAME.npz for each case, and beside it NAME.json
with rows and what the model makes of them. A test loads them all, those of every version there is,
and holds the predictions against these. Files that are there are never overwritten: a promise that
is rewritten when it is broken is none.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import standalone_node as sn
from standalone_node import __version__
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import fit, prepare

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden"
#: The table: a case, and its settings beside ITERATIONS.
CASES: Mapping[str, Mapping[str, Any]] = {
    "classifier-of-a-table": {},
    "regressor-of-a-table": {"l2": 1e-3},
    "classifier": {"form": "inside", "activation": "tanh", "channels": "shared", "augment": 1},
    "logistic": {"loss": "logistic"},
    "regressor": {"l2": 1e-3},
    "adaptive-grid": {"scheme": "dopri5", "rtol": 1e-3},
    "galerkin": {"weights": "galerkin", "basis": "legendre", "modes": 3, "steps": 6},
    "bottleneck": {"form": "bottleneck", "inner": 3},
    "reversible": {"reversible": True},
    "float32": {"dtype": "float32"},
}
ITERATIONS = 8


def rows() -> pd.DataFrame:
    """Twenty-four rows with a number, a category, two classes and a quantity."""
    number = np.linspace(-1.0, 2.0, 24)
    return pd.DataFrame(
        {
            "length": number.round(3),
            "colour": ["red", "blue", "green"] * 8,
            "kind": np.where(np.sin(3.0 * number) > 0.2, "rose", "tulip"),
            "price": (np.cos(2.0 * number) + 0.1 * number).round(4),
        }
    )


def of_a_table(name: str, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A model of the table with its schema, and what it says to the columns it reads."""
    table, target = rows(), "kind" if name.startswith("classifier") else "price"
    other = "price" if target == "kind" else "kind"
    prepared = prepare(Table.from_frame(table), target, ignore=(other,))
    model = fit(prepared, {"max_iterations": ITERATIONS, **settings}).estimator
    inputs = table[["length", "colour"]]
    return model, {"columns": inputs.to_dict("list"), **said(model, inputs)}


def of_arrays(name: str, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A model of two columns of numbers, and what it says to them."""
    table = rows()
    inputs = np.column_stack([table["length"], np.arange(24.0) % 5])
    model: Any
    if name == "regressor":
        model = sn.NodeRegressor(max_iterations=ITERATIONS, **settings).fit(inputs, table["price"])
    else:
        model = sn.NodeClassifier(max_iterations=ITERATIONS, **settings).fit(inputs, table["kind"])
    return model, {"rows": inputs.tolist(), **said(model, inputs)}


def said(model: Any, inputs: Any) -> dict[str, Any]:
    """What a model predicts: labels, and the numbers they are told by."""
    numbers = model.decision_function if hasattr(model, "classes_") else model.predict
    return {"predicted": model.predict(inputs).tolist(), "numbers": numbers(inputs).tolist()}


def write(name: str, folder: Path) -> None:
    """Write a case: the model, and the rows with what it says to them."""
    make = of_a_table if name.endswith("of-a-table") else of_arrays
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the few iterations are meant
        model, facts = make(name, CASES[name])
    sn.save(model, folder / f"{name}.npz")
    (folder / f"{name}.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")


def main() -> int:
    """Write all cases that are not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / __version__)
    folder = parser.parse_args().folder
    there = [name for name in CASES if (folder / f"{name}.npz").exists()]
    if there:
        print(
            f"{folder}: {', '.join(there)} are there already and are not overwritten: golden files "
            "of a version are written once; raise the version first.",
            file=sys.stderr,
        )
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        write(name, folder)
        print(folder / f"{name}.npz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
