"""A cross-validation for people and for programs: its facts, its table, a line a fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standalone_node.learn.cross_validation import Fold
from standalone_node.learn.scores import LEADING
from standalone_node.learn.tabular import Fitted
from standalone_node.report.numbers import count, number

#: What a column of a baseline is called.
BASELINE = "baseline"


def cross_validation_facts(fitted: Fitted) -> dict[str, Any] | None:
    """What is told of a cross-validation, as JSON types; None if there was none.

    Returns
    -------
    dict
        ``folds``, their number; ``rows``, of which they were made, and ``split``, how; ``scores``
        and ``baseline``, for each score its ``mean`` and its ``spread``, the standard deviation
        over the folds; ``each``, the folds; ``seconds``.
    """
    found = fitted.cross_validation
    if found is None:
        return None
    means = {
        name: {
            score: {"mean": mean, "spread": spread}
            for score, (mean, spread) in found.spread(baseline=name == BASELINE).items()
        }
        for name in ("scores", BASELINE)
    }
    each = [
        {
            "fold": place,
            "rows": {"train": fold.train_rows, "test": fold.test_rows},
            "scores": fold.scores,
            "baseline": fold.baseline,
            "iterations": fold.iterations,
            "converged": fold.converged,
        }
        for place, fold in enumerate(found.folds, start=1)
    ]
    return {
        "folds": len(found.folds),
        "rows": found.rows,
        "split": found.words,
        "leading": LEADING[fitted.prepared.task],
        **means,
        "each": each,
        "seconds": found.seconds,
    }


def fold_rows(
    facts: dict[str, Any], labels: Mapping[str, str]
) -> tuple[str, list[str], list[list[Any]]]:
    """Title, headers and rows of the table of the folds: a row each, then mean and spread.

    `labels` are what people call the scores. Cells are numbers, or None, or text.
    """
    names, leading = list(facts["scores"]), facts["leading"]
    title = (
        f"Cross-validation: {facts['folds']} folds of {count(facts['rows'])} rows, {facts['split']}"
    )
    headers = ["fold", "trained on", "scored on", *(labels[name] for name in names)]
    headers += [f"{BASELINE} {labels[leading]}", "iterations"]
    rows: list[list[Any]] = [
        [
            str(fold["fold"]),
            *(fold["rows"][part] for part in ("train", "test")),
            *(fold["scores"][name] for name in names),
            fold["baseline"][leading],
            fold["iterations"],
        ]
        for fold in facts["each"]
    ]
    for what in ("mean", "spread"):
        cells = [facts["scores"][name][what] for name in names]
        rows.append([what, "", "", *cells, facts[BASELINE][leading][what], ""])
    return title, headers, rows


def fold_words(fold: Fold) -> str:
    """What became of a fold, in a line."""
    leading = next(name for name in LEADING.values() if name in fold.scores)
    names = {"r2": "R²"}
    return (
        f"{names.get(leading, leading)} {number(fold.scores[leading])} "
        f"(baseline {number(fold.baseline[leading])}), {count(fold.iterations)} iterations"
    )
