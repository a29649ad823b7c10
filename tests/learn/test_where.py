"""Where a fit runs is asked of the estimators, and changes nothing of what they are."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import standalone_node as sn
from standalone_node.engines.local import Local
from standalone_node.engines.opening import ENGINES
from standalone_node.errors import ArgumentError, ClusterError
from standalone_node.learn import where
from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR, WHERE
from standalone_node.learn.model_file import model_bytes
from standalone_node.optimize.identity import UNMINDED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(80, 2))
Y = (X[:, 0] * X[:, 1] > 0.0).astype(int)
R = np.sin(X[:, 0]) + X[:, 1]


class Elsewhere(Local):
    """An engine that is not that of this process by its name, and counts what it is asked."""

    name = "elsewhere"

    def __init__(self) -> None:
        self.asked = 0

    def each(self, work: Callable[..., Any], placed: list[Any], *arguments: Any) -> list[Any]:
        self.asked += 1
        return super().each(work, placed, *arguments)

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("this belongs to a process")

    __reduce_ex__ = __deepcopy__  # type: ignore[assignment]


class Connection:
    """What a client is to scikit-learn: something that cannot be copied."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("this belongs to a process")

    __reduce_ex__ = __deepcopy__  # type: ignore[assignment]


def classifier(**settings: Any) -> sn.NodeClassifier:
    return sn.NodeClassifier(**{"max_iterations": 8, **settings})


def regressor(**settings: Any) -> sn.NodeRegressor:
    return sn.NodeRegressor(**{"max_iterations": 5, "steps": 2, **settings})


# What is fitted.


FITS: dict[str, Callable[..., BaseEstimator]] = {
    "classes": lambda **here: classifier(**here).fit(X, Y),
    "quantities": lambda **here: regressor(l2=0.01, **here).fit(X, R),
    "a penalty that is chosen": lambda **here: regressor(l2="auto", **here).fit(X, R),
    "early stopping": lambda **here: classifier(validation_share=0.2, **here).fit(X, Y),
    "levels": lambda **here: classifier(continuation=(1, 2), steps=4, **here).fit(X, Y),
    "from where it was": lambda **here: (
        classifier(**here).fit(X, Y).set_params(warm_start=True, max_iterations=3).fit(X, Y)
    ),
    "L-BFGS": lambda **here: classifier(method="lbfgs", **here).fit(X, Y),
    "Adam": lambda **here: classifier(method="adam", **here).fit(X, Y),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_on_another_engine_writes_the_same_model(name: str) -> None:
    engine = Elsewhere()
    here, there = FITS[name](), FITS[name](engine=engine)
    assert engine.asked > 0, "nothing was asked of the engine"
    assert model_bytes(there) == model_bytes(here)
    costs = [model.result_.history["cost"] for model in (here, there)]
    assert np.array_equal(*costs)


def test_all_runs_of_a_fit_share_one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    @contextmanager
    def counted(*asked: Any) -> Iterator[Local]:
        opened.append(asked)
        yield Elsewhere()

    monkeypatch.setattr(where, "opened", counted)
    regressor(l2="auto", engine="dask", client="tcp://host:8786").fit(X, R)
    assert opened == [("dask", "tcp://host:8786")]


def test_what_was_opened_is_closed_when_a_fit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    class Failing(Elsewhere):
        def each(self, *asked: Any) -> list[Any]:
            raise ClusterError("lost.")

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setitem(ENGINES, "dask", lambda client, workers, timeout: Failing())
    with pytest.raises(ClusterError, match="lost"):
        classifier(engine="dask").fit(X, Y)
    assert closed == [True]


# What is refused.


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"engine": "ray"}, "unknown engine 'ray': choose one of local, dask"),
        ({"engine": 3}, "engine = 3"),
        ({"client": "tcp://host:8786"}, "client is for engine = 'dask'"),
        ({"engine": Local(), "client": "tcp://host:8786"}, "client = 'tcp://host:8786'"),
        ({"engine": "dask", "rtol": 1e-3}, "rtol = 0.001 .* give steps"),
        ({"engine": "dask", "atol": 1e-3}, "atol = 0.001 .* give steps"),
        ({"engine": "dask", "batch_size": 8}, "batch_size = 8 .* engine = 'dask' .* leave it out"),
        ({"engine": Elsewhere(), "batch_size": 8}, "engine = 'elsewhere'"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        classifier(**settings).fit(X, Y)


def test_the_local_engine_chooses_grids_and_draws_batches_as_ever() -> None:
    for settings in ({"rtol": 1e-2, "scheme": "bs3"}, {"batch_size": 20, "epochs": 2}):
        plain = classifier(**settings).fit(X, Y)
        assert model_bytes(classifier(engine=Local(), **settings).fit(X, Y)) == model_bytes(plain)


def test_a_part_is_fitted_in_this_process_or_not_at_all() -> None:
    with pytest.raises(ArgumentError, match=r"partial_fit .* use fit, or engine='local'"):
        classifier(engine="dask").partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ArgumentError, match="partial_fit"):
        regressor(l2=0.1, engine=Elsewhere()).partial_fit(X, R)


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'standalone-node\[dask\]'"):
        classifier(engine="dask").fit(X, Y)


