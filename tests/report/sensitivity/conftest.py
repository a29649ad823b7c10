"""Results made by hand, in the shapes of `standalone_node.sensitivity`, and what they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from standalone_node.learn.scores import class_scores, quantity_scores
from standalone_node.report.sensitivity.context import Context
from standalone_node.sensitivity.posterior.calibration import calibration, coverage

#: kind -> (classes, outputs, features, rows)
SHAPES = {
    "three classes": (3, 3, 4, 120),
    "two classes": (2, 1, 5, 80),
    "many": (12, 12, 64, 400),
    "quantity": (0, 1, 6, 90),
    "two quantities": (0, 2, 3, 50),
    "one row": (3, 3, 4, 1),
}


@pytest.fixture(params=SHAPES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each of `SHAPES` in turn."""
    return str(request.param)


@pytest.fixture
def made() -> Callable[..., tuple[dict[str, Any], Context]]:
    """Parts of all questions and their context; `flat` for results in which nothing happens."""
    return make


def make(kind: str, flat: bool = False, **changes: Any) -> tuple[dict[str, Any], Context]:
    classes, m, p, rows = SHAPES[kind]
    rng = np.random.default_rng(5)
    context = _context(classes, m, p, rows, rng)
    size = 0.0 if flat else 1.0
    parts = {
        "accuracy": _accuracy(context, classes, m, rows, rng),
        "jacobian": _jacobian(context, classes, m, p, rows, rng, size),
        "global": {"sobol": _sobol(p, context, rng, size)},
        "depth": _depth(classes, rows, rng, size),
        "noise": _noise(classes, m, rows, rng, size),
        "posterior": _posterior(classes, m, rows, rng, size),
        "attack": _attack(classes, m, p, rows, rng, size, context),
    }
    distance = parts["attack"]["perturbations"].distance
    known = np.where(np.isfinite(distance), distance, 1.0)
    sharp = 0.6 * rng.random(rows) * known
    parts["certificate"] = {
        "certificate": SimpleNamespace(radius=sharp, method="sharp"),
        "gronwall": SimpleNamespace(radius=0.2 * sharp, method="gronwall"),
        "perturbations": parts["attack"]["perturbations"],
    }
    return parts, replace(context, **changes)


def _context(classes: int, m: int, p: int, rows: int, rng: Any) -> Context:
    names = ("petal length (cm)", "petal width (cm)", "sepal length (cm)", "a_b")
    if classes:
        truth = rng.integers(0, classes, rows)
        wrong = (truth + 1) % classes
        predictions = np.where(rng.random(rows) < 0.15, wrong, truth)
    else:
        truth = rng.normal(50.0, 10.0, (rows, m))
        predictions = truth + rng.normal(0.0, 4.0, (rows, m))
    options: dict[str, Any] = {
        "task": "classification" if classes else "regression",
        "target": "species" if classes else "price",
        "classes": tuple(f"class {k}" for k in range(classes)),
        "features": names[:p] + tuple(f"column {i}" for i in range(4, p)),
        "rows": rows,
        "total": rows + 7,
        "outputs": () if classes else tuple(f"price {j}" for j in range(m)),
        "truth": truth,
        "predictions": predictions,
        "noise": "errors of 5 % of the spread of each column",
        "tolerance": None if classes else 4.0,
    }
    return Context(**options)


def _accuracy(context: Context, classes: int, m: int, rows: int, rng: Any) -> dict[str, Any]:
    truth, predictions = np.asarray(context.truth), np.asarray(context.predictions)
    if not classes:
        deviation = np.full(truth.shape, 4.0)
        return {
            "scores": quantity_scores(truth[:, 0], predictions[:, 0]),
            "coverage": coverage(predictions, deviation, truth),
        }
    return {
        "scores": class_scores(truth, predictions, None, context.classes),
        "calibration": calibration(_probabilities(predictions, classes, rng), truth),
    }


def _probabilities(predictions: Any, classes: int, rng: Any) -> Any:
    sure = rng.uniform(0.55, 1.0, len(predictions))
    found = np.repeat(((1.0 - sure) / (classes - 1))[:, None], classes, axis=1)
    found[np.arange(len(predictions)), predictions] = sure
    return found


def _jacobian(
    context: Context, classes: int, m: int, p: int, rows: int, rng: Any, size: float
) -> dict[str, Any]:
    effect = size * rng.normal(size=(m, p))
    magnitude = 1.2 * np.sqrt(np.square(effect).mean(axis=0))
    names = context.classes[-1:] if classes and m == 1 else (context.classes or context.outputs)
    found = SimpleNamespace(
        feature_names=context.features,
        output_names=names,
        spread=np.ones(p),
        effect=effect,
        magnitude=magnitude,
        agreement=rng.uniform(0.5, 1.0, p),
        order=np.argsort(-magnitude, kind="stable"),
    )
    k = min(m, p)
    values = -np.sort(-size * rng.lognormal(0.0, 1.0, (rows, k)), axis=1)
    directions = rng.normal(size=(rows, k, p))
    jacobians = SimpleNamespace(
        output_singular_values=values,
        output_directions=directions,
        network=SimpleNamespace(scale=np.ones(p)),
    )
    return {"importance": found, "jacobians": jacobians}


