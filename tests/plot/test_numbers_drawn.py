"""What is drawn are the right numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.plot.inks import FAINT
from standalone_node.plot.stable import stability_function, step_products
from standalone_node.plot.style import OKABE_ITO
from standalone_node.sensitivity.subject import network_of


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def segments(ax: Axes) -> np.ndarray:
    """The ways that are drawn, (rows, N + 1, 2)."""
    return np.array(ax.collections[0].get_segments())  # type: ignore[attr-defined]


def key(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


# Runs.


def test_two_quantities_are_drawn_relative_to_their_start_and_one_as_it_is(
    models: Any, ax: Axes
) -> None:
    history = models.classifier.result_.history
    cost, norm = sn.plot.convergence(models.classifier, ax=ax).get_lines()
    assert np.allclose(cost.get_ydata(), history["cost"] / history["cost"][0])
    assert np.allclose(norm.get_ydata(), history["gradient_norm"] / history["gradient_norm"][0])
    alone = sn.plot.convergence(models.classifier, "cost", ax=Figure().add_subplot())
    assert np.array_equal(alone.get_lines()[0].get_ydata(), history["cost"])
    assert alone.get_yscale() == "log" and alone.get_ylabel() == "cost E"


def test_a_run_can_be_drawn_against_what_it_has_cost(models: Any, ax: Axes) -> None:
    history = models.classifier.result_.history
    sn.plot.convergence(models.classifier, "cost", against="sweeps", ax=ax)
    spent = history["direct"] + history["adjoint"] + history["sensitivity"]
    assert np.array_equal(ax.get_lines()[0].get_xdata(), spent)


def test_several_runs_stand_beside_each_other_by_name(models: Any, ax: Axes) -> None:
    runs = {"first": models.classifier, "second": models.regressor.result_}
    sn.plot.convergence(runs, "cost", ax=ax)
    assert key(ax) == ["first", "second"]
    for line, run in zip(ax.get_lines(), (models.classifier, models.regressor), strict=True):
        assert np.array_equal(line.get_ydata(), run.result_.history["cost"])


def test_the_history_of_a_file_is_drawn_and_that_of_a_model_file_is_not_there(
    models: Any, ax: Axes, tmp_path: Any
) -> None:
    pd.DataFrame(models.classifier.result_.history).to_csv(tmp_path / "h.csv", index=False)
    sn.plot.convergence(pd.read_csv(tmp_path / "h.csv"), "cost", ax=ax)
    cost = models.classifier.result_.history["cost"]
    assert np.allclose(ax.get_lines()[0].get_ydata(), cost, rtol=1e-14)
    sn.save(models.classifier, tmp_path / "m.npz")
    with pytest.raises(ArgumentError, match=r"keeps no history .*: read MODEL\.history\.csv"):
        sn.plot.convergence(sn.load(tmp_path / "m.npz"))


def test_steps_of_single_iterations_may_be_zero_at_the_start(models: Any, ax: Axes) -> None:
    sn.plot.convergence(models.classifier, "step", ax=ax)
    steps = models.classifier.result_.history["step"]
    assert np.array_equal(ax.get_lines()[0].get_ydata()[1:], steps[1:])


def test_many_runs_have_a_key_of_their_colours_and_of_the_dashes_of_quantities(ax: Axes) -> None:
    falling = {"cost": np.array([2.0, 1.0]), "gradient_norm": np.array([3.0, 1.0])}
    names = [f"seed {i}" for i in range(12)]
    sn.plot.convergence(dict.fromkeys(names, falling), ax=ax)
    assert key(ax) == [*names, "cost E", "gradient norm ‖g‖"]
    handles = ax.get_legend().legend_handles
    colours = [to_hex(handle.get_color()) for handle in handles[:12]]  # type: ignore[union-attr]
    assert len(set(colours)) == 12
    costs, norms = ax.get_lines()[::2], ax.get_lines()[1::2]
    assert [to_hex(line.get_color()) for line in costs] == colours
    assert [to_hex(line.get_color()) for line in norms] == colours
    assert {line.get_linestyle() for line in costs} == {handles[12].get_linestyle()}  # type: ignore[union-attr]
    assert {line.get_linestyle() for line in norms} == {handles[13].get_linestyle()}  # type: ignore[union-attr]


def test_quantities_that_all_start_at_zero_are_drawn_as_they_are(models: Any, ax: Axes) -> None:
    sn.plot.convergence(models.classifier, ("step", "beta"), ax=ax)
    history = models.classifier.result_.history
    for line, column in zip(ax.get_lines(), ("step", "beta"), strict=True):
        assert np.array_equal(line.get_ydata(), history[column])
    assert ax.get_ylabel() == "value"


def test_a_cost_of_zero_and_a_single_iterate_are_seen(ax: Axes) -> None:
    (line,) = sn.plot.convergence({"cost": np.zeros(3)}, "cost", ax=ax).get_lines()
    assert ax.get_yscale() == "linear" and np.array_equal(line.get_ydata(), np.zeros(3))
    (point,) = sn.plot.convergence({"cost": [3.0]}, "cost", ax=Figure().add_subplot()).get_lines()
    assert point.get_marker() == "o" and line.get_marker() == ""


# Weights.


def test_the_size_of_a_block_is_the_root_mean_square_of_its_entries(models: Any, ax: Axes) -> None:
    p = models.parameters
    W, b = sn.plot.weights(p, ax=ax).get_lines()
    assert np.array_equal(W.get_xdata(), p.times)
    assert np.allclose(W.get_ydata(), np.sqrt((p.weights**2).mean(axis=(1, 2))))
    assert np.allclose(b.get_ydata(), np.sqrt((p.biases**2).mean(axis=1)))
    assert key(ax) == ["W", "b"]


def test_the_entries_of_a_block_are_those_that_vary_most(models: Any, ax: Axes) -> None:
    p = models.parameters
    sn.plot.weights(p, "W", entries=2, ax=ax)
    spread = np.ptp(p.weights, axis=0)
    largest = sorted(np.ndindex(2, 2), key=lambda place: -spread[place])[:2]
    assert key(ax) == [f"W[{i + 1}, {j + 1}]" for i, j in sorted(largest)]
    for line, (i, j) in zip(ax.get_lines(), sorted(largest), strict=True):
        assert np.array_equal(line.get_ydata(), p.weights[:, i, j])


# Ways.


def test_ways_of_a_problem_are_its_states(models: Any, ax: Axes) -> None:
    problem, p = models.problem, models.parameters
    states = problem.solve_direct(p)
    sn.plot.phase_plane(problem, parameters=p, ax=ax)
    assert np.allclose(segments(ax), states.transpose(1, 0, 2), rtol=0, atol=1e-14)
    other = sn.plot.components(problem, None, 1, parameters=p, ax=Figure().add_subplot())
    expected = np.stack([np.tile(problem.times, (9, 1)), states[..., 1].T], axis=-1)
    assert np.allclose(segments(other), expected, rtol=0, atol=1e-14)


def test_ways_of_an_estimator_begin_at_its_rows_and_end_at_its_outputs(
    models: Any, ax: Axes
) -> None:
    sn.plot.phase_plane(models.classifier, models.X, ax=ax)
    assert np.allclose(segments(ax)[:, 0], models.X, rtol=1e-12)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("state of weight $_kg$", "state of height")
    outputs = sn.plot.components(models.regressor, models.rows, ax=Figure().add_subplot())
    assert np.allclose(segments(outputs)[:, -1, 1], models.regressor.predict(models.rows))
    assert outputs.get_ylabel() == "output y"


def test_components_of_the_shared_layout_stay_as_they_are(models: Any, ax: Axes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shared = sn.NodeClassifier(channels="shared", max_iterations=2, steps=2)
        shared.fit(models.X, models.y)
    sn.plot.components(shared, models.X, 1, ax=ax)
    network = shared.network_
    start = network.initial(models.X.to_numpy())[:, 1]
    assert np.allclose(segments(ax)[:, 0, 1], start)
    assert ax.get_ylabel() == "x1"


def test_rows_have_the_colour_and_the_shape_of_their_class(models: Any, ax: Axes) -> None:
    sn.plot.phase_plane(models.classifier, models.X, classes=models.y, ax=ax)
    lines = [to_hex(colour) for colour in ax.collections[0].get_colors()]  # type: ignore[attr-defined]
    expected = {"small": OKABE_ITO[0].lower(), "tall": OKABE_ITO[1].lower()}
    assert lines == [expected[label] for label in models.y]
    small, tall = ax.collections[1:]
    assert len(small.get_offsets()) == (models.y == "small").sum()
    shapes = [len(group.get_paths()[0].vertices) for group in (small, tall)]
    assert shapes[0] != shapes[1]
    assert key(ax) == ["small", "tall"]


def test_without_classes_rows_have_those_that_are_predicted(models: Any, ax: Axes) -> None:
    sn.plot.phase_plane(models.classifier, models.X, ax=ax)
    predicted = models.classifier.predict(models.X)
    labels = [label for label in ("small", "tall") if label in predicted]
    counts = [len(group.get_offsets()) for group in ax.collections[1:]]
    assert counts == [(predicted == label).sum() for label in labels]
    assert ax.get_legend().get_title().get_text() == "predicted"
    own = sn.plot.phase_plane(
        models.problem, parameters=models.parameters, ax=Figure().add_subplot()
    )
    counts = [len(group.get_offsets()) for group in own.collections[1:]]
    assert counts == np.bincount(models.problem.targets).tolist()
    assert own.get_legend().get_title().get_text() == "class"


def test_of_many_rows_some_are_drawn_evenly_over_the_classes(models: Any, ax: Axes) -> None:
    sn.plot.phase_plane(models.classifier, models.X, classes=models.y, rows=6, ax=ax)
    drawn = segments(ax)[:, 0]
    assert len(drawn) == 6
    rows = models.X.to_numpy()
    chosen = [int(np.abs(rows - start).sum(axis=1).argmin()) for start in drawn]
    assert np.allclose(rows[chosen], drawn)
    assert {label: (models.y[chosen] == label).sum() for label in ("small", "tall")} == {
        "small": 3,
        "tall": 3,
    }


def test_quantities_have_a_bar_instead_of_a_key(models: Any, ax: Axes) -> None:
    series = pd.Series(models.values, name="price")
    sn.plot.components(models.regressor, models.rows, classes=series, ax=ax)
    assert ax.get_legend() is None
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "price"
    assert bar.get_ylim() == pytest.approx((models.values.min(), models.values.max()))


def test_quantities_that_are_not_finite_are_grey_and_leave_the_scale_alone(
    models: Any, ax: Axes
) -> None:
    values = models.values.copy()
    values[[0, 7]] = np.nan, np.inf
    sn.plot.components(models.regressor, models.rows, classes=values, ax=ax)
    colours = [to_hex(colour) for colour in ax.collections[0].get_colors()]  # type: ignore[attr-defined]
    assert {i for i, colour in enumerate(colours) if colour == FAINT} == {0, 7}
    fine = values[np.isfinite(values)]
    bar = ax.figure.axes[1]
    assert bar.get_ylim() == pytest.approx((fine.min(), fine.max()))
    assert bar.get_ylabel() == "grey: not finite"


# Regions.


def test_a_region_has_the_colour_of_the_class_predicted_there(models: Any, ax: Axes) -> None:
    sn.plot.decision_regions(models.classifier, models.X, models.y, points=7, ax=ax)
    (image,) = ax.get_images()
    left, right, bottom, top = image.get_extent()
    across, up = np.linspace(left, right, 7), np.linspace(bottom, top, 7)
    plane = pd.DataFrame(
        [[x, y] for y in up for x in across], columns=models.X.columns, index=range(49)
    )
    blue = np.asarray(image.get_array()).reshape(-1, 4)[:, 2] > 0.5
    assert np.array_equal(blue, models.classifier.predict(plane) == "small")
    assert 0 < blue.sum() < 49
    probable = models.classifier.predict_proba(plane).max(axis=1)
    opacity = np.asarray(image.get_array()).reshape(-1, 4)[:, 3]
    assert np.allclose(opacity, 0.08 + 0.42 * (2.0 * probable - 1.0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight $_kg$", "height")


def test_held_out_rows_have_a_rim(models: Any, ax: Axes) -> None:
    held_out = np.arange(40) >= 30
    sn.plot.decision_regions(
        models.classifier, models.X, models.y, points=3, held_out=held_out, ax=ax
    )
    rims = [group for group in ax.collections if group.get_linewidths()[0] > 0.0]
    shown = np.vstack([group.get_offsets() for group in rims])
    assert {tuple(point) for point in shown} == {tuple(row) for row in models.X.to_numpy()[30:]}
    assert key(ax) == ["small", "tall", "held out"]


@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(), SVC(), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=lambda c: type(c).__name__,
)
def test_any_classifier_has_regions_over_two_of_its_features(classifier: Any, ax: Axes) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
    fitted = classifier.fit(X, (X["c"] > 0.0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is asked with the names it was fitted with
        sn.plot.decision_regions(
            fitted, X, features=("b", "c"), held=[9.0, 8.0, 7.0], points=3, ax=ax
        )
    image = ax.get_images()[0]
    _, _, bottom, top = image.get_extent()
    corner = pd.DataFrame([[9.0, image.get_extent()[0], bottom]], columns=list("abc"))
    assert (np.asarray(image.get_array())[0, 0, 2] > 0.5) == (fitted.predict(corner)[0] == 0)
    assert bottom < X["c"].min() and top > X["c"].max()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("b", "c")
    assert len(ax.collections) == 0


class Strips:
    """Classes 0 to 29 in strips of equal width over the first of three features."""

    classes_ = np.arange(30)

    def fit(self, X: Any, y: Any = None) -> Strips:
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.clip(X[:, 0].astype(int), 0, 29)


def test_of_more_classes_than_colours_the_names_stand_in_the_regions(ax: Axes) -> None:
    X = np.array([[0.0, 0.0, 1.0], [30.0, 1.0, 3.0]])
    sn.plot.decision_regions(Strips(), X, ax=ax)
    for text in ax.texts:
        assert np.clip(int(text.get_position()[0]), 0, 29) == int(text.get_text())
    assert {int(text.get_text()) for text in ax.texts} >= set(range(1, 29))
    assert len(key(ax)) == 30


def test_the_title_says_where_other_features_are_held(models: Any, ax: Axes) -> None:
    X = np.array([[0.0, 0.0, 1.0], [30.0, 1.0, 3.0]])
    sn.plot.decision_regions(Strips(), X, points=3, ax=ax)
    assert ax.get_title() == "1 other feature held at its mean"
    sn.plot.decision_regions(Strips(), np.c_[X, X], held=np.zeros(6), points=3, ax=ax)
    assert ax.get_title() == "4 other features held at values given"
    plain = sn.plot.decision_regions(
        models.classifier, models.X, points=3, ax=Figure().add_subplot()
    )
    assert plain.get_title() == ""


# Spectra and stability.


def test_the_spectrum_is_that_of_the_fundamental_matrix(models: Any, ax: Axes) -> None:
    problem, p = models.problem, models.parameters
    along = sn.sensitivity.jacobians(problem, problem.inputs[:1], parameters=p, along=True).along
    expected = np.linalg.svd(along[:, 0], compute_uv=False)
    sn.plot.spectrum(problem, problem.inputs[:1], parameters=p, ax=ax)
    _, first, second = ax.get_lines()
    assert np.allclose(first.get_ydata(), expected[:, 0], rtol=1e-12)
    assert np.allclose(second.get_ydata(), expected[:, 1], rtol=1e-12)
    assert np.allclose(expected[0], 1.0) and not np.allclose(expected[-1], 1.0)


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_step_multiplies_the_test_equation_by_the_stability_function(scheme: str) -> None:
    rate, h = -1.7, 0.8
    problem = sn.InverseProblem(
        [[1.0]], [[0.0]], steps=1, horizon=h, scheme=scheme, activation="identity"
    )
    p = sn.Parameters([0.0, h], [[[rate]], [[rate]]], [[0.0], [0.0]])
    assert problem.solve_direct(p)[-1].item() == pytest.approx(
        stability_function(scheme, h * rate).item().real, rel=1e-12
    )


def test_the_region_of_euler_is_the_disc_around_minus_one(ax: Axes) -> None:
    sn.plot.stability("euler", ax=ax)
    edge = max((path.vertices for path in ax.collections[-1].get_paths()), key=len)
    assert np.allclose(np.hypot(edge[:, 0] + 1.0, edge[:, 1]), 1.0, atol=2e-3)
    assert len(edge) > 50


def test_products_of_a_linear_field_are_the_step_times_its_eigenvalues(ax: Axes) -> None:
    W = np.array([[-3.0, 4.0], [-4.0, -3.0]])
    problem = sn.InverseProblem(
        np.ones((1, 2)), np.zeros((1, 2)), steps=2, scheme="euler", activation="identity"
    )
    p = sn.Parameters([0.0, 1.0], np.stack([W, W]), np.zeros((2, 2)))
    found = step_products(network_of(problem, p), problem.inputs)
    assert np.allclose(np.sort(found.ravel().imag), [-2.0, -2.0, 2.0, 2.0])
    assert np.allclose(found.real, -1.5)
    sn.plot.stability(model=problem, parameters=p, ax=ax)
    assert ax.get_title() == "Stability: 4 of 4 with Re λ < 0 lie outside"
    line = ax.get_lines()[-1]
    assert np.allclose(line.get_xdata(), -1.5)


# Tests of derivatives and orders.


def test_the_remainders_of_a_taylor_test_stand_beside_slopes_1_and_2(models: Any, ax: Axes) -> None:
    problem, p = models.problem, models.parameters
    v = problem.initial_parameters(seed=2)
    test = sn.taylor_test(problem, p, v)
    lines = {line.get_label(): line for line in sn.plot.taylor(test, ax=ax).get_lines()}
    remainder, change, one, two = lines.values()
    seen = test.remainders > 0.0
    assert np.array_equal(remainder.get_ydata()[seen], test.remainders[seen])
    exact = [abs(problem.cost(p + eps * v) - problem.cost(p)) for eps in test.steps[:5]]
    assert np.allclose(change.get_ydata()[:5], exact, rtol=1e-12)
    for slope, line in ((1.0, one), (2.0, two)):
        x, y = line.get_xdata()[:6], line.get_ydata()[:6]
        assert np.allclose(np.diff(np.log(y)) / np.diff(np.log(x)), slope)
    assert ax.get_title() == f"Taylor test: order {float(test):.2f}" == "Taylor test: order 2.00"
    assert np.array_equal(ax.collections[-1].get_offsets()[:, 0], test.steps[test.used])


def test_several_taylor_tests_stand_beside_each_other(models: Any, ax: Axes) -> None:
    test = sn.taylor_test(models.problem, models.parameters, models.problem.initial_parameters())
    sn.plot.taylor({"right": test, "again": test}, ax=ax)
    assert key(ax)[:2] == ["right: order 2.00", "again: order 2.00"]


def test_a_taylor_test_that_is_nothing_but_rounding_is_drawn_as_well(ax: Axes) -> None:
    problem = sn.InverseProblem([[0.0]], [[0.0]], steps=1, form="outside", activation="identity")
    p = sn.Parameters([0.0, 1.0], np.zeros((2, 1, 1)), np.zeros((2, 1)))
    v = sn.Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.zeros((2, 1)))
    sn.plot.taylor(sn.taylor_test(problem, p, v), ax=ax)
    assert ax.get_title() == "Taylor test: nothing but rounding"


def test_errors_stand_against_the_step_beside_the_slope_of_the_scheme(ax: Axes) -> None:
    studies = [
        sn.convergence_study(
            sn.InverseProblem(np.ones((2, 2)), np.zeros(2), steps=4, scheme=scheme),
            sn.Parameters([0.0, 1.0], np.ones((2, 2, 2)), np.ones((2, 2))),
            steps=(8, 16),
        )
        for scheme in ("euler", "rk4")
    ]
    sn.plot.order(*studies, quantity="adjoints", ax=ax)
    euler, slope_1, rk4, slope_4 = ax.get_lines()
    for line, study in ((euler, studies[0]), (rk4, studies[1])):
        assert np.array_equal(line.get_ydata(), study.errors["adjoints"])
        assert np.array_equal(line.get_xdata(), [1.0 / 8.0, 1.0 / 16.0])
    for line, order in ((slope_1, 1.0), (slope_4, 4.0)):
        assert np.log2(line.get_ydata()[0] / line.get_ydata()[1]) == pytest.approx(order)
    found = [float(name.split("order ")[1]) for name in key(ax)[:2]]
    assert found == [pytest.approx(study.orders["adjoints"], abs=0.006) for study in studies]


# L-curves.


def test_an_l_curve_is_drawn_through_its_minimisers_with_a_ring_around_the_corner(
    ax: Axes,
) -> None:
    values, misfit = np.array([0.01, 0.1, 1.0, 10.0]), np.array([0.1, 0.15, 0.5, 2.0])
    seminorm = np.array([9.0, 2.0, 9.5, 1.8])
    sn.plot.l_curve(sn.LCurve("h1", values, misfit, seminorm, (None,) * 4), ax=ax)
    line, beside, ring = ax.get_lines()
    on = [0, 1, 3]
    assert np.array_equal(line.get_xydata(), np.column_stack([misfit, seminorm])[on])
    assert np.array_equal(beside.get_xydata(), [[0.5, 9.5]])
    assert np.array_equal(ring.get_xydata(), [[0.15, 2.0]])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_title() == "L-curve, corner at h1 = 0.1"
    written = {text.get_text(): text.xy for text in ax.texts}  # type: ignore[attr-defined]
    assert written["0.1"] == (0.15, 2.0) and set(written) <= {"0.01", "0.1", "10"}
