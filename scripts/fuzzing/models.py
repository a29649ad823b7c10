"""Model files that were damaged by accident, and some that were damaged with care."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from fuzzing.outcomes import TAKEN, tried

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 10**6, 10**9, 2**63, 10**400, 0.5, -0.5, 1e308, 1e-320),
    *("", "a", "auto", "rk4", "tanh", "x" * 1000, "<f8", "|O", "<U9", "é", "\n", "\0", "\ud800"),
    *([], {}, [0], [[]], ["a", "b"], {"a": 1}, [1, 2, 3], "nan", "Infinity", [None] * 50),
)
NUMBERS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e308, 1e-308, 5e-324, 1e16)
TABLE = "a,b,c,kind,price\n" + "".join(
    f"{i % 7},{0.5 * i},{'uv'[i % 2]},{'pq'[i % 3 == 0]},{i * i % 11}.5\n" for i in range(24)
)


class Prepared(NamedTuple):
    """Whole models, the file that inputs are written to, and a table to predict for."""

    models: list[bytes]
    place: Path
    table: Any


def prepared(folder: Path) -> Prepared:
    """A classifier and a regressor of a table, a model with a time grid of its own, and others."""
    from standalone_node.learn.model_file import model_bytes
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import fit, prepare

    (folder / "table.csv").write_text(TABLE)
    table = read_table(folder / "table.csv")
    cases: list[tuple[str, dict[str, Any]]] = [
        ("kind", {}),
        ("price", {"l2": 0.1, "dtype": "float32"}),
        ("kind", {"rtol": 1e-3, "scheme": "dopri5", "reversible": True}),
        ("kind", {"form": "bottleneck", "inner": 3, "loss": "logistic"}),
        ("price", {"weights": "galerkin", "modes": 2, "l2": 0.1}),
    ]
    models = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for target, settings in cases:
            rows = prepare(table, target)
            models.append(model_bytes(fit(rows, {"max_iterations": 2, **settings}).estimator))
    return Prepared(models, folder / "model.npz", table)


def make(rng: Random, known: Prepared) -> bytes:
    """A model, changed."""
    whole = rng.choice(known.models)
    return rng.choice(CHANGES)(rng, whole)


# What is changed.


def bits(rng: Random, whole: bytes) -> bytes:
    """Some bits flipped."""
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 8, 100))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def shortened(rng: Random, whole: bytes) -> bytes:
    """A part cut off, at the end, in front, or in the midst."""
    a, b = sorted((rng.randrange(len(whole) + 1), rng.randrange(len(whole) + 1)))
    return rng.choice((whole[:a], whole[a:], whole[:a] + whole[b:]))


def written_over(rng: Random, whole: bytes) -> bytes:
    """Numbers in the structure of the zip written over."""
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 3))):
        magic = rng.choice((b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY"))
        places = [i for i in range(len(data)) if data[i : i + len(magic)] == magic]
        if places:
            form, number = rng.choice((("<H", 2**16), ("<L", 2**32), ("<Q", 2**64), ("<B", 256)))
            value = rng.choice((0, 1, number - 1, number // 2, rng.randrange(number)))
            place = rng.choice(places) + rng.randrange(4, 46)
            if place + struct.calcsize(form) <= len(data):
                struct.pack_into(form, data, place, value)
    return bytes(data)


def rearranged(rng: Random, whole: bytes) -> bytes:
    """Members shuffled, dropped, doubled, renamed, exchanged, compressed."""
    members = _members(whole)
    for _ in range(rng.randrange(1, 3)):
        i, j = rng.randrange(len(members)), rng.randrange(len(members))
        match rng.randrange(6):
            case 0:
                rng.shuffle(members)
            case 1 if len(members) > 1:
                del members[i]
            case 2:
                members.append(members[i])
            case 3:
                odd = rng.choice(("../a.npy", "/a.npy", "a", "values.npy", "é.npy", "x" * 300))
                members[i] = (odd, members[i][1])
            case 4:
                members[i], members[j] = (
                    (members[i][0], members[j][1]),
                    (members[j][0], members[i][1]),
                )
            case _:
                members[i] = (members[i][0], rng.randbytes(rng.randrange(300)))
    compression = rng.choice((zipfile.ZIP_STORED,) * 4 + (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    return _file(members, compression)


def header_changed(rng: Random, whole: bytes) -> bytes:
    """The header with other values, keys or sizes, the checksums right."""
    members = dict(_members(whole))
    header = json.loads(_text(members["header.npy"]))
    for _ in range(rng.choice((1, 1, 2, 4))):
        _change(rng, header)
    text = json.dumps(header).encode()
    if rng.random() < 0.1:
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice((b"[", b"{", b'"', b"1e999", b"NaN", b"")) + text[place:]
    members["header.npy"] = _npy(np.frombuffer(text, np.uint8))
    return _file(list(members.items()))


def arrays_changed(rng: Random, whole: bytes) -> bytes:
    """Arrays with other numbers, or other shapes that the header declares."""
    members = dict(_members(whole))
    header = json.loads(_text(members["header.npy"]))
    name = rng.choice(list(header["arrays"]))
    array = np.load(io.BytesIO(members[f"{name}.npy"]))
    match rng.randrange(4):
        case 0:
            array.flat[rng.randrange(array.size)] = rng.choice(NUMBERS)
        case 1:
            with np.errstate(all="ignore"):
                array = array * rng.choice(NUMBERS[3:])
        case 2:
            array = np.resize(
                array, rng.choice(((0,), (1,), (2, 2), (), (40, 3), array.shape[::-1]))
            )
        case _:
            array = array.astype(rng.choice(("<f4", "<i8", "|b1", "|u1", ">f8", "<c16")))
    header["arrays"][name] = [array.dtype.str, list(array.shape)]
    members |= {f"{name}.npy": _npy(array), "header.npy": _npy(_bytes(header))}
    return _file(list(members.items()))


CHANGES = (
    *(bits, shortened, written_over, rearranged),
    *(header_changed, header_changed, arrays_changed),
)


def _change(rng: Random, header: dict[str, Any]) -> None:
    """Walk into the header, and change what is there."""
    node: Any = header
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = rng.choice(keys)
        if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.7:
            node = node[key]
            continue
        match rng.randrange(4):
            case 0 if isinstance(node, dict):
                del node[key]
            case 1 if isinstance(node, dict):
                node[rng.choice(("x", "steps", "é", "values"))] = node.pop(key)
            case 2 if isinstance(node[key], int | float) and not isinstance(node[key], bool):
                node[key] = rng.choice((node[key] + 1, -node[key], node[key] * 10**6, 0))
            case _:
                node[key] = deepcopy(rng.choice(VALUES))
        return


def _members(whole: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _file(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is what is wanted
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def _npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _bytes(header: Any) -> Any:
    return np.frombuffer(json.dumps(header).encode(), np.uint8)


def _text(member: bytes) -> bytes:
    return bytes(np.load(io.BytesIO(member)).tobytes())


# What is done with it.


def run(data: bytes, known: Prepared) -> str:
    """Load the model; one that loads is asked for all it can tell, and to predict."""
    import standalone_node as sn

    known.place.write_bytes(data)
    models: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = tried(lambda: models.append(sn.load(known.place)))
        if models:
            outcome = _used(models[0], known)
    return outcome


def _used(model: Any, known: Prepared) -> str:
    from standalone_node.learn.prediction import evaluate_table, predict_table
    from standalone_node.report.facts import evaluation_facts, info_facts
    from standalone_node.report.json_text import json_text
    from standalone_node.report.text import info_tables

    facts = {"model": "model.npz", **info_facts(model)}
    json_text(facts)
    info_tables(facts, "model.npz")
    if not hasattr(model, "schema_"):
        return tried(lambda: model.predict(np.ones((3, model.n_features_in_))))
    outcome = tried(lambda: predict_table(model, known.table).frame())
    again = tried(lambda: evaluation_facts(evaluate_table(model, known.table)))
    return again if outcome == TAKEN else outcome
