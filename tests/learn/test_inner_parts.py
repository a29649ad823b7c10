"""Choices within a fit that know nothing of groups and times are named."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node.learn.inner_parts import InnerParts, inner_doubts
from standalone_node.learn.row_keys import Parting
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import fit, prepare


def test_each_choice_within_a_fit_is_named_with_its_column() -> None:
    by = Parting("group", "patient")
    (one,) = inner_doubts(by, sn.NodeRegressor())
    assert one.startswith("l2 = 'auto' parts") and "group 'patient'" in one
    (other,) = inner_doubts(by, sn.NodeClassifier(validation_share=0.2))
    assert other.startswith("validation_share = 0.2 holds rows out")
    assert len(inner_doubts(Parting("time", "day"), sn.NodeRegressor(validation_share=0.1))) == 2
    assert not inner_doubts(by, sn.NodeRegressor(l2=0.1))
    assert not inner_doubts(Parting(), sn.NodeRegressor(validation_share=0.1))


def test_a_fit_warns_of_it() -> None:
    x = np.arange(20.0)
    table = Table.from_frame(pd.DataFrame({"x": x, "y": np.sin(x), "day": x}))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="not converged")
        with pytest.warns(InnerParts, match="not by the time 'day'"):
            fit(prepare(table, "y", time="day"), {"max_iterations": 0, "steps": 2})
