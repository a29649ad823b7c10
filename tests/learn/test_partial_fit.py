"""Fitting by batches: those of `fit`, and those that are handed over one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from standalone_node import (
    Batches,
    InverseProblem,
    NodeClassifier,
    NodeRegressor,
    Penalty,
    Sobolev,
    load,
    minimize,
    save,
)
from standalone_node.errors import ArgumentError
from standalone_node.learn.canonical import canonical

X, Y = load_iris(return_X_y=True)
SPECIES = np.array(["setosa", "versicolor", "virginica"])[Y]
XR, YR = (part[:80] for part in load_diabetes(return_X_y=True))


def order(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(len(X))


def test_batches_learn_the_flowers() -> None:
    model = NodeClassifier(batch_size=30, epochs=5, batch_iterations=3, random_state=4).fit(X, Y)
    assert model.score(X, Y) > 0.94
    assert model.n_iter_ == 5 and model.result_.reason == "epochs"


def test_parts_learn_the_flowers_without_ever_seeing_all() -> None:
    model = NodeClassifier()
    for epoch in range(5):
        for index in np.array_split(order(epoch), 5):
            model.partial_fit(X[index], SPECIES[index], classes=SPECIES)
    assert model.score(X, SPECIES) > 0.94
    assert set(model.predict(X)) <= set(SPECIES)


def test_a_part_is_a_batch() -> None:
    index = order(0)[:40]
    settings: dict[str, Any] = {"batch_iterations": 3, "proximal": 0.1, "smoothing": 0.5}
    model = NodeClassifier(**settings).partial_fit(X[index], Y[index], classes=[0, 1, 2])
    rows, targets, weights = canonical(X[index], Y[index], np.ones(40))
    problem = InverseProblem(
        np.hstack([np.zeros((40, 3)), model.scaling_.apply(rows)]),
        targets,
        outputs=3,
        loss="cross-entropy",
        penalty=Penalty(l2=2e-4 * np.sqrt(7.0), h1=0.01),
        **{name: getattr(model, name) for name in ("horizon", "steps", "scheme", "form")},
        activation=model.activation,
    )
    assert (weights == 1.0).all()
    batches = Batches(size=40, epochs=1, iterations=3, proximal=0.1)
    start = problem.initial_parameters(seed=0, scale=0.1 / np.sqrt(7.0))
    for _ in range(2):
        found = minimize(problem, start, metric=Sobolev(0.5), batches=batches)
        assert np.array_equal(model.parameters_.values, found.parameters.values)
        model.partial_fit(X[index], Y[index])  # goes on from there
        start = found.parameters


def test_the_scaling_is_that_of_the_first_rows() -> None:
    model = NodeClassifier().partial_fit(X[::3], Y[::3], classes=[0, 1, 2])
    mean = model.scaling_.mean
    assert np.allclose(mean, X[::3].mean(axis=0))
    assert model.partial_fit(X[1::3] + 1.0, Y[1::3]).scaling_.mean is mean
    targets = NodeRegressor(l2=0.1).partial_fit(XR[:40], YR[:40])
    assert np.allclose(targets.partial_fit(XR[40:], YR[40:]).target_scaling_.mean, YR[:40].mean())


def test_a_fit_can_be_continued() -> None:
    model = NodeClassifier(tolerance=0.3).fit(X, SPECIES)
    before, scaling = model.result_.cost, model.scaling_
    model.partial_fit(X, SPECIES)
    assert model.scaling_ is scaling and model.result_.cost < before


def test_a_model_from_a_file_can_be_continued(tmp_path: Path) -> None:
    model = NodeRegressor().partial_fit(XR[:40], YR[:40])
    assert model.l2_ in model.l2_errors_  # chosen on the first rows
    save(model, tmp_path / "model.npz")
    again = load(tmp_path / "model.npz").partial_fit(XR[40:], YR[40:])
    straight = model.partial_fit(XR[40:], YR[40:])
    assert again.l2_ == straight.l2_
    assert np.array_equal(again.predict(XR), straight.predict(XR))


def test_quantities_are_learnt_part_by_part() -> None:
    model, x = NodeRegressor(l2=1e-3), np.linspace(-2.0, 2.0, 90)[:, None]
    y = x[:, 0] + 0.3 * x[:, 0] ** 2
    for epoch in range(4):
        for index in np.array_split(np.random.default_rng(epoch).permutation(90), 3):
            model.partial_fit(x[index], y[index])
    assert model.score(x, y) > 0.9 and model.predict(x).shape == (90,)


def test_weights_of_nothing_are_rows_that_are_not_there() -> None:
    weights = np.ones(60)
    weights[::4] = 0.0
    kept = weights > 0.0
    index = order(2)[:60]
    whole = NodeClassifier()
    whole.partial_fit(X[index], Y[index], classes=[0, 1, 2], sample_weight=weights)
    part = NodeClassifier().partial_fit(X[index][kept], Y[index][kept], [0, 1, 2])
    assert np.array_equal(whole.predict_proba(X), part.predict_proba(X))


def test_what_the_first_part_has_to_be_told() -> None:
    with pytest.raises(ArgumentError, match="classes"):
        NodeClassifier().partial_fit(X, Y)
    with pytest.raises(ArgumentError, match="one class"):
        NodeClassifier().partial_fit(X, Y, classes=[0])
    model = NodeClassifier().partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ArgumentError, match="differ"):
        model.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ArgumentError, match="7"):
        model.partial_fit(X, Y + 7)
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :2], Y)
    with pytest.raises(ArgumentError, match="columns"):
        NodeRegressor(l2=0.1).partial_fit(XR, YR).partial_fit(XR, np.column_stack([YR, YR]))


def test_adam_needs_its_memory() -> None:
    with pytest.raises(ArgumentError, match="batch_size"):
        NodeClassifier(method="adam").partial_fit(X, Y, classes=[0, 1, 2])
    model = NodeClassifier(method="sgd").partial_fit(X, Y, classes=[0, 1, 2])
    assert model.result_.history["direct"][-1] == 1.0


def test_epochs_without_batches_are_refused() -> None:
    with pytest.raises(ArgumentError, match="batch_size"):
        NodeClassifier(epochs=3).fit(X, Y)


@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_single_steps_learn_the_flowers(method: str) -> None:
    model = NodeClassifier(method=method, batch_size=30, epochs=20, rate=0.05).fit(X, Y)
    assert model.score(X, Y) > 0.94


def test_other_steps_go_on_with_the_same_function_of_depth(tmp_path: Path) -> None:
    model = NodeClassifier(steps=3, scheme="midpoint").partial_fit(X, Y, classes=[0, 1, 2])
    before = model.parameters_
    cost = model.set_params(steps=6).partial_fit(X, Y).result_.history["cost"]
    problem, _ = NodeClassifier(steps=6).inverse_problem(X, Y)
    assert cost[0] == problem.cost(before.refined(problem.depth_times))
    save(model, tmp_path / "m.npz")
    assert np.array_equal(load(tmp_path / "m.npz").predict(X), model.predict(X))


@pytest.mark.parametrize("change", [{"augment": 1}, {"channels": "shared"}, {"loss": "logistic"}])
def test_another_state_is_refused(change: dict[str, Any]) -> None:
    model = NodeClassifier().partial_fit(X[:100], Y[:100], classes=[0, 1]).set_params(**change)
    with pytest.raises(ArgumentError, match="were changed"):
        model.partial_fit(X[:100], Y[:100])
