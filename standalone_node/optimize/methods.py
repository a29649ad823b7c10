"""The methods of `minimize`: a method is one function and one row of `METHODS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from standalone_node.model.parametrisation import Gram
from standalone_node.optimize.ncg import ncg
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.scipy_methods import lbfgs, newton_cg, trust_krylov
from standalone_node.optimize.state import State
from standalone_node.optimize.stochastic import adam, sgd

#: (objective, gram, start, options, report): reports every state, the start first, and stops when
#: told so or when it can do no more. If its states have a memory, the start may be one of them:
#: then the method goes on from there and does not report it again.
Method = Callable[[Objective, Gram, Any, Options, Callable[[State], bool]], None]

#: The table: a name and its method.
METHODS: dict[str, Method] = {
    "ncg": ncg,
    "lbfgs": lbfgs,
    "gauss-newton": newton_cg,
    "trust-krylov": trust_krylov,
    "sgd": sgd,
    "adam": adam,
}
