"""A fit has the same bits on any number of threads, repeated, and whatever is kept in memory."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import standalone_node as sn

RNG = np.random.default_rng(3)
#: Rows and targets: states of 5 components, some of them tiles with a rest, and of 65.
DATA = {width: RNG.normal(size=(330 if width == 5 else 150, width - 2)) for width in (5, 65)}

#: Fits whose state is made by different means.
FITS: dict[str, dict[str, Any]] = {
    "ncg": {},
    "ncg, checked by Wolfe": {"line_search": "wolfe"},
    "lbfgs": {"method": "lbfgs"},
    "gauss-newton": {"method": "gauss-newton", "max_iterations": 1},
    "adam": {"method": "adam"},
    "sgd": {"method": "sgd"},
    "batches": {"batch_size": 70, "epochs": 1, "batch_iterations": 2},
    "batches of adam": {"method": "adam", "batch_size": 70, "epochs": 1},
    "a chosen time grid": {"scheme": "dopri5", "rtol": 1e-2, "max_iterations": 2},
    "a reversible scheme": {"reversible": True},
    "single precision": {"dtype": "float32"},
    "an inner layer": {"form": "bottleneck"},
    "a series in depth": {"weights": "galerkin", "modes": 2},
    "evolving weights": {"weights": "evolving", "modes": 2, "max_iterations": 2},
    "constant weights": {"weights": "constant"},
    "early stopping": {"validation_share": 0.2},
    "continuation": {"continuation": (1, 2)},
}
SLOW_WHEN_WIDE = {"a chosen time grid", "gauss-newton", "an inner layer"}
CASES = [
    (name, width) for name in FITS for width in DATA if width == 5 or name not in SLOW_WHEN_WIDE
]


def bits(name: str, width: int, **options: Any) -> bytes:
    """The parameters of a fit, and what it predicts."""
    rows = DATA[width]
    labels = (rows[:, 0] * rows[:, 1] > 0.0).astype(int)
    usual = {"steps": 2, "max_iterations": 3, "l2": 1e-3}
    estimator = sn.NodeClassifier(**{**usual, **FITS[name], **options})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(rows, labels)
    assert estimator.width_ == width
    return estimator.parameters_.values.tobytes() + estimator.predict_proba(rows).tobytes()


@pytest.mark.usefixtures("many_hands")
@pytest.mark.parametrize("name, width", CASES)
def test_a_fit_has_the_same_bits(name: str, width: int) -> None:
    one = bits(name, width, threads=1)
    assert bits(name, width, threads=1) == one, "repeated"
    for threads in (2, 3):
        assert bits(name, width, threads=threads) == one, f"{threads} threads"
    for limit in (1, "300 KB"):
        assert bits(name, width, threads=2, memory_limit=limit) == one, f"memory {limit}"


def test_the_bits_tell_fits_apart() -> None:
    assert bits("ncg", 5, threads=1) != bits("ncg", 5, threads=1, random_state=1)
