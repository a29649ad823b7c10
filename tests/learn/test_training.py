"""Every argument of an estimator means something to the fit, and what it fits predicts alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import standalone_node as sn
from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn import training
from standalone_node.learn.model_state import estimator_of, state_of
from standalone_node.learn.validation import held_out

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 2))
LABELS = (np.hypot(*POINTS.T) > 1.1).astype(int)

#: Arguments that change the network, what is learnt of it, or how.
CHOICES: dict[str, dict[str, Any]] = {
    "bottleneck": {"form": "bottleneck", "inner": 5},
    "mean field": {"form": "mean-field", "inner": 7, "h1": 0.01},
    "constant": {"weights": "constant"},
    "series by default": {"weights": "galerkin"},
    "series": {"weights": "galerkin", "basis": "fourier", "modes": 3},
    "evolving": {"weights": "evolving", "modes": 3},
    "chosen time grid": {"scheme": "dopri5", "rtol": 1e-4},
    "reversible": {"reversible": True},
    "coupled": {"reversible": 0.9, "scheme": "rk4"},
    "by levels": {"continuation": (2, 3), "steps": 6},
    "chosen length": {"smoothing": "auto"},
    "Hager-Zhang": {"line_search": "approximate-wolfe", "beta": "HZ", "restart": 5},
    "second order": {"method": "gauss-newton"},
    "early stopping": {"validation_share": 0.25, "patience": 20, "tolerance": 1e-6},
}


def fitted(**arguments: Any) -> sn.NodeClassifier:
    """A classifier of the points, after some iterations."""
    return sn.NodeClassifier(**{"max_iterations": 25, **arguments}).fit(POINTS, LABELS)


@pytest.fixture(scope="module")
def usual() -> Any:
    """What the default predicts."""
    return fitted().decision_function(POINTS)


@pytest.mark.parametrize("choice", CHOICES)
def test_it_learns_and_differs_from_the_default(choice: str, usual: Any) -> None:
    model = fitted(**CHOICES[choice])
    assert model.score(POINTS, LABELS) > 0.75
    assert not np.array_equal(model.decision_function(POINTS), usual)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_model_from_a_file_predicts_the_same_bits(choice: str, tmp_path: Path) -> None:
    model = fitted(**CHOICES[choice])
    sn.save(model, tmp_path / "m.npz")
    again = sn.load(tmp_path / "m.npz")
    assert np.array_equal(again.decision_function(POINTS), model.decision_function(POINTS))


def test_a_chosen_time_grid_is_kept_for_prediction() -> None:
    model = fitted(scheme="dopri5", rtol=1e-6, steps=2)
    assert model.times_.size > 3 and model.parameters_.times.size == 3
    problem, _ = sn.NodeClassifier(scheme="dopri5", rtol=1e-6, steps=2).inverse_problem(
        POINTS, LABELS
    )
    final = problem.solve_direct(model.parameters_)[-1]
    rows = model.scaling_.undo(problem.inputs[:, 2:])
    assert np.allclose(model.decision_function(rows), final[:, 1] - final[:, 0], atol=1e-4)


@pytest.mark.parametrize(
    "spoil", [lambda grid: 0.5 * grid, lambda grid: grid[::-1], lambda grid: grid[1:]]
)
def test_a_time_grid_that_does_not_fit_is_refused(spoil: Any) -> None:
    facts, arrays = state_of(fitted(scheme="dopri5", rtol=1e-3))
    arrays["grid"] = spoil(arrays["grid"])
    with pytest.raises(ModelFileError, match="time grid"):
        estimator_of(facts, arrays)


def test_early_stopping_keeps_the_parameters_of_the_lowest_validation_loss() -> None:
    noisy = LABELS ^ (np.random.default_rng(1).uniform(size=60) < 0.2)
    model = sn.NodeClassifier(
        validation_share=0.3, patience=5, l2=0.0, h1=0.0, tolerance=0.0, max_iterations=200
    ).fit(POINTS, noisy)
    scores = model.result_.history["score"]
    assert model.result_.reason == "validation" and model.result_.success
    assert scores.argmax() == len(scores) - 6
    assert model.result_.cost == model.result_.history["cost"][scores.argmax()]


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic", "squared"])
def test_every_class_is_trained_on_and_validated_on_alike(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Any] = []

    def seen(*given: Any) -> Any:
        held.append(held_out(*given)[1])
        return held_out(*given)

    monkeypatch.setattr(training, "held_out", seen)
    labels = (np.arange(60) < 12).astype(int)
    sn.NodeClassifier(loss=loss, validation_share=0.5, max_iterations=2).fit(POINTS, labels)
    assert labels[held[0]].sum() == 6


def test_the_levels_of_a_continuation_stand_in_the_history() -> None:
    levels = fitted(continuation=[2, 3], steps=6).result_.history["level"]
    assert list(dict.fromkeys(levels.tolist())) == [2.0, 3.0, 6.0]


def test_a_time_limit_ends_a_fit() -> None:
    with pytest.warns(ConvergenceWarning, match="time limit"):
        assert fitted(time_limit=0.0).result_.reason == "time"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "inner": ({"inner": 4}, "inner = 4 means nothing"),
    "basis": ({"basis": "fourier"}, "basis = 'fourier' is for weights='galerkin'"),
    "modes": ({"weights": "constant", "modes": 2}, "modes = 2 is for"),
    "weights": ({"weights": "some"}, "some"),
    "patience": ({"patience": 3}, "validation_share, too"),
    "share": ({"validation_share": 1.5}, "validation_share = 1.5"),
    "levels": ({"continuation": (4, 2)}, "increasing whole numbers"),
    "finer levels": ({"continuation": (2, 4)}, "more than the 3 intervals.*raise steps"),
    "time": ({"time_limit": "long"}, "time_limit = 'long'"),
    "scheme": ({"rtol": 1e-3}, "midpoint"),
    "coupling": ({"reversible": 2.0}, "reversible = 2.0"),
    "beta": ({"method": "lbfgs", "beta": "FR"}, "has no beta"),
    "smoothing": ({"smoothing": "much"}, "smoothing = 'much'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_ignored_or_cannot_be_is_refused(name: str) -> None:
    arguments, sentence = REFUSED[name]
    with pytest.raises(ArgumentError, match=sentence):
        fitted(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [("validation_share", 0.2), ("continuation", (2, 4)), ("continuation", np.array([2, 4]))],
)
def test_a_part_of_the_rows_has_no_levels_and_no_validation(name: str, value: Any) -> None:
    model = sn.NodeClassifier(**{name: value})
    with pytest.raises(ArgumentError, match=name):
        model.partial_fit(POINTS, LABELS, classes=[0, 1])


def test_two_layers_do_not_start_beside_the_saddle_where_nothing_is_learnt() -> None:
    one, two = (
        sn.NodeClassifier(form=form).inverse_problem(POINTS, LABELS)[1]
        for form in ("outside", "bottleneck")
    )
    assert np.abs(two.values).mean() > 2.0 * np.abs(one.values).mean()
