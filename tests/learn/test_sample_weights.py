"""A weight of 2 is the row twice, 0 its absence, the order of rows nothing, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import standalone_node as sn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 2))
X[40:50] = X[:10]  # some rows are there twice as they are, some with other targets
CLASSES = (X[:, 0] * X[:, 1] > 0.0).astype(int) + (X[:, 0] > 1.0)
CLASSES[45:50] = 2 - CLASSES[:5]
QUANTITIES = np.column_stack([np.sin(2.0 * X[:, 0]), 1e3 * X[:, 1]])
TIMES = RNG.integers(0, 4, 60)

SHORT: dict[str, Any] = {"max_iterations": 6}
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "held-out rows": {"validation_share": 0.3, "patience": 2},
    "batches": {"batch_size": 10, "epochs": 2},
    "balanced classes": {"class_weight": "balanced"},
    "given class weights": {"class_weight": {0: 3.0, 2: 0.0}},
    "growing depth": {"continuation": (1, 2)},
    "a chosen time grid": {"rtol": 1e-2, "scheme": "bs3"},
    "single precision": {"dtype": "float32"},
    "adam": {"method": "adam", "batch_size": 7, "epochs": 2},
}
REGRESSORS: dict[str, dict[str, Any]] = {
    "chosen penalty": {"l2": "auto"},
    "held-out rows": {"l2": 1e-3, "validation_share": 0.3},
    "batches": {"l2": 1e-3, "batch_size": 10, "epochs": 2},
    "growing depth": {"l2": 1e-3, "continuation": (1, 2), "loss": "huber"},
}
MODELS = [
    *(pytest.param(sn.NodeClassifier(**SHORT | c), CLASSES, id=n) for n, c in CLASSIFIERS.items()),
    *(
        pytest.param(sn.NodeRegressor(**SHORT | c), QUANTITIES, id=f"quantities, {n}")
        for n, c in REGRESSORS.items()
    ),
]


def bits(model: Any, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> bytes:
    """What is learnt, with the scaling of the inputs."""
    model.fit(X, y, sample_weight=weights)
    return bytes(model.parameters_.values.tobytes() + model.scaling_.mean.tobytes())


@pytest.mark.parametrize("model, y", MODELS)
def test_weights_are_repetitions_and_the_order_of_rows_is_nothing(
    model: Any, y: np.ndarray
) -> None:
    weighted = bits(model, X, y, TIMES)
    repeated, targets = np.repeat(X, TIMES, axis=0), np.repeat(y, TIMES, axis=0)
    shuffled = np.random.default_rng(0).permutation(len(repeated))
    assert bits(model, repeated[shuffled], targets[shuffled]) == weighted
    assert bits(model, X, y, TIMES * 0.5**30) == weighted
    assert bits(model, X, y) != weighted


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_parts_as_well(kind: str) -> None:
    def learnt(rows: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        if kind == "classifier":
            model: Any = sn.NodeClassifier(batch_iterations=3)
            model.partial_fit(X[rows], CLASSES[rows], classes=[0, 1, 2], sample_weight=weights)
        else:
            model = sn.NodeRegressor(batch_iterations=3, l2=0.01)
            model.partial_fit(X[rows], QUANTITIES[rows], sample_weight=weights)
        return np.asarray(model.parameters_.values)

    everything = np.arange(60)
    repeated = RNG.permutation(np.repeat(everything, TIMES))
    assert np.array_equal(learnt(everything, TIMES), learnt(repeated, None))
    assert not np.array_equal(learnt(everything, TIMES), learnt(everything, None))


def test_a_class_that_weighs_nothing_is_none() -> None:
    kept = CLASSES != 1
    model = sn.NodeClassifier(**SHORT).fit(X, CLASSES, sample_weight=kept)
    alone = sn.NodeClassifier(**SHORT).fit(X[kept], CLASSES[kept])
    assert model.classes_.tolist() == alone.classes_.tolist() == [0, 2]
    assert np.array_equal(model.predict_proba(X), alone.predict_proba(X))
    with pytest.raises(ValueError, match="one class only"):
        model.fit(X, CLASSES, sample_weight=CLASSES == 1)


def test_equal_rows_are_on_one_side_of_every_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    from standalone_node.learn import penalty_choice

    seen: list[int] = []

    def watched(error: Any, samples: int, *rest: Any, **named: Any) -> tuple[float, dict[Any, Any]]:
        seen.append(samples)
        return 0.1, {}

    monkeypatch.setattr(penalty_choice, "chosen_l2", watched)
    twice = np.vstack([X, X]), np.vstack([QUANTITIES, QUANTITIES])
    sn.NodeRegressor(**SHORT).fit(*twice)
    assert seen == [len(np.unique(np.hstack([X, QUANTITIES]), axis=0))]


def test_the_scale_of_weights_is_nothing_however_large() -> None:
    one, huge = (
        sn.NodeClassifier(**SHORT).fit(X, CLASSES, sample_weight=TIMES * unit).predict_proba(X)
        for unit in (1.0, 2.0**1020)
    )
    assert np.array_equal(one, huge)


def test_rows_that_weigh_nothing_are_no_rows_of_the_problem() -> None:
    problem, _ = sn.NodeClassifier().inverse_problem(X, CLASSES, sample_weight=TIMES)
    contents = np.unique(np.column_stack([X, CLASSES])[TIMES > 0], axis=0)
    assert problem.samples == len(contents)
    assert problem.sample_weight.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("model, y", [MODELS[0], MODELS[2], MODELS[3], MODELS[9]])
def test_a_common_factor_of_the_weights_is_nothing(model: Any, y: np.ndarray) -> None:
    expected = bits(model, X, y, TIMES)
    for factor in (0.1, 0.7, 1e-3):
        assert bits(model, X, y, TIMES * factor) == expected
    repeated = np.repeat(X, TIMES, axis=0), np.repeat(y, TIMES, axis=0)
    assert bits(model, *repeated, np.full(TIMES.sum(), 0.1)) == expected
    fractions = np.random.default_rng(1).random(60)
    five = np.repeat(X, 5, axis=0), np.repeat(y, 5, axis=0), np.repeat(fractions / 5, 5)
    assert bits(model, *five) == bits(model, X, y, fractions)


@pytest.mark.parametrize("settings", [{"l2": "auto"}, {"l2": 0.01, "validation_share": 0.3}])
def test_beside_the_penalty_chosen_rows_weigh_what_all_rows_do(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from standalone_node.learn import training

    means: list[float] = []
    minimise = training.minimize

    def watched(problem: Any, *rest: Any, **named: Any) -> Any:
        means.append(problem.sample_weight.mean())
        return minimise(problem, *rest, **named)

    monkeypatch.setattr(training, "minimize", watched)
    weights = np.where(np.arange(60) < 30, 1e-3, 1.0)
    sn.NodeRegressor(max_iterations=1, **settings).fit(X, QUANTITIES, sample_weight=weights)
    assert means and means == pytest.approx([1.0] * len(means), rel=1e-12)


@pytest.mark.parametrize("model, y", [MODELS[0], MODELS[-1]])
@pytest.mark.parametrize("wrong", [np.zeros(60), np.full(60, -1.0), np.ones(59)])
def test_a_fit_that_fails_leaves_the_model_as_it_was(
    model: Any, y: np.ndarray, wrong: np.ndarray
) -> None:
    model.fit(X, y)
    before, expected = dict(model.__dict__), model.predict(X)
    wide = np.hstack([X, X])
    for method in (model.fit, model.inverse_problem):
        with pytest.raises(ValueError, match=r"[Ww]eight|[Nn]egative"):
            method(wide, y, sample_weight=wrong)
        assert model.__dict__ == before
    assert np.array_equal(model.predict(X), expected)
    first = type(model)(**model.get_params()).set_params(continuation=None)
    more = {"classes": [0, 1, 2]} if isinstance(model, sn.NodeClassifier) else {}
    with pytest.raises(ValueError, match=r"[Ww]eight|[Nn]egative"):
        first.partial_fit(X, y, sample_weight=wrong, **more)
    assert set(first.__dict__) == set(first.get_params())
