"""The defaults of the estimators: `--help` shows them without an import of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Defaults:
    """A value for each argument of an estimator; `NodeClassifier` says what they mean."""

    horizon: float
    steps: int
    scheme: str
    form: str
    activation: str
    channels: str
    augment: int
    loss: str
    l2: Any  # a number or "auto"
    h1: float
    smoothing: float
    method: str
    beta: str
    rate: float | None
    batch_size: int | None
    epochs: int
    batch_iterations: int | None
    proximal: float
    max_iterations: int
    tolerance: float
    dtype: str
    threads: int | None
    memory_limit: int | str | None
    random_state: Any
    verbose: int


CLASSIFIER = Defaults(
    horizon=4.0,
    steps=3,
    scheme="midpoint",
    form="outside",
    activation="sine",
    channels="own",
    augment=0,
    loss="cross-entropy",
    l2=2e-4,
    h1=0.01,
    smoothing=1.0,
    method="ncg",
    beta="PR+",
    rate=None,
    batch_size=None,
    epochs=10,
    batch_iterations=None,
    proximal=0.0,
    max_iterations=1000,
    tolerance=5e-3,
    dtype="float64",
    threads=None,
    memory_limit=None,
    random_state=0,
    verbose=0,
)

REGRESSOR = replace(
    CLASSIFIER,
    horizon=2.0,
    steps=4,
    scheme="rk4",
    activation="tanh",
    loss="squared",
    l2="auto",
    h1=0.0,
    tolerance=3e-3,
)
