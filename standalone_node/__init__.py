"""Standalone neural ODEs with depth-varying parameters, reconstructed as an inverse problem.

The names below are imported when they are first used, so that what needs no kernel loads none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from standalone_node._version import __version__
from standalone_node.lazy import importer

if TYPE_CHECKING:
    from standalone_node.learn.checkpoint import Checkpoint
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor
    from standalone_node.learn.many.curve import LCurve
    from standalone_node.learn.many.fits import fit_many
    from standalone_node.learn.many.l_curve import l_curve
    from standalone_node.learn.model_file import load, save
    from standalone_node.model.blockwise import Blockwise
    from standalone_node.model.field import Field
    from standalone_node.model.nodal import Derivative, Parameters
    from standalone_node.model.resnet import resnet_parameters
    from standalone_node.model.weights import Constant, Evolving, Free, Galerkin
    from standalone_node.optimize.batches import Batches
    from standalone_node.optimize.continuation import continuation
    from standalone_node.optimize.metrics import L2, Euclidean, Sobolev
    from standalone_node.optimize.minimize import minimize
    from standalone_node.optimize.result import Result
    from standalone_node.problem.accuracy import accuracy
    from standalone_node.problem.chunked import ArrayRows, ChunkedProblem
    from standalone_node.problem.field_check import check_field
    from standalone_node.problem.field_problem import FieldProblem
    from standalone_node.problem.inverse_problem import InverseProblem
    from standalone_node.problem.observations import Observations
    from standalone_node.problem.penalties import Penalty
    from standalone_node.problem.verification import convergence_study, dot_test, taylor_test

_HOMES = {
    "Parameters": "model.nodal",
    "Derivative": "model.nodal",
    "resnet_parameters": "model.resnet",
    "Free": "model.weights",
    "Constant": "model.weights",
    "Galerkin": "model.weights",
    "Evolving": "model.weights",
    "Penalty": "problem.penalties",
    "InverseProblem": "problem.inverse_problem",
    "Field": "model.field",
    "FieldProblem": "problem.field_problem",
    "ArrayRows": "problem.chunked",
    "ChunkedProblem": "problem.chunked",
    "Observations": "problem.observations",
    "check_field": "problem.field_check",
    "accuracy": "problem.accuracy",
    "Blockwise": "model.blockwise",
    "taylor_test": "problem.verification",
    "dot_test": "problem.verification",
    "convergence_study": "problem.verification",
    "L2": "optimize.metrics",
    "Sobolev": "optimize.metrics",
    "Euclidean": "optimize.metrics",
    "Batches": "optimize.batches",
    "Checkpoint": "learn.checkpoint",
    "minimize": "optimize.minimize",
    "continuation": "optimize.continuation",
    "Result": "optimize.result",
    "NodeClassifier": "learn.estimators",
    "NodeRegressor": "learn.estimators",
    "fit_many": "learn.many.fits",
    "l_curve": "learn.many.l_curve",
    "LCurve": "learn.many.curve",
    "load": "learn.model_file",
    "save": "learn.model_file",
    "sensitivity_report": "report.sensitivity.from_python",
}
#: Public names that are modules with names of their own.
_MODULES = ("plot", "sensitivity")

__all__ = [
    "L2",
    "ArrayRows",
    "Batches",
    "Blockwise",
    "Checkpoint",
    "ChunkedProblem",
    "Constant",
    "Derivative",
    "Euclidean",
    "Evolving",
    "Field",
    "FieldProblem",
    "Free",
    "Galerkin",
    "InverseProblem",
    "LCurve",
    "NodeClassifier",
    "NodeRegressor",
    "Observations",
    "Parameters",
    "Penalty",
    "Result",
    "Sobolev",
    "__version__",
    "accuracy",
    "check_field",
    "continuation",
    "convergence_study",
    "dot_test",
    "fit_many",
    "l_curve",
    "load",
    "minimize",
    "plot",
    "resnet_parameters",
    "save",
    "sensitivity",
    "sensitivity_report",
    "taylor_test",
]


_imported = importer(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"standalone_node.{name}")
    return _imported(name)


def __dir__() -> list[str]:
    return sorted(__all__)
