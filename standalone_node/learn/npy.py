"""One .npy member as NumPy writes it, read without evaluating anything in it.

`numpy.load` parses the preamble of a member as a Python literal and takes the memory it asks for
before looking whether the numbers are there. Here the preamble has to be spelt as NumPy spells it,
and the numbers have to fill the member exactly.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: What a preamble may take, in bytes.
LONGEST_PREAMBLE = 4096
#: The axes an array may have.
MOST_AXES = 8
#: The types of number a member may hold.
NUMBERS = ("<f8", "<f4", "<i8", "|b1")
#: The type of the member that holds a text.
TEXT = "|u1"

_PREAMBLE = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)\{'descr': '(?P<type>[<|][a-z][0-9])', "
    rb"'fortran_order': (?P<order>True|False), 'shape': \((?P<shape>[0-9, ]*)\), \} *\n",
    re.DOTALL,
)


class Unsound(Exception):
    """Something in a file is not as it should be; the message is a part of a sentence."""


def array_of(member: bytes, name: str) -> Array:
    """The array in a member, a copy that can be written to.

    Parameters
    ----------
    member : bytes
        The whole member.
    name : str
        What a message calls it.

    Returns
    -------
    ndarray of float64, float32, int64, bool or uint8

    Raises
    ------
    Unsound
        If it is no such array, or its size is not that of its shape.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> np.save(file, np.array([[1.0, 2.0]]))
    >>> array_of(file.getvalue(), "a")
    array([[1., 2.]])
    """
    found = _PREAMBLE.match(member[:LONGEST_PREAMBLE])
    if found is None or found.end() != 10 + int.from_bytes(found["length"], "little"):
        raise Unsound(f"{name!r} does not begin as an array of numbers")
    kind = found["type"].decode()
    if kind not in (*NUMBERS, TEXT):
        raise Unsound(f"{name!r} holds {kind!r}, no type of number that a file may hold")
    shape = tuple(int(length) for length in found["shape"].split(b",") if length.strip())
    dtype = np.dtype(kind)
    if math.prod(shape) * dtype.itemsize != len(member) - found.end() or len(shape) > MOST_AXES:
        raise Unsound(f"{name!r} is not as large as its shape {shape} says")
    if not math.prod(shape):
        return np.empty(shape, dtype)
    array = np.frombuffer(member, dtype, offset=found.end())
    if kind == "|b1" and array.view(np.uint8).max() > 1:
        raise Unsound(f"{name!r} holds something else than true and false")
    return array.reshape(shape, order="F" if found["order"] == b"True" else "C").copy()
