import numpy as np
import pytest
from twins import twins

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.model.forms import form_blocks
from standalone_node.model.layers import LAYERS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.sensitivity.attacks.smallest import smallest_perturbation
from standalone_node.sensitivity.certificates.certificate import METHODS, certificate, change_bound
from standalone_node.sensitivity.subject import network_of

# Every scheme, every form with a smooth and a kinked activation, every activation.
ALL = (
    [(scheme, "inside", "tanh") for scheme in TABLEAUX]
    + [("midpoint", form, activation) for form in LAYERS for activation in ("sine", "relu")]
    + [("heun", "bottleneck", activation) for activation in ACTIVATIONS]
)


def classes(samples=12, **options):
    """A random problem of two classes, its parameters and rows."""
    pair = twins(samples=samples, loss="cross-entropy", penalised=False, **options)
    return pair.problem, pair.parameters, pair.problem.inputs


def attempts(network, rows, radius, rng):
    """Changes of length 1: random ones, axes, and along the gradient of the outputs' difference."""
    gradient = network.pull_back(network.trajectory(rows), np.tile([1.0, -1.0], (len(rows), 1)))
    others = [*rng.normal(size=(12, *rows.shape)), *(np.zeros_like(rows) + e for e in np.eye(3))]
    for d in (gradient, -gradient, *others):
        yield d * (radius / np.linalg.norm(d, axis=1))[:, None]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scheme, form, activation", ALL)
def test_no_change_within_the_radius_changes_the_answer(scheme, form, activation, method):
    problem, p, rows = classes(scheme=scheme, form=form, activation=activation)
    found, network = certificate(problem, rows, parameters=p, method=method), network_of(problem, p)
    assert (found.radius > 0.0).all()
    before, rng = network.decided(network.solve(rows)), np.random.default_rng(1)
    states = network.dynamics.states(p, rows)
    for d in attempts(network, rows, found.radius, rng):
        assert (network.decided(network.solve(rows + d)) == before).all()
        moved = np.linalg.norm(network.dynamics.states(p, rows + d) - states, axis=2)
        assert (moved <= found.growth * found.radius + 1e-12).all()


@pytest.mark.parametrize("radius", [1e-3, 0.5])
@pytest.mark.parametrize("scheme, form, activation", ALL)
def test_outputs_change_by_no_more_than_the_bound(scheme, form, activation, radius):
    problem, p, rows = classes(scheme=scheme, form=form, activation=activation)
    network, rng = network_of(problem, p), np.random.default_rng(2)
    bound, before = change_bound(problem, rows, radius, parameters=p), network.solve(rows)
    largest = np.zeros_like(bound)
    for d in attempts(network, rows, np.full(len(rows), radius), rng):
        largest = np.maximum(largest, np.abs(network.solve(rows + d) - before))
    assert (largest <= bound + 1e-13).all()
    if radius == 1e-3 and activation not in ("relu", "leaky-relu"):
        assert (bound <= 4.0 * largest + 1e-5).all()  # and is no idle bound


@pytest.mark.parametrize(
    "scheme, form",
    [(scheme, "inside") for scheme in TABLEAUX] + [("rk4", form) for form in LAYERS],
)
def test_a_linear_network_is_certified_up_to_the_hyperplane(scheme, form):
    problem, p, rows = classes(scheme=scheme, form=form, activation="identity")
    network = network_of(problem, p)
    outputs = network.solve(rows)
    gradient = network.pull_back(network.trajectory(rows), np.tile([1.0, -1.0], (len(rows), 1)))
    distance = np.abs(outputs[:, 0] - outputs[:, 1]) / np.linalg.norm(gradient, axis=1)
    found = certificate(problem, rows, parameters=p)
    np.testing.assert_allclose(found.radius, distance, rtol=1e-8)
    assert (found.radius <= distance).all()


@pytest.mark.parametrize("scheme, form, activation", ALL[::3])
def test_sharp_is_never_worse_than_gronwall(scheme, form, activation):
    problem, p, rows = classes(scheme=scheme, form=form, activation=activation)
    sharp, plain = (certificate(problem, rows, parameters=p, method=m) for m in METHODS)
    assert (sharp.radius >= plain.radius * (1.0 - 1e-9)).all()
    assert sharp.radius.mean() > 1.2 * plain.radius.mean()


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("form", ["outside", "bottleneck", "mean-field"])
def test_weights_that_fall_along_the_depth_hide_no_change(form, paired, monkeypatch):
    # Nothing moves to first order; past the kink the first stage pushes the second one far.
    if not paired:
        monkeypatch.setattr("standalone_node.sensitivity.certificates.ball.PAIRED", 0.0)
    names = {"outside": "W", "bottleneck": "W1 W2", "mean-field": "w A"}[form].split()
    inner = None if form == "outside" else 1
    blocks = {name: np.zeros((3, *shape)) for name, shape in form_blocks(form, 1, inner)}
    for name in names:
        blocks[name][:] = 1.0
    blocks[names[-1]][0] = 1000.0
    p = sn.Parameters.from_blocks(np.array([0.0, 0.5, 1.0]), blocks)
    problem = sn.InverseProblem(
        np.zeros((1, 1)),
        np.zeros((1, 1)),
        scheme="midpoint",
        steps=1,
        form=form,
        inner=inner,
        activation="relu",
    )
    network, row = network_of(problem, p), np.array([[-0.01]])
    change = np.linspace(0.0, 0.1, 2001)[:, None]
    moved = np.abs(network.solve(row + change) - network.solve(row))
    assert moved.max() > 40.0
    assert moved.max() <= change_bound(network, row, 0.1)[0, 0]
    for method in METHODS:
        found = certificate(network, row, tolerance=1.0, method=method)
        assert (moved[change <= found.radius[0]] < 1.0).all() and found.radius[0] > 0.011


