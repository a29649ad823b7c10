"""The questions of an analysis: a question is one function and one row of `QUESTIONS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import StateOverflow
from standalone_node.sensitivity.analysis_rows import Pair, in_chunks
from standalone_node.sensitivity.attacks.masking import masking_checks
from standalone_node.sensitivity.attacks.robustness import robust_accuracy
from standalone_node.sensitivity.attacks.smallest import smallest_perturbation
from standalone_node.sensitivity.certificates.certificate import certificate
from standalone_node.sensitivity.derivatives.depth import depth_profile
from standalone_node.sensitivity.derivatives.importance import importance
from standalone_node.sensitivity.derivatives.jacobians import jacobians
from standalone_node.sensitivity.derivatives.lognorms import logarithmic_norms
from standalone_node.sensitivity.derivatives.parameter_errors import parameter_error_study
from standalone_node.sensitivity.derivatives.stretching import stretching
from standalone_node.sensitivity.geometry import geometry_of
from standalone_node.sensitivity.posterior.calibration import calibration, coverage
from standalone_node.sensitivity.posterior.laplace import laplace
from standalone_node.sensitivity.study import Study
from standalone_node.sensitivity.uncertainty.monte_carlo import monte_carlo
from standalone_node.sensitivity.uncertainty.propagation import propagate
from standalone_node.sensitivity.uncertainty.sobol import sobol_indices
from standalone_node.sensitivity.uncertainty.validity import validity

Array = NDArray[Any]
#: Called with (done, total).
Tell = Callable[[int, int], Any]


@dataclass(frozen=True)
class Found:
    """What a question found.

    Attributes
    ----------
    parts : dict
        Results by name.
    index : ndarray of int
        The rows of the study that they are about.
    notes : tuple of str
        Sentences on limits that bit.
    """

    parts: dict[str, Any]
    index: Array
    notes: tuple[str, ...] = ()


#: Rows at the most whose states' Jacobians are taken apart, …
SPECTRA = 200
#: … that are sampled around, …
SAMPLED = 100
#: … whose predictive covariance is computed, …
PREDICTED = 200
#: … and that gradient attacks of many sizes are tried on.
CURVES = 200
#: (on fewer of them it is checked that these attacks are what they should be)
CHECKED = 100
#: Rows at the most that are certified, which takes as long as all attacks on them.
CERTIFIED = 500
#: A prior is not tuned on fewer than half of so many rows.
FEWEST_TUNED = 40
#: Levels of nominal coverage that are compared with the observed one.
COVERED = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def every(study: Study) -> Array:
    """The numbers of all rows."""
    return np.arange(len(study))


def _of_rows(what: str, taken: int, study: Study) -> tuple[str, ...]:
    """The sentence on a sample of the rows, if it is not all of them."""
    if taken >= len(study):
        return ()
    return (f"{what}: {taken:,} of the {len(study):,} rows, drawn at random.",)


def _accuracy(study: Study, tell: Tell) -> Found:
    network, outputs, truth = study.network, study.outputs, study.truth
    parts: dict[str, Any] = {}
    if truth is not None and network.logits:
        parts["calibration"] = calibration(network.probabilities(outputs), truth)
    return Found(parts, every(study))


def _jacobian(study: Study, tell: Tell) -> Found:
    index = study.sample(SPECTRA)
    with np.errstate(over="ignore", invalid="ignore"):  # it is asked for below
        found = importance(study.network, study.rows)
    if not np.isfinite(found.magnitude).all():
        raise StateOverflow("the effects of the features overflow: their values are too large")
    tell(1, 2)
    parts = {"importance": found, "jacobians": jacobians(study.network, study.rows[index])}
    return Found(parts, index, _of_rows("Singular values", index.size, study))


def _global(study: Study, tell: Tell) -> Found:
    found = sobol_indices(study.network, study.rows, seed=study.seed)
    return Found({"sobol": found}, every(study))


def _depth(study: Study, tell: Tell) -> Found:
    network, index = study.network, study.sample(SPECTRA)
    rows = study.rows[index]
    parts: dict[str, Any] = {"stretching": stretching(network, rows)}
    tell(1, 4)
    parts["lognorms"] = logarithmic_norms(network, rows)
    tell(2, 4)
    parts["profile"] = depth_profile(network, rows, seed=study.seed)
    tell(3, 4)
    parts["parameter_errors"] = parameter_error_study(network, rows, seed=study.seed)
    return Found(parts, index, _of_rows("Sensitivities along the depth", index.size, study))


def _noise(study: Study, tell: Tell) -> Found:
    network, index = study.network, study.sample(SAMPLED)
    rows = study.rows[index]
    options: dict[str, Any] = {"samples": study.samples, "seed": study.seed}
    parts: dict[str, Any] = {"propagation": propagate(network, rows, study.covariance)}
    tell(1, 3)
    parts["monte_carlo"] = monte_carlo(network, rows, study.covariance, **options)
    tell(2, 3)
    parts["validity"] = validity(network, rows, study.covariance, **options)
    return Found(parts, index, _of_rows("Monte Carlo", index.size, study))


def _posterior(study: Study, tell: Tell) -> Found:
    network = study.network
    if study.fit_rows is None:
        return Found(
            {}, every(study), ("No known targets, so nothing is known of the parameters.",)
        )
    found = laplace(
        study.model,
        *study.fit_rows,
        parameters=network.parameters,
        count=study.fit_count,
        seed=study.seed,
    )
    tell(1, 2)
    index = study.sample(PREDICTED)
    notes = _of_rows("Predictive covariances", index.size, study)
    rows, truth = study.rows[index], None if study.truth is None else study.truth[index]
    seen = found.predict(rows)
    deviation = np.sqrt(np.maximum(np.einsum("bii->bi", seen.covariance), 0.0))
    parts: dict[str, Any] = {"posterior": found, "output_sd": deviation}
    if truth is not None and network.logits:
        parts |= _reliability(study, found, seen.probabilities(seed=study.seed), index)
    elif truth is not None and not network.classes:
        parts["coverage"] = coverage(seen.outputs, seen.standard_deviation, truth, COVERED)
    return Found(parts, index, notes)


def _reliability(study: Study, found: Any, averaged: Array, index: Array) -> dict[str, Any]:
    """How reliable probabilities are: plain, averaged, and averaged with a prior that was tuned.

    The prior is tuned on one half of the rows, and all three are judged on the other.
    """
    network, truth = study.network, study.truth
    assert study.y is not None and truth is not None
    order = np.random.default_rng(study.seed).permutation(index.size)
    if index.size < FEWEST_TUNED:
        judged, parts = order, {}
    else:
        half, judged = order[: index.size // 2], order[index.size // 2 :]
        tuned = found.tuned(study.rows[index[half]], study.y[index[half]])
        probabilities = tuned.probabilities(study.rows[index[judged]], seed=study.seed)
        parts = {
            "tuned": tuned,
            "calibration_tuned": calibration(probabilities, truth[index[judged]]),
        }
    rows, plain = truth[index[judged]], network.probabilities(study.outputs[index[judged]])
    parts["calibration"] = calibration(averaged[judged], rows)
    parts["calibration_plain"] = calibration(plain, rows)
    return parts


def _attack(study: Study, tell: Tell) -> Found:
    common: dict[str, Any] = {
        "unit": study.unit,
        "bounds": study.bounds,
        "tolerance": study.tolerance,
    }

    def smallest(index: Array) -> Any:
        return smallest_perturbation(
            study.network, study.rows[index], study.known(index), seed=study.seed, **common
        )

    index, found = in_chunks(study, smallest, lambda done: tell(done, 2 * len(study)))
    parts: dict[str, Any] = {"perturbations": found}
    notes = _cut_short("Smallest perturbations", index.size, len(study), study)
    some = np.intersect1d(study.sample(CURVES), index)
    if study.clock.expired or not some.size:
        return Found(parts, index, (*notes, "Gradient attacks were left out: the time limit."))
    common["seed"] = study.seed
    distance = found.distance[np.searchsorted(index, some)]
    rows, truth = study.rows[some], study.known(some)
    parts["curves"] = [
        robust_accuracy(study.network, rows, truth, norm="l2", distance=distance, **common),
        robust_accuracy(
            study.network, rows, truth, norm="linf", epsilons=_sizes(study, found), **common
        ),
    ]
    tell(3 * len(study) // 2, 2 * len(study))
    few = slice(0, CHECKED)
    if not found.right[np.searchsorted(index, some[few])].any():
        notes += ("The attacks could not be checked: none of these rows is right to begin with.",)
        return Found(parts, index, notes)
    parts["checks"] = masking_checks(
        study.network,
        rows[few],
        None if truth is None else truth[few],
        distance=distance[few],
        **common,
    )
    return Found(parts, index, (*notes, *_of_rows("Gradient attacks", some.size, study)))


def _sizes(study: Study, found: Any) -> Array | None:
    """Sizes in the maximum norm up to one that breaks nearly all rows, by the changes found."""
    unit = geometry_of(study.network, study.unit, study.bounds).unit
    change = np.abs(found.perturbed - found.rows) / unit
    reached = change.max(axis=1)[found.right & found.found]
    return np.linspace(0.0, np.quantile(reached, 0.98), 11) if (reached > 0.0).any() else None


def _certificate(study: Study, tell: Tell) -> Found:
    def certified(index: Array, method: str) -> Any:
        return certificate(
            study.network,
            study.rows[index],
            study.known(index),
            unit=study.unit,
            tolerance=study.tolerance,
            method=method,
        )

    def both(index: Array) -> Any:
        return Pair(certified(index, "sharp"), certified(index, "gronwall"))

    most = min(CERTIFIED, len(study))
    index, found = in_chunks(study, both, lambda done: tell(done, most), most)
    parts = {"certificate": found.first, "gronwall": found.second}
    return Found(parts, index, _cut_short("Certificates", index.size, most, study))


def _cut_short(what: str, done: int, wanted: int, study: Study) -> tuple[str, ...]:
    """The sentence on rows that were not reached, or not wanted."""
    if done >= wanted:
        return _of_rows(what, done, study)
    return (f"{what}: {done:,} of the {len(study):,} rows, then the time limit was reached.",)


#: The table: a question of `ABOUT` and what answers it, in the same order.
QUESTIONS: dict[str, Callable[[Study, Tell], Found]] = {
    "accuracy": _accuracy,
    "jacobian": _jacobian,
    "global": _global,
    "depth": _depth,
    "noise": _noise,
    "posterior": _posterior,
    "attack": _attack,
    "certificate": _certificate,
}
