"""Constructors made from a table are as scikit-learn and users expect them."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest
from sklearn.base import clone

import standalone_node as sn
from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR

ESTIMATORS = {sn.NodeClassifier: CLASSIFIER, sn.NodeRegressor: REGRESSOR}
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@every_estimator
def test_the_signature_names_every_argument_and_its_default(estimator: type) -> None:
    parameters = inspect.signature(estimator).parameters
    assert list(parameters) == [field.name for field in fields(ESTIMATORS[estimator])]
    assert {name: p.default for name, p in parameters.items()} == vars(ESTIMATORS[estimator])
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters.values())


@every_estimator
def test_what_is_given_is_kept_as_it_is(estimator: type) -> None:
    levels = (2, 4)
    made = estimator(steps=9, continuation=levels)
    assert made.steps == 9 and made.continuation is levels
    assert clone(made).get_params() == made.get_params()


@every_estimator
def test_arguments_have_names_and_these_names_only(estimator: type) -> None:
    with pytest.raises(TypeError, match="depth"):
        estimator(depth=3)
    with pytest.raises(TypeError, match="positional"):
        estimator(3)


@every_estimator
def test_every_argument_is_explained(estimator: type) -> None:
    told = inspect.getdoc(estimator) or ""
    assert [field.name for field in fields(ESTIMATORS[estimator]) if field.name not in told] == []


def test_scikit_learn_is_told_who_takes_several_targets() -> None:
    several = {of: of().__sklearn_tags__().target_tags.multi_output for of in ESTIMATORS}
    assert several == {sn.NodeClassifier: False, sn.NodeRegressor: True}
