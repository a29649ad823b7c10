"""The smallest perturbation that makes an answer wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize
from toys import affine, curved, linear

import standalone_node as sn
from standalone_node import InverseProblem
from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.attacks.smallest import smallest_perturbation
from standalone_node.sensitivity.subject import network_of

ROWS = np.random.default_rng(5).uniform(-0.6, 0.6, (12, 4))


def _exact(network, rows, unit, bounds=None, target=None):
    """The distances to the wrong answers of a linear network, by a solver for convex problems."""
    matrix, shift = affine(network)
    low, high = bounds if bounds else (-np.inf, np.inf)
    found = []
    for row in rows:
        c = int((matrix @ row + shift).argmax())
        ways = [target] if target is not None else [k for k in range(len(shift)) if k != c]
        if target == c:
            found.append(0.0)
            continue
        best = np.inf
        for k in ways:
            against = range(len(shift)) if target is not None else [c]
            against = [j for j in against if j != k]
            a = (matrix[against] - matrix[k]) * unit
            b = (shift[k] - shift[against]) - (matrix[against] - matrix[k]) @ row
            limits = LinearConstraint(a, ub=b)
            box = list(zip((low - row) / unit, (high - row) / unit, strict=True))
            box = [(None if np.isinf(i) else i, None if np.isinf(j) else j) for i, j in box]
            solved = minimize(
                lambda u: u @ u,
                np.zeros(len(row)),
                jac=lambda u: 2 * u,
                bounds=box,
                constraints=limits,
                method="SLSQP",
                options={"ftol": 1e-14, "maxiter": 300},
            )
            if solved.success:
                best = min(best, float(np.sqrt(solved.fun)))
        found.append(best)
    return np.array(found)


def test_a_linear_network_is_wrong_beyond_the_nearest_hyperplane():
    network = linear()
    matrix, shift = affine(network)
    found = smallest_perturbation(network, ROWS)
    logits = ROWS @ matrix.T + shift
    exact = []
    for row, c in zip(logits, found.before, strict=True):
        others = [k for k in range(3) if k != c]
        exact.append(min((row[c] - row[k]) / np.linalg.norm(matrix[c] - matrix[k]) for k in others))
    np.testing.assert_allclose(found.distance, exact, rtol=1e-5)


@pytest.mark.parametrize("unit", [np.ones(4), np.array([0.5, 1.0, 2.0, 8.0])])
def test_a_linear_network_in_a_box_and_in_units_is_solved_exactly(unit):
    network, bounds = linear(), (-0.6, 0.6)
    rows = np.random.default_rng(6).uniform(-0.6, 0.6, (40, 4))
    found = smallest_perturbation(network, rows, unit=unit, bounds=bounds)
    np.testing.assert_allclose(found.distance, _exact(network, rows, unit, bounds), rtol=1e-5)
    assert (np.abs(found.perturbed) <= 0.6).all()
    active = np.abs(found.perturbed) > 0.6 - 1e-6
    assert active.any()  # or the box would not have been tested


def test_a_target_is_where_a_linear_network_ends_as_near_as_it_can():
    network = linear(classes=4, width=5)
    rows = np.random.default_rng(1).uniform(-0.8, 0.8, (12, 5))
    target = int(network.decided(network.solve(rows))[0])
    found = smallest_perturbation(network, rows, target=target)
    assert found.found.all() and (found.after == target).all()
    exact = _exact(network, rows, np.ones(5), target=target)
    assert (exact == 0.0).any() and (exact > 0.0).any()
    np.testing.assert_allclose(found.distance, exact, rtol=1e-4, atol=1e-9)


def test_what_is_found_is_misclassified_and_as_far_away_as_is_said():
    network = curved()
    found = smallest_perturbation(network, ROWS, unit=2.0)
    assert found.found.all() and found.right.all()
    answers = network.decided(network.solve(found.perturbed))
    np.testing.assert_array_equal(answers, found.after)
    assert (found.after != found.before).all()
    apart = np.linalg.norm((found.perturbed - ROWS) / 2.0, axis=1)
    np.testing.assert_array_equal(apart, found.distance)


@pytest.mark.parametrize("iterations", [1, 40])
def test_it_ends_just_behind_the_boundary(iterations):
    network = curved()
    found = smallest_perturbation(network, ROWS, max_iterations=iterations)
    before = ROWS + (1.0 - 1e-4) * (found.perturbed - ROWS)
    np.testing.assert_array_equal(network.decided(network.solve(before)), found.before)


def test_nothing_nearer_is_found_by_looking_everywhere():
    network = curved(width=3)
    rows = np.random.default_rng(2).uniform(-0.5, 0.5, (6, 3))
    found = smallest_perturbation(network, rows)
    rng = np.random.default_rng(3)
    for row, distance, c in zip(rows, found.distance, found.before, strict=True):
        moves = rng.standard_normal((20000, 3))
        radii = distance * rng.uniform(0.0, 0.999, (20000, 1)) ** (1 / 3)
        points = row + radii * moves / np.linalg.norm(moves, axis=1, keepdims=True)
        assert (network.decided(network.solve(points)) == c).all()


def test_a_row_that_is_wrong_from_the_start_is_at_distance_zero():
    network = curved()
    predicted = network.decided(network.solve(ROWS))
    y = predicted.copy()
    y[0] = (y[0] + 1) % 3
    found = smallest_perturbation(network, ROWS, y)
    assert not found.right[0] and found.distance[0] == 0.0 and found.found[0]
    np.testing.assert_array_equal(found.perturbed[0], ROWS[0])
    assert found.right[1:].all() and (found.distance[1:] > 0.0).all()


def test_where_the_box_holds_no_wrong_answer_none_is_found():
    network = linear()
    row = ROWS[:1]
    found = smallest_perturbation(network, row, bounds=(row[0] - 1e-4, row[0] + 1e-4))
    assert not found.found[0] and np.isinf(found.distance[0])
    np.testing.assert_array_equal(found.perturbed, row)
    assert found.after[0] == found.before[0]


@pytest.mark.parametrize("loss, classes", [("logistic", 1), ("squared", 2)])
def test_one_logit_and_quantities_have_hyperplanes_too(loss, classes):
    network = linear(classes=classes, loss=loss)
    matrix, shift = affine(network)
    outputs = ROWS @ matrix.T + shift
    lengths = np.linalg.norm(matrix, axis=1)
    if loss == "logistic":
        found = smallest_perturbation(network, ROWS)
        exact = np.abs(outputs[:, 0]) / lengths[0]
        assert (found.after == 1 - found.before).all()
    else:
        found = smallest_perturbation(network, ROWS, tolerance=[0.2, 0.3])
        exact = np.full(len(ROWS), (np.array([0.2, 0.3]) / lengths).min())
        np.testing.assert_allclose(found.before, outputs, atol=1e-12)
        assert (np.abs(found.after - found.before) > [0.2, 0.3]).any(axis=1).all()
    np.testing.assert_allclose(found.distance, exact, rtol=1e-5)


def test_a_problem_with_parameters_is_taken_as_its_network_is():
    problem = InverseProblem(ROWS, np.zeros((12, 2)), steps=3)
    parameters = problem.initial_parameters(seed=1)
    found = smallest_perturbation(problem, ROWS, parameters=parameters, tolerance=0.1)
    network = network_of(problem, parameters)
    changed = np.abs(network.solve(found.perturbed) - network.solve(ROWS))
    np.testing.assert_allclose(changed.max(axis=1), 0.1, rtol=1e-5)


@pytest.mark.parametrize("loss", ["cross-entropy", "squared"])
def test_an_estimator_takes_labels_and_its_own_tables(loss):
    X = np.random.default_rng(0).standard_normal((60, 3))
    y = np.where(X[:, 0] + X[:, 1] ** 2 > 0.5, "yes", "no")
    model = sn.NodeClassifier(loss=loss).fit(X, y)
    found = smallest_perturbation(model, X[:8], y[:8], unit="spread")
    labels = model.predict(found.perturbed)
    assert found.found.all() and (labels != y[:8]).all()
    aimed = smallest_perturbation(model, X[:8], y[:8], target="yes")
    assert (model.predict(aimed.perturbed) == "yes").all()


def test_single_precision_ends_behind_its_own_boundary():
    X = np.random.default_rng(0).standard_normal((60, 3))
    y = (X[:, 0] > 0.0).astype(int)
    model = sn.NodeClassifier(dtype="float32").fit(X, y)
    found = smallest_perturbation(model, X)
    assert (model.predict(found.perturbed) != model.predict(X)).all()


def test_the_same_seed_gives_the_same_bits_and_progress_ends_at_the_end():
    network, calls = curved(), []
    once = smallest_perturbation(network, ROWS, progress=lambda *done: calls.append(done))
    again = smallest_perturbation(network, ROWS)
    np.testing.assert_array_equal(once.perturbed, again.perturbed)
    assert calls[-1] == (len(ROWS), len(ROWS))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"target": 3}, "classes 0…2"),
        ({"target": 0.5}, "classes 0…2"),
        ({"tolerance": 0.1}, "tolerance = 0.1 belongs to quantities"),
        ({"bounds": (0.0, 0.1)}, "bounds: row 1 lies outside"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"restarts": -1}, "restarts"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        smallest_perturbation(curved(), ROWS, **options)


def test_a_target_is_refused_for_quantities():
    with pytest.raises(ArgumentError, match="target belongs to classes"):
        smallest_perturbation(linear(2, loss="squared"), ROWS, target=0, tolerance=0.1)
