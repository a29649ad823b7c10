"""The defaults of the estimators: `--help` shows them without an import of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

#: Arguments that say where a fit runs. They change no bit of it, and are in no file.
WHERE = ("engine", "client")


@dataclass(frozen=True)
class Defaults:
    """A value for each argument of an estimator; `NodeClassifier` says what they mean."""

    horizon: float
    steps: int
    scheme: str
    rtol: float | None
    atol: float | None
    reversible: bool | float
    form: str
    inner: int | None
    activation: str
    weights: str
    basis: str | None
    modes: int | None
    channels: str
    augment: int
    loss: str
    l2: Any  # a number or "auto"
    h1: float
    smoothing: Any  # a number or "auto"
    method: str
    beta: str
    line_search: str
    restart: int | None
    rate: float | None
    batch_size: int | None
    epochs: int
    batch_iterations: int | None
    proximal: float
    continuation: Any  # None or increasing numbers of layers
    validation_share: float
    patience: int | None
    max_iterations: int
    tolerance: float
    time_limit: float | None
    dtype: str
    threads: int | None
    memory_limit: int | str | None
    engine: Any  # "local", "dask" or an Engine
    client: Any  # a distributed.Client, the address of a scheduler, or None
    random_state: Any
    warm_start: bool
    verbose: int


@dataclass(frozen=True)
class ClassifierDefaults(Defaults):
    """With what only a classifier has."""

    class_weight: Any = None  # None, "balanced" or numbers by label


CLASSIFIER = ClassifierDefaults(
    horizon=4.0,
    steps=3,
    scheme="midpoint",
    rtol=None,
    atol=None,
    reversible=False,
    form="outside",
    inner=None,
    activation="sine",
    weights="free",
    basis=None,
    modes=None,
    channels="own",
    augment=0,
    loss="cross-entropy",
    l2=2e-4,
    h1=0.01,
    smoothing=1.0,
    method="ncg",
    beta="PR+",
    line_search="sensitivity",
    restart=None,
    rate=None,
    batch_size=None,
    epochs=10,
    batch_iterations=None,
    proximal=0.0,
    continuation=None,
    validation_share=0.0,
    patience=None,
    max_iterations=1000,
    tolerance=5e-3,
    time_limit=None,
    dtype="float64",
    threads=None,
    memory_limit=None,
    engine="local",
    client=None,
    random_state=0,
    warm_start=False,
    verbose=0,
)

REGRESSOR = Defaults(
    **{field.name: getattr(CLASSIFIER, field.name) for field in fields(Defaults)}
    | {
        "horizon": 2.0,
        "steps": 4,
        "scheme": "rk4",
        "activation": "tanh",
        "loss": "squared",
        "l2": "auto",
        "h1": 0.0,
        "tolerance": 3e-3,
    }
)
