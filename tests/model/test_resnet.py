"""A finite ResNet, taken over, gives the same numbers as its own layers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.forms import FORM_BLOCKS, form_blocks

LAYERS, WIDTH, INNER = 6, 3, 5
Blocks = dict[str, np.ndarray]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0)


#: x + F(x) of one layer, on rows, as one would write a ResNet.
LAYER: dict[str, Any] = {
    "inside": lambda x, W, b: x + relu(x @ W.T + b),
    "outside": lambda x, W, b: x + relu(x) @ W.T + b,
    "bottleneck": lambda x, W1, b, W2, c: x + relu(x @ W1.T + b) @ W2.T + c,
    "mean-field": lambda x, w, b, A: x + relu(x @ w.T + b) @ A.T / len(w),
}


def trained(form: str, seed: int = 0) -> Blocks:
    rng = np.random.default_rng(seed)
    inner = INNER if FORM_BLOCKS[form].inner else None
    shapes = form_blocks(form, WIDTH, inner)
    return {name: 0.5 * rng.normal(size=(LAYERS, *shape)) for name, shape in shapes}


def problem_of(p: sn.Parameters, form: str, inputs: np.ndarray, **options: Any) -> Any:
    inner = INNER if FORM_BLOCKS[form].inner else None
    settings = {"steps": LAYERS, "scheme": "euler", "activation": "relu", **options}
    return sn.InverseProblem(inputs, inputs, horizon=p.horizon, form=form, inner=inner, **settings)


def test_every_form_is_tried() -> None:
    assert set(LAYER) == set(FORM_BLOCKS)


@pytest.mark.parametrize("form", LAYER)
@pytest.mark.parametrize("horizon", [None, 0.7, 3.0])
def test_the_steps_are_the_layers(horizon: float | None, form: str) -> None:
    if form == "inside" and horizon is not None:
        horizon = float(LAYERS)
    blocks, x = trained(form), np.random.default_rng(1).normal(size=(9, WIDTH))
    p = sn.resnet_parameters(blocks, horizon=horizon, form=form)
    states = problem_of(p, form, x).solve_direct(p)
    for n in range(LAYERS):
        assert np.allclose(states[n], x, rtol=1e-13, atol=1e-13)
        x = LAYER[form](x, *(block[n] for block in blocks.values()))
    assert np.allclose(states[-1], x, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("form", LAYER)
def test_the_layers_stand_at_the_nodes_and_the_last_one_at_the_end_too(form: str) -> None:
    blocks = trained(form)
    p = sn.resnet_parameters(blocks, form=form)
    assert p.horizon == (LAYERS if form == "inside" else 1.0)
    for name, block in blocks.items():
        factor = LAYERS / p.horizon if name in FORM_BLOCKS[form].outermost else 1.0
        assert np.allclose(p.block(name)[:-1], factor * block, rtol=1e-15)
        assert np.array_equal(p.block(name)[-1], p.block(name)[-2])


@pytest.mark.parametrize("form", LAYER)
def test_the_order_in_which_blocks_are_given_does_not_matter(form: str) -> None:
    blocks = trained(form)
    turned = dict(reversed(list(blocks.items())))
    p, q = (sn.resnet_parameters(given, form=form) for given in (blocks, turned))
    assert p.matches(q) and np.array_equal(p.values, q.values)


def test_more_steps_make_it_a_deeper_network_through_the_same_weights() -> None:
    p = sn.resnet_parameters(trained("outside"), form="outside", horizon=0.2)
    x = np.random.default_rng(1).normal(size=(9, WIDTH))
    ends = [
        problem_of(p, "outside", x, steps=steps, activation="tanh").solve_direct(p)[-1]
        for steps in (LAYERS * 16, LAYERS * 32, LAYERS * 64)
    ]
    first, second = (np.linalg.norm(a - b) for a, b in pairwise(ends))
    assert first / second == pytest.approx(2.0, rel=0.1)


def test_the_arrays_given_are_not_touched_and_not_shared() -> None:
    blocks = trained("outside")
    before = {name: block.copy() for name, block in blocks.items()}
    p = sn.resnet_parameters(blocks, form="outside")
    for name, block in blocks.items():
        assert np.array_equal(block, before[name])
        assert not np.shares_memory(block, p.values)


def test_layers_that_end_with_the_activation_fit_one_horizon_only() -> None:
    with pytest.raises(ArgumentError, match=r"horizon = 2\.0 .* number of layers, 6.*inside"):
        sn.resnet_parameters(trained("inside"), horizon=2.0)


@pytest.mark.parametrize("horizon", [0.0, -1.0, np.inf, np.nan, "1"])
def test_a_horizon_has_to_be_positive(horizon: Any) -> None:
    with pytest.raises(ArgumentError, match="horizon"):
        sn.resnet_parameters(trained("outside"), horizon=horizon, form="outside")


def changed(**changes: Any) -> Blocks:
    return {**trained("bottleneck"), **changes}


@pytest.mark.parametrize(
    "blocks, message",
    [
        ({}, "nothing.*W1, b, W2, c"),
        (trained("mean-field"), "w, b, A.*'bottleneck'.*W1, b, W2, c"),
        (changed(c=np.zeros((LAYERS - 1, WIDTH))), r"'c' has shape \(5, 3\).*\(6, 3\)"),
        (changed(W2=np.zeros((LAYERS, INNER, WIDTH))), r"'W2' has shape \(6, 5, 3\)"),
        (changed(W1=np.zeros((INNER, WIDTH))), r"'W1' has shape \(5, 3\).*\(L, rows, columns\)"),
        (changed(W1=np.zeros((0, INNER, WIDTH))), r"'W1' has shape \(0, 5, 3\)"),
        (changed(b=np.full((LAYERS, INNER), np.nan)), "'b' has NaN"),
        (changed(b=[[1.0], [1.0, 2.0]]), "'b' has to be an array of numbers"),
        (changed(b="none"), "'b' has to be an array of numbers"),
        (5, "blocks = 5 has to map"),
    ],
)
def test_what_is_no_resnet_of_the_form_is_named(blocks: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        sn.resnet_parameters(blocks, form="bottleneck")


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(ArgumentError, match="'upside'"):
        sn.resnet_parameters(trained("inside"), form="upside")