def _sobol(p: int, context: Context, rng: Any, size: float) -> Any:
    first = size * rng.dirichlet(np.ones(p)) * 0.7
    total = first + size * 0.05
    return SimpleNamespace(
        feature_names=context.features,
        first=first,
        first_low=first - 0.03 * size,
        first_high=first + 0.03 * size,
        total=total,
        total_low=total - 0.02 * size,
        total_high=total + 0.02 * size,
        samples=512,
        output="all outputs",
    )


def _depth(classes: int, rows: int, rng: Any, size: float) -> dict[str, Any]:
    times = np.linspace(0.0, 4.0, 7)
    growth = size * rng.uniform(0.1, 0.8, rows)
    largest, smallest = np.exp(np.outer(times, growth)), np.exp(-np.outer(times, growth))
    norms = size * rng.normal(0.5, 0.6, (7, rows))
    bound = np.exp(1.3 * np.outer(times, growth))
    profile = size * rng.random((rows, 5)) * np.array([1.0, 2.0, 4.0, 2.0, 1.0])
    levels = np.geomspace(1e-4, 0.3, 8)
    first = size * 3.0 * levels
    return {
        "stretching": SimpleNamespace(times=times, largest=largest, smallest=smallest),
        "lognorms": SimpleNamespace(times=times, values=norms, growth=bound),
        "profile": SimpleNamespace(
            times=np.linspace(0.0, 4.0, 5), sensitivity=profile, relative=0.7 * profile
        ),
        "parameter_errors": SimpleNamespace(
            levels=levels,
            first_order=first,
            true=first * (1.0 + 3.0 * levels),
            flips=size * levels if classes else None,
            valid_up_to=0.03 if size else None,
        ),
    }


def _noise(classes: int, m: int, rows: int, rng: Any, size: float) -> dict[str, Any]:
    deviation = size * rng.lognormal(-1.0, 0.7, (rows, m))
    variance = np.square(deviation * rng.normal(1.0, 0.05, (rows, m)))
    covariance = np.einsum("bi,ij->bij", variance, np.eye(m))
    levels = np.geomspace(0.01, 10.0, 7)
    first = size * 0.4 * levels
    sampled = first / (1.0 + 0.1 * levels)
    return {
        "propagation": SimpleNamespace(
            standard_deviation=deviation, stays=1.0 - 0.4 * size * rng.random(rows) ** 4
        ),
        "monte_carlo": SimpleNamespace(
            covariance=covariance,
            covariance_error=0.05 * covariance,
            flips=0.4 * size * rng.random(rows) ** 4 if classes else None,
            samples=1000,
        ),
        "validity": SimpleNamespace(
            levels=levels,
            first_order=first,
            monte_carlo=sampled,
            low=0.97 * sampled,
            high=1.03 * sampled,
            inside=np.linspace(1.0, 0.2, 7),
            valid_up_to=1.0 if size else 10.0,
            leaves_at=0.3162 if size else None,
        ),
    }


def _posterior(classes: int, m: int, rows: int, rng: Any, size: float) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "posterior": SimpleNamespace(eigenvalues=size * np.geomspace(1e4, 0.1, 30)),
        "output_sd": size * rng.random((rows, m)),
    }
    truth = rng.integers(0, max(classes, 2), rows)
    if classes:
        parts["calibration_plain"] = calibration(_probabilities(truth, classes, rng), truth)
        parts["calibration"] = calibration(_probabilities(truth, classes, rng), truth)
        parts["calibration_tuned"] = calibration(_probabilities(truth, classes, rng), truth)
        parts["tuned"] = SimpleNamespace(factor=30.0)
    else:
        values = rng.normal(size=(rows, m))
        parts["coverage"] = coverage(values, np.ones((rows, m)), np.zeros((rows, m)))
    return parts


def _attack(
    classes: int, m: int, p: int, rows: int, rng: Any, size: float, context: Context
) -> dict[str, Any]:
    x = rng.normal(size=(rows, p))
    right = np.asarray(context.truth == context.predictions) if classes else np.ones(rows, bool)
    distance = np.where(right, rng.gamma(3.0, 0.3, rows), 0.0)
    distance = np.where(right & (rng.random(rows) < 0.05), np.inf, distance) if size else distance
    distance = distance if size else np.where(right, np.inf, 0.0)
    step = rng.normal(size=(rows, p))
    step *= (np.where(np.isfinite(distance), distance, 0.0) / np.linalg.norm(step, axis=1))[:, None]
    before = np.asarray(context.predictions)
    after = (before + 1) % classes if classes else before + 5.0
    sizes = np.linspace(0.0, 1.5, 8)
    accuracy = np.array([(distance > size_).mean() for size_ in sizes])
    curves = [
        SimpleNamespace(
            norm=norm,
            epsilons=sizes,
            accuracy=accuracy,
            fgsm=0.5 * (accuracy + accuracy[0]),
            noise=np.linspace(accuracy[0], 0.9 * accuracy[0], 8),
            rows=rows,
        )
        for norm in ("l2", "linf")
    ]
    checks = (
        SimpleNamespace(name="more steps", holds=True, detail="40 steps break no fewer than 20."),
        SimpleNamespace(name="black box", holds=size > 0, detail="It breaks 10 %, gradients 40 %."),
    )
    perturbations = SimpleNamespace(
        rows=x,
        perturbed=x + step,
        distance=distance,
        found=np.isfinite(distance),
        right=right,
        before=before,
        after=after,
    )
    return {"perturbations": perturbations, "curves": curves, "checks": checks}
