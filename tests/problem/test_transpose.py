"""The dot test: <J v, w> = <v, J^T w>, to round-off, for whatever can be combined.

v is a change of the parameters and of the inputs, J v the change of x(T) that the sensitivity
problem gives, and J^T w what the adjoint problem makes of a functional w of x(T).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from checks import defect_of_the_cost, defect_of_the_flow
from twins import twins

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.losses import LOSSES


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_adjoint_and_sensitivity_are_transposed_for_everything(
    activation: str, scheme: str, form: str
) -> None:
    for loss in LOSSES:
        options: dict[str, Any] = {"activation": activation, "scheme": scheme, "form": form}
        pair = twins(loss=loss, penalised=False, seed=4, **options)
        assert defect_of_the_cost(pair) <= 1e-13, loss
        assert defect_of_the_flow(pair) <= 1e-13, loss


EDGES: dict[str, dict[str, Any]] = {
    "one component": {"width": 1},
    "one sample": {"samples": 1},
    "one step": {"steps": 1},
    "one of each": {"width": 1, "samples": 1, "steps": 1, "shares": (0.0, 1.0)},
    "coarse depth grid": {"steps": 40, "shares": (0.0, 1.0)},
    "fine depth grid": {"steps": 3, "shares": np.linspace(0.0, 1.0, 100)},
    "several blocks": {"samples": 700},
    "uneven blocks": {"samples": 67},
    "wide": {"width": 26, "samples": 90},
    "wide and one sample": {"width": 49, "samples": 1},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
@pytest.mark.parametrize("edge", EDGES)
def test_no_size_breaks_the_transpose(edge: str, scheme: str, form: str) -> None:
    pair = twins(scheme=scheme, form=form, penalised=False, seed=5, **EDGES[edge])
    assert defect_of_the_cost(pair) <= 1e-13
    assert defect_of_the_flow(pair) <= 1e-13


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("form", FORMS)
def test_single_precision_transposes_to_its_own_round_off(edge: str, form: str) -> None:
    pair = twins(form=form, penalised=False, dtype="float32", **EDGES[edge])
    assert defect_of_the_cost(pair) <= 1e-5
    assert defect_of_the_flow(pair) <= 1e-5
