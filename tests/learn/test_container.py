"""A file of arrays: what goes in comes out, and no file makes its reader do more than it is worth.

A sentence for each way to be unsound, and for none the memory that the file asks for.
"""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import header_member, header_of, members_of, npy, write_members

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.container import Kind, packed, unpacked

KIND = Kind("boxes", 3, "a box of tests", "give a box", "pack it again")
ANY = Kind("boxes", 3, "a box of tests", "give a box", "pack it again", finite=False)
ARRAYS = {
    "numbers": np.arange(6.0).reshape(2, 3),
    "single": np.array([0.5, -1.0], np.float32),
    "whole": np.array([2**62, -1]),
    "truth": np.array([True, False]),
    "none": np.zeros((0, 4)),
    "one": np.array(2.0),
}


def read(content: bytes, kind: Kind = KIND) -> tuple[dict[str, Any], dict[str, Any]]:
    return unpacked(kind, io.BytesIO(content), "box.npz")


def refusal(content: bytes) -> str:
    with pytest.raises(ModelFileError) as caught:
        read(content)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "box.npz"
    place.write_bytes(packed(KIND, {"fact": 1.5}, ARRAYS))
    return place


def test_what_goes_in_comes_out() -> None:
    header, arrays = read(packed(KIND, {"fact": [1.5, "ü", None]}, ARRAYS))
    assert header["fact"] == [1.5, "ü", None]
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable
        np.testing.assert_array_equal(arrays[name], array)


def test_an_array_in_the_order_of_columns_comes_out_the_same() -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(read(packed(KIND, {}, {"a": array}))[1]["a"], array)


def test_an_array_that_numpy_wrote_by_columns_is_read(path: Path) -> None:
    members = members_of(path)
    members["numbers.npy"] = npy(np.asfortranarray(ARRAYS["numbers"]))
    assert b"'fortran_order': True" in members["numbers.npy"]
    write_members(path, members.items())
    np.testing.assert_array_equal(read(path.read_bytes())[1]["numbers"], ARRAYS["numbers"])


def test_numbers_that_are_not_finite_are_for_those_who_want_them() -> None:
    content = packed(ANY, {"fact": float("nan")}, {"a": np.array([np.nan, np.inf])})
    header, arrays = read(content, ANY)
    assert np.isnan(header["fact"]) and np.isinf(arrays["a"][1])
    with pytest.raises(ModelFileError, match="JSON"):
        read(content)
    with pytest.raises(ArgumentError, match="not finite"):
        packed(KIND, {"fact": float("nan")}, {})
    with pytest.raises(ModelFileError, match="not finite in 'a'"):
        read(packed(KIND, {}, {"a": np.array([np.nan])}))


@pytest.mark.parametrize("dtype", ["<i4", ">f8", "<c16", "|O", "<U3", "|u1"])
def test_numbers_that_would_not_be_read_again_are_not_written(dtype: str) -> None:
    with pytest.raises(ArgumentError, match="'a' holds numbers of the type"):
        packed(KIND, {}, {"a": np.zeros(2, dtype)})


def changed(path: Path, name: str, content: bytes) -> bytes:
    write_members(path, (members_of(path) | {name: content}).items())
    return path.read_bytes()


def with_header(path: Path, **changes: Any) -> bytes:
    return changed(path, "header.npy", header_member(header_of(path) | changes))


def patched(content: bytes, magic: bytes, at: int, form: str, value: int, which: int = 0) -> bytes:
    """The content with a number written over, so many bytes behind the occurrence of a magic."""
    place = -1
    for _ in range(which + 1):
        place = content.index(magic, place + 1)
    data = bytearray(content)
    struct.pack_into(form, data, place + at, value)
    return bytes(data)


DIRECTORY, END = b"PK\x01\x02", b"PK\x05\x06"


def twice(path: Path) -> bytes:
    members = list(members_of(path).items())
    with pytest.warns(UserWarning, match="Duplicate"):
        write_members(path, [*members, members[1]])
    return path.read_bytes()


def added(path: Path, name: str) -> bytes:
    write_members(path, [*members_of(path).items(), (name, npy(np.ones(3)))])
    return path.read_bytes()


def compressed(path: Path) -> bytes:
    write_members(path, members_of(path).items(), zipfile.ZIP_DEFLATED)
    return path.read_bytes()


def overlapping(path: Path) -> bytes:
    """The second member begins where the first one does, as in the densest of zip bombs."""
    return patched(path.read_bytes(), DIRECTORY, 42, "<L", 0, which=1)


def bracketed(path: Path) -> bytes:
    nested = b'{"magic": "boxes", "format": 3, "arrays": {}, "x": [' + b"[]," * 9999 + b"1]}"
    return changed(path, "header.npy", header_member(nested))


def second_end(path: Path) -> bytes:
    content = path.read_bytes()
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    place = content.rindex(END)
    longer = content[:place] + locator + content[place:]
    length = struct.unpack_from("<L", content, place + 12)[0]
    return patched(longer, END, 12, "<L", length + len(locator))


def pickled(path: Path) -> bytes:
    return changed(path, "numbers.npy", npy(np.array([{}], object), allow_pickle=True))


def asking(shape: str) -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + bytes(48)


