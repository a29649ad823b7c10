"""The Laplace approximation, against dense matrices and Bayesian linear regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numpy.typing import NDArray
from twins import random_targets

from standalone_node import (
    Evolving,
    Galerkin,
    InverseProblem,
    NodeClassifier,
    NodeRegressor,
    Parameters,
    Penalty,
)
from standalone_node.errors import ArgumentError
from standalone_node.model.depth import mass, stiffness
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.network import LOGITS, Network
from standalone_node.sensitivity.posterior.distribution import Posterior
from standalone_node.sensitivity.posterior.laplace import laplace
from standalone_node.sensitivity.subject import network_of
from standalone_node.sensitivity.uncertainty.predictive import mean_probabilities

Array = NDArray[Any]
B, D, NODES = 30, 3, 4
ALPHA, GAMMA = 0.02, 0.01
EVERYTHING = {"rank": 1000, "negligible": 0.0}
#: Of quantities a noise that is known, so that nothing but the covariance is looked at.
KNOWN = 0.3

every_loss = pytest.mark.parametrize("loss", LOSSES)


def a_problem(loss: str = "cross-entropy", **options: Any) -> InverseProblem:
    rng = np.random.default_rng(2)
    targets = random_targets(rng, loss, B, 1 if loss == "logistic" else 2)
    given = {"penalty": Penalty(l2=ALPHA, h1=GAMMA), "depth_points": NODES, **options}
    inputs = rng.normal(size=(B, D))
    return InverseProblem(inputs, targets, loss=loss, horizon=1.5, steps=6, **given)


def some_parameters(problem: InverseProblem) -> Parameters:
    return problem.initial_parameters(seed=1, scale=0.8)


def some_rows(count: int = 3) -> Array:
    return np.random.default_rng(5).normal(size=(count, D))


def posterior_of(problem: InverseProblem, **options: Any) -> Posterior:
    noise = {} if problem.loss in LOGITS else {"noise": KNOWN}
    return laplace(problem, parameters=some_parameters(problem), **{**noise, **options})


def full(banded: Array) -> Array:
    beside = banded[0, 1:]
    return np.diag(banded[1]) + np.diag(beside, 1) + np.diag(beside, -1)


def prior_precision(p: Parameters, alpha: Any = ALPHA, gamma: Any = GAMMA) -> Array:
    """alpha M + gamma S for each entry of theta, of which each may have its own."""
    M, S, whole = full(mass(p.times)), full(stiffness(p.times)), np.ones(p.values.shape[1])
    return np.kron(M, np.diag(alpha * whole)) + np.kron(S, np.diag(gamma * whole))


def units(p: Parameters) -> list[Parameters]:
    return [p.like(unit) for unit in np.eye(p.values.size)]


def likelihood(problem: InverseProblem, p: Parameters) -> Array:
    """The Gauss-Newton matrix of the mean loss, from output Jacobians and the loss alone."""
    J = np.stack([problem.solve_sensitivity(p, d)[-1, :, : problem.outputs] for d in units(p)])
    z = problem.solve_direct(p)[-1, :, : problem.outputs]
    loss, y = LOSSES[problem.loss], problem.targets
    bent = np.stack([problem.sample_weight[:, None] * loss.curvature(z, y, rows) for rows in J])
    return np.einsum("ubm,vbm->uv", J, bent) / problem.samples


def output_jacobian(network: Network, row: Array) -> Array:
    """(m, n) by central differences."""
    p, step = network.parameters, 1e-5

    def solved(change: Parameters) -> Array:
        return network.with_parameters(p + change).solve(row)

    columns = [solved(step * d) - solved(-step * d) for d in units(p)]
    return np.concatenate(columns).T / (2.0 * step)


def dense_covariance(
    problem: InverseProblem, rows: Array, A: Array | None = None, prior: Array | None = None
) -> Array:
    """Of the outputs, by the inverse of the whole precision; A maps coordinates to theta."""
    p = some_parameters(problem)
    network, s = network_of(problem, p), 1.0 if problem.loss in LOGITS else KNOWN
    A = np.eye(p.values.size) if A is None else A
    prior = prior_precision(p) if prior is None else prior
    precision = A.T @ (likelihood(problem, p) + prior) @ A
    inverse = s**2 / problem.samples * np.linalg.inv(precision)
    jacobians = [output_jacobian(network, row[None]) @ A for row in rows]
    return np.stack([J @ inverse @ J.T for J in jacobians])


def close(found: Array, expected: Array, share: float = 1e-7) -> bool:
    return bool(np.abs(found - expected).max() <= share * np.abs(expected).max())


@every_loss
def test_with_all_pairs_the_covariance_is_that_of_the_dense_inverse(loss: str) -> None:
    problem = a_problem(loss, sample_weight=np.random.default_rng(3).uniform(0.5, 2.0, size=B))
    found = posterior_of(problem, **EVERYTHING).output_covariance(some_rows())
    assert close(found, dense_covariance(problem, some_rows()))


@pytest.mark.parametrize("weights", ["constant", Galerkin("legendre", modes=2)])
def test_what_is_learnt_is_all_that_is_uncertain(weights: Any) -> None:
    problem = a_problem()
    t = 2.0 * some_parameters(problem).times / problem.horizon - 1.0
    functions = np.column_stack([np.ones(NODES)] if weights == "constant" else [np.ones(NODES), t])
    A = np.kron(functions, np.eye(D * D + D))
    posterior = posterior_of(problem, weights=weights, **EVERYTHING)
    expected = dense_covariance(problem, some_rows(), A)
    assert close(posterior.output_covariance(some_rows()), expected)
    (drawn,) = posterior.sample(1)
    change = (drawn - some_parameters(problem)).values
    assert np.linalg.matrix_rank(change, tol=1e-10) <= functions.shape[1]


def test_a_penalty_by_block_is_a_prior_by_block() -> None:
    alpha, gamma = {"W": ALPHA, "b": 50 * ALPHA}, {"b": 3 * GAMMA}
    problem = a_problem("squared", penalty=Penalty(l2=alpha, h1=gamma))
    in_W = np.arange(D * D + D) < D * D
    prior = prior_precision(
        some_parameters(problem), np.where(in_W, ALPHA, 50 * ALPHA), np.where(in_W, 0.0, 3 * GAMMA)
    )
    expected = dense_covariance(problem, some_rows(), prior=prior)
    assert close(posterior_of(problem, **EVERYTHING).output_covariance(some_rows()), expected)
    other = posterior_of(a_problem("squared"), prior=problem.penalty, **EVERYTHING)
    assert close(other.output_covariance(some_rows()), expected)


def linear_regression(B: int = 40, m: int = 2, noise: float = 0.2) -> tuple[Any, ...]:
    """x(T) = x + h (W x + b) by one Euler step: linear in theta, so that all is known."""
    rng = np.random.default_rng(4)
    inputs, h = rng.normal(size=(B, D)), 0.7
    features = h * np.column_stack([inputs, np.ones(B)])
    truth = inputs[:, :m] + features @ rng.normal(size=(D + 1, m)) + noise * rng.normal(size=(B, m))
    problem = InverseProblem(
        inputs,
        truth,
        horizon=h,
        steps=1,
        scheme="euler",
        activation="identity",
        penalty=Penalty(l2=ALPHA, h1=GAMMA),
    )
    nodal = ALPHA * full(mass(problem.depth_times)) + GAMMA * full(stiffness(problem.depth_times))
    variance = np.linalg.inv(nodal)[0, 0]  # of theta(0), the only node that the step sees
    ridge = features.T @ features / B + np.eye(D + 1) / variance
    fit = np.linalg.solve(ridge, features.T @ (truth - inputs[:, :m]) / B)
    share = np.linalg.inv(nodal)[1, 0] / variance  # of theta(T), given theta(0)
    values = np.zeros((2, D, D + 1))
    values[0, :m] = fit.T
    values[1, :m] = share * fit.T
    p = Parameters(problem.depth_times, values[:, :, :D], values[:, :, D])
    return problem, p, features, truth, ridge


def test_of_a_linear_network_it_is_bayesian_linear_regression() -> None:
    problem, p, features, truth, ridge = linear_regression()
    assert np.abs(problem.cost_and_derivative(p)[1].values).max() <= 1e-14  # the minimiser
    posterior = laplace(problem, parameters=p, **EVERYTHING)
    residual = truth - problem.solve_direct(p)[-1, :, :2]
    effective = 2 * np.trace(features @ np.linalg.solve(ridge, features.T)) / len(truth)
    # The third component has a prior, but no data.
    assert posterior.effective_parameters == pytest.approx(effective, rel=1e-10)
    s2 = np.square(residual).sum() / (truth.size - effective)
    by_output = np.square(residual).sum(axis=0) / (len(truth) - effective / 2)
    assert posterior.noise == pytest.approx(np.sqrt(by_output), rel=1e-10)
    rows = some_rows(5)
    at = problem.horizon * np.column_stack([rows, np.ones(5)])
    variance = s2 / len(truth) * np.einsum("bi,ij,bj->b", at, np.linalg.inv(ridge), at)
    expected = variance[:, None, None] * np.eye(2)
    assert close(posterior.output_covariance(rows), expected, 1e-10)
    ends = posterior.intervals(rows, 0.9)
    reach = 1.6448536 * np.sqrt(variance[:, None] + by_output)
    assert close(0.5 * (ends[..., 1] - ends[..., 0]), reach, 1e-7)


def test_the_noise_of_a_fit_with_many_parameters_is_not_underestimated() -> None:
    """Where residuals are much smaller than the noise, as there is a parameter for three rows."""
    found = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        problem, _, features, _, _ = linear_regression(B=12, m=1)
        truth = problem.inputs[:, :1] + 0.2 * rng.normal(size=(12, 1))
        problem = problem.replaced(targets=truth, penalty=Penalty(l2=1e-7))
        fit = np.linalg.lstsq(features, truth - problem.inputs[:, :1], rcond=None)[0]
        values = np.zeros((2, D, D + 1))
        values[0, :1], values[1, :1] = fit.T, -0.5 * fit.T
        p = Parameters(problem.depth_times, values[:, :, :D], values[:, :, D])
        found.append(laplace(problem, parameters=p).noise[0] ** 2)
    assert np.sqrt(np.mean(found)) == pytest.approx(0.2, rel=0.2)


def test_the_covariance_shrinks_to_the_exact_one_as_the_rank_grows() -> None:
    problem, rows = a_problem(), some_rows()
    exact = posterior_of(problem, **EVERYTHING).output_covariance(rows)
    p = some_parameters(problem)
    inverse = np.linalg.inv(prior_precision(p)) / B
    jacobians = [output_jacobian(network_of(problem, p), row[None]) for row in rows]
    prior = np.stack([J @ inverse @ J.T for J in jacobians])
    last = prior
    for rank in (1, 3, 6, 12, 24):
        posterior = posterior_of(problem, rank=rank, negligible=0.0)
        assert posterior.eigenvalues.size == rank
        found, left = posterior.output_covariance(rows), posterior.next_eigenvalue
        rounding = 1e-6 * np.abs(prior).max()  # of the differences
        assert np.linalg.eigvalsh(last - found).min() >= -rounding
        assert np.linalg.eigvalsh(found - exact).min() >= -rounding
        assert np.linalg.eigvalsh(left / (1 + left) * prior + exact - found).min() >= -rounding
        last = found
    assert close(last, exact, 1e-2)


def test_assembled_or_by_products_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, rows = a_problem(), some_rows()
    assembled = posterior_of(problem, rank=6, negligible=0.0)
    monkeypatch.setattr("standalone_node.sensitivity.posterior.low_rank.DENSE", 10)
    products = posterior_of(problem, rank=6, negligible=0.0)
    assert products.eigenvalues == pytest.approx(assembled.eigenvalues, rel=1e-6)
    assert close(products.output_covariance(rows), assembled.output_covariance(rows), 1e-3)


def test_directions_that_the_data_say_little_of_are_left_out() -> None:
    posterior = posterior_of(a_problem())
    assert (posterior.eigenvalues >= 0.1).all() and posterior.next_eigenvalue < 0.1
    assert (np.diff(posterior.eigenvalues) <= 0.0).all()
    exact = posterior_of(a_problem(), **EVERYTHING).output_covariance(some_rows())
    assert close(posterior.output_covariance(some_rows()), exact, 0.1)


@every_loss
def test_samples_have_the_covariance_that_is_claimed(loss: str) -> None:
    problem, count = a_problem(loss, depth_points=2), 2000
    p, rows = some_parameters(problem), some_rows(2)
    posterior = posterior_of(problem, rank=8)
    J = np.concatenate([output_jacobian(network_of(problem, p), row[None]) for row in rows])
    moved = np.stack([(drawn - p).values.ravel() for drawn in posterior.sample(count)]) @ J.T
    m = problem.outputs
    for b, claimed in enumerate(posterior.output_covariance(rows)):
        part = moved[:, b * m : (b + 1) * m]
        root = np.linalg.inv(np.linalg.cholesky(claimed))
        whitened = root @ (part.T @ part / count) @ root.T
        assert np.abs(whitened - np.eye(m)).max() <= 4.0 * np.sqrt(2.0 / count)
        assert np.abs(part.mean(axis=0) @ root.T).max() <= 4.0 / np.sqrt(count)


def test_twice_the_rows_halve_the_covariance() -> None:
    problem = a_problem()
    once = posterior_of(problem)
    counted = posterior_of(problem, count=2 * B)
    twice = problem.replaced(
        inputs=np.tile(problem.inputs, (2, 1)), targets=np.tile(problem.targets, 2)
    )
    doubled, rows = posterior_of(twice), some_rows()
    assert close(counted.output_covariance(rows), 0.5 * once.output_covariance(rows), 1e-12)
    assert close(doubled.output_covariance(rows), 0.5 * once.output_covariance(rows), 1e-10)
    assert counted.eigenvalues == pytest.approx(once.eigenvalues, rel=1e-12)
    given = posterior_of(problem, X=twice.inputs, y=twice.targets)
    assert close(given.output_covariance(rows), doubled.output_covariance(rows), 1e-12)


def test_a_rescaled_posterior_is_that_of_a_prior_so_much_firmer() -> None:
    problem, rows = a_problem(), some_rows()
    firmer = posterior_of(problem, prior=Penalty(l2=7 * ALPHA, h1=7 * GAMMA), **EVERYTHING)
    rescaled = posterior_of(problem, **EVERYTHING).rescaled(7.0)
    assert close(rescaled.output_covariance(rows), firmer.output_covariance(rows), 1e-10)
    assert rescaled.factor == 7.0
    assert rescaled.rescaled(2.0).factor == 14.0
    assert rescaled.eigenvalues[:9] == pytest.approx(firmer.eigenvalues[:9], rel=1e-8)


@pytest.mark.parametrize("loss", ["cross-entropy", "squared"])
def test_a_tuned_posterior_predicts_unseen_rows_best(loss: str) -> None:
    problem, rng = a_problem(loss), np.random.default_rng(6)
    X, y = rng.normal(size=(20, D)), random_targets(rng, loss, 20, 2)
    posterior = posterior_of(problem)
    tuned = posterior.tuned(X, y, factors=(0.1, 1.0, 10.0, 100.0))
    scores = {f: posterior.rescaled(f).predict(X).score(y) for f in (0.1, 1.0, 10.0, 100.0)}
    assert tuned.factor == min(scores, key=scores.__getitem__)
    if loss == "squared":  # the score against scipy's density
        seen = posterior.predict(X)
        densities = [
            scipy.stats.multivariate_normal(z, C + np.diag(seen.noise**2)).logpdf(t)
            for z, C, t in zip(seen.outputs, seen.covariance, y, strict=True)
        ]
        assert seen.score(y) == pytest.approx(-np.mean(densities), rel=1e-10)


def test_probabilities_are_the_mean_over_normal_logits() -> None:
    """Of one logit, against Gauss-Hermite quadrature."""
    posterior = posterior_of(a_problem("logistic"))
    rows, samples = some_rows(4), 40_000
    seen = posterior.predict(rows)
    nodes, shares = np.polynomial.hermite_e.hermegauss(60)
    logits = seen.outputs + np.sqrt(seen.covariance[:, :, 0]) * nodes
    expected = scipy.special.expit(logits) @ shares / shares.sum()
    found = seen.probabilities(samples)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert np.abs(found[:, 1] - expected).max() <= 4.0 * 0.5 / np.sqrt(samples)
    assert np.array_equal(found, seen.probabilities(samples))


def test_probabilities_know_how_logits_hang_together() -> None:
    """Of two logits, against that of their difference; the same without what they share."""
    network = network_of(a_problem(), some_parameters(a_problem()))
    outputs, C = np.array([[0.5, -0.2]]), np.array([[[4.0, 3.0], [3.0, 3.0]]])
    found = mean_probabilities(network, outputs, C, 40_000)[0, 0]
    nodes, shares = np.polynomial.hermite_e.hermegauss(60)
    expected = scipy.special.expit(0.7 + 1.0 * nodes) @ shares / shares.sum()
    assert found == pytest.approx(expected, abs=4.0 * 0.5 / np.sqrt(40_000))
    alone = mean_probabilities(network, outputs, C * np.eye(2), 40_000)[0, 0]
    assert alone < expected - 0.03


def test_many_rows_have_the_probabilities_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = posterior_of(a_problem()).predict(some_rows(9))
    whole = seen.probabilities(100)
    monkeypatch.setattr("standalone_node.sensitivity.uncertainty.predictive.AT_ONCE", 500)
    assert np.array_equal(seen.probabilities(100), whole)
    nothing = mean_probabilities(seen.network, seen.outputs, 0.0 * seen.covariance, 10)
    assert close(nothing, seen.network.probabilities(seen.outputs), 1e-14)


def test_an_estimator_has_a_posterior_in_the_units_of_its_targets() -> None:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(60, 2))
    y = np.sin(X[:, 0]) + 0.1 * rng.normal(size=60)
    found = []
    for unit in (1.0, 50.0):
        fitted = NodeRegressor(l2=1e-3, max_iterations=300).fit(X, unit * y + 3.0)
        found.append(laplace(fitted, X, unit * y + 3.0))
    one, fifty = (posterior.predict(X[:5]) for posterior in found)
    assert close(fifty.covariance, 50.0**2 * one.covariance, 1e-6)
    assert fifty.noise == pytest.approx(50.0 * one.noise, rel=1e-6)
    assert one.noise[0] == pytest.approx(0.1, rel=0.25)
    told = laplace(fitted, X, 50.0 * y + 3.0, noise=found[1].noise)
    assert close(told.output_covariance(X[:5]), fifty.covariance, 1e-10)
    ends = one.intervals(0.95)
    assert (ends[..., 0] < one.outputs).all() and (one.outputs < ends[..., 1]).all()


@pytest.mark.parametrize("weights", ["constant", "galerkin"])
def test_an_estimator_tells_what_it_has_learnt(weights: str) -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(40, 2))
    modes = {"modes": 2} if weights == "galerkin" else {}
    fitted = NodeClassifier(weights=weights, max_iterations=20, tolerance=0.1, **modes)
    fitted.fit(X, np.where(X[:, 0] > 0.3 * rng.normal(size=40), "yes", "no"))
    posterior = laplace(fitted, X, fitted.predict(X))
    entries = fitted.parameters_.values.shape[1]
    assert posterior.curvature.vectors.shape[0] == entries * modes.get("modes", 1)
    shares = posterior.tuned(X, fitted.predict(X)).probabilities(X)
    assert shares.shape == (40, 2)


def test_a_problem_that_chooses_its_grid_and_single_precision_have_posteriors() -> None:
    plain = posterior_of(a_problem("squared", scheme="dopri5")).output_covariance(some_rows())
    adaptive = posterior_of(a_problem("squared", scheme="dopri5", rtol=1e-5))
    assert adaptive.network.times.size != 7
    assert close(adaptive.output_covariance(some_rows()), plain, 1e-3)
    single = posterior_of(a_problem("squared", scheme="dopri5", dtype="float32"))
    assert close(single.output_covariance(some_rows()), plain, 1e-3)


def test_the_same_seed_gives_the_same_bits() -> None:
    posterior = posterior_of(a_problem())
    again = posterior_of(a_problem())
    assert np.array_equal(posterior.curvature.vectors, again.curvature.vectors)
    assert np.array_equal(posterior.sample(2, seed=3)[1].values, again.sample(2, seed=3)[1].values)


def refusals() -> dict[str, tuple[Callable[[], Any], str]]:
    problem = a_problem()
    p = some_parameters(problem)
    few = a_problem("squared", penalty=Penalty(l2=1e-9), sample_weight=np.full(B, 0.01))
    return {
        "no prior": (
            lambda: laplace(problem.replaced(penalty=Penalty(h1=1.0)), parameters=p),
            r"prior=sn\.Penalty\(l2=",
        ),
        "a block without prior": (lambda: posterior_of(problem, prior=Penalty({"W": 1.0})), "'b'"),
        "an unknown block": (lambda: posterior_of(problem, prior=Penalty({"V": 1.0})), "'V'"),
        "evolving": (lambda: laplace(problem, parameters=p, weights="evolving"), "evolving"),
        "evolving of some width": (
            lambda: laplace(problem, parameters=p, weights=Evolving(width=3)),
            "not offered",
        ),
        "no cost": (lambda: laplace(network_of(problem, p), [[0.0] * D], [0]), "Network"),
        "no parameters": (lambda: laplace(problem), "parameters"),
        "no targets": (lambda: laplace(problem, problem.inputs, parameters=p), "both"),
        "rank": (lambda: laplace(problem, parameters=p, rank=0), "rank"),
        "count": (lambda: laplace(problem, parameters=p, count=0), "count"),
        "noise of classes": (lambda: laplace(problem, parameters=p, noise=1.0), "noise"),
        "noise": (lambda: posterior_of(a_problem("squared"), noise=-1.0), "noise"),
        "no residuals to speak of": (lambda: posterior_of(few, noise=None), "noise="),
        "factor": (lambda: posterior_of(problem).rescaled(0.0), "factor"),
        "level": (lambda: posterior_of(problem).intervals(problem.inputs, 1.0), "level"),
        "as many": (lambda: posterior_of(problem).tuned(problem.inputs, [0, 1]), "as many"),
    }


@pytest.mark.parametrize("case", refusals())
def test_what_has_no_posterior_is_refused_with_a_remedy(case: str) -> None:
    ask, message = refusals()[case]
    with pytest.raises(ArgumentError, match=message):
        ask()


def test_an_output_penalty_counts_among_the_data() -> None:
    plain, pulled = (a_problem("squared", penalty=Penalty(ALPHA, GAMMA, mu)) for mu in (0.0, 1.0))
    loose, firm = (posterior_of(problem, **EVERYTHING) for problem in (plain, pulled))
    less = loose.output_covariance(some_rows()) - firm.output_covariance(some_rows())
    assert np.linalg.eigvalsh(less).min() > 0.0
