"""Rows that a fit sets apart within its training rows, which know of no group and no time."""

from __future__ import annotations

import warnings
from typing import Any

from standalone_node.learn.cells import quoted
from standalone_node.learn.row_keys import Parting


class InnerParts(UserWarning):
    """Rows of one group, or later and earlier ones, are on both sides of a choice within a fit."""


def inner_doubts(parting: Parting, estimator: Any) -> list[str]:
    """A sentence on each choice within a fit that does not part rows as they are parted outside.

    Parameters
    ----------
    parting : Parting
    estimator : NodeClassifier or NodeRegressor
        Whose settings say what is chosen.
    """
    if parting.column is None:
        return []
    what = f"by content alone and not by the {parting.kind} {quoted(parting.column)}"
    doubts = []
    if isinstance(estimator.l2, str):
        doubts.append(
            f"l2 = 'auto' parts the training rows {what}, so that it may choose too small a "
            "penalty; give l2 as a number, and compare some by their cross-validated scores."
        )
    if estimator.validation_share:
        doubts.append(
            f"validation_share = {estimator.validation_share:g} holds rows out {what}, so that the "
            "fit may end too late; leave it out, and limit max_iterations instead."
        )
    return doubts


def warn_of_inner_parts(parting: Parting, estimator: Any) -> None:
    """`InnerParts` for each sentence of `inner_doubts`."""
    for sentence in inner_doubts(parting, estimator):
        warnings.warn(sentence, InnerParts, stacklevel=3)