def test_an_address_without_the_encryption_that_is_required_is_named() -> None:
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(ClusterError, match=r"tcp://127.0.0.1:9 .*encryption required"),
    ):
        classifier(engine="dask", client="tcp://127.0.0.1:9").fit(X, Y)


# What becomes of an estimator.


@pytest.mark.parametrize("defaults", [CLASSIFIER, REGRESSOR])
def test_fits_stay_in_this_process_unless_asked_otherwise(defaults: Any) -> None:
    assert {name: getattr(defaults, name) for name in WHERE} == {"engine": "local", "client": None}


def test_a_clone_has_the_engine_and_the_client_themselves() -> None:
    engine, client = Elsewhere(), Connection()
    model = classifier(engine=engine, client=client, steps=5, continuation=[2, 4])
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True)
    twin = clone(model)
    assert twin.engine is engine and twin.client is client
    assert twin.get_params()["steps"] == 5 and twin.continuation == [2, 4]
    assert twin.continuation is not model.continuation
    assert twin._metadata_request is not model._metadata_request
    assert str(twin.get_metadata_routing()) == str(model.get_metadata_routing())
    assert (model.engine, model.client) == (engine, client)
    assert not hasattr(clone(classifier().fit(X, Y)), "parameters_")


def test_it_is_cloned_inside_of_others() -> None:
    engine = Elsewhere()
    pipeline = clone(make_pipeline(StandardScaler(), classifier(engine=engine)))
    assert pipeline[-1].engine is engine
    there = cross_val_predict(classifier(engine=engine), X, Y, cv=2)
    assert engine.asked > 0
    assert np.array_equal(there, cross_val_predict(classifier(), X, Y, cv=2))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_copy_or_a_pickle_stays_in_its_process(copied: Callable[[Any], Any]) -> None:
    for place in (
        {"engine": Elsewhere()},
        {"engine": "dask", "client": Connection()},
        {"engine": Elsewhere(), "client": Connection()},
    ):
        again = copied(classifier(steps=5, **place))
        assert (again.engine, again.client, again.steps) == ("local", None, 5)
    engine = Elsewhere()
    model = classifier(engine=engine).fit(X, Y)
    again = copied(model)
    assert model.engine is engine
    assert np.array_equal(again.predict(X), model.predict(X))
    assert np.array_equal(again.fit(X, Y).predict(X), model.predict(X))


def test_a_pickle_keeps_names_and_addresses() -> None:
    model = classifier(engine="dask", client="tcp://host:8786")
    again = pickle.loads(pickle.dumps(model))
    assert (again.engine, again.client) == ("dask", "tcp://host:8786")


def test_it_is_told_and_set_as_any_argument() -> None:
    assert repr(classifier()) == "NodeClassifier(max_iterations=8)"
    model = classifier().set_params(engine="dask", client="tcp://host:8786")
    assert "engine='dask'" in repr(model) and "client='tcp://host:8786'" in repr(model)
    assert model.get_params()["client"] == "tcp://host:8786"


def test_a_model_file_does_not_know_where_it_was_fitted(tmp_path: Path) -> None:
    sn.save(classifier(engine=Elsewhere()).fit(X, Y), tmp_path / "model")
    loaded = sn.load(tmp_path / "model")
    assert (loaded.engine, loaded.client) == ("local", None)


def test_a_fit_goes_on_from_its_checkpoint_on_another_engine(tmp_path: Path) -> None:
    assert set(WHERE) <= set(UNMINDED)
    whole = classifier().fit(X, Y)
    moves = [(Local(), Elsewhere()), (Elsewhere(), "local"), ("local", Elsewhere())]
    for number, (before, after) in enumerate(moves):
        folder = tmp_path / str(number)
        classifier(engine=before, max_iterations=4).fit(
            X, Y, checkpoint=sn.Checkpoint(folder, every=2)
        )
        told: list[str] = []
        again = classifier(engine=after).fit(
            X, Y, checkpoint=sn.Checkpoint(folder, resume=True, tell=told.append)
        )
        assert "going on" in told[0]
        assert model_bytes(again) == model_bytes(whole)
