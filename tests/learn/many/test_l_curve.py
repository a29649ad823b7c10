"""The L-curve: against closed forms, and what is said of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from other_engine import Reversed
from sklearn.exceptions import ConvergenceWarning

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn.many.corner import corner_of, curvatures
from standalone_node.learn.scaling import Scaling

VALUES = [0.01, 0.1, 1.0, 10.0]
RNG = np.random.default_rng(8)
X = RNG.normal(size=(30, 2))
Y = X @ [1.0, -2.0] + 0.5 + 0.3 * RNG.normal(size=30)
#: One step of Euler's scheme with sigma(x) = x: the outputs are T (W x + b), linear in theta.
LINEAR: dict[str, Any] = {
    "form": "outside",
    "activation": "identity",
    "scheme": "euler",
    "steps": 1,
    "horizon": 2.0,
    "weights": "constant",
    "tolerance": 1e-12,
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def ridge(l2: float) -> tuple[float, float]:
    """Misfit and integral of |theta|^2 of the ridge regression that the linear network is."""
    scaling = Scaling.of_features(X, np.ones(len(X)))
    z, y = scaling.apply(X), (Y - Y.mean()) / Y.std()
    A = 2.0 * np.column_stack([z, np.ones(len(z))])  # T times features and the bias
    alpha = l2 * np.sqrt(3.0)  # the state has an output and two features
    # (1 / 2B) |A w - y|^2 + (alpha / 2) T |w|^2
    w = np.linalg.solve(A.T @ A / len(y) + 2.0 * alpha * np.eye(3), A.T @ y / len(y))
    return 0.5 * float(np.mean((A @ w - y) ** 2)), 2.0 * float(w @ w)


def linear_curve(**settings: Any) -> sn.LCurve:
    return sn.l_curve(sn.NodeRegressor(**LINEAR, **settings), X, Y, VALUES)


def test_a_network_that_is_linear_in_theta_has_the_curve_of_ridge_regression() -> None:
    curve = linear_curve()
    misfit, seminorm = np.array([ridge(l2) for l2 in VALUES]).T
    assert curve.misfit == pytest.approx(misfit, rel=1e-9)
    assert curve.seminorm == pytest.approx(seminorm, rel=1e-6)
    assert [model.l2 for model in curve.fits] == VALUES == curve.values.tolist()


def test_along_minimisers_the_misfit_grows_and_the_seminorm_falls() -> None:
    curve = linear_curve()
    assert (np.diff(curve.misfit) > 0.0).all() and (np.diff(curve.seminorm) < 0.0).all()


def test_with_h1_it_is_the_integral_of_the_square_of_the_derivative() -> None:
    settings = {**LINEAR, "weights": "free", "steps": 2, "l2": 1e-3, "tolerance": 1e-6}
    curve = sn.l_curve(sn.NodeRegressor(**settings), X, Y, [1e-3, 1e-1, 10.0], "h1")
    assert (np.diff(curve.misfit) > 0.0).all() and (np.diff(curve.seminorm) < 0.0).all()
    for model, found in zip(curve.fits, curve.seminorm, strict=True):
        p = model.parameters_
        slopes = np.diff(p.values, axis=0) / np.diff(p.times)[:, None]
        assert found == pytest.approx(np.sum(slopes**2 * np.diff(p.times)[:, None]))


def test_weights_of_rows_and_a_chosen_grid_are_those_of_the_fit() -> None:
    weights = RNG.random(30)
    estimator = sn.NodeRegressor(rtol=1e-3, scheme="bs3", max_iterations=5)
    curve = sn.l_curve(estimator, X, Y, VALUES[:3], sample_weight=weights)
    for model, misfit in zip(curve.fits, curve.misfit, strict=True):
        squares = ((model.predict(X) - Y) / model.target_scaling_.scale[0]) ** 2
        assert misfit == pytest.approx(0.5 * np.average(squares, weights=weights), rel=1e-9)


def test_values_are_taken_from_the_smallest_to_the_largest_wherever_fits_run() -> None:
    here = linear_curve()
    there = sn.l_curve(sn.NodeRegressor(**LINEAR), X, Y, VALUES[::-1], engine=Reversed())
    for name in ("values", "misfit", "seminorm"):
        assert np.array_equal(getattr(here, name), getattr(there, name))


# The corner.


def test_the_curvature_of_a_circle_is_one_over_its_radius() -> None:
    angles = np.pi + np.linspace(0.1, 1.4, 20)  # from the left downwards, as an L goes
    points = 10.0 ** (3.0 * np.column_stack([np.cos(angles), np.sin(angles)]))
    found = curvatures(*points.T)
    assert found[1:-1] == pytest.approx(1.0 / 3.0) and np.isnan(found[[0, -1]]).all()
    assert curvatures(*points[::-1].T)[1:-1] == pytest.approx(-1.0 / 3.0)


def test_the_corner_is_where_the_curvature_of_the_closed_form_is_largest() -> None:
    # Singular values 1 and 1e-3, coefficients of the signal 1, of the noise 1e-4 outside the range:
    # the residual and the size of the regularised solution in closed form.
    singular, data = np.array([1.0, 1e-3]), np.array([1.0, 2e-3])

    def logarithms(alpha: np.ndarray) -> np.ndarray:
        damped = alpha[:, None] / (singular**2 + alpha[:, None])
        misfit = np.sum((damped * data) ** 2, axis=1) + 1e-9
        size = np.sum(((1.0 - damped) * data / singular) ** 2, axis=1)
        return np.log10(np.column_stack([misfit, size]))

    alphas = 10.0 ** np.linspace(-8.0, 0.0, 33)
    step = 1e-3
    before, here, after = (logarithms(alphas * 10.0**shift) for shift in (-step, 0.0, step))
    slope, bend = (after - before) / (2.0 * step), (after - 2.0 * here + before) / step**2
    exact = slope[:, 0] * bend[:, 1] - slope[:, 1] * bend[:, 0]
    exact /= np.linalg.norm(slope, axis=1) ** 3
    found = corner_of(curvatures(*(10.0**here).T))
    assert found is not None and abs(found - int(exact.argmax())) <= 1


def test_points_that_lie_on_one_another_do_not_make_a_corner() -> None:
    misfit = np.array([0.1, 0.1 + 1e-9, 0.1 + 3e-9, 0.1 + 4e-9, 0.2, 1.0, 5.0])
    seminorm = np.array([9.0, 9.0 - 1e-9, 9.0 - 9e-9, 9.0 - 1e-8, 2.0, 1.7, 1.5])
    found = curvatures(misfit, seminorm)
    assert np.isnan(found[1:4]).all() and corner_of(found) == 4


def test_fits_that_are_no_minimisers_do_not_make_a_corner() -> None:
    curve = sn.LCurve(
        "l2",
        np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
        np.array([0.10, 0.3, 0.11, 0.3, 1.0]),
        np.array([9.0, 9.5, 1.0, 0.9, 0.8]),
        (None,) * 5,
    )
    assert curve.corner == 1e-2 and np.isnan(curve.curvature[1])
    said = " ".join(str(curve.summary()).split())
    assert "left out l2 = 0.001, as another fit has less of both" in said
    assert "corner l2 = 0.01, the largest curvature; it is at the end of the curve" in said
    assert "l2 = 0.01 * misfit 0.11, ∫|θ|² 1, curvature" in said
    assert repr(curve) == str(curve.summary()) and "<table" in curve._repr_html_()


def test_a_curve_that_is_bent_the_other_way_has_no_corner() -> None:
    values = np.array([0.1, 1.0, 10.0])
    curve = sn.LCurve("h1", values, values, np.array([1.0, 0.9, 0.1]), (1, 2, 3))
    assert curve.corner is None and curve.best is None
    assert "none: the curve is nowhere bent as an L is" in str(curve)
    bent = sn.LCurve("h1", values, values, np.array([1.0, 0.1, 0.09]), (1, 2, 3))
    assert (bent.place, bent.corner, bent.best) == (1, 1.0, 2)


@pytest.mark.parametrize(
    "settings, given, said",
    [
        ({}, {"penalty": "output"}, "'output' has no L-curve: choose one of l2, h1"),
        ({}, {"values": [0.1, 1.0]}, "at least 3 different positive numbers for l2"),
        ({}, {"values": [0.0, 0.1, 1.0]}, "at least 3 different positive numbers"),
        ({}, {"values": ["a", 1, 2]}, "have to be numbers, one a fit"),
        ({}, {"values": 3.0}, "have to be numbers, one a fit"),
        ({}, {"penalty": "h1"}, "would choose another l2 for each h1: give the estimator a number"),
        (
            {"weights": "constant", "l2": 0.1},
            {"penalty": "h1"},
            "'constant' have no derivative in depth",
        ),
        ({"validation_share": 0.2}, {}, "validation_share = 0.2 ends a fit where other rows"),
    ],
)
def test_what_cannot_have_a_curve_is_refused(
    settings: dict[str, Any], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArgumentError, match=said):
        sn.l_curve(sn.NodeRegressor(**settings), X, Y, **given)
