"""NodeClassifier with no argument but the seed, on the digits."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import standalone_node as sn
from benchmarks.race import Course, Rows, accuracy, cross_entropy


def fitted(rows: Rows, seed: int, threads: int | None = None, **settings: Any) -> Course:
    """One fit; the parameters of its iterates are kept, and looked at when it is over."""
    model = sn.NodeClassifier(random_state=seed, threads=threads, **settings)
    seen: list[tuple[float, sn.Parameters]] = []
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(
            rows.train,
            rows.classes,
            callback=lambda row: seen.append((time.perf_counter() - began, row.parameters)),
        )
    total = time.perf_counter() - began
    flow, m = model.flow_of_settings(), model.classes_.size
    starts = [model.layout_.states(model.scaling_.apply(X)) for X in (rows.train, rows.held)]
    costs, scores = [], []
    for _, parameters in seen:
        trained, held = (flow.states(parameters, x, final=True)[:, :m] for x in starts)
        costs.append(cross_entropy(trained, rows.classes))
        scores.append(accuracy(held, rows.held_classes))
    return Course(np.array([at for at, _ in seen]), np.array(costs), np.array(scores), total)
