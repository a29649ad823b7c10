"""Which features the variance of the outputs comes from: Sobol' indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.contrasts import contrast_names, contrasts
from standalone_node.sensitivity.derivatives.importance import importance
from standalone_node.sensitivity.subject import subject
from standalone_node.sensitivity.uncertainty.monte_carlo import checked_level
from standalone_node.sensitivity.uncertainty.saltelli import (
    function_values,
    indices_of,
    intervals_of,
)

Array = NDArray[Any]

#: Numbers in the states of the rows that are solved for at a time.
_MOST = 2**20
#: A deviation of outputs that is round-off, relative to them.
_ROUND_OFF = 1e-13
#: Fewer points leave percentiles of a bootstrap without a meaning.
_LEAST = 16
#: Rows at which derivatives say which features matter, if not all get indices.
_LOOKED_AT = 100


@dataclass(frozen=True, eq=False)
class SobolIndices:
    """Shares of the variance of the outputs, with confidence intervals.

    Attributes
    ----------
    feature_names : tuple of str
        Of the k features that have indices, in the order of the columns.
    features : ndarray of int, shape (k,)
        Which columns they are.
    first : ndarray, shape (k,)
        The share of the variance that a feature explains by itself. An estimate: it may be
        negative where the index is small.
    total : ndarray, shape (k,)
        The share that is left if all but this feature are known: its own and that of all
        interactions it takes part in.
    first_low, first_high, total_low, total_high : ndarray, shape (k,)
    samples : int
        n; the network was solved for n (k + 2) rows.
    output : str
        What they are the indices of.
    variance : float
        Of that (quantities in shares of their `output_scale`), summed over the outputs if there are
        several; if it is 0, so are the indices.
    """

    feature_names: tuple[str, ...]
    features: Array
    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array
    samples: int
    output: str
    variance: float


def sobol_indices(
    model: Any,
    X: ArrayLike,
    *,
    parameters: Parameters | None = None,
    samples: int = 512,
    confidence: float = 0.95,
    output: int | str | None = None,
    seed: int = 0,
    most_features: int | None = None,
) -> SobolIndices:
    """First-order and total Sobol' indices of the features.

    The features are taken for independent, each with its empirical distribution in X: what they
    do together in the data, these indices do not know.

    Parameters
    ----------
    model : estimator, InverseProblem, FieldProblem or Network
    X : array_like, shape (B, p)
    parameters : Parameters, optional
        Of a problem.
    samples : int
        n, a power of two of at least 16. The network is solved for n (k + 2) rows, k features with
        indices.
    confidence : float
        Of each interval by itself.
    output : int or str, optional
        Which class or quantity, by number or name. If not given, all at once: the generalised
        indices [3]_, [4]_, in which the variances of the outputs are summed up; those of
        several quantities in units of their `output_scale`. For classes the outputs are
        probabilities, or where there are none the outputs less their mean over the classes.
    seed : int
    most_features : int, optional
        Only so many features get indices, those with the largest root mean square of derivative
        times spread. The others vary all the same.

    Returns
    -------
    SobolIndices

    Raises
    ------
    ArgumentError
        If an argument cannot be used.

    Examples
    --------
    >>> from standalone_node import InverseProblem, Parameters
    >>> problem = InverseProblem(np.ones((1, 2)), np.zeros((1, 1)), steps=1, scheme="euler",
    ...     activation="identity")
    >>> p = Parameters([0.0, 1.0], np.zeros((2, 2, 2)), np.zeros((2, 2)))
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> found = sobol_indices(problem, rows, parameters=p)  # x(T) = x(0): the first feature alone
    >>> found.total.round(2)
    array([1., 0.])

    Notes
    -----
    The estimators are those of Saltelli et al. [1]_ as `scipy.stats.sobol_indices` has them, at
    scrambled Sobol' points. A constant feature has the indices 0 and is not solved for.

    The intervals are percentiles of a bootstrap over the n base samples [2]_. It is not that of
    SciPy's result, which takes no seed and holds a resample of all function values at a time; here
    all resamples are one product of matrices. As it takes the points for independent, which
    Sobol' points are better than, the intervals are rather too wide.

    References
    ----------
    .. [1] Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola: Variance based sensitivity
       analysis of model output, Comput. Phys. Commun. 181 (2010).
    .. [2] Archer, Saltelli, Sobol': Sensitivity measures, ANOVA-like techniques and the use of
       bootstrap, J. Stat. Comput. Simul. 58 (1997).
    .. [3] Lamboni, Monod, Makowski: Multivariate sensitivity analysis to measure global
       contribution of input factors in dynamic models, Reliab. Eng. Syst. Saf. 96 (2011).
    .. [4] Gamboa, Janon, Klein, Lagnoux: Sensitivity analysis for multidimensional and functional
       outputs, Electron. J. Stat. 8 (2014).
    """
    network, rows = subject(model, X, parameters)
    _check_power_of_two(samples)
    checked_level(confidence, "confidence")
    seen, features = _Seen(network, output), _chosen(network, rows, most_features)
    varying = np.ptp(rows[:, features], axis=0) > 0.0
    f_A, f_B, f_AB = function_values(seen, rows, features[varying], samples, seed)
    both = np.concatenate([f_A, f_B])
    variance = float(both.var(axis=0).sum())
    first, total = np.zeros((2, 3, features.size))  # the estimate, and the ends of its interval
    if varying.any() and variance > _ROUND_OFF**2 * float((both**2).mean(axis=0).sum()):
        ends = intervals_of(f_A, f_B, f_AB, confidence, seed)
        for found, index, bounds in zip(
            (first, total), indices_of(f_A, f_B, f_AB), ends, strict=True
        ):
            found[0, varying], found[1:, varying] = index, bounds
    names = tuple(network.feature_names[i] for i in features)
    return SobolIndices(
        feature_names=names,
        features=features,
        first=first[0],
        first_low=first[1],
        first_high=first[2],
        total=total[0],
        total_low=total[1],
        total_high=total[2],
        samples=samples,
        output=seen.name,
        variance=variance,
    )


def _check_power_of_two(samples: int) -> None:
    if whole_number("samples", samples, _LEAST) & (samples - 1):
        raise ArgumentError(
            f"samples = {samples} has to be a power of two, as 256 or 512: Sobol' points come in "
            "such sets"
        )


class _Seen:
    """The outputs that are looked at, (B, q), and what they are called."""

    def __init__(self, network: Network, output: int | str | None) -> None:
        self.network = network
        names, what = contrast_names(network), "output"
        if network.logits:
            names, what = network.output_names, "probability"
        elif network.classes:
            what = "centred output"
        self.column: slice = slice(None)
        if output is not None:
            index = _place(names, output)
            self.column, names = slice(index, index + 1), names[index : index + 1]
        of = " of " if network.classes else " "
        several = {"probability": "probabilities of all classes"}.get(what, f"all {what}s")
        self.name = f"{what}{of}{names[0]}" if len(names) == 1 else several

    def __call__(self, rows: Array) -> Array:
        """Those of rows (B, p), some rows at a time."""
        size = max(1, _MOST // self.network.width)
        parts = [self._of(rows[start : start + size]) for start in range(0, len(rows), size)]
        return np.concatenate(parts)[:, self.column]

    def _of(self, rows: Array) -> Array:
        network, outputs = self.network, self.network.solve(rows)
        if network.logits:
            return network.probabilities(outputs)
        if network.classes:
            return np.asarray(outputs @ contrasts(network).T)
        return np.asarray((outputs - network.output_mean) / network.output_scale)


def _place(names: tuple[str, ...], output: int | str) -> int:
    """Where an output is among its likes, by number or name."""
    if isinstance(output, str) and output in names:
        return names.index(output)
    whole = isinstance(output, int | np.integer) and not isinstance(output, bool)
    if whole and 0 <= int(output) < len(names):
        return int(output)
    raise ArgumentError(
        f"output = {output!r} has to be one of {', '.join(names)}, or a number from 0 to "
        f"{len(names) - 1}"
    )


def _chosen(network: Network, rows: Array, most: int | None) -> Array:
    """Which features get indices, in the order of the columns."""
    if most is None or whole_number("most_features", most, 1) >= network.inputs:
        return np.arange(network.inputs)
    some = np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(np.intp)
    found = importance(network, rows[some], spread=rows.std(axis=0))
    return np.sort(found.order[:most])
