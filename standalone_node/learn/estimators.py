"""scikit-learn estimators: a table of numbers in, a fitted standalone neural ODE out."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import scipy.special
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from standalone_node.errors import ArgumentError
from standalone_node.kernels.processors import held
from standalone_node.learn.base import NodeEstimator
from standalone_node.learn.checkpoint import Checkpoint
from standalone_node.learn.class_weights import BALANCED, class_factors
from standalone_node.learn.constructor import constructed_with
from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR
from standalone_node.learn.penalty_choice import cross_validated_l2
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.terms import Terms
from standalone_node.learn.training import number
from standalone_node.learn.warm_start import kept_on_error
from standalone_node.optimize.record import Callback

Array = NDArray[Any]


def _has_probabilities(estimator: NodeClassifier) -> bool:
    if estimator.loss not in ("cross-entropy", "logistic"):
        raise AttributeError(
            f"predict_proba needs loss='cross-entropy' or 'logistic', not {estimator.loss!r}"
        )
    return True


@constructed_with(CLASSIFIER)
class NodeClassifier(ClassifierMixin, NodeEstimator):
    """Classification by a standalone neural ODE with depth-varying parameters.

    Inputs are centred and scaled column by column and carried through x' = f(t, x, theta(t)); the
    first components of x(T) are the logits of the classes. theta is found by nonlinear
    conjugate gradients with Sobolev gradients.

    Parameters
    ----------
    horizon : float
        T, the depth.
    steps : int
        Time steps; also the intervals of the depth grid.
    scheme, rtol, atol, reversible, form, inner, activation
        See `standalone_node.InverseProblem`. With `rtol` or `atol` the time steps are chosen, and
        `steps` is the number of intervals of the depth grid.
    weights : {"free", "constant", "galerkin", "evolving"}
        What is learnt: nodal values, one value for all depths (the plain neural ODE), coefficients
        of a series, or an initial value problem whose solution theta is.
    basis : {"legendre", "fourier", "b-spline"}, optional
        Of the series; Legendre polynomials if None.
    modes : int, optional
        Terms of the series, or the width of the network that drives evolving weights; 8 if None,
        of a series no more than there are depth points.
    channels : {"own", "shared"}
        Outputs in components of their own in front of the features, or in the first features.
    augment : int
        Further components that start at zero.
    loss : {"cross-entropy", "logistic", "squared", "huber"}
        "logistic" for two classes; "squared" and "huber" compare with one-hot rows.
    l2 : float
        Weight of the penalty on theta, alpha = l2 * sqrt(d): the wider the state, the more
        entries there are to restrain. One value then serves narrow and wide states.
    h1 : float
        Weight of the penalty on the derivative of theta in depth, gamma.
    smoothing : float or "auto"
        The length of the Sobolev metric; 0 is the L2 metric, "auto" chooses it. "sgd" and "adam"
        take the partials as they are.
    method, beta, line_search, restart, rate, max_iterations, time_limit
        See `standalone_node.minimize`. The time limit is that of the whole fit; of it, choosing
        l2="auto" takes no more than half.
    batch_size : int, optional
        Rows of a batch, which are drawn by `random_state`; all rows at once if None. An iteration,
        a row of the history, is then an epoch.
    epochs : int
        How often `fit` goes through the batches.
    batch_iterations : int, optional
        Iterations on a batch, also in `partial_fit`; 6 if None, 1 for "sgd" and "adam".
    proximal : float
        Weight of the term that holds the parameters near where a batch began, see
        `standalone_node.Batches`. It and `batch_iterations` concern `partial_fit`, and `fit` with
        a `batch_size`.
    continuation : sequence of int, optional
        Layers of the finite ResNets that come first, as (4, 8, 16), see
        `standalone_node.continuation`.
    class_weight : None, "balanced" or mapping, optional
        What the rows of each class weigh, times `sample_weight`: labels, or their texts, with
        numbers, 1 for those that are not in it; "balanced" gives all classes the same sum.
    validation_share : float
        Share of the rows that are held out for early stopping; 0 for none. The parameters of the
        lowest loss on these rows are kept.
    patience : int, optional
        Iterations without a lower loss there after which a fit ends; 20 if None.
    tolerance : float
        A fit ends when the gradient norm is this share of its start, or when five iterations lower
        the cost by less than a tenth of this share.
    dtype : {"float64", "float32"}
        The precision of the states: single precision is up to twice as fast for wide states.
    threads : int, optional
        All processors if None.
    memory_limit : int or str, optional
        See `standalone_node.InverseProblem`.
    random_state : int, RandomState or None
        Of the start function.
    warm_start : bool
        Whether a further `fit` goes on from the parameters so far instead of beginning afresh.
        Scaling, classes and a chosen l2 stay what they were, so that before its first iteration
        the model is the same function; `steps` may have changed.
    verbose : int
        1 prints a line every ten iterations to stderr, 2 every iteration; both how the fit ended,
        and the error of each value that l2="auto" tries.

    Attributes
    ----------
    classes_ : ndarray
    parameters_ : Parameters
    result_ : Result
    n_iter_ : int
    l2_ : float
    width_ : int
        Components of the state.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(NodeClassifier().fit(X, y).score(X, y) > 0.95)
    True
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.loss != "logistic"
        return tags

    @property
    def _outputs(self) -> int:
        return 1 if self.loss == "logistic" else int(self.classes_.size)

    def _output_names(self) -> tuple[str, ...]:
        return tuple(str(label) for label in self.classes_.tolist())

    def _known_targets(self, y: Array) -> Array:
        self._refuse_unknown(y)
        return np.searchsorted(self.classes_, y)

    def _refuse_unknown(self, labels: Array) -> None:
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            label = unknown.tolist()[0]
            raise ArgumentError(f"the label {label!r} is none of the classes of the model")

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        callback: Callback | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Fit to rows X (B, p) with labels y (B,).

        Parameters
        ----------
        X, y : array_like
        sample_weight : array_like, shape (B,), optional
        callback : callable, optional
            As in `standalone_node.minimize`.
        checkpoint : Checkpoint, optional
            Where the fit is kept, and taken up again: see `standalone_node.Checkpoint`.

        Raises
        ------
        ValueError
            If the data or an argument cannot be used.
        """
        return self.fit_on(X, y, sample_weight, self._terms(callback, checkpoint))

    def _learnable(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, terms: Terms
    ) -> tuple[Array, Array, Array, float]:
        warm = self._warm
        rows, labels = validate_data(
            self, self._rows(X) if warm else X, y, dtype=np.float64, reset=not warm
        )
        check_classification_targets(labels)
        weights = self._weights(sample_weight, rows)
        if warm:
            self._refuse_unknown(labels[weights > 0.0])
        else:
            self._set_classes(labels[weights > 0.0])
        positions = np.searchsorted(self.classes_, labels)
        found = self._rows_of_fit(rows, positions, weights)
        if not warm:
            self._refuse_one_class(self.classes_[np.unique(found[1])], "class_weight leaves")
        return *found, number("l2", self.l2)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Some iterations on these rows, a batch, from the parameters so far.

        The first call, unless there was a `fit` before, takes the scaling of the inputs from its
        rows; all later ones keep it.

        Parameters
        ----------
        X, y : array_like
        classes : array_like
            All labels there will be: needed in the first call, optional in later ones.
        sample_weight : array_like, shape (B,), optional

        Raises
        ------
        ValueError
            If the data or an argument cannot be used.
        """
        with held(), kept_on_error(self):
            part = self._read_part(X, y, classes, sample_weight)
            self._fit_part(*part, number("l2", self.l2))
        return self

    def _read_part(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None,
        sample_weight: ArrayLike | None,
    ) -> tuple[Array, Array, Array]:
        """Rows, targets and weights of a part; the classes are kept if it is the first."""
        first = not hasattr(self, "parameters_")
        rows, labels = validate_data(
            self, X if first else self._rows(X), y, dtype=np.float64, reset=first
        )
        check_classification_targets(labels)
        if first:
            if classes is None:
                raise ArgumentError("the first call of partial_fit has to be told all classes")
            self._set_classes(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ArgumentError("classes differ from those of the first call of partial_fit")
        if self.class_weight == BALANCED:
            raise ArgumentError(
                "class_weight = 'balanced' asks how many rows each class has in all, which no part "
                "tells: give partial_fit a mapping, or use fit"
            )
        weights = self._weights(sample_weight, rows)
        self._refuse_unknown(labels[weights > 0.0])
        positions = np.searchsorted(self.classes_, labels)
        return self._rows_of_fit(rows, positions, weights)

    def _factors(self, targets: Array, weights: Array) -> Array | float:
        return class_factors(self.class_weight, self.classes_, targets, weights)

    def _set_classes(self, labels: Array) -> None:
        self.classes_ = np.unique(labels)
        self._refuse_one_class(self.classes_, "the target has")
        if self.loss == "logistic" and self.classes_.size != 2:
            raise ArgumentError(
                "Only binary classification is supported by loss='logistic', and the target has "
                f"{self.classes_.size} classes, not two classes: use 'cross-entropy'"
            )

    def _refuse_one_class(self, classes: Array, what: str) -> None:
        if classes.size < 2:
            raise ArgumentError(
                f"{what} one class only, {classes.tolist()[0]!r}: give rows of at least two that "
                "weigh anything"
            )

    def decision_function(self, X: ArrayLike) -> Array:
        """The logits (B, m), or for two classes their difference (B,)."""
        final = self._propagate(X)
        if final.shape[1] == 1:
            return final[:, 0] if self.loss == "logistic" else final
        return final[:, 1] - final[:, 0] if final.shape[1] == 2 else final

    @available_if(_has_probabilities)
    def predict_proba(self, X: ArrayLike) -> Array:
        """The probabilities (B, classes) of each row."""
        final = self._propagate(X)
        if self.loss == "logistic":
            return np.column_stack([scipy.special.expit(-final), scipy.special.expit(final)])
        probabilities: Array = scipy.special.softmax(final, axis=1)
        return probabilities

    def predict(self, X: ArrayLike) -> Array:
        """The most probable class of each row, (B,)."""
        final = self._propagate(X)
        best = (final[:, 0] > 0).astype(int) if self.loss == "logistic" else final.argmax(axis=1)
        return self.classes_[best]


@constructed_with(REGRESSOR)
class NodeRegressor(RegressorMixin, NodeEstimator):
    """Regression by a standalone neural ODE with depth-varying parameters.

    Parameters
    ----------
    horizon, steps, scheme, rtol, atol, reversible, form, inner, activation
        As in `NodeClassifier`.
    weights, basis, modes, channels, augment
        As in `NodeClassifier`.
    loss : {"squared", "huber"}
        Of the scaled target.
    l2 : float or "auto"
        As in `NodeClassifier`; "auto" chooses from a few values by cross-validation on the rows
        given to `fit`, since no single value serves.
    h1, smoothing, method, beta, line_search, restart, rate
        As in `NodeClassifier`.
    batch_size, epochs, batch_iterations, proximal, continuation, validation_share, patience
        As in `NodeClassifier`.
    max_iterations, tolerance, time_limit
        As in `NodeClassifier`.
    dtype, threads, memory_limit, random_state, warm_start, verbose
        As in `NodeClassifier`.

    Attributes
    ----------
    parameters_ : Parameters
    result_ : Result
    n_iter_ : int
    l2_ : float
        The weight used.
    l2_errors_ : dict
        The cross-validated mean squared error of each value tried, empty if l2 was given.
    width_ : int

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-2.0, 2.0, 80)[:, None]
    >>> y = np.sin(2.0 * x[:, 0])
    >>> bool(NodeRegressor(l2=1e-3).fit(x, y).score(x, y) > 0.95)
    True
    """

    #: Whether `l2_` was chosen. Of a number that was given before, "auto" keeps nothing.
    _l2_chosen: bool = False

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @property
    def _outputs(self) -> int:
        return int(self.target_scaling_.mean.size)

    def _target_scaling(self) -> Scaling:
        return self.target_scaling_

    def _known_targets(self, y: Array) -> Array:
        values = y.astype(np.float64).reshape(len(y), -1)
        if values.shape[1] != self._outputs:
            raise ArgumentError(f"y has {values.shape[1]} columns, the model {self._outputs}")
        return self.target_scaling_.apply(values)

    def _output_names(self) -> tuple[str, ...]:
        schema = getattr(self, "schema_", None)
        if schema is not None:
            return tuple(schema.target_names)
        return ("y",) if self._outputs == 1 else tuple(f"y{i}" for i in range(self._outputs))

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        callback: Callback | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Fit to rows X (B, p) with targets y, (B,) or (B, m).

        Parameters
        ----------
        X, y : array_like
        sample_weight : array_like, shape (B,), optional
        callback : callable, optional
            As in `standalone_node.minimize`, for the final fit.
        checkpoint : Checkpoint, optional
            Where the fit is kept, and taken up again: see `standalone_node.Checkpoint`.

        Raises
        ------
        ValueError
            If the data or an argument cannot be used.
        """
        return self.fit_on(X, y, sample_weight, self._terms(callback, checkpoint))

    def _learnable(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, terms: Terms
    ) -> tuple[Array, Array, Array, float]:
        rows, values, weights, l2 = self._read_more(X, y, sample_weight, terms, go_on=self._warm)
        return rows, self.target_scaling_.apply(values), weights, l2

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Some iterations on these rows, a batch, from the parameters so far.

        The first call, unless there was a `fit` before, takes the scaling of inputs and targets,
        and the weight that l2="auto" chooses, from its rows; all later ones keep them.

        Parameters
        ----------
        X, y : array_like
        sample_weight : array_like, shape (B,), optional

        Raises
        ------
        ValueError
            If the data or an argument cannot be used.
        """
        go_on = hasattr(self, "parameters_")
        with held(), kept_on_error(self):
            rows, values, weights, l2 = self._read_more(X, y, sample_weight, Terms(), go_on=go_on)
            self._fit_part(rows, self.target_scaling_.apply(values), weights, l2)
        return self

    def _read_more(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None, terms: Terms, *, go_on: bool
    ) -> tuple[Array, Array, Array, float]:
        """Rows, targets, weights and l2; scaling and a chosen l2 are kept if a fit is to go on."""
        rows, values = self._read(self._rows(X) if go_on else X, y, reset=not go_on)
        rows, values, weights = self._rows_of_fit(rows, values, self._weights(sample_weight, rows))
        if not go_on:
            self.target_scaling_ = Scaling.of_targets(values, weights)
        elif values.shape[1] != self._outputs:
            raise ArgumentError(
                f"the target has {values.shape[1]} columns, that of the first rows {self._outputs}"
            )
        kept = go_on and self.l2 == "auto" and self._l2_chosen
        return (
            rows,
            values,
            weights,
            self.l2_ if kept else self._chosen_l2(rows, values, weights, terms),
        )

    def _read(self, X: Any, y: ArrayLike, *, reset: bool) -> tuple[Array, Array]:
        """Rows (B, p) and targets (B, m) that can be used."""
        if self.loss not in ("squared", "huber"):
            raise ArgumentError(
                f"loss={self.loss!r} is not for regression: use 'squared' or 'huber'"
            )
        rows, targets = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=reset
        )
        if reset:
            self._flat = targets.ndim == 1
        return rows, targets.reshape(targets.shape[0], -1).astype(np.float64)

    def _chosen_l2(self, rows: Array, values: Array, weights: Array, terms: Terms) -> float:
        """The weight of the penalty, by cross-validation if it is "auto"."""
        self.l2_errors_: dict[float, float] = {}
        self._l2_chosen = self.l2 == "auto"
        l2 = self.l2
        if isinstance(l2, str):
            if l2 != "auto":
                raise ArgumentError(f"l2={l2!r} has to be a number or 'auto'")
            terms = terms.for_choosing()
            l2, self.l2_errors_ = cross_validated_l2(self, rows, values, weights, terms)
        return number("l2", l2)

    def predict(self, X: ArrayLike) -> Array:
        """The predicted targets, (B,) or (B, m), in their own units."""
        final = self._propagate(X)
        values = self.target_scaling_.undo(final)
        return values[:, 0] if self._flat else values
