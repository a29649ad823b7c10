"""How far the output of a fitted network can be trusted, answered by the sensitivity problem.

Every function takes a fitted estimator, or a problem with ``parameters=``, and rows of features:

    import standalone_node as sn

    sn.sensitivity.jacobians(model, X).outputs              # (B, m, p), in the users' units
    sn.sensitivity.propagate(model, X, 0.05).intervals()     # of inputs with errors
    sn.sensitivity.smallest_perturbation(model, X, y).distance
    sn.sensitivity.certificate(model, X, y).radius           # never above that distance
    sn.sensitivity.analyse(model, X, y)                      # all of it

The names below are imported when they are first used.
"""

from __future__ import annotations

from standalone_node.lazy import importer

_HOMES: dict[str, str] = {
    "Analysis": "analysis",
    "analyse": "analysis",
    "calibration": "posterior.calibration",
    "certificate": "certificates.certificate",
    "change_bound": "certificates.certificate",
    "coverage": "posterior.calibration",
    "covariance_of": "uncertainty.propagation",
    "depth_profile": "derivatives.depth",
    "fgsm": "attacks.gradient_attacks",
    "importance": "derivatives.importance",
    "jacobians": "derivatives.jacobians",
    "laplace": "posterior.laplace",
    "logarithmic_norms": "derivatives.lognorms",
    "masking_checks": "attacks.masking",
    "monte_carlo": "uncertainty.monte_carlo",
    "network_of": "subject",
    "output_change": "derivatives.parameter_errors",
    "parameter_error_study": "derivatives.parameter_errors",
    "pgd": "attacks.gradient_attacks",
    "propagate": "uncertainty.propagation",
    "random_search": "attacks.black_box",
    "robust_accuracy": "attacks.robustness",
    "smallest_perturbation": "attacks.smallest",
    "sobol_indices": "uncertainty.sobol",
    "stretching": "derivatives.stretching",
    "validity": "uncertainty.validity",
}

__all__ = sorted(_HOMES)


__getattr__ = importer(__name__, _HOMES)


def __dir__() -> list[str]:
    return list(__all__)
