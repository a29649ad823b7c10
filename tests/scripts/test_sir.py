"""The contact rate of an epidemic comes out of noisy weekly counts."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import standalone_node as sn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sir = importlib.import_module("sir")


def test_the_field_of_the_example_is_right() -> None:
    assert sn.check_field(sir.EPIDEMIC, width=3).ok


def test_a_wrong_vjp_of_the_example_is_caught_by_name() -> None:
    def forgetful(t, x, p, kappa):  # type: ignore[no-untyped-def]
        by_state, by_name = sir.transpose(t, x, p, kappa)
        return by_state, {**by_name, "beta": by_name["beta"] / x[0, 0]}

    wrong = sn.Field(
        sir.velocity,
        jvp=sir.change,
        vjp=forgetful,
        varying={"beta": ()},
        constant={"gamma": ()},
    )
    (finding,) = sn.check_field(wrong, width=3).wrong
    assert finding.sentence.startswith("vjp: the part of 'beta' is wrong")


def test_counts_are_whole_persons_with_errors_of_the_size_that_is_asked_for() -> None:
    exact = sir.counts(0, 0.0)
    errors = np.array([sir.counts(seed, 0.05) / exact - 1.0 for seed in range(20)])
    assert (sir.counts(3, 0.05) % 1.0 == 0.0).all()
    assert 0.045 < errors.std() < 0.055


@pytest.mark.parametrize("seed", range(3))
def test_the_contact_rate_is_within_ten_per_cent_at_five_per_cent_noise(seed: int) -> None:
    problem = sir.problem_of(sir.counts(seed, 0.05), 0.05, steps=80)
    found = sir.smoothed(problem)
    assert sir.error_of(found.parameters, problem) <= 0.10
    assert problem.residual(found.parameters) <= problem.noise_level
    gamma = found.parameters.block("gamma")
    assert (gamma == gamma[0]).all() and gamma[0] == pytest.approx(sir.RECOVERY, rel=0.07)


def test_without_a_penalty_a_run_that_goes_on_beyond_the_noise_fits_the_noise() -> None:
    problem = sir.problem_of(sir.counts(3, 0.05), 0.05, steps=80)
    stopped, fitted = sir.stopped(problem).parameters, sir.overfitted(problem, 200).parameters
    assert sir.error_of(stopped, problem) <= 0.10
    assert fitted.roughness > 3.0 * stopped.roughness
    assert problem.residual(fitted) < 0.8 * problem.noise_level
