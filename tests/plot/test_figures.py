"""Every figure of the table: axes in, axes out, and nothing else is changed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.plot import FIGURES


def _study(models: Any) -> Any:
    p = models.problem.replaced(depth_points=2).initial_parameters()
    return sn.convergence_study(models.problem, p, steps=(2, 4))


def _curve(corner: bool = True) -> sn.LCurve:
    """An L-curve with a corner at 0.1 and a fit off it, or one that is bent the other way."""
    seminorm = [9.0, 2.0, 9.5, 1.8] if corner else [9.0, 8.5, 9.5, 1.0]
    misfit, values = np.array([0.1, 0.15, 0.5, 2.0]), np.array([0.01, 0.1, 1.0, 10.0])
    return sn.LCurve("l2", values, misfit, np.array(seminorm), (None,) * 4)


#: Of each figure, how it is drawn for everything that it suits.
DRAWN: dict[str, dict[str, Callable[..., Any]]] = {
    "components": {
        "classifier": lambda m, **k: sn.plot.components(m.classifier, m.X, 0, **k),
        "regressor": lambda m, **k: sn.plot.components(m.regressor, m.rows, **k),
        "problem": lambda m, **k: sn.plot.components(
            m.problem, None, 1, parameters=m.parameters, **k
        ),
        "field": lambda m, **k: sn.plot.components(m.field, None, "x1", parameters=m.rates, **k),
    },
    "convergence": {
        "classifier": lambda m, **k: sn.plot.convergence(m.classifier, **k),
        "regressor": lambda m, **k: sn.plot.convergence(m.regressor.result_, "cost", **k),
        "both": lambda m, **k: sn.plot.convergence({"a": m.classifier, "b": m.regressor}, **k),
    },
    "decision_regions": {
        "classifier": lambda m, **k: sn.plot.decision_regions(
            m.classifier, m.X, m.y, points=5, **k
        ),
    },
    "flow": {
        "classifier": lambda m, **k: sn.plot.flow(m.classifier, m.X, m.y, frames=3, **k),
        "regressor": lambda m, **k: sn.plot.flow(m.regressor, m.rows, m.values, frames=3, **k),
        "problem": lambda m, **k: sn.plot.flow(m.problem, parameters=m.parameters, frames=3, **k),
        "field": lambda m, **k: sn.plot.flow(m.field, parameters=m.rates, frames=3, **k),
    },
    "l_curve": {
        "corner": lambda m, **k: sn.plot.l_curve(_curve(), **k),
        "no corner": lambda m, **k: sn.plot.l_curve(_curve(corner=False), **k),
    },
    "order": {"study": lambda m, **k: sn.plot.order(_study(m), **k)},
    "phase_plane": {
        "classifier": lambda m, **k: sn.plot.phase_plane(m.classifier, m.X, classes=m.y, **k),
        "regressor": lambda m, **k: sn.plot.phase_plane(m.regressor, m.rows, **k),
        "problem": lambda m, **k: sn.plot.phase_plane(m.problem, parameters=m.parameters, **k),
        "field": lambda m, **k: sn.plot.phase_plane(m.field, parameters=m.rates, **k),
    },
    "spectrum": {
        "classifier": lambda m, **k: sn.plot.spectrum(m.classifier, m.X, **k),
        "regressor": lambda m, **k: sn.plot.spectrum(m.regressor, m.rows[:2], **k),
        "problem": lambda m, **k: sn.plot.spectrum(m.problem, parameters=m.parameters, **k),
        "field": lambda m, **k: sn.plot.spectrum(m.field, parameters=m.rates, **k),
    },
    "stability": {
        "schemes": lambda m, **k: sn.plot.stability(("euler", "rk4"), **k),
        "classifier": lambda m, **k: sn.plot.stability(model=m.classifier, X=m.X, **k),
        "field": lambda m, **k: sn.plot.stability(model=m.field, parameters=m.rates, **k),
    },
    "taylor": {
        "test": lambda m, **k: sn.plot.taylor(
            sn.taylor_test(m.problem, m.parameters, m.problem.initial_parameters(seed=2)), **k
        ),
    },
    "weights": {
        "classifier": lambda m, **k: sn.plot.weights(m.classifier, **k),
        "regressor": lambda m, **k: sn.plot.weights(m.regressor.result_, "b", **k),
        "parameters": lambda m, **k: sn.plot.weights(m.parameters, ["W", "b"], **k),
        "field": lambda m, **k: sn.plot.weights(m.rates, **k),
        "derivative": lambda m, **k: sn.plot.weights(
            m.problem.cost_and_derivative(m.parameters)[1], **k
        ),
    },
}
CASES = [(name, kind) for name, kinds in DRAWN.items() for kind in kinds]
#: What gives an animation instead of axes.
ANIMATIONS = ("flow",)


def axes_of(figure: Figure) -> Axes:
    """The axes with the data: those first made."""
    return figure.axes[0]


def test_every_figure_of_the_table_is_drawn_here() -> None:
    assert set(DRAWN) == set(FIGURES) == set(sn.plot.__all__)
    assert all(callable(getattr(sn.plot, name)) for name in FIGURES)


@pytest.mark.parametrize("name, kind", CASES)
@pytest.mark.filterwarnings("ignore:Animation was deleted")
def test_a_figure_is_drawn_on_the_axes_given_and_changes_nothing_else(
    models: Any, name: str, kind: str
) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    before = dict(mpl.rcParams)
    found = DRAWN[name][kind](models, ax=axes)
    assert dict(mpl.rcParams) == before
    assert pyplot.get_fignums() == []
    assert name in ANIMATIONS or found is axes
    assert axes.has_data() and axes.get_xlabel() and axes.get_ylabel()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no name is taken for mathematics, no letter is missing
        figure.draw_without_rendering()


@pytest.mark.parametrize("name", [name for name in DRAWN if name not in ANIMATIONS])
def test_without_axes_there_is_one_new_figure_of_pyplot(models: Any, name: str) -> None:
    before = dict(mpl.rcParams)
    found = next(iter(DRAWN[name].values()))(models)
    assert dict(mpl.rcParams) == before
    assert pyplot.get_fignums() == [1]
    assert found is axes_of(pyplot.gcf())
    assert found.get_title() or found.get_ylabel()


def test_a_notebook_goes_on_to_show_figures(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make = pyplot.figure

    def first(*given: Any, **more: Any) -> Figure:
        mpl.rcParams["interactive"] = True  # as the backend of notebooks does
        return make(*given, **more)

    with mpl.rc_context({"interactive": False}):
        monkeypatch.setattr(pyplot, "figure", first)
        sn.plot.weights(models.parameters)
        assert mpl.is_interactive()


def test_no_figure_is_left_over_where_drawing_fails(
    models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **more: Any) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(Axes, "plot", broken)
    with pytest.raises(RuntimeError, match="no ink"):
        sn.plot.weights(models.parameters)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("given", ["axes", [Figure().add_subplot(), Figure().add_subplot()]])
def test_other_things_than_axes_are_refused(models: Any, given: Any) -> None:
    with pytest.raises(ArgumentError, match="ax has to be Axes of matplotlib, one a panel"):
        sn.plot.weights(models.parameters, ax=given)


def test_each_component_has_axes_of_its_own_in_the_order_asked_for(models: Any) -> None:
    own = sn.plot.components(models.classifier, models.X, ["height", 0])
    assert [axes.get_ylabel() for axes in own] == ["state of height", "output small"]
    given = Figure().subplots(1, 2)
    found = sn.plot.components(models.classifier, models.X, ["height", 0], ax=given)
    assert list(found) == list(given)
    with pytest.raises(ArgumentError, match="sequence of 2 Axes"):
        sn.plot.components(models.classifier, models.X, ["height", 0], ax=given[0])


def test_an_own_figure_is_on_white_paper_and_a_guest_keeps_the_colours_it_finds(
    models: Any,
) -> None:
    with mpl.rc_context({"axes.facecolor": "black", "text.color": "white"}):
        own = sn.plot.stability("euler", points=[0.5])
        guest = sn.plot.stability("euler", points=[0.5], ax=Figure().add_subplot())
    assert mpl.colors.to_hex(own.get_facecolor()) == "#ffffff"
    assert mpl.colors.to_hex(guest.get_facecolor()) == "#000000"
    assert guest.get_lines()[-1].get_color() == "white" != own.get_lines()[-1].get_color()


#: What is refused, and the words that say why and what to do.
REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "not fitted, weights": (
        lambda m: sn.plot.weights(sn.NodeClassifier()),
        r"not NodeClassifier, which was not fitted: call fit\(X, y\) first",
    ),
    "not fitted, history": (
        lambda m: sn.plot.convergence(sn.NodeRegressor()), r"call fit\(X, y\) first"
    ),
    "not fitted, states": (
        lambda m: sn.plot.components(sn.NodeClassifier(), m.X), r"call fit\(X, y\) first"
    ),
    "not fitted, regions": (
        lambda m: sn.plot.decision_regions(sn.NodeClassifier(), m.X, m.y), r"call fit\(X, y\) first"
    ),
    "quantities have no regions": (
        lambda m: sn.plot.decision_regions(m.regressor, m.rows), "classifier, not of NodeRegressor"
    ),
    "no rows": (
        lambda m: sn.plot.phase_plane(m.classifier), "does not keep the rows .* give X"
    ),
    "no parameters": (lambda m: sn.plot.spectrum(m.problem), "give parameters="),
    "other features": (
        lambda m: sn.plot.components(m.regressor, m.rows[:, :2]), "2 features, but NodeRegressor"
    ),
    "no such component": (
        lambda m: sn.plot.phase_plane(m.classifier, m.X, ("height", "depth")),
        "no component 'depth': .*0 to 3.*output small, output tall, state of weight",
    ),
    "one component": (
        lambda m: sn.plot.phase_plane(m.classifier, m.X, (0,)), r"two of them, as \(0, 1\)"
    ),
    "classes of other rows": (
        lambda m: sn.plot.components(m.classifier, m.X, classes=m.y[1:]),
        r"shape \(39,\), but there are 40 rows",
    ),
    "unknown class": (
        lambda m: sn.plot.flow(m.classifier, m.X, ["huge"] * 40), "'huge' is none of small, tall"
    ),
    "no such block": (lambda m: sn.plot.weights(m.parameters, "V"), "no block 'V'.* W, b"),
    "no entries": (lambda m: sn.plot.weights(m.parameters, "W", entries=0), "at least 1"),
    "no such column": (
        lambda m: sn.plot.convergence(m.classifier, "score"), "no column 'score': choose of cost"
    ),
    "against what": (
        lambda m: sn.plot.convergence(m.classifier, against="days"), "iteration, seconds, sweeps"
    ),
    "one feature": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X[["height"]]), "at least two features"
    ),
    "a hole": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X.mask(m.X["height"] > 3.0)),
        r"row \d+ of X holds a number that is not finite",
    ),
    "no such feature": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, features=(0, 2)), "no feature 2"
    ),
    "held values": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, held=[1.0]), "give a value each"
    ),
    "rim": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, held_out=[1]), "each of the 40 rows"
    ),
    "names of classes": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, labels=["one"]), "name the 2 classes"
    ),
    "too many values": (
        lambda m: sn.plot.spectrum(m.classifier, m.X, values=5), "from 1 to 4, the components"
    ),
    "no scheme": (lambda m: sn.plot.stability(), "name one, as 'rk4'"),
    "unknown scheme": (lambda m: sn.plot.stability("rk5"), "unknown scheme 'rk5'"),
    "reversible": (
        lambda m: sn.plot.stability(model=m.problem.replaced(reversible=True)), "made reversible"
    ),
    "no L-curve": (lambda m: sn.plot.l_curve(2.0), "sn.l_curve.* not float"),
    "no Taylor test": (lambda m: sn.plot.taylor(2.0), "sn.taylor_test.* not float"),
    "no study": (lambda m: sn.plot.order(), "at least one convergence study"),
    "another study": (lambda m: sn.plot.order(2.0), "sn.convergence_study.* not float"),
    "no such quantity": (
        lambda m: sn.plot.order(_study(m), quantity="weights"), "states, sensitivities, adjoints"
    ),
    "names of studies": (
        lambda m: sn.plot.order(_study(m), labels=["a", "b"]), "name the 1 studies"
    ),
    "no plane": (
        lambda m: sn.plot.flow(
            sn.InverseProblem([[1.0]], [[0.0]], steps=1),
            parameters=sn.Parameters([0.0, 1.0], np.ones((2, 1, 1)), np.ones((2, 1))),
        ),
        r"draw it with components\(\)",
    ),
    "an empty history": (lambda m: sn.plot.convergence({"cost": []}), "the history has no row"),
    "a history of words": (
        lambda m: sn.plot.convergence({"cost": ["high"]}, "cost"), "something else than numbers"
    ),
    "a ragged history": (
        lambda m: sn.plot.convergence({"cost": [1.0, 2.0], "step": [1.0]}, "cost"), "of one length"
    ),
    "no finite number": (
        lambda m: sn.plot.convergence({"cost": [np.nan]}, "cost"), "no number of cost .* is finite"
    ),
    "relative to zero": (
        lambda m: sn.plot.convergence({"cost": [0.0, 0.0]}, "cost", relative=True),
        "not above zero: relative=False",
    ),
    "one feature for two": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, features=0), "two of them"
    ),
    "one feature twice": (
        lambda m: sn.plot.decision_regions(m.classifier, m.X, features=("height", 1)),
        r"features = \('height', 1\) is twice the same",
    ),
    "one component twice": (
        lambda m: sn.plot.phase_plane(m.classifier, m.X, (0, -4)), "components .* twice the same"
    ),
    "a point nowhere": (
        lambda m: sn.plot.stability("euler", points=[0.0, np.nan]), r"points\[1\] .* not finite"
    ),
    "points that are none": (
        lambda m: sn.plot.stability("euler", points=["left"]), "else than complex numbers"
    ),
    "no frames": (lambda m: sn.plot.flow(m.classifier, m.X, frames=1), "frames = 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(models: Any, case: str) -> None:
    draw, words = REFUSED[case]
    with pytest.raises(ValueError, match=words) as caught:
        draw(models)
    assert "\n" not in str(caught.value) or "NodeRegressor" in words
    assert pyplot.get_fignums() == []