#: What is done to a file, and what its sentence says.
UNSOUND: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda path: b"", "is empty"),
    "cut off": (lambda path: path.read_bytes()[:-100], "end of the archive is missing"),
    "cut off early": (lambda path: b"PK", "end of the archive is missing"),
    "text": (lambda path: b"a,b\n1,2\n", "is not a box of tests: give a box"),
    "pickle": (lambda path: b"\x80\x04N.", "pickle and is not opened"),
    "something behind": (lambda path: path.read_bytes() + b"x", "end of the archive is missing"),
    "something before": (lambda path: b"PK\x03\x04" + path.read_bytes(), "directory is not where"),
    "two ends": (second_end, "two ends"),
    "no header": (lambda path: packed(KIND, {}, {})[:0] + _foreign(), "is not a box of tests"),
    "twice": (twice, "'numbers.npy' is in it twice"),
    "absolute name": (lambda path: added(path, "/etc/a.npy"), "'/etc/a.npy' has a path"),
    "name that climbs": (lambda path: added(path, "../a.npy"), "'../a.npy' has a path"),
    "more than declared": (lambda path: added(path, "a.npy"), "'a.npy' is in the file only"),
    "encrypted": (lambda path: patched(path.read_bytes(), DIRECTORY, 8, "<H", 1), "is encrypted"),
    "compressed": (compressed, "is compressed"),
    "two sizes": (
        lambda path: patched(path.read_bytes(), DIRECTORY, 24, "<L", 2**31), "has two sizes",
    ),
    "overlapping": (overlapping, "overlaps another one"),
    "larger than the file": (
        lambda path: patched(
            patched(path.read_bytes(), DIRECTORY, 24, "<L", 2**31, 5), DIRECTORY, 20, "<L", 2**31, 5
        ),
        "members are larger than the file|overlaps",
    ),
    "magic": (lambda path: with_header(path, magic="bags"), "is not a box of tests"),
    "newer": (lambda path: with_header(path, format=4), "has format 4, and this version reads up"),
    "no format": (lambda path: with_header(path, format="3"), "names no format"),
    "no JSON": (lambda path: changed(path, "header.npy", header_member(b"{")), "no JSON"),
    "infinity": (
        lambda path: changed(path, "header.npy", header_member(b'{"a": Infinity}')), "no JSON",
    ),
    "brackets": (bracketed, "hardly more than brackets"),
    "no list of arrays": (lambda path: with_header(path, arrays=[]), "declares no arrays"),
    "huge in the header": (
        lambda path: with_header(
            path, arrays=header_of(path)["arrays"] | {"numbers": ["<f8", [2**39, 2**39]]}
        ),
        "'numbers' is not as large as its header says",
    ),
    "another type": (
        lambda path: with_header(path, arrays=header_of(path)["arrays"] | {"numbers": ["|O", [2]]}),
        "'numbers' as no array",
    ),
    "another shape": (
        lambda path: with_header(
            path, arrays=header_of(path)["arrays"] | {"numbers": ["<f8", [3, 2]]}
        ),
        "'numbers' is not the array that its header declares",
    ),
    "huge in the member": (
        lambda path: changed(path, "numbers.npy", asking("(1000000000000,)")),
        "not as large as its shape",
    ),
    "code for a shape": (
        lambda path: changed(path, "numbers.npy", asking("(exit(),)")),
        "does not begin as an array",
    ),
    "objects": (pickled, "does not begin as an array"),
    "no truth": (
        lambda path: changed(path, "truth.npy", npy(ARRAYS["truth"])[:-1] + b"\x07"),
        "'truth' holds something else",
    ),
    "bits": (
        lambda path: path.read_bytes().replace(npy(ARRAYS["whole"]), npy(ARRAYS["whole"] + 1)),
        "checksum",
    ),
}  # fmt: skip


def _foreign() -> bytes:
    file = io.BytesIO()
    np.savez(file, weights=np.ones(3))
    return file.getvalue()


@pytest.mark.parametrize("case", UNSOUND)
def test_every_unsound_file_has_a_sentence_and_costs_no_memory(path: Path, case: str) -> None:
    unsound, words = UNSOUND[case]
    content = unsound(path)
    tracemalloc.start()
    try:
        sentence = refusal(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any(word in sentence for word in words.split("|")), sentence
    assert sentence.startswith("box.npz ") and "\n" not in sentence
    assert peak < 10 * len(content) + 2**18


def test_the_header_is_bounded(path: Path) -> None:
    with pytest.raises(ArgumentError, match="header of 16"):
        packed(KIND, {"long": "x" * (16 * 2**20)}, {})
    long = changed(path, "header.npy", header_member(b" " * (16 * 2**20 + 2**13)))
    assert "more than any of ours" in refusal(long)


def test_the_directory_is_bounded(path: Path) -> None:
    write_members(path, [("header.npy", b""), *((f"a{i}", b"") for i in range(6000))])
    assert "directory takes" in refusal(path.read_bytes())


def test_every_bit_that_is_flipped_is_noticed_or_changes_nothing(path: Path) -> None:
    whole = path.read_bytes()
    header, arrays = read(whole)
    for place in range(0, 8 * len(whole), 31):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        try:
            found, others = read(bytes(damaged))
        except ModelFileError:
            continue
        assert found == header
        for name, array in arrays.items():
            np.testing.assert_array_equal(others[name], array)


def test_a_file_cut_off_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole), 3):
        assert refusal(whole[:length])
