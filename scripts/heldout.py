"""Held-out scores of the estimators' defaults on the bundled data, over 80/20 splits.

    python scripts/heldout.py [--seeds 5] [NAME ...]

Splits are scikit-learn's train_test_split with test_size=0.2 and random_state = 0, 1, ...,
stratified for classes; the estimators get no argument at all. Beside them: the majority class, or
for diabetes RidgeCV on standardised columns.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import standalone_node as sn
from standalone_node.learn.bundled import DATA_SETS, data_set

REGRESSION = {"diabetes"}


def main() -> None:
    """Print a row a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    heads = f"{'mean':>8}{'spread':>18}{'baseline':>10}{'iterations':>12}{'seconds':>9}"
    print(f"{'data':14}{heads}  end states")
    for name in arguments.names or list(DATA_SETS):
        report(name, arguments.seeds)


def report(name: str, seeds: int) -> None:
    """Fit and score one data set on all splits."""
    found = data_set(name)
    table = pd.read_csv(found.path)
    y = table.pop(found.target).to_numpy()
    X = table.to_numpy(dtype=float)
    classes = name not in REGRESSION
    scores, others, iterations, seconds, ends = [], [], [], [], []
    for seed in range(seeds):
        train, test, y_train, y_test = train_test_split(
            X, y, test_size=0.2, random_state=seed, stratify=y if classes else None
        )
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the end states are in the table
            model = (sn.NodeClassifier() if classes else sn.NodeRegressor()).fit(train, y_train)
        seconds.append(time.perf_counter() - began)
        ridge = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 3, 13)))
        other = (DummyClassifier() if classes else ridge).fit(train, y_train)
        scores.append(model.score(test, y_test))
        others.append(other.score(test, y_test))
        iterations.append(model.n_iter_)
        ends.append(model.result_.reason)
    spread = f"{min(scores):.3f}-{max(scores):.3f}"
    counted = ", ".join(f"{ends.count(end)} {end}" for end in sorted(set(ends)))
    print(
        f"{name:14}{np.mean(scores):>8.4f}{spread:>18}{np.mean(others):>10.4f}"
        f"{np.mean(iterations):>12.0f}{np.median(seconds):>9.2f}  {counted}",
        flush=True,
    )


if __name__ == "__main__":
    main()
