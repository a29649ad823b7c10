"""Networks and ResNets of one size: what they share, what an attack must do, what is compared."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
script = importlib.import_module("reproduce_snode_robustness")
robust = importlib.import_module("reproduction.robust")
measures = importlib.import_module("reproduction.robust_measures")


def small(name: str, rows: int = 60) -> tuple:
    """A network hardly trained, and rows that it has not seen."""
    pixels, labels = script.digits()
    contender = replace(robust.CONTENDERS[name], epochs=1)
    run = robust.trained(contender, 0, pixels[:rows], labels[:rows], steps=3)
    return run.network, pixels[rows : rows + 20], labels[rows : rows + 20]


@pytest.mark.parametrize("name", robust.CONTENDERS)
def test_all_networks_have_the_same_size_and_the_same_map(name: str) -> None:
    pixels, labels = script.digits()
    problem = robust.CONTENDERS[name].problem(pixels[:20], labels[:20], 4)
    assert problem.initial_parameters().values.shape == (5, 64 * 64 + 64)
    assert (problem.flow.form, problem.flow.activation) == ("inside", "tanh")


def test_layers_of_a_resnet_know_nothing_of_their_neighbours() -> None:
    pixels, labels = script.digits()
    steepness = {}
    for name in ("ours", "resnet"):
        contender = robust.CONTENDERS[name]
        start = contender.start(contender.problem(pixels[:20], labels[:20], 20), 0)
        first, second = start.values[:-1].ravel(), start.values[1:].ravel()
        steepness[name] = np.corrcoef(first, second)[0, 1]
    assert steepness["ours"] > 0.9 and abs(steepness["resnet"]) < 0.05


def test_what_an_attack_breaks_in_the_maximum_norm_bounds_the_smallest_change() -> None:
    network, pixels, labels = small("squared-resnet")
    found = measures.measured(network, pixels, labels, seed=0)
    assert found.clean == np.mean(found.right)
    for size, left in zip(measures.SIZES, found.pgd, strict=True):
        # A change of that size in the maximum norm is 8 times as long at most.
        assert np.mean(found.distance > 8.0 * size) <= left
    assert np.all(found.pgd <= found.fgsm) and np.all(found.fgsm <= found.clean)


def test_the_noise_of_a_seed_is_the_same_for_all_networks() -> None:
    network, pixels, labels = small("resnet")
    again = measures.under_noise(network, pixels, labels, 3)
    assert np.array_equal(again, measures.under_noise(network, pixels, labels, 3))


def test_lengths_are_compared_on_rows_that_all_networks_answer_rightly() -> None:
    none = np.zeros(5)
    first = measures.Measures(0.5, none, none, none, np.array([0.0, 1.0, 2.0, 3.0]))
    second = measures.Measures(0.5, none, none, none, np.array([9.0, 0.0, 4.0, 5.0]))
    found = {"first": [first], "second": [second]}
    assert measures.length(found, "first", 0) == 2.5 and measures.length(found, "second", 0) == 4.5
    assert measures.difference(found, "first", "second")[-1] == "-2.000 (-2.000 to -2.000), 0"


def test_a_network_that_was_kept_is_read_and_another_training_is_not(tmp_path: Path) -> None:
    pixels, labels = script.digits()
    contender, file = replace(robust.CONTENDERS["resnet"], epochs=1), tmp_path / "kept.npz"

    def train(rate: float) -> np.ndarray:
        run = robust.trained(
            replace(contender, rate=rate), 0, pixels[:30], labels[:30], steps=2, kept=file
        )
        return run.network.parameters.values

    first = train(0.01)
    written = file.stat().st_mtime_ns
    assert np.array_equal(train(0.01), first) and file.stat().st_mtime_ns == written
    assert not np.array_equal(train(0.02), first)


def test_the_script_prints_its_tables(monkeypatch, capsys, tmp_path: Path) -> None:
    figure = tmp_path / "figure.png"
    line = ["--quick", "--seeds", "2", "--steps", "3", "--only", "ours", "resnet", "--figure"]
    monkeypatch.setattr(sys, "argv", ["reproduce_snode_robustness.py", *line, str(figure)])
    script.main()
    first, second = capsys.readouterr().out.strip().split("\n\n")
    assert len(first.splitlines()) == 4 and "smallest change" in first
    assert second.splitlines()[-1].startswith("| claim, cross-entropy, ours")
    assert figure.stat().st_size > 10_000
