"""A fit that goes on from a model: the same columns, the same network, from its parameters on."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.schema import Schema
from standalone_node.learn.tabular import Estimator
from standalone_node.optimize.identity import plain

#: What a network cannot differ in from the one that it starts from: other parameters, or another
#: function of them.
KEPT = ("horizon", "form", "inner", "activation", "channels", "augment")
#: What belongs to a run and not to the model: its limits, and a continuation, which begins with
#: finite ResNets.
AFRESH = ("max_iterations", "epochs", "time_limit", "continuation")


@dataclass(frozen=True)
class Start:
    """A fitted model to go on from, and what messages call it.

    Attributes
    ----------
    estimator : NodeClassifier or NodeRegressor
    source : str
    """

    estimator: Estimator
    source: str = "the start"

    @property
    def schema(self) -> Schema:
        """The columns; ModelFileError if the model was fitted on arrays."""
        schema: Schema | None = getattr(self.estimator, "schema_", None)
        if schema is None:
            raise ModelFileError(
                f"{self.source}: this model was fitted on arrays and knows no column names, so "
                "that a fit to a table cannot start from it; start from a model of node-fit fit."
            )
        return schema

    def continued(self, options: Mapping[str, Any]) -> Estimator:
        """An estimator that goes on from the model, with its settings but for these.

        Raises
        ------
        ArgumentError
            The options are those of another network.
        """
        settings = self.estimator.get_params()
        unknown = [name for name in options if name not in settings]
        if unknown:
            raise ArgumentError(
                f"{unknown[0]} = {options[unknown[0]]!r} means nothing for {self.source}, a "
                f"{type(self.estimator).__name__}: leave it out"
            )
        other = [
            f"{name} = {options[name]} here, {settings[name]} there"
            for name in KEPT
            if name in options and options[name] != settings[name]
        ]
        if other:
            raise ArgumentError(
                f"{self.source} is of another network ({'; '.join(other)}): leave that out, or fit "
                "without a start"
            )
        estimator = copy(self.estimator)
        usual = type(self.estimator)().get_params()
        afresh = {name: usual[name] for name in AFRESH}
        estimator.set_params(**{**afresh, **options, "warm_start": True})
        return estimator

    def facts(self) -> dict[str, Any]:
        """For the summary of the model: which parameters it started from."""
        return {"start": plain(self.estimator.parameters_.values)}

    def doubt(self, prepared: Prepared) -> str | None:
        """Why held-out rows of the same table may not be unseen: a sentence, or None.

        They are known to be where the model was fitted to a table split in the same way.
        """
        if prepared.test is None or prepared.test_source is not None:
            return None
        parting = prepared.parting
        now = {
            "split": parting.kind,
            "split_column": parting.column,
            "held_out_share": prepared.test_share,
            "refit": False,
        }
        if parting.kind != "time":
            now["seed"] = prepared.seed
        facts = self.estimator.summary_
        if all(facts.get(name) == value for name, value in now.items()):
            return None
        return (
            f"{self.source} was fitted to rows that were drawn otherwise, so that it may have seen "
            "some that are held out now, whose score is too good then; take its --seed and "
            "--test-share (node-fit info shows them), or rows of their own with --test."
        )
