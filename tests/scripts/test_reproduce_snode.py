"""The digits by batches: who is held out, and what a fall is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
snode = importlib.import_module("reproduce_snode")


def test_held_out_rows_are_every_fifth_and_serve_no_choice() -> None:
    train, test = snode.splits(seed=0, validate=False)
    assert (test % 5 == 0).all() and train.size + test.size == 1797
    for seed in range(5):
        inner, fold = snode.splits(seed, validate=True)
        assert np.array_equal(np.sort(np.concatenate([inner, fold])), train)


def test_the_worst_fall_is_that_from_one_epoch_to_the_next() -> None:
    assert snode.Run(np.array([0.5, 0.9, 0.8, 0.85, 0.84]), 0.1).fall == np.float64(0.9) - 0.8
    assert snode.Run(np.array([0.5, 0.6, 0.6]), 0.1).fall == 0.0


def test_a_batch_is_timed_and_every_epoch_scored() -> None:
    rows = np.arange(60)
    run = snode.run(snode.SETTINGS["cross-entropy, ours"], 0, rows[10:], rows[:10])
    assert run.scores.shape == (11,) and 0.0 < run.seconds < 60.0