def test_wrong_rows_have_no_radius_and_right_ones_do():
    problem, p, rows = classes()
    network = network_of(problem, p)
    y = network.decided(network.solve(rows))
    y[3] = 1 - y[3]
    for method in METHODS:
        found = certificate(problem, rows, y, parameters=p, method=method)
        assert found.radius[3] == 0.0 and (np.delete(found.radius, 3) > 0.0).all()
        assert np.isfinite(found.growth).all() and found.growth.shape == (problem.times.size, 12)
        assert found.share([0.0, 1e-12]).tolist() == [1.0, 11.0 / 12.0]


@pytest.mark.parametrize("method", METHODS)
def test_units_scale_radii_and_bounds(method):
    problem, p, rows = classes()
    one, two = (certificate(problem, rows, parameters=p, unit=u, method=method) for u in (1.0, 2.0))
    np.testing.assert_allclose(two.radius, one.radius / 2.0, rtol=1e-6)
    np.testing.assert_allclose(
        change_bound(problem, rows, 0.1, parameters=p, unit=2.0),
        change_bound(problem, rows, 0.2, parameters=p),
        rtol=1e-9,
    )


def test_a_quantity_stays_within_its_tolerance():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(40, 3)) * [1.0, 10.0, 0.1] + 5.0
    y = 100.0 * np.sin(X[:, 0]) + X[:, 1]
    model = sn.NodeRegressor(max_iterations=8, l2=1e-3).fit(X, y)
    found = certificate(model, X[:20], tolerance=10.0, unit="spread")
    before = model.predict(X[:20])
    for _ in range(40):
        d = rng.normal(size=(20, 3))
        d *= (found.radius / np.linalg.norm(d, axis=1))[:, None]
        assert (np.abs(model.predict(X[:20] + d * X.std(axis=0)) - before) < 10.0).all()
    bound = change_bound(model, X[:20], found.radius, unit="spread")
    # Both search for their best multiplier, on grids of their own.
    assert (bound <= 10.0 * (1.0 + 1e-2)).all() and np.median(bound) > 8.0
    with pytest.raises(ArgumentError, match="tolerance"):
        certificate(model, X[:20])


def two_moons(rng, samples):
    angle, y = np.pi * rng.random(samples), np.arange(samples) % 2
    moons = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    moons[y == 1] = [1.0, 0.5] - moons[y == 1]
    return moons + 0.1 * rng.normal(size=moons.shape), np.array(["down", "up"])[y]


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic"])
def test_no_attack_succeeds_within_a_certified_radius(loss):
    X, y = two_moons(np.random.default_rng(4), 120)
    model = sn.NodeClassifier(max_iterations=30, loss=loss).fit(X, y)
    attack = smallest_perturbation(model, X, y)
    for method in METHODS:
        found = certificate(model, X, y, method=method)
        assert ((found.radius > 0.0) == (model.predict(X) == y)).all()
        assert (found.radius <= attack.distance).all()
    right = attack.distance > 0.0
    assert np.median(certificate(model, X, y).radius[right] / attack.distance[right]) > 0.1


def test_single_precision_is_certified_as_the_map_in_double_precision():
    problem, p, rows = classes(dtype="float32")
    double, _, _ = classes()
    np.testing.assert_allclose(
        certificate(problem, rows, parameters=p).radius,
        certificate(double, rows, parameters=p).radius,
        rtol=1e-5,
    )


def test_chunks_of_rows_do_not_matter(monkeypatch):
    problem, p, rows = classes()
    whole = certificate(problem, rows, parameters=p)
    monkeypatch.setattr("standalone_node.sensitivity.certificates.ball.MEMORY", 1)
    alone = certificate(problem, rows, parameters=p)
    np.testing.assert_allclose(alone.radius, whole.radius, rtol=1e-9)
    np.testing.assert_allclose(alone.growth, whole.growth, rtol=1e-9)


def test_a_huge_radius_has_a_bound_or_none_but_no_error():
    problem, p, rows = classes(activation="relu")
    bound = change_bound(problem, rows, 1e150, parameters=p)
    assert (bound > 1e100).all()
    assert (change_bound(problem, rows, 0.0, parameters=p) == 0.0).all()


def test_what_cannot_be_certified_is_refused_with_a_reason():
    problem, p, rows = classes(reversible=True)
    with pytest.raises(ArgumentError, match="reversible"):
        certificate(problem, rows, parameters=p)
    problem, p, rows = classes()
    with pytest.raises(ArgumentError, match="method"):
        certificate(problem, rows, parameters=p, method="magic")
    with pytest.raises(ArgumentError, match="radius"):
        change_bound(problem, rows, -1.0, parameters=p)
    with pytest.raises(ArgumentError, match="y has"):
        certificate(problem, rows, np.zeros(3, dtype=int), parameters=p)
