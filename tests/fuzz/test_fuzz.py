"""Whatever comes in is taken, or refused by one sentence: some of the inputs of scripts/fuzz.py.

The script takes many thousands and watches memory, time and code that is executed, too.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
outcomes: Any = importlib.import_module("fuzzing.outcomes")
TARGETS: dict[str, Any] = importlib.import_module("fuzzing.targets").TARGETS

#: How many inputs of each kind a run of the tests takes.
EXAMPLES = {"csv": 150, "model": 150, "config": 150, "command": 40, "field": 100}
few = settings(suppress_health_check=list(HealthCheck), max_examples=100)


class Known:
    """What each kind of input needs, made when it is first asked for."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._patch, self._made = folder, monkeypatch, dict[str, Any]()

    def __getitem__(self, kind: str) -> Any:
        place = self._folder / kind
        if kind not in self._made:
            place.mkdir()
            self._patch.chdir(place)
            self._made[kind] = TARGETS[kind].prepared(place)
        self._patch.chdir(place)
        return self._made[kind]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    with pytest.MonkeyPatch.context() as patch:
        yield Known(tmp_path_factory.mktemp("fuzz"), patch)


@pytest.mark.parametrize("kind", TARGETS)
def test_any_input_is_taken_or_refused_by_one_sentence(kind: str, known: Known) -> None:
    target, needed = TARGETS[kind], known[kind]
    met = set()

    @settings(few, max_examples=EXAMPLES[kind])
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        met.add(target.run(target.make(Random(seed), needed), needed))

    check()
    assert met == {outcomes.TAKEN, outcomes.REFUSED}


@given(data=st.binary(max_size=400))
@few
def test_any_bytes_are_a_table_or_a_sentence(data: bytes, known: Known) -> None:
    assert TARGETS["csv"].run(data, known["csv"]) in (outcomes.TAKEN, outcomes.REFUSED)


@given(
    text=st.text(
        st.sampled_from(['"', ",", ";", "\n", "\r", "y", "1", "2", "a", " ", ".", "\t", "e", "-"]),
        max_size=60,
    )
)
@few
def test_any_text_of_the_letters_of_tables_is_a_table_or_a_sentence(
    text: str, known: Known
) -> None:
    data = ("x,y\n" + text).encode()
    assert TARGETS["csv"].run(data, known["csv"]) in (outcomes.TAKEN, outcomes.REFUSED)


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@few
def test_any_text_is_a_configuration_or_a_sentence(data: bytes, known: Known) -> None:
    for begin in (b"", b"[fit]\n"):
        met = TARGETS["config"].run(begin + data, known["config"])
        assert met in (outcomes.TAKEN, outcomes.REFUSED)


@given(data=st.binary(max_size=300), begin=st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY"]))
@few
def test_any_bytes_are_no_model(data: bytes, begin: bytes, known: Known) -> None:
    assert TARGETS["model"].run(begin + data, known["model"]) == outcomes.REFUSED


@pytest.mark.parametrize("where", ["f", "jvp", "vjp"])
def test_every_misbehaviour_of_a_field_is_survived(where: str, known: Known) -> None:
    fields = importlib.import_module("fuzzing.fields")
    refused = set()
    for deed in fields.DEEDS:
        for use in fields.USES:
            data = json.dumps([where, deed, 0, 1, use]).encode()
            if TARGETS["field"].run(data, None) == outcomes.REFUSED:
                refused.add(deed)
    assert {"a row less", "none", "text", "complex", "ragged"} <= refused
    assert "nothing wrong" not in refused


def test_what_is_no_sentence_is_found() -> None:
    for text in ("", "a\nb", "Traceback", "something unforeseen went wrong", "\x1b[31m"):
        with pytest.raises(outcomes.Unsatisfied):
            outcomes.check_sentence(text)
    outcomes.check_sentence("data.csv: the file is empty; fill it.")
