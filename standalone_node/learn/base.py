"""What classifier and regressor share: scaling, the layout of the state, the fit itself."""

from __future__ import annotations

import sys
import warnings
from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from standalone_node.errors import ArgumentError
from standalone_node.kernels.processors import held
from standalone_node.learn.canonical import canonical, even, mean_one
from standalone_node.learn.checkpoint import Checkpoint
from standalone_node.learn.layout import Layout
from standalone_node.learn.printing import Printing
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.terms import Terms
from standalone_node.learn.training import (
    fitted,
    fitted_part,
    network_of,
    posed,
    weights_of_settings,
)
from standalone_node.learn.warm_start import continued, kept_on_error, on_grid
from standalone_node.model.nodal import Parameters
from standalone_node.model.weights import Weights
from standalone_node.optimize.identity import UNMINDED, plain
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.record import Callback
from standalone_node.optimize.result import Result, reduction
from standalone_node.problem.arguments import time_grid
from standalone_node.problem.flow import Flow
from standalone_node.problem.grids import GridChange
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.network import LOGITS, Network
from standalone_node.problem.reversible import flow_of

Array = NDArray[Any]


class NodeEstimator(Printing):
    """What classifier and regressor share: scaling, the layout of the state, the fit itself."""

    def _rows(self, X: Any) -> Any:
        """X, or the numbers that the model's schema makes of a table with named columns."""
        schema = getattr(self, "schema_", None)
        if schema is None or not hasattr(X, "columns"):
            return X
        from standalone_node.learn.table import Table

        return schema.features(Table.from_frame(X))

    def _weights(self, sample_weight: ArrayLike | None, X: Array) -> Array:
        """Sample weights (B,) as they were given, up to a power of two: none of them overflows."""
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weights.any():
            raise ArgumentError("sample_weight has to be positive for at least one row")
        scaled: Array = np.ldexp(weights, -np.frexp(weights.max())[1])
        return scaled

    def _factors(self, targets: Array, weights: Array) -> Array | float:
        """What the weights of rows are multiplied with, for what their targets are."""
        return 1.0

    def _final(self, targets: Array, weights: Array) -> Array:
        """The weights of the problem: times factors, with mean 1, so that scale does not matter."""
        weights = weights * self._factors(targets, weights)
        if not weights.any():
            raise ArgumentError("class_weight has to be positive for the class of at least one row")
        return mean_one(even(weights))

    def _rows_of_fit(
        self, rows: Array, targets: Array, weights: Array
    ) -> tuple[Array, Array, Array]:
        """The rows of a fit, their targets and weights, as they go into the problem.

        Equal rows are one, and the order is that of their contents, so that whatever splits them
        by position splits them by content.
        """
        given = int(np.count_nonzero(weights))
        rows, targets, weights = canonical(rows, targets, weights)
        self._merged = given, len(rows)
        weights = self._final(targets, weights)
        kept = weights > 0.0  # a class may weigh nothing
        if not kept.all():
            rows, targets, weights = rows[kept], targets[kept], mean_one(weights[kept])
        return rows, targets, weights

    def inverse_problem(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[InverseProblem, Parameters]:
        """The problem that `fit` minimises, and where it begins; nothing is minimised.

        The scaling, the layout of the state and `l2_` are those of a fit, and the parameters are
        the start, so that whatever parameters are found by other means can be set as
        `parameters_` and used to predict. With `warm_start` it begins, as `fit` does, at the
        parameters so far. Equal rows are one in the problem, and its rows have
        the order that their contents decide.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        (InverseProblem, Parameters)
        """
        with kept_on_error(self):
            rows, targets, weights, l2 = self._learnable(X, y, sample_weight, Terms())
            problem, start = self._begun(rows, targets, weights, l2)
            self.l2_, self.parameters_, self.times_ = l2, start, problem.times
        return problem, start

    def problem_of(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> InverseProblem:
        """The inverse problem of these rows as a fitted estimator sees it; nothing is fitted.

        Scaling, layout, penalties and time grid are those of the fit, so that on the rows of the
        fit `parameters_` is its minimiser: what the curvature of the cost is asked of.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        """
        rows, targets, weights = self._known_rows(X, y, sample_weight)
        return self._known_problem(rows, targets, self._final(targets, weights))

    def _known_rows(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[Array, Array, Array]:
        """Rows, targets and weights as a fitted estimator takes them."""
        rows = self.numbers_of(X)
        targets = self._known_targets(np.asarray(y))
        if len(targets) != len(rows):
            raise ArgumentError(f"X has {len(rows)} rows and y {len(targets)}: give as many")
        return rows, targets, self._weights(sample_weight, rows)

    def _known_problem(self, rows: Array, targets: Array, weights: Array) -> InverseProblem:
        """The inverse problem of rows with the scaling, the penalties and the grid of the fit."""
        states = self.layout_.states(self.scaling_.apply(rows))
        problem, _ = self._posed(states, targets, weights, self.l2_)
        if problem.tolerance is not None:
            problem.use_grid(self.times_)
            problem.grids = [GridChange(self.times_, True, "That of the fit.", float("nan"))]
        return problem

    def learnt(self) -> Weights:
        """What is learnt of the parameters, as the settings say."""
        return weights_of_settings(self)

    def _known_targets(self, y: Array) -> Array:
        """Targets as the problem takes them; ArgumentError for a class the fit did not know."""
        raise NotImplementedError

    def _posed(
        self, states: Array, targets: Array, weights: Array, l2: float
    ) -> tuple[InverseProblem, Parameters]:
        """The inverse problem of these rows, and its start."""
        return posed(self, states, targets, weights, l2, self._outputs)

    def _begun(
        self, X: Array, targets: Array, weights: Array, l2: float
    ) -> tuple[InverseProblem, Parameters]:
        """The inverse problem of a fit, and its start: where a fit before it ended, if warm."""
        problem, start = self._posed(self._states(X, weights), targets, weights, l2)
        return problem, continued(self, problem) if self._warm else start

    def _fit(self, X: Array, targets: Array, weights: Array, l2: float, terms: Terms) -> None:
        """Solve on all rows and keep what prediction needs."""
        problem, start = self._begun(X, targets, weights, l2)
        self._keep(*fitted(self, problem, start, terms), l2)
        report_end(self.result_, self.verbose, stacklevel=5)

    def fit_on(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, terms: Terms
    ) -> Self:
        """`fit`, for whoever has several fits on the same terms: one clock, one checkpoint.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        terms : Terms
        """
        checkpoint = terms.checkpoint
        with held(), nullcontext() if checkpoint is None else checkpoint:
            if checkpoint is not None:
                checkpoint.describe(settings_of(self))
                if self.random_state is None:
                    checkpoint.warn(
                        "random_state = None draws another start each time, so that this fit "
                        "cannot go on from its checkpoint: give a number"
                    )
            with kept_on_error(self):
                self._fit(*self._learnable(X, y, sample_weight, terms), terms)
        return self

    def _terms(self, callback: Callback | None, checkpoint: Checkpoint | None) -> Terms:
        """The terms of a fit that begins now."""
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            raise ArgumentError(f"checkpoint = {checkpoint!r} is none: give Checkpoint(folder)")
        told = talking(callback, self.verbose)
        return Terms.starting_now(told, checkpoint, self.time_limit)

    def _states(self, X: Array, weights: Array) -> Array:
        """The rows as initial states; scaling and layout are kept for prediction."""
        if self._warm:
            return self._known_states(X, "a warm start")
        # The schema is that of the table of an earlier fit; whoever fits a table sets it anew.
        self.__dict__.pop("schema_", None)
        self.scaling_ = Scaling.of_features(X, weights)
        self.layout_ = self._layout(X)
        return self.layout_.states(self.scaling_.apply(X))

    def _learnable(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, terms: Terms
    ) -> tuple[Array, Array, Array, float]:
        """Rows (B, p), targets as the problem takes them, weights (B,), and l2, chosen if need be.

        The classes or the scaling of the targets are kept.
        """
        raise NotImplementedError

    def _fit_part(self, X: Array, targets: Array, weights: Array, l2: float) -> None:
        """Some iterations on these rows, from the parameters so far if there are any."""
        if not hasattr(self, "parameters_"):
            self.scaling_ = Scaling.of_features(X, weights)
            self.layout_ = self._layout(X)
        states = self._known_states(X, "partial_fit")
        problem, start = self._posed(states, targets, weights, l2)
        if hasattr(self, "parameters_"):
            start = on_grid(self.parameters_, problem)
        self._keep(*fitted_part(self, problem, start), l2)
        self._excerpt = None  # of a batch, which is not what was fitted to

    def _known_states(self, X: Array, what: str) -> Array:
        """The rows as initial states with the scaling and the layout so far."""
        if self.layout_ != self._layout(X):
            raise ArgumentError(
                f"channels, augment or loss were changed, and with them the state: {what} goes "
                "on with what there is, use fit without it"
            )
        return self.layout_.states(self.scaling_.apply(X))

    @property
    def _warm(self) -> bool:
        """Whether `fit` goes on from the parameters so far, and keeps scaling and classes."""
        return bool(self.warm_start) and hasattr(self, "parameters_")

    def _keep(self, result: Result, times: Array, l2: float) -> None:
        """What a run leaves behind."""
        self.result_, self.times_, self.l2_ = result, times, l2
        self.parameters_ = result.parameters
        self.n_iter_ = max(1, result.nit)
        self.summary_ = summary_of(result)
        self._excerpt = result.released()

    def _layout(self, X: Array) -> Layout:
        """How the features in the columns of X and the outputs share the state."""
        return Layout(self.channels, self._outputs, X.shape[1], self.augment)

    def flow_of_settings(self) -> Flow:
        """The flow that the constructor's arguments describe; ArgumentError if they do not."""
        return flow_of(time_grid(self.horizon, self.steps), **network_of(self))

    def _network(
        self, scaling: Scaling, layout: Layout, parameters: Parameters, times: Array
    ) -> Network:
        """The map from features to outputs that these parameters make."""
        target = self._target_scaling()
        return Network(
            dynamics=flow_of(times, **network_of(self)),
            parameters=parameters,
            width=layout.width,
            first=layout.first,
            mean=scaling.mean,
            scale=scaling.scale,
            outputs=self._outputs,
            output_mean=target.mean,
            output_scale=target.scale,
            classes=len(getattr(self, "classes_", ())),
            logits=self.loss in LOGITS,
            feature_names=self._feature_names(scaling.mean.size),
            output_names=self._output_names(),
        )

    @property
    def network_(self) -> Network:
        """The map from rows of features to outputs, with its derivatives."""
        check_is_fitted(self)
        return self._network(self.scaling_, self.layout_, self.parameters_, self.times_)

    def numbers_of(self, X: Any) -> Array:
        """X as the network takes it, (B, p): checked, and read by the schema if it is a table.

        Raises
        ------
        ValueError
            If X does not have the features of the fit, or holds what cannot be used.
        """
        check_is_fitted(self)
        return np.asarray(validate_data(self, self._rows(X), reset=False, dtype=np.float64))

    def _propagate(self, X: Any) -> Array:
        return self.network_.final(self.numbers_of(X))

    def _target_scaling(self) -> Scaling:
        """From the outputs to their own units; classes have none."""
        return Scaling(np.zeros(self._outputs), np.ones(self._outputs))

    def _feature_names(self, count: int) -> tuple[str, ...]:
        """What the features are called: by the schema, by scikit-learn, or x0, x1, …"""
        schema = getattr(self, "schema_", None)
        if schema is not None:
            return tuple(schema.feature_names)
        names = getattr(self, "feature_names_in_", None)
        return tuple(map(str, names)) if names is not None else tuple(f"x{i}" for i in range(count))

    def _output_names(self) -> tuple[str, ...]:
        """What the classes or the targets are called."""
        raise NotImplementedError

    @property
    def width_(self) -> int:
        """d, the number of components of the state."""
        return int(self.layout_.width)

    @property
    def _outputs(self) -> int:
        raise NotImplementedError


def settings_of(estimator: BaseEstimator) -> dict[str, Any]:
    """The arguments of an estimator that a fit cannot change while it is interrupted."""
    settings = estimator.get_params(deep=False)
    free = (*UNMINDED, "max_iterations", "epochs")
    return {name: plain(value) for name, value in settings.items() if name not in free}


def to_stderr(words: str) -> None:
    """What a fit tells if `verbose` asks for it."""
    print(words, file=sys.stderr)


def talking(callback: Callback | None, verbose: int) -> Callback | None:
    """The callback, preceded by a line on stderr every ten iterations, or every one."""
    if not verbose:
        return callback
    every = 1 if verbose > 1 else 10

    def report(row: Iteration) -> None:
        if row.nit % every == 0:
            to_stderr(
                f"iteration {row.nit:4d}  cost {row.cost:.6g}  gradient {row.gradient_norm:.3g}  "
                f"step {row.step:.3g}  {row.seconds:.2f} s"
            )
        if callback is not None:
            callback(row)

    return report


def report_end(result: Result, verbose: int, stacklevel: int) -> None:
    """The end state of a fit, told if asked for; a ConvergenceWarning if it is not what was wanted.

    Parameters
    ----------
    result : Result
    verbose : int
    stacklevel : int
        As for `warnings.warn`, from there that the warning shall point to the caller of `fit`.
    """
    if verbose:
        to_stderr(f"end state {result.reason!r} after {result.nit}: {result.message}")
    if not result.success:
        warnings.warn(
            f"not converged: end state {result.reason!r}. {result.message}",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )


def summary_of(result: Result) -> dict[str, Any]:
    """The facts of a run that a model file keeps: no times, as equal runs write equal files."""
    history = result.history
    return {
        "end_state": result.reason,
        "message": result.message,
        "converged": bool(result.success),
        "iterations": int(result.nit),
        "cost_start": float(history["cost"][0]),
        "cost_end": float(result.cost),
        "gradient_reduction": reduction(history["gradient_norm"]),
    }
