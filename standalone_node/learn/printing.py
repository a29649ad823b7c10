"""What is told of an estimator: a summary in five sections, and what it shows in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from standalone_node.kernels.processors import held
from standalone_node.learn.scores import SCORE_NAMES
from standalone_node.learn.training import COST_SHARE, labels_of_targets, weights_of_settings
from standalone_node.optimize.method_words import end_words, learnt_words, method_words
from standalone_node.optimize.result import Rows, cost_rows, summary_of
from standalone_node.problem.accuracy import Accuracy, accuracy
from standalone_node.problem.description import depth_words, network_words
from standalone_node.problem.excerpt import Excerpt
from standalone_node.summary import Summary, counted, digits

Array = NDArray[Any]

#: So many classes or targets are named, no more.
NAMED = 8
NOT_FITTED = (("not fitted", "call fit(X, y) first"),)
NOT_MEASURED = (
    (
        "accuracy",
        "not kept (by an old file, a copy or pickle made before it was asked for, or after "
        "partial_fit): measure_accuracy(X, y) finds it on rows that you give",
    ),
)
#: What belongs to the rows of the fit, and stays with them.
NOT_IN_A_COPY = {"_excerpt", "_merged"}
#: The parts of the rows that a summary keeps scores of.
PARTS = {"train": "training rows", "test": "held-out rows", "baseline": "baseline there"}


class Printing(BaseEstimator):
    """An estimator that keeps what its fit can be measured on, and tells what it is.

    What is kept is at most 1,000 rows, evenly chosen, until the accuracy is asked for; they do not
    go into copies, pickles and model files. A model file has the accuracy, because `save` measures
    it; a pickle or a deep copy has it only if it was asked for before, because a search over many
    fits pickles all of them and asks none.
    """

    _excerpt: Excerpt | None = None
    #: How many rows of a weight the last fit was given, and how many different ones they were.
    _merged: tuple[int, int] | None = None
    summary_: dict[str, Any]

    def summary(self) -> Summary:
        """The estimator in five sections: problem, method, end state, accuracy, scores.

        It prints as text and shows as HTML in a notebook. What has to be measured for it is
        measured when it is first asked for.

        Returns
        -------
        Summary
        """
        title = type(self).__name__
        if not _is_fitted(self):
            nothing = {"method": NOT_FITTED, "end": NOT_FITTED, "scores": NOT_FITTED}
            return summary_of(title, problem=NOT_FITTED, accuracy=NOT_FITTED, **nothing)
        found = self._measured()
        return summary_of(
            title,
            problem=_problem_rows(self),
            method=_method_rows(self),
            end=_end_rows(self),
            accuracy=NOT_MEASURED if found is None else found.lines(),
            scores=_score_rows(self),
        )

    @property
    def accuracy_(self) -> Accuracy | None:
        """How exact the solution of the fit is; None if it was not measured and cannot be.

        Ask before you pickle or deep-copy the estimator (`save` does): the rows of the fit stay
        behind, and `measure_accuracy` needs rows that you give.
        """
        check_is_fitted(self)
        return self._measured()

    def measure_accuracy(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Accuracy:
        """How exact the derivative and the outputs of the fitted model are on these rows.

        Kept as `accuracy_`, hence part of `summary()` and of the model file. On the rows of the
        fit it is what the fit itself would have told.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`; at most 1,000 rows are used, evenly chosen.

        Examples
        --------
        >>> from standalone_node import NodeRegressor
        >>> x = np.linspace(-2.0, 2.0, 40)[:, None]
        >>> model = NodeRegressor(l2=1e-3).fit(x, np.sin(x[:, 0]))
        >>> round(model.measure_accuracy(x, np.sin(x[:, 0])).taylor_order, 1)
        2.0
        """
        check_is_fitted(self)
        with held():
            rows = self._rows_of_fit(*self._known_rows(X, y, sample_weight))
            found = self._as_given(accuracy(self._known_problem(*rows), self.parameters_))
        self.summary_ = {**self.summary_, **found.facts()}
        self._excerpt = None
        return found

    def _measured(self) -> Accuracy | None:
        """The accuracy, from the summary of the fit or measured now and put there."""
        if self._excerpt is not None:
            with held():
                facts = self._as_given(self._excerpt.accuracy(self.parameters_)).facts()
                if "train_rows" not in self.summary_:
                    facts["fit_score"] = _fit_score(self, self._excerpt)
            self.summary_ = {**self.summary_, **facts}
            self._excerpt = None
        return Accuracy.from_facts(self.summary_)

    def _as_given(self, found: Accuracy) -> Accuracy:
        """That of the rows of the fit, which knows that equal ones were merged."""
        given, different = self._merged or (0, 0)
        return replace(found, given_rows=given) if found.of_rows == different else found

    def __getstate__(self) -> Any:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in NOT_IN_A_COPY}

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        if "text/html" in bundle:
            bundle["text/html"] += self._shown()
        return bundle

    @property
    def _repr_html_(self) -> Callable[[], str]:
        diagram = super()._repr_html_
        return lambda: diagram() + self._shown()

    def _shown(self) -> str:
        """The summary as HTML, or why there is none."""
        if not _is_fitted(self):
            return "<p>Not fitted: call fit(X, y) for a summary.</p>"
        try:
            return self.summary().html()
        # A cell of a notebook that shows an estimator has to show it, whatever happens.
        except Exception as error:
            return f"<p>No summary: {escape(f'{type(error).__name__}: {error}')}</p>"


def _is_fitted(estimator: Any) -> bool:
    """Whether there is a run to tell of, not only a problem that was posed."""
    return hasattr(estimator, "parameters_") and hasattr(estimator, "summary_")


def _problem_rows(estimator: Any) -> Rows:
    settings, told = estimator.get_params(deep=False), estimator.summary_
    names = estimator._output_names()
    listed = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    what = "class" if is_classifier(estimator) else "target"
    many = f"{len(names)} {what}{'es' if what == 'class' else 's'}"
    rows = [
        ("predicts", f"{many if len(names) > 1 else what}: {listed}"),
        ("from", counted(int(estimator.n_features_in_), "feature")),
        ("right-hand side", _network(estimator)),
        ("depth", depth_words(estimator.times_.size - 1, settings)),
        ("loss", str(settings["loss"])),
        ("penalty", f"l2 = {digits(estimator.l2_)}, h1 = {digits(settings['h1'])}"),
        ("precision", str(settings["dtype"])),
    ]
    if "train_rows" in told:
        rows.insert(2, ("rows trained on", f"{told['train_rows']:,}"))
    return tuple(rows)


def _network(estimator: Any) -> str:
    return network_words(estimator.form, estimator.activation, int(estimator.width_))


def _method_rows(estimator: Any) -> Rows:
    settings = estimator.get_params(deep=False)
    asked = {**settings, "cost_tolerance": COST_SHARE * settings["tolerance"]}
    rows = [
        ("method", method_words(asked)),
        ("metric", f"Sobolev, length {settings['smoothing']}"),
        ("learnt", learnt_words(weights_of_settings(estimator))),
    ]
    if settings["continuation"] is not None:
        levels = ", ".join(map(str, settings["continuation"]))
        rows.append(("levels", f"first finite ResNets of {levels} layers"))
    if settings["batch_size"] is not None:
        of = f"{counted(settings['batch_size'], 'row')}, {counted(settings['epochs'], 'epoch')}"
        rows.append(("batches", f"of {of}"))
    if settings["validation_share"]:
        rows.append(("early stopping", f"by {settings['validation_share']:.4g} of the rows"))
    return (*rows, ("ends", end_words(asked, settings["max_iterations"])))


def _end_rows(estimator: Any) -> Rows:
    told = estimator.summary_
    end = f"{told['end_state']}: {told['message']}"
    return (("end state", end), ("iterations", f"{told['iterations']:,}"))


def _score_rows(estimator: Any) -> Rows:
    told = estimator.summary_
    rows = list(cost_rows(told["cost_start"], told["cost_end"], told["gradient_reduction"]))
    for part, words in PARTS.items():
        for name, label in SCORE_NAMES.items():
            value = told.get(f"{part}_{name}")
            if value is not None:
                rows.append((f"{label}, {words}", f"{value:.4f}"))
    if told.get("fit_score") is not None:
        label = "accuracy" if is_classifier(estimator) else "R²"
        rows.append((f"{label}, {PARTS['train']}", f"{told['fit_score']:.4f}"))
    return tuple(rows)


def _fit_score(estimator: Any, excerpt: Excerpt) -> float | None:
    """Accuracy or R² on the rows of an excerpt; None where it is not defined."""
    problem = excerpt.make()
    found, weights = problem.observed_outputs(estimator.parameters_), problem.sample_weight
    if not np.isfinite(found).all():
        return None
    if not is_classifier(estimator):
        # The scale of a target makes no difference to its R².
        score = r2_score(problem.targets, found, sample_weight=weights) if len(found) > 1 else None
        return None if score is None or not np.isfinite(score) else float(score)
    best = estimator.network_.decided(found)
    return float(accuracy_score(labels_of_targets(problem.targets), best, sample_weight=weights))
