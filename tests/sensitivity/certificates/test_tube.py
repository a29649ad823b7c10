from dataclasses import replace

import numpy as np
import pytest
from twins import twins

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.elementwise import elementwise
from standalone_node.model.layers import LAYERS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.sensitivity.certificates.ball import Ball
from standalone_node.sensitivity.certificates.remainder import quadratic_of
from standalone_node.sensitivity.certificates.search import gronwall_ends
from standalone_node.sensitivity.certificates.trust_region import Quadratic
from standalone_node.sensitivity.certificates.tube import tube_of
from standalone_node.sensitivity.subject import network_of


def ball_and_rows(samples=4, width=4, **options):
    pair = twins(samples=samples, width=width, penalised=False, **options)
    network = network_of(pair.problem, pair.parameters)
    return Ball(network, 1.0), pair.problem.inputs


def changes_of(rng, shape, radius):
    """Random changes, half of them on the sphere and some along an axis."""
    d = rng.normal(size=shape)
    d[: len(d) // 4] = np.eye(shape[-1])[rng.integers(shape[-1], size=d[: len(d) // 4].shape[:-1])]
    d *= radius / np.linalg.norm(d, axis=-1, keepdims=True)
    return d * np.where(np.arange(len(d)) % 2, 1.0, rng.random(len(d)))[:, None, None]


def mean_slopes(stage, moved):
    """s~ of one stage between its arguments and others."""
    z = [np.ascontiguousarray(a.ravel()) for a in (stage.z, moved)]
    values, slope = [np.empty_like(z[0]) for _ in z], np.empty_like(z[0])
    for argument, value in zip(z, values, strict=True):
        elementwise(stage.layer.activation)(argument, value, slope)
    return ((values[1] - values[0]) / (z[1] - z[0])).reshape(stage.z.shape)


@pytest.mark.parametrize("form", LAYERS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_centre_is_the_trajectory_of_the_sweeps(scheme, form):
    ball, rows = ball_and_rows(scheme=scheme, form=form)
    centre, network = ball.centre(rows, carried=True), ball.network
    np.testing.assert_allclose(ball.outputs(centre), network.solve(rows), rtol=1e-11, atol=1e-12)
    change = np.random.default_rng(1).normal(size=rows.shape)
    functionals = ball.functionals(centre, np.tile(np.eye(network.outputs), (len(rows), 1, 1)))
    np.testing.assert_allclose(
        np.einsum("bkp,bp->bk", functionals.gradients, change),
        network.push_forward(network.trajectory(rows), change),
        rtol=1e-10,
        atol=1e-11,
    )


@pytest.mark.parametrize("form", LAYERS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_first_order_and_weighted_remainders_are_the_whole_change(scheme, form):
    ball, rows = ball_and_rows(scheme=scheme, form=form)
    centre, change = ball.centre(rows, True), 0.4 * np.random.default_rng(2).normal(size=rows.shape)
    other = ball.centre(rows + change, True)
    normals = np.random.default_rng(3).normal(size=(len(rows), 3, ball.network.outputs))
    functionals = ball.functionals(centre, normals)
    total = np.einsum("bkp,bp->bk", functionals.gradients, change)
    for stages, others, weights in zip(centre.steps, other.steps, functionals.weights, strict=True):
        for stage, moved, weight in zip(stages, others, weights, strict=True):
            remainder = (mean_slopes(stage, moved.z) - stage.slope) * (moved.z - stage.z)
            total += np.einsum("bkq,bq->bk", weight, remainder)
    true = ball.outputs(other) - ball.outputs(centre)
    np.testing.assert_allclose(total, np.einsum("bkm,bm->bk", normals, true), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    "scheme, form, activation",
    [(scheme, "inside", "tanh") for scheme in TABLEAUX]
    + [("midpoint", form, "sine") for form in LAYERS]
    + [("heun", "bottleneck", activation) for activation in ACTIVATIONS],
)
def test_no_change_leaves_the_tube(scheme, form, activation, paired):
    ball, rows = ball_and_rows(scheme=scheme, form=form, activation=activation)
    ball.paired = paired
    rng, centre = np.random.default_rng(4), ball.centre(rows, True)
    for radius in (0.03, 0.3):
        r = np.full(len(rows), radius)
        tube, ends = tube_of(centre, r), gronwall_ends(centre, ball.norm, r)
        for d in changes_of(rng, (8, *rows.shape), radius):
            other = ball.centre(rows + d, False)
            for n, stages in enumerate(centre.steps):
                for i, stage in enumerate(stages):
                    near, dz = tube.stages[n][i], other.steps[n][i].z - stage.z
                    off = np.abs(dz - np.einsum("bqp,bp->bq", stage.spread, d))
                    assert (off <= near.each * (1.0 + 1e-9) + 1e-12).all()
                    assert (np.abs(dz) <= near.reach * (1.0 + 1e-9) + 1e-12).all()
            states = [
                ball.network.dynamics.states(ball.network.parameters, x) for x in (rows, rows + d)
            ]
            moved = np.linalg.norm(states[1] - states[0], axis=2)
            assert (moved <= ends * (1.0 + 1e-9) + 1e-12).all()
            assert (moved <= centre.sizes * radius + tube.off + 1e-12).all()


def test_pairs_of_stages_never_make_a_tube_wider():
    ball, rows = ball_and_rows(scheme="midpoint", width=6)
    centre, r = ball.centre(rows, True), np.full(len(rows), 0.2)
    with_pairs, without = tube_of(centre, r), tube_of(centre, r, pairs=False)
    narrower = [
        (near.each, far.each)
        for here, there in zip(with_pairs.stages, without.stages, strict=True)
        for near, far in zip(here, there, strict=True)
    ]
    assert all((near <= far * (1.0 + 1e-12)).all() for near, far in narrower)
    assert (narrower[-1][0] < 0.9 * narrower[-1][1]).any()


def test_the_first_order_part_is_all_there_is_for_vanishing_radii():
    ball, rows = ball_and_rows()
    centre = ball.centre(rows, True)
    off = [tube_of(centre, np.full(len(rows), r)).off[-1] / r**2 for r in (1e-4, 1e-5)]
    np.testing.assert_allclose(off[0], off[1], rtol=2e-3)  # e_N is of second order


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_functional_changes_by_more_than_its_quadratic_form(activation):
    ball, rows = ball_and_rows(activation=activation, scheme="midpoint", form="bottleneck")
    rng, centre, r = np.random.default_rng(5), ball.centre(rows, True), np.full(4, 0.2)
    normals = rng.normal(size=(len(rows), 3, ball.network.outputs))
    functionals = ball.functionals(centre, normals)
    row, k = np.divmod(np.arange(12), 3)
    form = quadratic_of(centre, tube_of(centre, r), r, functionals, row, k)
    before = ball.outputs(centre)
    for share in (1.0, 0.5, 0.1):
        for d in changes_of(rng, (100, *rows.shape), 0.2)[1::2] * share:
            true = np.einsum("bkm,bm->bk", normals, ball.network.solve(rows + d) - before)[row, k]
            dn = d[row]
            bound = np.einsum("np,np->n", form.gradient, dn) + np.einsum(
                "np,npq,nq->n", dn, form.matrix, dn
            )
            bound = bound + share * form.linear + share**2 * form.square
            assert (true <= bound + 1e-11).all()


def test_being_off_the_prediction_costs_a_form_no_more_than_its_square_part():
    ball, rows = ball_and_rows(scheme="midpoint", form="bottleneck")
    rng, centre, r = np.random.default_rng(7), ball.centre(rows, True), np.full(4, 0.2)
    functionals = ball.functionals(centre, rng.normal(size=(4, 1, ball.network.outputs)))
    tube, row, none = tube_of(centre, r), np.arange(4), np.zeros(4, dtype=int)
    square = quadratic_of(centre, tube, r, functionals, row, none).square
    worst = np.zeros(4)
    for d in changes_of(rng, (200, *rows.shape), 0.2):
        total = np.zeros(4)
        for stages, tubes, weights in zip(
            centre.steps, tube.stages, functionals.weights, strict=True
        ):
            for stage, near, weight in zip(stages, tubes, weights, strict=True):
                w = weight[:, 0]
                u = np.where(w > 0.0, w * near.slopes.high, w * near.slopes.low)
                linear = np.einsum("bqp,bp->bq", stage.spread, d)
                off = near.each * np.sign(u * linear)  # as bad as it can be
                total += (u * (2.0 * linear * off + off * off)).sum(axis=1)
        worst = np.maximum(worst, total)
    assert (worst <= square).all() and (square <= 20.0 * worst).all()


def test_the_largest_value_on_a_ball_is_that_of_the_trust_region():
    rng = np.random.default_rng(6)
    root = rng.normal(size=(20, 4, 4))
    matrix, gradient, none = root + root.transpose(0, 2, 1), rng.normal(size=(20, 4)), np.zeros(20)
    form = Quadratic(gradient, matrix, none, none, np.full(20, 0.7))
    points = rng.normal(size=(40_000, 4))
    points *= 0.7 / np.linalg.norm(points, axis=1, keepdims=True)
    sampled = (points @ gradient.T + np.einsum("sp,npq,sq->sn", points, matrix, points)).max(axis=0)
    largest = form.split().largest()
    assert (sampled <= largest).all()
    assert (largest <= 1.03 * sampled).all()
    assert (largest <= form.rough()).all()
    radius = form.split().radius(0.6 * largest)
    again = replace(form, valid=radius).split().largest()
    np.testing.assert_allclose(again, 0.6 * largest, rtol=0.03)  # no radius much larger would do
    inner = points * (radius / 0.7)[:, None, None]
    value = np.einsum("nsp,np->sn", inner, gradient) + np.einsum(
        "nsp,npq,nsq->sn", inner, matrix, inner
    )
    assert (value <= 0.6 * largest).all()
